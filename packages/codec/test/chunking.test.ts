// The harness of chunkings has to find what it is for.

import { expect, test } from "vitest";

import { sameInAnyChunks, sameInAnyChunksAsync, type Receiver } from "./chunking.ts";

const BYTES = Uint8Array.of(1, 2, 3, 4, 5);

/** What receivers do wrong. */
interface Faults {
  readonly perChunk?: boolean;
  readonly keepsViews?: boolean;
  readonly failsLate?: boolean;
  readonly failsEarly?: boolean;
}

/** Fails at a 4. */
function receiver(faults: Faults = {}): Receiver<unknown> {
  const said: number[] = [];
  const views: Uint8Array[] = [];
  let failure: string | undefined;
  return {
    receive(chunk) {
      if (faults.perChunk) said.push(chunk.length);
      if (faults.keepsViews) views.push(chunk);
      const at = chunk.indexOf(4);
      if (at >= 0 && (!faults.failsLate || at < chunk.length - 1 || chunk.length === 1)) failure = "FOUR";
      if (faults.failsEarly && chunk.length > 1 && chunk.includes(3)) failure = "FOUR";
    },
    get failure() {
      return failure;
    },
    finish: () => [said, views.flatMap((view) => [...view]), failure],
  };
}

test("what does not depend on the chunks passes, with its outcome", async () => {
  expect(sameInAnyChunks(BYTES, () => receiver())).toEqual([[], [], "FOUR"]);
  expect(sameInAnyChunks(BYTES, () => receiver(), [2, 2, 99])).toEqual([[], [], "FOUR"]);
  expect(sameInAnyChunks(new Uint8Array(0), () => receiver())).toEqual([[], [], undefined]);
  expect(await sameInAnyChunksAsync(BYTES, () => inTurns(receiver()), [1])).toEqual([[], [], "FOUR"]);
});

test.each<[Faults]>([[{ perChunk: true }], [{ keepsViews: true }], [{ failsLate: true }], [{ failsEarly: true }]])(
  "%j is found",
  async (faults) => {
    expect(() => sameInAnyChunks(BYTES, () => receiver(faults))).toThrow(/chunks of \d|byte \d/);
    expect(() => sameInAnyChunks(BYTES, () => receiver(faults), [2])).toThrow(/byte by byte|byte \d/);
    if (faults.perChunk) await expect(sameInAnyChunksAsync(BYTES, () => inTurns(receiver(faults)), [2])).rejects.toThrow("byte by byte");
  },
);

function inTurns<Outcome>(own: Receiver<Outcome>) {
  return { receive: async (chunk: Uint8Array) => own.receive(chunk), finish: () => own.finish() };
}
