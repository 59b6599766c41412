import { describe, expect, test } from "vitest";

import { hostZlib, keepsItsPromises } from "@ws/endpoint/zlib";
import type { Zlib, ZlibFlush, ZlibStream } from "@ws/protocol/deflate";

import { checks } from "../../protocol/test/deflate/checks.ts";
import { otherRuntimes, runScript } from "./zlib/runtimes.ts";

describe("permessage-deflate over this Node's node:zlib", () => {
  for (const check of checks) test(check.name, () => check.run(hostZlib()));
});

test.each(otherRuntimes)("permessage-deflate over the node:zlib of $name", async (runtime) => {
  // A quarter of the cases: the properties are the same, and starting four runtimes takes its time.
  const env = { FAST_CHECK_RUNS: process.env["FAST_CHECK_RUNS"] ?? "25" };
  const lines = await runScript(runtime, new URL("./zlib/run-checks.ts", import.meta.url), [], env);
  expect(lines).toEqual([{ name: "implementation", result: "HandleStream" }, ...checks.map(({ name }) => ({ name, result: "passed" }))]);
});

test("pauses end one a turn, so that the loop is held for one step however many messages are in progress", async () => {
  let ended = 0;
  const pauses = Array.from({ length: 5 }, () => hostZlib().pause!().then(() => ended++));
  const seen: number[] = [];
  while (ended < 5) {
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(ended);
  }
  await Promise.all(pauses);
  for (const [turn, count] of seen.entries()) expect(count - (seen[turn - 1] ?? 0)).toBeLessThanOrEqual(1);
});

test("a node:zlib that does not keep the port's promises is found out", () => {
  const zlib = hostZlib();
  expect(keepsItsPromises(zlib)).toBe(true);
  const broken: Partial<Zlib>[] = [
    { createInflate: () => ({ ...silent(), write: () => true }) },
    { createDeflate: () => ({ ...silent(), write: () => true }) },
    {
      createInflate: () => {
        throw new TypeError("Cannot read properties of undefined (reading 'writeSync')");
      },
    },
    // Ignores Z_BLOCK.
    { createInflate: (options) => altered(zlib.createInflate(options), (flush) => (flush === 5 ? 2 : flush)) },
    // Has no context from message to message.
    {
      createInflate: (options) =>
        altered(zlib.createInflate(options), (flush, stream) => {
          if (flush === 2) stream.reset();
          return flush;
        }),
    },
  ];
  for (const part of broken) expect(keepsItsPromises({ ...zlib, ...part })).toBe(false);
});

function silent(): ZlibStream {
  return { reset: () => undefined, close: () => undefined, write: () => true, inputLeft: 0, outputLeft: 0 };
}

function altered(stream: ZlibStream, alter: (flush: ZlibFlush, stream: ZlibStream) => ZlibFlush): ZlibStream {
  const write = stream.write.bind(stream);
  stream.write = (flush, ...rest) => write(alter(flush, stream), ...rest);
  return stream;
}
