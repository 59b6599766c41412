import { describe, expect, test } from "vitest";

import { createPakoZlib } from "@ws/protocol/pako";

import { checks } from "./deflate/checks.ts";
import { converse } from "./deflate/portable.ts";

describe("permessage-deflate over pako, at once", () => {
  const zlib = createPakoZlib();
  for (const check of checks) test(check.name, () => check.run(zlib));
});

describe("permessage-deflate over pako, in steps", () => {
  const zlib = createPakoZlib({ pause: () => new Promise((resolve) => setImmediate(resolve)) });
  const large = checks.filter(({ name }) => /large|limit|restarts|short|connections/.test(name));
  for (const check of large) test(check.name, () => check.run(zlib));
});

test("two engines that compress with pako have a conversation", () => {
  expect(converse().length).toBeGreaterThan(10);
});
