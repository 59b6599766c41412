import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { decodeUtf8, encodeUtf8Into, utf8, utf8ByteLength, Utf8Validator } from "@ws/codec";

import { cutAt } from "./chunking.ts";
import { hex, runs } from "./support.ts";

const fatal = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

function byHost(bytes: Uint8Array): string | undefined {
  try {
    return fatal.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Exceptions are slow, and there are 16 million sequences: a decoder that replaces what is malformed tells the same. */
const replacing = new TextDecoder("utf-8", { ignoreBOM: true });
function malformed(bytes: Uint8Array): boolean {
  // EF BF BD is U+FFFD itself, so there the exception has to tell.
  return replacing.decode(bytes).includes("\ufffd") && (!bytes.includes(0xef) || byHost(bytes) === undefined);
}

function agrees(bytes: Uint8Array): boolean {
  const ours = decodeUtf8(bytes);
  if (utf8.isValid(bytes, 0, bytes.length) !== (ours !== undefined)) return false;
  return ours === undefined ? malformed(bytes) : ours === fatal.decode(bytes);
}

describe("RFC 3629: the same as a fatal TextDecoder", () => {
  test("every 1- and 2-byte sequence", () => {
    const wrong: string[] = [];
    for (let first = 0; first < 256; first++) {
      if (!agrees(Uint8Array.of(first))) wrong.push(`${first}`);
      for (let second = 0; second < 256; second++) {
        if (!agrees(Uint8Array.of(first, second))) wrong.push(`${first} ${second}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test("3- and 4-byte sequences at the bounds that RFC 3629 gives their second bytes", () => {
    const edges = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff];
    const wrong: string[] = [];
    for (let first = 0xc0; first < 256; first++)
      for (const second of edges)
        for (const third of [0x7f, 0x80, 0xbf, 0xc0]) {
          if (!agrees(Uint8Array.of(first, second, third))) wrong.push(`${first} ${second} ${third}`);
          if (!agrees(Uint8Array.of(first, second, third, 0x80, 0x61))) wrong.push(`${first} ${second} ${third} 128`);
        }
    expect(wrong).toEqual([]);
  });

  test("every 3-byte sequence", () => {
    const wrong: string[] = [];
    const bytes = new Uint8Array(3);
    for (let sequence = 0; sequence < 0x100_0000; sequence++) {
      bytes[0] = sequence >>> 16;
      bytes[1] = sequence >>> 8;
      bytes[2] = sequence;
      if (!agrees(bytes)) wrong.push(bytes.join(" "));
    }
    expect(wrong).toEqual([]);
  });

  test("4-byte sequences: every second byte, boundaries of the others", () => {
    const edges = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff];
    const wrong: string[] = [];
    for (let first = 0xee; first < 256; first++) {
      for (let second = 0; second < 256; second++) {
        for (const third of edges) {
          for (const fourth of edges) {
            const bytes = Uint8Array.of(first, second, third, fourth);
            if (!agrees(bytes)) wrong.push(bytes.join(" "));
          }
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  test("every code point, there and back", () => {
    for (let point = 0; point <= 0x10ffff; point++) {
      if (point >= 0xd800 && point <= 0xdfff) continue;
      const text = String.fromCodePoint(point);
      const target = new Uint8Array(4);
      const length = encodeUtf8Into(text, target);
      if (length !== utf8ByteLength(text) || decodeUtf8(target, 0, length) !== text) expect.fail(`U+${point.toString(16)}`);
    }
  });
});

const anyText = fc.string({
  unit: fc.oneof(
    fc.nat({ max: 0xffff }).map((unit) => String.fromCharCode(unit)),
    fc.constantFrom("a", "é", "€", "😀"),
  ),
  maxLength: 80,
});

describe("properties", () => {
  test("encode is TextEncoder's, lone surrogates included", () => {
    fc.assert(
      fc.property(anyText, fc.nat({ max: 3 }), (text, offset) => {
        const expected = encoder.encode(text);
        const target = new Uint8Array(offset + expected.length);
        expect(encodeUtf8Into(text, target, offset)).toBe(expected.length);
        expect(target.subarray(offset)).toEqual(expected);
        expect(utf8ByteLength(text)).toBe(expected.length);
      }),
      runs(1000),
    );
  });

  test("decode is TextDecoder's for texts that are longer than it joins at once", () => {
    for (let length = 1015; length < 1035; length++) {
      const text = "a".repeat(length) + "é€😀".repeat(1_000) + "b".repeat(length);
      expect(decodeUtf8(encoder.encode(text)) === text, `${length}`).toBe(true);
    }
  });

  test("decode is TextDecoder's for any bytes", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      anyText.map((text) => encoder.encode(text)),
    );
    fc.assert(
      fc.property(bytes, (input) => {
        expect(decodeUtf8(input)).toBe(byHost(input));
      }),
      runs(1000),
    );
  });

  test("pieces are judged like the whole, at the first bad byte", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 24 }),
      fc
        .array(fc.constantFrom(0x61, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0xed, 0xa0), { maxLength: 24 })
        .map((list) => Uint8Array.from(list)),
    );
    fc.assert(
      fc.property(bytes, fc.array(fc.nat()), (input, places) => {
        const validator = new Utf8Validator();
        const pieces = cutAt(input, places);
        const valid = pieces.every((piece) => validator.write(piece)) && validator.pending === 0;
        expect(valid).toBe(byHost(input) !== undefined);

        // The first byte after which nothing valid can follow, found by trying every continuation.
        const single = new Utf8Validator();
        const firstBad = input.findIndex((_, i) => !single.write(input, i, i + 1));
        const prefix = input.subarray(0, firstBad === -1 ? input.length : firstBad);
        const endings = ["", "80", "8080", "808080", "a0", "a080", "90", "908080", "9080"].map((ending) =>
          Uint8Array.from([...prefix, ...hex(ending)]),
        );
        expect(endings.some((ending) => byHost(ending) !== undefined)).toBe(true);
        if (firstBad !== -1) {
          const bad = [...prefix, input[firstBad]!];
          for (const ending of ["", "80", "8080", "808080", "a0", "a080", "90", "908080", "9080", "bf", "bfbf"]) {
            expect(byHost(Uint8Array.from([...bad, ...hex(ending)]))).toBeUndefined();
          }
        }
      }),
      runs(500),
    );
  });

  test("long texts, whatever block boundary their characters fall on", () => {
    for (const unit of ["a", "é", "€", "😀", "a😀"]) {
      for (let lead = 0; lead < 4; lead++) {
        const text = "x".repeat(1020 + lead) + unit.repeat(2100);
        expect(decodeUtf8(encoder.encode(text))).toBe(text);
      }
    }
  });
});

test("room is checked before anything is written", () => {
  const target = new Uint8Array(4);
  expect(() => encodeUtf8Into("€a€", target)).toThrow(RangeError);
  expect(target).toEqual(new Uint8Array(4));
  expect(encodeUtf8Into("€a", target)).toBe(4);
  expect(() => encodeUtf8Into("ab", target, 3)).toThrow(RangeError);
});

test("start and end bound what is decoded", () => {
  expect(decodeUtf8(hex("ff6162ff"), 1, 3)).toBe("ab");
  expect(decodeUtf8(hex("e282ac"), 0, 2)).toBeUndefined();
  expect(decodeUtf8(hex("61f09f9880"), 1, 4)).toBeUndefined();
  expect(utf8.isValid(hex("e282ac"), 0, 2)).toBe(false);
});
