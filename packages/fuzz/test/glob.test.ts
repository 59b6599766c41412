import { expect, test } from "vitest";

import { matcherOf } from "../src/rules/glob.ts";
import { RULES } from "../src/rules/index.ts";

test.each([
  ["close/*", "close/code-1005", true],
  ["close/*", "property/close", false],
  ["*", "property/close", true],
  ["**/close", "property/close", true],
  ["close/*, property/close", "property/close", true],
  ["{close,framing}/*", "framing/rsv1", true],
  ["{close,framing}/*", "utf8/split", false],
  ["framing/rsv{1,2}", "framing/rsv2", true],
  ["framing/rsv{1,2}", "framing/rsv3", false],
  ["framing/{rsv{1,2},opcode-*}, utf8/*", "framing/opcode-3", true],
  ["framing/{rsv{1,2},opcode-*}, utf8/*", "framing/rsv1", true],
  ["framing/{rsv{1,2},opcode-*}, utf8/*", "utf8/split", true],
  ["framing/{a,}rsv1", "framing/rsv1", true],
  ["framing/{rsv1", "framing/{rsv1", true],
  ["framing/rsv1}", "framing/rsv1}", true],
  ["framing/rs.1", "framing/rsv1", false],
  ["", "framing/rsv1", false],
])("%s and %s: %s", (glob, id, expected) => {
  expect(matcherOf(glob)(id)).toBe(expected);
});

test("braces choose rules as the same names one by one do", () => {
  const chosen = (glob: string): string[] => RULES.map(({ id }) => id).filter(matcherOf(glob));
  expect(chosen("{close,utf8}/*")).toEqual(chosen("close/*,utf8/*"));
  expect(chosen("{close,utf8}/*").length).toBeGreaterThan(20);
});
