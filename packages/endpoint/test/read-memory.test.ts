import { applyMask } from "@ws/codec";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type * as readMemory from "../src/read-memory/index.ts";

const host = Reflect.get(globalThis, "WebAssembly") as object;
function refuse(): never {
  throw new Error("no such instruction");
}

/** A module of its own for each test, since the first call decides what is reserved. */
let memory: typeof readMemory;
beforeEach(async () => {
  vi.resetModules();
  memory = await import("../src/read-memory/index.ts");
});
afterEach(() => vi.unstubAllGlobals());

test("masks any bytes of a read buffer as the codec does, and nothing beside them", () => {
  memory.readBuffer(100, 1000);
  const bytes = memory.readBuffer(300);
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 300, maxLength: 300 }),
      fc.nat({ max: 300 }),
      fc.nat({ max: 300 }),
      fc.nat({ max: 0xffff_ffff }),
      (content, a, b, key) => {
        const [start, end] = a < b ? [a, b] : [b, a];
        bytes.set(content);
        const expected = content.slice();
        applyMask(expected, key, 0, start, end);
        expect(memory.maskRead(bytes, start, end, key)).toBe(true);
        expect(bytes).toEqual(expected);
        // Through a view that begins elsewhere.
        expect(memory.maskRead(bytes.subarray(start), 0, end - start, key | 0)).toBe(true);
        expect(bytes).toEqual(content);
      },
    ),
    { numRuns: 500 },
  );
});

test("leaves other memory alone, before there is a read buffer too", () => {
  const other = new Uint8Array(64);
  expect(memory.maskRead(other, 0, 64, 1)).toBe(false);
  memory.readBuffer(64);
  expect(memory.maskRead(other, 0, 64, 1)).toBe(false);
  expect(other).toEqual(new Uint8Array(64));
});

test("buffers do not overlap, and are arrays of their own once what was reserved is used up", () => {
  const buffers = [
    memory.readBuffer(40_000, 100_000),
    memory.readBuffer(40_000),
    memory.readBuffer(51_072),
    memory.readBuffer(1),
    memory.readBuffer(200_000),
  ];
  expect(buffers.map(({ length }) => length)).toEqual([40_000, 40_000, 51_072, 1, 200_000]);
  expect(buffers.map((bytes) => memory.maskRead(bytes, 0, 1, 0))).toEqual([true, true, true, false, false]);
  buffers.forEach((bytes, index) => bytes.fill(index));
  expect(buffers.every((bytes, index) => bytes.every((byte) => byte === index))).toBe(true);
});

test.each([
  ["WebAssembly", undefined],
  ["vectors", { ...Object.fromEntries(["Memory", "Instance"].map((name) => [name, Reflect.get(host, name)])), Module: refuse }],
])("without %s, buffers are arrays and masking is the codec's", (_, poorer) => {
  vi.stubGlobal("WebAssembly", poorer);
  const bytes = memory.readBuffer(100);
  expect(bytes).toEqual(new Uint8Array(100));
  expect(memory.maskRead(bytes, 0, 100, 1)).toBe(false);
});
