/** What this process holds: heap and array buffers, after everything that nobody holds is collected. */
import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { settle } from "../support/clock.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as (options?: { type: "minor" }) => void;

/** When nothing more is given back: what ran before, and what zlib's threads end, may be so late on a busy machine that it would count for the attack. */
export async function weighAtRest(): Promise<number> {
  for (let last = await weigh(); ;) {
    const now = await weigh();
    if (last - now < 4_096) return now;
    last = now;
  }
}

export async function weigh(): Promise<number> {
  await settle();
  collect();
  // The memory of array buffers that were found is given back by the collection that follows.
  await settle();
  collect({ type: "minor" });
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
