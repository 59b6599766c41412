/** §5.2 "the minimal number of bytes MUST be used to encode the length", and an engine that is told not to insist on it. */
import { Opcode } from "@ws/codec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { places, sameInAnyChunks } from "../../codec/test/chunking.ts";
import { FakeTransform } from "./connection-fake-transform.ts";
import { anyText, ascii, client, joined, masked, received, server, unmasked } from "./connection-support.ts";
import { ofEngine } from "./receivers.ts";

const RUNS = Number(process.env["FAST_CHECK_RUNS"] ?? 200);
const LENIENT = { lenient: { nonMinimalLengths: true } };

/** The frame with its length in 16 or 64 bits. */
function lengthened(frame: Uint8Array, bits: 16 | 64): Uint8Array {
  const short = frame[1]! & 127;
  const behind = short === 126 ? 4 : 2;
  const length = short === 126 ? (frame[2]! << 8) | frame[3]! : short;
  const extended = bits === 16 ? [126] : [127, 0, 0, 0, 0, 0, 0];
  return Uint8Array.of(
    frame[0]!,
    (frame[1]! & 128) | extended[0]!,
    ...extended.slice(1),
    length >> 8,
    length & 255,
    ...frame.subarray(behind),
  );
}

describe.each([
  ["server", server, masked, unmasked],
  ["client", client, unmasked, masked],
] as const)("a %s", (_role, engineOf, encode, wrongly) => {
  it("§5.2 fails for a length in too many bytes, and takes it when that is waived, in every form", () => {
    for (const [payload, bits] of [
      ["", 16],
      ["Hello", 16],
      ["x".repeat(125), 16],
      ["Hello", 64],
      ["x".repeat(300), 64],
    ] as const) {
      const frame = lengthened(encode(Opcode.TEXT, payload), bits);
      expect(sameInAnyChunks(frame, () => ofEngine(engineOf()), [3]).events[0]).toBe("FAILED LENGTH_NOT_MINIMAL");
      expect(sameInAnyChunks(frame, () => ofEngine(engineOf(LENIENT)), [3]).events).toEqual([`TEXT ${JSON.stringify(payload)}`]);
    }
  });

  it("§5.1, §5.5, §10.4 waives nothing else", () => {
    const limits = { maxMessageBytes: 400 };
    const refused: [code: string, bytes: Uint8Array][] = [
      ["MASK", lengthened(wrongly(Opcode.TEXT, "Hello"), 16)],
      ["MASK", wrongly(Opcode.TEXT, "Hello")],
      ["CONTROL_TOO_LONG", lengthened(encode(Opcode.PING, "Hello"), 16)],
      ["CONTROL_TOO_LONG", lengthened(encode(Opcode.CLOSE, "\x03\xe8"), 64)],
      ["RESERVED_BITS", lengthened(encode(Opcode.TEXT, "Hello", { rsv: 4 }), 16)],
      ["RESERVED_OPCODE", lengthened(encode(3, "Hello"), 16)],
      ["CONTINUATION_UNEXPECTED", lengthened(encode(Opcode.CONTINUATION, "Hello"), 16)],
      ["INVALID_UTF8", lengthened(encode(Opcode.TEXT, Uint8Array.of(0xff)), 16)],
      ["MESSAGE_TOO_BIG", lengthened(encode(Opcode.BINARY, new Uint8Array(401)), 64)],
      ["LENGTH_TOP_BIT", Uint8Array.of(0x82, encode(Opcode.BINARY)[1]! | 127, 0x80, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0)],
    ];
    for (const [code, bytes] of refused) expect(received(engineOf({ ...LENIENT, limits }), bytes)[0]).toContain(`FAILED ${code}`);
  });

  it("gives the same events and output as for minimal lengths, and as a strict engine for what is lawful", () => {
    const frame = fc
      .tuple(
        fc.constantFrom(...Object.values(Opcode)),
        fc.oneof(anyText.map(ascii), fc.uint8Array({ maxLength: 10 })),
        fc.boolean(),
        fc.constantFrom(0, 0, 4),
        fc.constantFrom(undefined, 16 as const, 64 as const),
      )
      .map(([opcode, payload, fin, rsv, bits]) => {
        const minimal = encode(opcode, payload, { fin, rsv });
        const needed = payload.length > 125 ? 16 : 7;
        return { minimal, sent: bits === undefined || bits <= needed || opcode >= Opcode.CLOSE ? minimal : lengthened(minimal, bits) };
      });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), places, fc.boolean(), (frames, at, compressed) => {
        const run = (options: object, bytes: Uint8Array): unknown =>
          sameInAnyChunks(
            bytes,
            () => ofEngine(engineOf({ ...options, transform: compressed ? new FakeTransform(() => true, 5) : undefined })),
            at,
          );
        const minimal = joined(frames.map((one) => one.minimal));
        const strict = run({}, minimal);
        expect(run(LENIENT, minimal)).toEqual(strict);
        expect(run(LENIENT, joined(frames.map((one) => one.sent)))).toEqual(strict);
      }),
      { numRuns: RUNS },
    );
  });
});
