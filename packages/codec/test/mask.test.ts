import fc from "fast-check";
import { expect, test } from "vitest";

import { applyMask, applyMaskInto } from "@ws/codec";

import { hex, runs } from "./support.ts";

/** §5.3, word for word: octet i of the transformed data is octet i of the original XOR octet i modulo 4 of the key. */
function model(bytes: Uint8Array, key: number, offset: number): Uint8Array {
  const octets = [Math.floor(key / 2 ** 24), Math.floor(key / 2 ** 16) % 256, Math.floor(key / 2 ** 8) % 256, key % 256];
  return bytes.map((byte, i) => byte ^ octets[(i + offset) % 4]!);
}

const keys = fc.oneof(fc.nat({ max: 0xffff_ffff }), fc.constantFrom(0, 1, 0x8000_0000, 0xffff_ffff, 0x0102_0304));

test("§5.7 the RFC's example", () => {
  const bytes = hex("7f9f4d5158");
  applyMask(bytes, 0x37fa213d);
  expect(bytes).toEqual(new TextEncoder().encode("Hello"));
});

test("§5.3 every length up to 300, every alignment, every offset modulo 4", () => {
  for (let length = 0; length <= 300; length++) {
    const around = Uint8Array.from({ length: length + 11 }, (_, i) => (i * 37) & 255);
    for (let start = 0; start < 8; start++) {
      for (let offset = 0; offset < 4; offset++) {
        const bytes = around.slice();
        const view = bytes.subarray(1);
        applyMask(view, 0xa1b2c3d4, offset, start, start + length);
        const expected = around.slice();
        expected.set(model(around.subarray(1 + start, 1 + start + length), 0xa1b2c3d4, offset), 1 + start);
        if (!expected.every((byte, i) => byte === bytes[i])) expect.fail(`length ${length}, start ${start}, offset ${offset}`);
      }
    }
  }
});

test("§5.3 is the model for any key, and its own inverse", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), keys, fc.nat({ max: 1e9 }), (bytes, key, offset) => {
      const masked = bytes.slice();
      applyMask(masked, key, offset);
      expect(masked).toEqual(model(bytes, key, offset));
      applyMask(masked, key, offset);
      expect(masked).toEqual(bytes);
    }),
    runs(1000),
  );
});

test("masking in pieces is masking at once", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), keys, fc.nat(), (bytes, key, place) => {
      const cut = place % (bytes.length + 1);
      const pieces = bytes.slice();
      applyMask(pieces, key, 0, 0, cut);
      applyMask(pieces, key, cut, cut);
      expect(pieces).toEqual(model(bytes, key, 0));
    }),
    runs(500),
  );
});

test("masking into another array leaves the source as it is and writes nothing else", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      keys,
      fc.nat(),
      fc.nat({ max: 9 }),
      fc.nat({ max: 9 }),
      (source, key, place, at, offset) => {
        const before = source.slice();
        const start = place % (source.length + 1);
        const target = new Uint8Array(at + source.length - start + 3).fill(0xee);
        applyMaskInto(source, start, source.length, target, at, key, offset);
        expect(source).toEqual(before);
        const expected = new Uint8Array(target.length).fill(0xee);
        expected.set(model(source.subarray(start), key, offset), at);
        expect(target).toEqual(expected);
      },
    ),
    runs(500),
  );
});

test("a target that is too small is a RangeError", () => {
  expect(() => applyMaskInto(new Uint8Array(5), 0, 5, new Uint8Array(6), 2, 1)).toThrow(RangeError);
  expect(() => applyMaskInto(new Uint8Array(500), 0, 500, new Uint8Array(600), 101, 1)).toThrow(RangeError);
});

test("works on views of any alignment, Node's pooled buffers included", () => {
  const pooled = Buffer.from("a".repeat(100));
  applyMask(pooled, 0x01020304);
  expect(Uint8Array.from(pooled)).toEqual(model(new Uint8Array(100).fill(0x61), 0x01020304, 0));
});
