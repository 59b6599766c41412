import { EMPTY } from "@ws/codec";

/**
 * The last bytes of one direction of a connection: all that has to be kept of a compression context between two messages
 * (RFC 7692 §7.1.1, "LZ77 sliding window"). A ring that begins small (2 KiB) and grows to its window with the traffic.
 *
 * `position` counts every byte ever appended, so that a stream which has seen exactly this history can be recognised.
 */
export class History {
  /** Most bytes kept. */
  readonly size: number;
  /** Bytes appended so far. */
  position = 0;
  #ring: Uint8Array = EMPTY;
  /** Index in the ring behind the latest byte. */
  #next = 0;

  constructor(size: number) {
    this.size = size;
  }

  /** How many bytes are kept. */
  get length(): number {
    return Math.min(this.position, this.size);
  }

  /** Bytes of memory held. */
  get capacity(): number {
    return this.#ring.length;
  }

  /** Appends a message, copying what the window reaches. */
  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const kept = Math.min(bytes.length, this.size);
    this.#reserve(Math.min(this.length + kept, this.size));
    this.position += bytes.length;
    const start = bytes.length - kept;
    const room = Math.min(kept, this.#ring.length - this.#next);
    copy(bytes, start, start + room, this.#ring, this.#next);
    copy(bytes, start + room, bytes.length, this.#ring, 0);
    this.#next = (this.#next + kept) % this.#ring.length;
  }

  /** The latest `length` bytes, oldest first, in one or two views that end with the next `append`. */
  latest(length: number): [Uint8Array, Uint8Array] {
    const wanted = Math.min(length, this.length);
    const wrapped = wanted - this.#next;
    if (wrapped <= 0) return [this.#ring.subarray(this.#next - wanted, this.#next), EMPTY];
    return [this.#ring.subarray(this.#ring.length - wrapped), this.#ring.subarray(0, this.#next)];
  }

  /** The same bytes in memory of its own. */
  clone(): History {
    const twin = new History(this.size);
    for (const piece of this.latest(this.size)) twin.append(piece);
    twin.position = this.position;
    return twin;
  }

  /** Gives the memory back. */
  clear(): void {
    this.position = 0;
    this.#next = 0;
    this.#ring = EMPTY;
  }

  /** Grows in few steps: a connection with little traffic holds little, and one with more leaves little behind for the garbage collector. */
  #reserve(needed: number): void {
    if (needed <= this.#ring.length) return;
    let capacity = this.#ring.length === 0 ? SMALLEST : this.#ring.length;
    while (capacity < needed) capacity *= 4;
    // Only a ring that has never wrapped grows, because growing stops at `size`.
    const grown = new Uint8Array(Math.min(capacity, this.size));
    const held = this.length;
    const [older, newer] = this.latest(held);
    grown.set(older);
    grown.set(newer, older.length);
    this.#ring = grown;
    this.#next = held % grown.length;
  }
}

function copy(source: Uint8Array, start: number, end: number, target: Uint8Array, offset: number): void {
  if (start < end) target.set(start === 0 && end === source.length ? source : source.subarray(start, end), offset);
}

const SMALLEST = 2048;
