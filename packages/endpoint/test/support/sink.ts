import { getHeapStatistics } from "node:v8";

import type { Transport, TransportSink } from "@ws/endpoint";

/** A transport for counting allocations: swallows what is written, and its owner gives the same read buffer each time. */
export class Sink implements Transport {
  readonly borrowed: boolean = true;
  readonly copies = true;
  readonly bufferedBytes = 0;
  sink!: TransportSink;
  writes = 0;

  start(sink: TransportSink): void {
    this.sink = sink;
  }
  write(): void {
    this.writes++;
  }
  pause(): void {
    throw new Error("nothing is behind here");
  }
  resume(): void {
    throw new Error("nothing is behind here");
  }
  end(): void {
    throw new Error("nothing ends here");
  }
  destroy(): void {
    throw new Error("nothing ends here");
  }
}

/** Bytes allocated on the heap so far: counted by V8 (from that of Node 26 on), not sampled. */
export function allocated(): number {
  return (getHeapStatistics() as unknown as { total_allocated_bytes: number }).total_allocated_bytes;
}

/** The last views made, so that none is optimised away. */
const kept: Uint8Array[] = [];

/** Heap bytes of one view of a buffer, measured here and now: what the bounds of tests are multiples of, as they differ between versions of V8. */
export function bytesOfView(): number {
  const bytes = new Uint8Array(1000);
  let least = Infinity;
  for (let round = 0; round < 12; round++) {
    const before = allocated();
    for (let index = 0; index < 20_000; index++) kept[index % 8] = bytes.subarray(index % 1000);
    least = Math.min(least, (allocated() - before) / 20_000);
  }
  return least;
}
