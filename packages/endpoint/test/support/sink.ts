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
