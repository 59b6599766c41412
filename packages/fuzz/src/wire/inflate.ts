/**
 * RFC 1951 inflation, bit by bit, for verdicts. A host's zlib hides what a judge must know: that the data were cut short,
 * that bytes follow a final block, that a distance reaches behind the agreed window.
 */
import { BitReader, Cut } from "./bit-reader.ts";
import { fixedCodes, readDynamicCodes, type BlockCodes } from "./block-codes.ts";
import { EMPTY } from "./bytes.ts";

export type InflateProblem =
  | "block-type" // BTYPE 11
  | "stored-length" // LEN and NLEN disagree
  | "code-lengths" // an impossible Huffman code
  | "symbol" // a code that stands for nothing
  | "distance" // before the beginning of the history
  | "window" // farther back than the agreed window
  | "truncated" // the bytes end inside a block
  | "too-big"; // stopped at the limit

export interface Inflated {
  readonly output: Uint8Array;
  readonly problem: InflateProblem | undefined;
  /** A block with BFINAL was seen. */
  readonly final: boolean;
  /** The longest distance used. */
  readonly farthest: number;
}

export interface InflateOptions {
  /** Bytes that distances may reach back to. */
  readonly history?: Uint8Array | undefined;
  readonly maxLength?: number | undefined;
  readonly windowBits?: number | undefined;
}

/** Inflates one message's bytes (with its tail already appended) on top of the history, at most `maxLength` bytes. */
export function inflate(input: Uint8Array, options: InflateOptions = {}): Inflated {
  return new Inflation(input, options).run();
}

const LENGTH_BASE = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385,
  24577,
];
const DISTANCE_EXTRA = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
class Inflation {
  readonly #reader: BitReader;
  readonly #history: Uint8Array;
  readonly #maxLength: number;
  readonly #window: number;
  #output: Uint8Array;
  #size = 0;
  #farthest = 0;
  #final = false;

  constructor(input: Uint8Array, { history = EMPTY, maxLength = Infinity, windowBits = 15 }: InflateOptions) {
    this.#reader = new BitReader(input);
    this.#history = history;
    this.#maxLength = maxLength;
    this.#window = 2 ** windowBits;
    this.#output = new Uint8Array(Math.max(256, input.length * 4));
  }

  run(): Inflated {
    let problem: InflateProblem | undefined;
    try {
      // Between two blocks the data may end.
      while (problem === undefined && !this.#reader.isAtEnd) {
        problem = this.#block();
        if (problem !== undefined || !this.#final) continue;
        // RFC 7692 §7.2.1: blocks with BFINAL may be used; padding leads to a byte boundary and the next block, if any, follows.
        this.#reader.align();
      }
    } catch (error) {
      if (!(error instanceof Cut)) throw error;
      problem = "truncated";
    }
    return { output: this.#output.slice(0, this.#size), problem, final: this.#final, farthest: this.#farthest };
  }

  #block(): InflateProblem | undefined {
    this.#final = this.#reader.bits(1) === 1;
    const type = this.#reader.bits(2);
    if (type === 3) return "block-type";
    if (type === 0) return this.#stored();
    const codes = type === 1 ? fixedCodes() : readDynamicCodes(this.#reader);
    return codes === undefined ? "code-lengths" : this.#coded(codes);
  }

  #stored(): InflateProblem | undefined {
    this.#reader.align();
    const length = this.#reader.bits(16);
    if (length !== (~this.#reader.bits(16) & 0xffff)) return "stored-length";
    for (let index = 0; index < length; index++) if (!this.#put(this.#reader.bits(8))) return "too-big";
    return undefined;
  }

  #coded({ literals, distances }: BlockCodes): InflateProblem | undefined {
    for (;;) {
      const value = this.#reader.symbol(literals);
      if (value === 256) return undefined;
      if (value < 0 || value > 285) return "symbol";
      if (value < 256) {
        if (!this.#put(value)) return "too-big";
        continue;
      }
      const length = LENGTH_BASE[value - 257]! + this.#reader.bits(LENGTH_EXTRA[value - 257]!);
      const code = this.#reader.symbol(distances);
      if (code < 0 || code > 29) return "symbol";
      const problem = this.#copy(length, DISTANCE_BASE[code]! + this.#reader.bits(DISTANCE_EXTRA[code]!));
      if (problem !== undefined) return problem;
    }
  }

  #copy(length: number, distance: number): InflateProblem | undefined {
    if (distance > this.#farthest) this.#farthest = distance;
    if (distance > this.#size + this.#history.length) return "distance";
    if (distance > this.#window) return "window";
    for (let index = 0; index < length; index++) {
      const from = this.#size - distance;
      if (!this.#put(from >= 0 ? this.#output[from]! : this.#history[this.#history.length + from]!)) return "too-big";
    }
    return undefined;
  }

  /** false: that would be too much. */
  #put(byte: number): boolean {
    if (this.#size >= this.#maxLength) return false;
    if (this.#size === this.#output.length) {
      const larger = new Uint8Array(this.#output.length * 2);
      larger.set(this.#output);
      this.#output = larger;
    }
    this.#output[this.#size++] = byte;
    return true;
  }
}
