import { readFileSync } from "node:fs";

import { ProtocolError, type ProtocolErrorCode } from "@ws/codec";
import { describe, expect, test } from "vitest";

import { ConnectionFailure, CONNECTION_FAILURE_CODES } from "../src/index.ts";
import { HANDSHAKE_FAILURES } from "../src/handshake/index.ts";

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");

/** docs/errors.md: each `### CODE`, the line of facts below it, that of its kind (which @ws/endpoint compares), and the sentence that follows. */
const entries = read("docs/errors.md")
  .split(/^### /m)
  .slice(1)
  .map((entry) => {
    const [code, , facts, , ...sentences] = entry.split(/^## /m)[0]!.trim().split("\n");
    return { code: code!, facts: facts!, text: sentences.join("\n") };
  });

const protocolErrorCodes = [...read("packages/codec/src/protocol-error.ts").matchAll(/^ {2}([A-Z0-9_]+): \[/gm)].map(
  ([, code]) => code as ProtocolErrorCode,
);

const expected = new Map<string, string>([
  ...protocolErrorCodes.map((code): [string, string] => [code, factsOfClose(new ProtocolError(code))]),
  ...Object.entries(HANDSHAKE_FAILURES).map(([code, { status, section }]): [string, string] => [code, `Status ${status}, ${section}.`]),
  ...CONNECTION_FAILURE_CODES.map((code): [string, string] => [code, factsOfClose(new ConnectionFailure(code))]),
]);

function factsOfClose({ closeCode, section }: { readonly closeCode: number; readonly section: string }): string {
  return `Close code ${closeCode}, ${section}.`;
}

describe("docs/errors.md", () => {
  test("the codec's codes are found in its source", () => {
    expect(protocolErrorCodes.length).toBeGreaterThan(15);
  });

  test("has one heading for each code of the sources, in their order, and no other", () => {
    expect(entries.map(({ code }) => code)).toEqual([...expected.keys()]);
  });

  test.each(entries)(
    "$code: status or close code and section are those of the source, and there is a sentence",
    ({ code, facts, text }) => {
      expect(facts).toBe(expected.get(code));
      expect(text).toMatch(/^[A-Z`].{15,}\.$/s);
    },
  );

  test("has each code that the endpoint adds", () => {
    const added = [...read("packages/endpoint/src/connection/error-code.ts").matchAll(/^ {2}\| "([A-Z_]+)"/gm)].map(([, code]) => code!);
    expect(added.length).toBeGreaterThan(0);
    for (const code of added) expect([...expected.keys()]).toContain(code);
  });
});
