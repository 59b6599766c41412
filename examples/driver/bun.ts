/** Lets `@ws/bun`'s client be tested: `bun --conditions=@ws/source examples/driver/bun.ts --url ws://127.0.0.1:9001 --agent bun`. */
import { connect } from "@ws/bun";

import { connectOptions, parseDriverOptions, runCases, usage } from "./convention.ts";

const options = parseDriverOptions(process.argv.slice(2), "@ws/bun");
if (typeof options !== "object") {
  if (options === undefined) console.log(usage);
  else console.error(`${options}\n\n${usage}`);
  process.exit(options === undefined ? 0 : 2);
}

const count = await runCases(options, (url) => connect(url, connectOptions(options)));
console.log(`${count} cases`);
process.exit(0);
