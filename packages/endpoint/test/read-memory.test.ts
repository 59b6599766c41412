import { applyMask } from "@ws/codec";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type * as readMemory from "../src/read-memory/index.ts";

const host = Reflect.get(globalThis, "WebAssembly") as object;
function refuse(): never {
  throw new Error("no such instruction");
}

/** A module of its own for each test, with regions of its own. */
let memory: typeof readMemory;
beforeEach(async () => {
  vi.resetModules();
  memory = await import("../src/read-memory/index.ts");
});
afterEach(() => vi.unstubAllGlobals());

test("masks any bytes of a read buffer as the codec does, and nothing beside them", () => {
  const region = new memory.ReadRegion(1000);
  region.buffer(100);
  const bytes = region.buffer(300);
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
  new memory.ReadRegion(64).buffer(64);
  expect(memory.maskRead(other, 0, 64, 1)).toBe(false);
  expect(other).toEqual(new Uint8Array(64));
});

test("buffers do not overlap, and are arrays of their own once what was reserved is used up", () => {
  const region = new memory.ReadRegion(100_000);
  const buffers = [40_000, 40_000, 51_072, 1, 200_000].map((length) => region.buffer(length));
  expect(buffers.map(({ length }) => length)).toEqual([40_000, 40_000, 51_072, 1, 200_000]);
  expect(buffers.map((bytes) => memory.maskRead(bytes, 0, 1, 0))).toEqual([true, true, true, false, false]);
  buffers.forEach((bytes, index) => bytes.fill(index));
  expect(buffers.every((bytes, index) => bytes.every((byte) => byte === index))).toBe(true);
});

/** Everything that can be reached from these buffers, wherever they begin. */
const poison = (buffers: readonly Uint8Array[]): void => {
  for (const bytes of buffers) {
    const { buffer } = bytes;
    new Uint8Array(buffer).fill(0xdd);
    memory.maskRead(bytes, -bytes.byteOffset, bytes.length, 0x5a5a_5a5a);
  }
};

test.each([
  ["in the order in which they were made", [0, 1, 2]],
  ["in another order", [2, 0, 1]],
])("no owner reaches the bytes of another, with regions first used %s", (_, order) => {
  const regions = [100_000, 65_536, 1_000].map((capacity) => new memory.ReadRegion(capacity));
  const owned: Uint8Array[][] = [[], [], []];
  // Interleaved, and beyond what is reserved.
  for (const length of [10, 500, 70_000, 10]) for (const owner of order) owned[owner]!.push(regions[owner]!.buffer(length));
  for (const owner of order) {
    const others = owned.filter((buffers) => buffers !== owned[owner]).flat();
    others.forEach((bytes) => bytes.fill(7));
    poison(owned[owner]!);
    expect(others.every((bytes) => bytes.every((byte) => byte === 7))).toBe(true);
  }
  expect(new Set(owned.map((buffers) => buffers[0]!.buffer)).size).toBe(3);
});

test.each([
  ["WebAssembly", undefined],
  ["vectors", { ...Object.fromEntries(["Memory", "Instance"].map((name) => [name, Reflect.get(host, name)])), Module: refuse }],
])("without %s, buffers are arrays and masking is the codec's", (_, poorer) => {
  vi.stubGlobal("WebAssembly", poorer);
  const bytes = new memory.ReadRegion(100).buffer(100);
  expect(bytes).toEqual(new Uint8Array(100));
  expect(memory.maskRead(bytes, 0, 100, 1)).toBe(false);
});
