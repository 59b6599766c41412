/** What connections share: the slabs that they encode into, and a turn of the loop. */
import { SendArena } from "@ws/protocol";
import { DeflateContexts } from "@ws/protocol/deflate";
import { createPakoZlib } from "@ws/protocol/pako";
import { describe, expect, test } from "vitest";

describe("SendArena.free", () => {
  /** Ten bytes written at the front of a new slab of 16. */
  function written(arena: SendArena): Uint8Array {
    arena.reserve(10);
    const piece = arena.slab.subarray(arena.offset, arena.offset + 10);
    arena.offset += 10;
    return piece;
  }

  test("what was written last is written over", () => {
    const arena = new SendArena(16);
    arena.free(written(arena));
    expect(arena.offset).toBe(0);
  });

  test("a piece of an earlier slab frees nothing of this one, though it lies at the same place", () => {
    const arena = new SendArena(16);
    const earlier = written(arena);
    written(arena);
    arena.free(earlier);
    expect(arena.offset).toBe(10);
  });

  test("what lies before the last piece stays", () => {
    const arena = new SendArena(32);
    const first = written(arena);
    written(arena);
    arena.free(first);
    expect(arena.offset).toBe(20);
  });
});

describe("what is compressed at once in one turn of the loop", () => {
  test("has a bound, which each turn has anew", async () => {
    const contexts = new DeflateContexts({ ...createPakoZlib(), pause: () => new Promise((resolve) => setImmediate(resolve)) });
    for (let turn = 0; turn < 3; turn++) {
      expect([contexts.admits(60, 100), contexts.admits(60, 100), contexts.admits(1, 100)]).toEqual([true, true, false]);
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    }
  });
});
