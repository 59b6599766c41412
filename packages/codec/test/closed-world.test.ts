import { readFileSync } from "node:fs";

import fc from "fast-check";
import { expect, test } from "vitest";

import {
  encodeFrame,
  MessageDecoder,
  MessageEvent,
  Opcode,
  ProtocolError,
  type MessageDecoderOptions,
  type ProtocolErrorCode,
} from "@ws/codec";

import { places, sameInAnyChunks } from "./chunking.ts";
import { joined, messages, runs } from "./support.ts";
import { vectors } from "./vectors.ts";

const documentation = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");
const source = readFileSync(new URL("../src/protocol-error.ts", import.meta.url), "utf8");

const options: fc.Arbitrary<MessageDecoderOptions> = fc.record({
  role: fc.constantFrom("server" as const, "client" as const),
  rsv: fc.constantFrom(0, 4, 7),
  streaming: fc.boolean(),
  borrow: fc.boolean(),
  unmask: fc.constantFrom("copy" as const, "in-place" as const),
  lenient: fc.record({ nonMinimalLengths: fc.boolean() }),
  maxMessageBytes: fc.constantFrom(undefined, 0, 10, 1000),
  maxFragments: fc.constantFrom(undefined, 1, 3),
});

/** Bytes that look like frames more often than random ones do. */
const bytes = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 10 }),
      fc
        .record({
          opcode: fc.nat({ max: 15 }),
          fin: fc.boolean(),
          rsv: fc.constantFrom(0, 0, 0, 4, 1),
          payload: fc.uint8Array({ maxLength: 140 }),
          maskingKey: fc.constantFrom(undefined, 0, 0x01020304),
        })
        .map(({ opcode, payload, ...rest }) => encodeFrame(opcode, payload, rest)),
    ),
    { maxLength: 6 },
  )
  .map((parts) => Uint8Array.from(Buffer.concat(parts)));

test("any bytes, in any chunks, give events or one documented error, and never throw", () => {
  fc.assert(
    fc.property(bytes, options, places, (input, rules, at) => {
      const said = sameInAnyChunks(input, () => joined(messages(rules)), at);
      const failures = said.filter((one) => "failed" in one);
      expect(failures.length).toBeLessThanOrEqual(1);
      for (const { failed } of failures) expect(documentation).toContain(`### ${failed}\n`);
    }),
    runs(1000),
  );
});

test("docs/errors.md has each code, with its close code and section", () => {
  const codes = [...source.matchAll(/^ {2}([A-Z0-9_]+): [[(]/gm)].map(([, code]) => code as ProtocolErrorCode);
  expect(codes.length).toBeGreaterThan(15);
  for (const code of codes) {
    const { closeCode, section } = new ProtocolError(code);
    expect(documentation).toContain(`### ${code}\n\nClose code ${closeCode}, ${section}.`);
  }
  // No heading is left over from a code that is gone, and each code has a vector, except what extensions report.
  const headings = [...documentation.matchAll(/^### ([A-Z0-9_]+)$/gm)].map(([, code]) => code);
  expect(headings.filter((code) => codes.includes(code as ProtocolErrorCode))).toEqual(codes);
  const seen = vectors.flatMap(({ said }) => said.flatMap((one) => ("failed" in one ? [one.failed] : [])));
  expect(codes.filter((code) => !seen.includes(code))).toEqual(["INVALID_COMPRESSED_PAYLOAD"]);
});

/** The work that a decoder does, counted without a clock: bytes copied and bytes read through typed arrays' own methods would be
 * invisible, so this thread's processor time is fitted instead, over a range wide enough that noise cannot make a square look like a line. */
function exponent(cost: (n: number) => void, small: number, factor: number): number {
  const time = (n: number): number => {
    let best = Infinity;
    for (let round = 0; round < 5; round++) {
      const begin = process.threadCpuUsage();
      cost(n);
      const { user, system } = process.threadCpuUsage(begin);
      best = Math.min(best, user + system);
    }
    return best;
  };
  time(small);
  return Math.log(time(small * factor) / time(small)) / Math.log(factor);
}

const consume = (decoder: MessageDecoder): void => {
  for (let event = decoder.poll(); event !== MessageEvent.NONE; event = decoder.poll()) {
    if (event === MessageEvent.FAILED) throw decoder.error!;
  }
};

test.each([
  [
    "a text message in n chunks of 1 byte",
    (n: number): void => {
      const decoder = new MessageDecoder({ role: "client" });
      const frame = encodeFrame(Opcode.TEXT, new Uint8Array(n).fill(0x61));
      for (let i = 0; i < frame.length; i++) {
        decoder.receive(frame.subarray(i, i + 1));
        consume(decoder);
      }
    },
  ],
  [
    "a binary message in n fragments",
    (n: number): void => {
      const decoder = new MessageDecoder({ role: "client", maxFragments: Infinity });
      const chunk = new Uint8Array(3 * n);
      for (let i = 0; i < n; i++) chunk.set([i === 0 ? 0x02 : i === n - 1 ? 0x80 : 0x00, 1, i], 3 * i);
      decoder.receive(chunk);
      consume(decoder);
    },
  ],
  [
    "n empty messages in one chunk",
    (n: number): void => {
      const decoder = new MessageDecoder({ role: "client" });
      decoder.receive(new Uint8Array(2 * n).map((_, i) => (i % 2 === 0 ? 0x81 : 0)));
      consume(decoder);
    },
  ],
] as const)("cost is linear: %s", (_, cost) => {
  // 1 is a line, 2 a square. Garbage collection and a cold cache only add, so the best of some fits counts.
  let best = Infinity;
  for (let fit = 0; fit < 5 && best >= 1.5; fit++) best = Math.min(best, exponent(cost, 20_000, 16));
  expect(best).toBeLessThan(1.5);
});
