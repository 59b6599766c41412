import { describe, expect, test } from "vitest";

import { hostZlib } from "@ws/endpoint/zlib";

import { checks } from "../../protocol/test/deflate/checks.ts";
import { otherRuntimes, runScript } from "./zlib/runtimes.ts";

describe("permessage-deflate over this Node's node:zlib", () => {
  for (const check of checks) test(check.name, () => check.run(hostZlib()));
});

test.each(otherRuntimes)("permessage-deflate over the node:zlib of $name", { timeout: 120_000 }, async (runtime) => {
  // A quarter of the cases: the properties are the same, and starting four runtimes takes its time.
  const env = { FAST_CHECK_RUNS: process.env["FAST_CHECK_RUNS"] ?? "25" };
  const lines = await runScript(runtime, new URL("./zlib/run-checks.ts", import.meta.url), [], env);
  expect(lines).toEqual([{ name: "implementation", result: "HandleStream" }, ...checks.map(({ name }) => ({ name, result: "passed" }))]);
});
