/** RFC 1951 §3.1.1: bits from bytes, the least significant first; Huffman codes the most significant first. */
import type { Huffman } from "./huffman.ts";

/** The bytes end. */
export class Cut extends Error {}

export class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #held = 0;
  #count = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Nothing is left, or nothing but the zeros that fill the last byte. */
  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length && (this.#count === 0 || (this.#held === 0 && this.#count < 3));
  }

  /** Throws Cut. */
  bits(count: number): number {
    while (this.#count < count) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new Cut();
      this.#at++;
      this.#held |= byte << this.#count;
      this.#count += 8;
    }
    const value = this.#held & ((1 << count) - 1);
    this.#held >>>= count;
    this.#count -= count;
    return value;
  }

  /** On to the next byte boundary. */
  align(): void {
    this.#held = 0;
    this.#count = 0;
  }

  /** -1: a code that stands for nothing. Throws Cut. */
  symbol({ counts, symbols }: Huffman): number {
    let value = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= 15; length++) {
      value |= this.bits(1);
      const count = counts[length]!;
      if (value - count < first) return symbols[index + value - first]!;
      index += count;
      first = (first + count) << 1;
      value <<= 1;
    }
    return -1;
  }
}
