// Runs the portable checks over this runtime's node:zlib and prints one line of JSON for each. A script, because only Node runs Vitest.
import { hostZlib } from "@ws/endpoint/zlib";

import { checks } from "../../../protocol/test/deflate/checks.ts";

const zlib = hostZlib();
console.log(
  JSON.stringify({ name: "implementation", result: zlib.createDeflate({ windowBits: 15, level: 1, memLevel: 8 }).constructor.name }),
);
for (const check of checks) {
  try {
    await check.run(zlib);
    console.log(JSON.stringify({ name: check.name, result: "passed" }));
  } catch (error) {
    console.log(JSON.stringify({ name: check.name, result: String(error) }));
  }
}
