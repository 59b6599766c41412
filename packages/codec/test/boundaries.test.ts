/** Where one rule ends and the next begins, in UTF-8, masking and growth: small tables that a wrong bound does not pass. */
import {
  decodeUtf8,
  encodeFrame,
  encodeUtf8Into,
  MessageAssembler,
  MessageDecoder,
  Opcode,
  utf8,
  utf8ByteLength,
  Utf8Validator,
} from "@ws/codec";
import { describe, expect, test } from "vitest";

import { drain } from "./support.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
function reference(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

describe("RFC 3629 §4 at its bounds", () => {
  const first = [
    0x00, 0x7e, 0x7f, 0x80, 0x81, 0xbf, 0xc0, 0xc1, 0xc2, 0xc3, 0xde, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4,
    0xf5, 0xff,
  ];
  const second = [0x00, 0x7f, 0x80, 0x8e, 0x8f, 0x90, 0x91, 0x9e, 0x9f, 0xa0, 0xa1, 0xbe, 0xbf, 0xc0, 0xff];
  const further = [0x7f, 0x80, 0xbf, 0xc0];

  test("one to four octets, whole and octet by octet, with whatever a view has beside them", () => {
    for (const a of first)
      for (const b of second)
        for (const c of further)
          for (const d of further)
            for (let length = 1; length <= 4; length++) {
              const bytes = Uint8Array.of(0xff, a, b, c, d, 0xff).subarray(0, 1 + length);
              const own = bytes.subarray(1);
              const text = reference(own);
              if (decodeUtf8(bytes, 1) !== text || decodeUtf8(own) !== text || utf8.isValid(own, 0, own.length) !== (text !== undefined))
                expect([...own]).toEqual(text);
              const validator = new Utf8Validator();
              let isValid = true;
              for (let index = 1; isValid && index <= length; index++) isValid = validator.write(bytes, index, index + 1);
              if ((isValid && validator.pending === 0) !== (text !== undefined)) expect([...own]).toEqual(text);
            }
  });

  test("a validator is content with whatever may still become a text, and tells how many octets of it wait", () => {
    for (const [octets, pending] of [
      [[0xc2], 1],
      [[0xe0, 0xa0], 2],
      [[0xf0, 0x90, 0x80], 3],
      [[0xf0, 0x90, 0x80, 0x80], 0],
      [[0x61], 0],
    ] as const) {
      const validator = new Utf8Validator();
      expect([validator.write(Uint8Array.from(octets)), validator.pending]).toEqual([true, pending]);
    }
  });

  test("lengths, and what is written, of code points at each bound", () => {
    const points = [
      0, 0x7e, 0x7f, 0x80, 0x81, 0x7fe, 0x7ff, 0x800, 0x801, 0xd7ff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000, 0xfffe, 0xffff, 0x10000,
      0x10001, 0x10fffe, 0x10ffff,
    ];
    for (const point of points) {
      for (const text of [String.fromCodePoint(point), `${String.fromCodePoint(point)}a`, `a${String.fromCodePoint(point, 0x61)}`]) {
        const expected = new TextEncoder().encode(text);
        expect(utf8ByteLength(text)).toBe(expected.length);
        const target = new Uint8Array(expected.length + 1);
        expect(encodeUtf8Into(text, target, 1)).toBe(expected.length);
        expect(target.subarray(1)).toEqual(expected);
        expect(() => encodeUtf8Into(text, new Uint8Array(expected.length), 1)).toThrow(RangeError);
        expect(decodeUtf8(expected)).toBe(new TextDecoder("utf-8", { ignoreBOM: true }).decode(expected));
      }
    }
  });
});

describe("§5.1 masked by a client, and by nobody else", () => {
  test.each([
    ["server", 0x00],
    ["client", 0x80],
  ] as const)("a %s refuses the other, whatever length it has and however much comes behind it", (role, wrong) => {
    for (const first of [0x81, 0x82]) {
      for (let length = 0; length < 126; length++) {
        const decoder = new MessageDecoder({ role });
        decoder.receive(new Uint8Array([first, wrong | length, ...new Uint8Array(400)]));
        expect(drain(decoder)[0]).toMatchObject({ closeCode: 1002 });
      }
    }
  });
});

describe("a message in pieces", () => {
  const written = (sizes: readonly number[]): Uint8Array => {
    const assembler = new MessageAssembler();
    assembler.begin(Opcode.BINARY);
    for (const size of sizes) assembler.write(new Uint8Array(size), 0, size);
    assembler.finish();
    return assembler.payload;
  };

  test("takes less than twice its size, and grows ahead of it, so that little is copied again", () => {
    for (const size of [1, 2, 4, 256, 1024]) expect(written([size]).buffer.byteLength).toBeLessThan(2 * size);
    expect(written(Array.from({ length: 1000 }, () => 1)).buffer.byteLength).toBe(1024);
  });

  test("streamed, even one that lies in one chunk is a CHUNK", () => {
    const decoder = new MessageDecoder({ role: "client", streaming: true });
    for (const opcode of [Opcode.TEXT, Opcode.BINARY]) {
      decoder.receive(encodeFrame(opcode, Uint8Array.of(0x61)));
      expect(drain(decoder)).toEqual([{ chunk: opcode === Opcode.TEXT ? "a" : "61", opcode, first: true, last: true }]);
    }
  });
});
