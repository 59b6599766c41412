import { describe, expect, test } from "vitest";

import { ReadBuffers } from "../src/read-buffers.ts";

const [SMALL, LARGE] = [4_096, 262_144];

describe("the memory that connections read into", () => {
  test("is small while little arrives", () => {
    const buffers = new ReadBuffers();
    let buffer = buffers.small();
    for (const length of [1, 100, SMALL - 1]) buffer = buffers.next(buffer, length);
    expect(buffer.bytes.length).toBe(SMALL);
  });

  test("grows when a read fills it, and is given back when little arrives again", () => {
    const buffers = new ReadBuffers();
    const large = buffers.next(buffers.small(), SMALL);
    expect(large.bytes.length).toBe(LARGE);
    expect(buffers.next(large, LARGE)).toBe(large);
    expect(buffers.next(large, SMALL + 1)).toBe(large);
    expect(buffers.next(large, SMALL).bytes.length).toBe(SMALL);
    // The one given back is the next one's.
    expect(buffers.next(buffers.small(), SMALL)).toBe(large);
  });

  test("is large for 64 connections at a time", () => {
    const buffers = new ReadBuffers();
    const held = Array.from({ length: 64 }, () => buffers.next(buffers.small(), SMALL));
    expect(new Set(held).size).toBe(64);
    expect(buffers.next(buffers.small(), SMALL).bytes.length).toBe(SMALL);
    buffers.release(held[0]!);
    expect(buffers.next(buffers.small(), SMALL)).toBe(held[0]);
  });
});
