/**
 * Memory to read into. A read of Deno's needs its buffer while it waits, so every idle connection holds one: a small one. What proves too
 * small is replaced by a large one from a limited pool for as long as much arrives at a time.
 */

import { ReadRegion } from "@ws/endpoint/internal/read-memory";

export interface ReadBuffer {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** 4 KiB: the memory of an idle connection; below Deno's own, which holds 21 KiB. */
const SMALL = 4096;
/** 256 KiB: what the kernel has ready for a fast reader on loopback. */
const LARGE = 262_144;
/** At most this many large ones at a time, 16 MiB. */
const MOST_LARGE = 64;

const region = new ReadRegion(LARGE * MOST_LARGE);

export class ReadBuffers {
  readonly #idle: ReadBuffer[] = [];
  #large = 0;

  small(): ReadBuffer {
    return { bytes: new Uint8Array(SMALL) };
  }

  /** The buffer for the next read, after one that gave `length` bytes. */
  next(buffer: ReadBuffer, length: number): ReadBuffer {
    if (buffer.bytes.length === SMALL) return length === SMALL ? this.#takeLarge(buffer) : buffer;
    if (length > SMALL) return buffer;
    this.release(buffer);
    return this.small();
  }

  #takeLarge(small: ReadBuffer): ReadBuffer {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    if (this.#large === MOST_LARGE) return small;
    this.#large++;
    return { bytes: region.buffer(LARGE) };
  }

  release(buffer: ReadBuffer): void {
    if (buffer.bytes.length === LARGE) this.#idle.push(buffer);
  }
}

export const readBuffers: ReadBuffers = new ReadBuffers();
