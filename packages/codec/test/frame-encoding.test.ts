import fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  decodeFrameHeader,
  encodeFrame,
  encodeFrameInto,
  encodeTextInto,
  firstByte,
  FrameDecoder,
  FrameEvent,
  frameHeaderLength,
  Opcode,
  encodeFrameHeaderInto,
} from "@ws/codec";

import { anyCharacter } from "./any-text.ts";
import { chunksOf } from "./chunking.ts";
import { hex, runs, toHex } from "./support.ts";

const key = fc.option(fc.nat({ max: 0xffff_ffff }), { nil: undefined });
const lengths = fc.oneof(
  fc.nat({ max: 200 }),
  fc.constantFrom(125, 126, 65_535, 65_536, 0xffff_ffff, 0x1_0000_0000, Number.MAX_SAFE_INTEGER),
  fc.maxSafeNat(),
);

describe("§5.2 headers", () => {
  test("decode∘encode is the identity, in as many bytes as announced", () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.nat({ max: 7 }),
        fc.nat({ max: 15 }),
        lengths,
        key,
        fc.nat({ max: 5 }),
        (fin, rsv, opcode, payloadLength, maskingKey, offset) => {
          const target = new Uint8Array(offset + 14);
          const written = encodeFrameHeaderInto(target, offset, firstByte(opcode, fin, rsv), payloadLength, maskingKey);
          expect(written).toBe(frameHeaderLength(payloadLength, maskingKey !== undefined));
          expect(decodeFrameHeader(target, offset)).toEqual({
            fin,
            rsv,
            opcode,
            payloadLength,
            headerLength: written,
            masked: maskingKey !== undefined,
            maskingKey: maskingKey ?? 0,
            lengthForm: payloadLength < 126 ? 7 : payloadLength < 65_536 ? 16 : 64,
            payloadLengthHigh: Math.floor(payloadLength / 2 ** 32),
            payloadLengthLow: payloadLength % 2 ** 32,
          });
        },
      ),
      runs(1000),
    );
  });

  test("usage errors: no room, no length", () => {
    const target = new Uint8Array(14);
    expect(() => encodeFrameHeaderInto(target, 13, 0x82, 0)).toThrow(RangeError);
    expect(() => encodeFrameHeaderInto(target, 9, 0x82, 0, 1)).toThrow(RangeError);
    expect(encodeFrameHeaderInto(target, 8, 0x82, 0, 1)).toBe(6);
    for (const length of [-1, 1.5, Number.NaN, Infinity, 2 ** 53]) {
      expect(() => encodeFrameHeaderInto(new Uint8Array(14), 0, 0x82, length)).toThrow(RangeError);
    }
    expect(target.subarray(0, 8)).toEqual(new Uint8Array(8));
  });
});

describe("§5.7 frames", () => {
  const hello = new TextEncoder().encode("Hello");
  test("the RFC's examples", () => {
    expect(toHex(encodeFrame(Opcode.TEXT, hello))).toBe("810548656c6c6f");
    expect(toHex(encodeFrame(Opcode.TEXT, hello, { maskingKey: 0x37fa213d }))).toBe("818537fa213d7f9f4d5158");
    expect(toHex(encodeFrame(Opcode.TEXT, hello.subarray(0, 3), { fin: false }))).toBe("010348656c");
    expect(toHex(encodeFrame(Opcode.CONTINUATION, hello.subarray(3)))).toBe("80026c6f");
    expect(toHex(encodeFrame(Opcode.BINARY, new Uint8Array(256)).subarray(0, 4))).toBe("827e0100");
    expect(toHex(encodeFrame(Opcode.BINARY, new Uint8Array(65_536)).subarray(0, 10))).toBe("827f0000000000010000");
  });

  test("a payload is masked while it is copied and stays as it is; nothing else is written", () => {
    const target = new Uint8Array(20).fill(0xee);
    expect(encodeFrameInto(target, 3, firstByte(Opcode.TEXT), hello, 0x37fa213d)).toBe(11);
    expect(toHex(target)).toBe(`eeeeee818537fa213d7f9f4d5158${"ee".repeat(6)}`);
    expect(new TextDecoder().decode(hello)).toBe("Hello");
    expect(() => encodeFrameInto(new Uint8Array(6), 0, 0x81, hello)).toThrow(RangeError);
  });
});

describe("§5.6 text frames", () => {
  const text = fc.oneof(
    fc.string({ unit: anyCharacter, maxLength: 100 }),
    fc
      .tuple(
        fc.constantFrom("a", "é", "€", "😀"),
        fc.constantFrom(0, 31, 32, 41, 42, 62, 63, 124, 125, 126, 21_845, 32_767, 65_534, 65_535, 65_536),
      )
      .map(([unit, count]) => unit.repeat(count)),
  );
  test("are the frame of their UTF-8, wherever the length of the header falls", () => {
    fc.assert(
      fc.property(text, key, fc.nat({ max: 3 }), (string, maskingKey, offset) => {
        const expected = encodeFrame(Opcode.TEXT, new TextEncoder().encode(string), { maskingKey });
        // Exactly as much room as the frame needs.
        const target = new Uint8Array(offset + expected.length);
        expect(encodeTextInto(target, offset, string, maskingKey)).toBe(expected.length);
        expect(Buffer.compare(target.subarray(offset), expected)).toBe(0);
        expect(() => encodeTextInto(new Uint8Array(offset + expected.length - 1), offset, string, maskingKey)).toThrow(RangeError);
      }),
      runs(150),
    );
  });

  test("may be fragments", () => {
    const target = new Uint8Array(10);
    encodeTextInto(target, 0, "a", undefined, undefined, firstByte(Opcode.TEXT, false));
    expect(toHex(target.subarray(0, 3))).toBe("010161");
  });
});

test("every accepted frame re-encodes to the same bytes", () => {
  const length = fc.constantFrom(0, 1, 5, 125, 126, 127, 300);
  const frame = fc.tuple(fc.boolean(), fc.constantFrom(0, 1, 2, 8, 9, 10), length, key).map(([fin, opcode, size, maskingKey]) => {
    const control = opcode >= 8;
    return { fin: fin || control, opcode, payload: new Uint8Array(control ? Math.min(size, 125) : size).fill(7), maskingKey };
  });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), fc.boolean(), fc.integer({ min: 1, max: 400 }), (frames, masked, chunkSize) => {
      const bytes = Buffer.concat(
        frames.map(({ fin, opcode, payload, maskingKey }) =>
          encodeFrame(opcode, payload, { fin, maskingKey: masked ? (maskingKey ?? 9) : undefined }),
        ),
      );
      const decoder = new FrameDecoder({ role: masked ? "server" : "client" });
      const again: Uint8Array[] = [];
      let payload: Uint8Array[] = [];
      for (const chunk of chunksOf(bytes, chunkSize)) {
        decoder.receive(chunk);
        for (let event = decoder.poll(); event !== FrameEvent.NONE; event = decoder.poll()) {
          expect(event).not.toBe(FrameEvent.FAILED);
          if (event === FrameEvent.HEADER) payload = [];
          if (event !== FrameEvent.PAYLOAD) continue;
          payload.push(decoder.takePayload());
          if (!decoder.last) continue;
          const { fin, rsv, opcode, maskingKey } = decoder.header;
          again.push(encodeFrame(opcode, Buffer.concat(payload), { fin, rsv, maskingKey: decoder.header.masked ? maskingKey : undefined }));
        }
      }
      expect(Buffer.concat(again).equals(bytes)).toBe(true);
    }),
    runs(200),
  );
});

test("firstByte puts FIN, reserved bits and opcode together", () => {
  expect(firstByte(Opcode.BINARY)).toBe(0x82);
  expect(firstByte(Opcode.CONTINUATION, false)).toBe(0x00);
  expect(firstByte(Opcode.TEXT, false, 4)).toBe(0x41);
  expect(hex("f1")[0]).toBe(firstByte(Opcode.TEXT, true, 7));
});
