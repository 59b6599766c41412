import fc from "fast-check";
import { expect, test } from "vitest";

import { checkProtocols } from "../../src/web/subprotocols.ts";
import {
  copyOfBufferSource,
  toClampedUnsignedShort,
  toEnforcedUnsignedShort,
  toSequence,
  toUnsignedShort,
  toUSVString,
} from "../../src/web/webidl.ts";

test("[Clamp] unsigned short is the conversion of Uint8ClampedArray, with 16 bits", () => {
  // The same rules, where the range is the same.
  const reference = new Uint8ClampedArray(1);
  fc.assert(
    fc.property(
      fc.oneof(
        fc.double({ min: -300, max: 254 }),
        fc.double({ min: 0, max: 508 }).map((twice) => Math.floor(twice) / 2),
      ),
      (number) => {
        reference[0] = number;
        if (number < 255) expect(toClampedUnsignedShort(number)).toBe(reference[0]);
      },
    ),
  );
  for (const [value, expected] of [
    [NaN, 0],
    [Infinity, 65_535],
    [-Infinity, 0],
    [70_000, 65_535],
    ["12.5", 12],
    [null, 0],
    [true, 1],
    [{ valueOf: () => 3 }, 3],
  ] as const) {
    expect(toClampedUnsignedShort(value)).toBe(expected);
  }
  expect(() => toClampedUnsignedShort(1n)).toThrow(TypeError);
});

test("unsigned short is the conversion of Uint16Array; [EnforceRange] refuses what it would change", () => {
  fc.assert(
    fc.property(fc.oneof(fc.double(), fc.integer(), fc.double({ min: -70_000, max: 140_000, noNaN: true })), (number) => {
      const [converted] = Uint16Array.of(number);
      expect(toUnsignedShort(number)).toBe(converted);
      const integer = Math.trunc(number);
      if (integer >= 0 && integer < 65_536) expect(toEnforcedUnsignedShort(number, "x")).toBe(converted);
      else expect(() => toEnforcedUnsignedShort(number, "x")).toThrow(TypeError);
    }),
  );
  for (const number of [NaN, Infinity, -Infinity]) {
    expect(toUnsignedShort(number)).toBe(0);
    expect(() => toEnforcedUnsignedShort(number, "x")).toThrow(TypeError);
  }
});

test("USVString is what TextEncoder and TextDecoder make of a string", () => {
  const reference = (text: string): string => new TextDecoder("utf-8", { ignoreBOM: true }).decode(new TextEncoder().encode(text));
  fc.assert(
    fc.property(
      fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)),
      (text) => {
        expect(toUSVString(text)).toBe(reference(text));
      },
    ),
  );
});

test("a sequence is what can be iterated, converted one by one", () => {
  expect(toSequence(new Set([1, 2]), String, "x")).toEqual(["1", "2"]);
  for (const value of [1, null, undefined, {}, "text"]) expect(() => toSequence(value, String, "x")).toThrow(TypeError);
  expect(() => toSequence({ [Symbol.iterator]: 1 }, String, "x")).toThrow(TypeError);
});

test("the bytes of a view are those that it shows, copied", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat(), fc.nat(), (bytes, from, to) => {
      const start = from % (bytes.length + 1);
      const end = start + (to % (bytes.length - start + 1));
      const copy = copyOfBufferSource(bytes.subarray(start, end));
      expect(copy).toEqual(bytes.slice(start, end));
      if (copy!.length > 0) expect(copy!.buffer).not.toBe(bytes.buffer);
    }),
  );
  expect(copyOfBufferSource({ byteLength: 1, [Symbol.toStringTag]: "ArrayBuffer" })).toBeUndefined();
  expect(copyOfBufferSource(new SharedArrayBuffer(1))).toBeUndefined();
});

test("§4.1 subprotocols are tokens, each once", () => {
  const separators = [...'()<>@,;:\\"/[]?={} \t'];
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0x100 }), (unit) => {
      const name = `a${String.fromCharCode(unit)}`;
      const isToken = unit > 0x20 && unit < 0x7f && !separators.includes(name[1]!);
      if (isToken) expect(() => checkProtocols([name])).not.toThrow();
      else expect(() => checkProtocols([name])).toThrow(DOMException);
    }),
  );
});
