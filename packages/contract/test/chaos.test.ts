/** The random driver in each runtime, with a fixed list of seeds. By hand, for longer, and cut down: scripts/chaos.ts. */
import { expect, test } from "vitest";

import { drive, type DriveOptions, found } from "../src/chaos/drive.ts";
import type { RuntimeName } from "../src/parent.ts";

test.each([
  ["Node 22", 1, 2],
  ["Node 24", 1, 4],
  ["Node 26", 4, 1],
  ["Deno", 4, 1],
  ["Bun", 4, 1],
] satisfies [RuntimeName, number, number][])(
  "%s: nothing is lost, exchanged, left behind or told falsely in %i random scripts",
  async (runtime, count, seed) => {
    const options: DriveOptions = { seed, count };
    const driven = await drive(runtime, options);
    const failed = found(runtime, driven, options);
    const again = `npm run test:chaos -- "${runtime}" --seed ${failed?.script.seed ?? seed} --count 1`;
    expect
      .soft(
        failed?.faults.map(({ kind, detail }) => `${kind}: ${detail}`),
        `to cut it down: ${again}`,
      )
      .toBeUndefined();
    if (failed === undefined)
      expect(driven.played.map((one) => one.seed)).toEqual(Array.from({ length: count }, (_, index) => seed + index));
  },
);
