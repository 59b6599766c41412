// Two readers of one head that understand it differently are an attack (RFC 9112 §11.2). What we read, the strict parser of `node:http` reads as well,
// and as we do; every difference is written down.

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { DIFFERENCES } from "./heads/differences.ts";
import { requests, responses } from "./heads/generated.ts";
import { LLHTTP } from "./heads/llhttp-cases.ts";
import { nodeReadsRequest, nodeReadsResponse, type Reading } from "./heads/node-parser.ts";
import { weReadRequest, weReadResponse } from "./heads/our-reading.ts";

const octets = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));
const codeOf = (reading: Reading): string | undefined => ("code" in reading ? reading.code : undefined);

const KINDS = {
  request: { heads: requests, byNode: nodeReadsRequest, byUs: weReadRequest },
  response: { heads: responses, byNode: nodeReadsResponse, byUs: weReadResponse },
} as const;

describe.each(["request", "response"] as const)("the head of a %s", (kind) => {
  const { heads, byNode, byUs } = KINDS[kind];
  const known = DIFFERENCES.filter((one) => one.kind === kind);

  test.each(known.map((one) => [JSON.stringify(one.head), one] as const))(
    "%s is read by one only",
    async (_, { head, ours, node, reason }) => {
      expect([codeOf(byUs(octets(head))), codeOf(await byNode(octets(head)))]).toEqual([ours, node]);
      expect([ours === undefined, node === undefined]).not.toEqual([true, true]);
      expect(reason.length).toBeGreaterThan(7);
    },
  );

  test("any that we read Node reads, and the same: line, version, fields", async () => {
    const seen = { read: 0, damaged: 0 };
    await fc.assert(
      fc.asyncProperty(heads, async (head) => {
        const ours = byUs(octets(head));
        const node = await byNode(octets(head));
        if (!("code" in ours) && !("code" in node)) {
          seen.read++;
          expect(ours).toEqual(node);
        } else if ("code" in ours !== "code" in node) {
          seen.damaged++;
          expect(known.map((one) => `${one.ours} ${one.node}`)).toContain(`${codeOf(ours)} ${codeOf(node)}`);
        }
      }),
      { numRuns: Number(process.env["FAST_CHECK_RUNS"] ?? 500) },
    );
    expect(Math.min(seen.read, seen.damaged)).toBeGreaterThan(20);
  });

  test.each(LLHTTP[kind])("llhttp, $source", async ({ head, llhttp, ours }) => {
    const own = codeOf(byUs(octets(head)));
    const node = codeOf(await byNode(octets(head)));
    expect(node === undefined ? "takes" : "refuses").toBe(llhttp);
    if (ours === undefined) expect(own === undefined).toBe(llhttp === "takes");
    else {
      expect(own ?? "read").toBe(ours);
      expect(own === undefined).not.toBe(llhttp === "takes");
    }
  });
});
