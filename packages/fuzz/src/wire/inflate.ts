/**
 * RFC 1951 inflation, bit by bit, for verdicts. A host's zlib hides what a judge must know: that the data were cut short,
 * that bytes follow a final block, that a distance reaches behind the agreed window.
 */

import { concat, EMPTY } from "./bytes.ts";

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
  output: Uint8Array;
  problem: InflateProblem | undefined;
  /** A block with BFINAL was seen. */
  final: boolean;
  /** The longest distance used. */
  farthest: number;
}

const LENGTH_BASE = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385,
  24577,
];
const DISTANCE_EXTRA = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

interface Huffman {
  counts: number[];
  symbols: number[];
}

/** Canonical Huffman code of RFC 1951 §3.2.2. undefined: over-subscribed. `left`: unused code space. */
function huffman(lengths: readonly number[]): (Huffman & { left: number }) | undefined {
  const counts = new Array<number>(16).fill(0);
  for (const length of lengths) counts[length]!++;
  let left = 1;
  for (let length = 1; length <= 15; length++) {
    left = left * 2 - counts[length]!;
    if (left < 0) return undefined;
  }
  const offsets = new Array<number>(16).fill(0);
  for (let length = 1; length < 15; length++) offsets[length + 1] = offsets[length]! + counts[length]!;
  const symbols: number[] = [];
  lengths.forEach((length, symbol) => {
    if (length !== 0) symbols[offsets[length]!++] = symbol;
  });
  return { counts, symbols, left };
}

class Cut extends Error {}

/** Inflates one message's bytes (with its tail already appended) on top of the history, at most `maxLength` bytes. */
export function inflate(input: Uint8Array, options: { history?: Uint8Array; maxLength?: number; windowBits?: number } = {}): Inflated {
  const history = options.history ?? new Uint8Array(0);
  const maxLength = options.maxLength ?? Infinity;
  const window = 2 ** (options.windowBits ?? 15);
  let output = new Uint8Array(Math.max(256, input.length * 4));
  let size = 0;
  let at = 0;
  let bitBuffer = 0;
  let bitCount = 0;
  let final = false;
  let farthest = 0;
  let problem: InflateProblem | undefined;

  function bits(count: number): number {
    while (bitCount < count) {
      const byte = input[at];
      if (byte === undefined) throw new Cut();
      at++;
      bitBuffer |= byte << bitCount;
      bitCount += 8;
    }
    const value = bitBuffer & ((1 << count) - 1);
    bitBuffer >>>= count;
    bitCount -= count;
    return value;
  }
  function symbol(code: Huffman): number {
    let value = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= 15; length++) {
      value |= bits(1);
      const count = code.counts[length]!;
      if (value - count < first) return code.symbols[index + value - first]!;
      index += count;
      first = (first + count) << 1;
      value <<= 1;
    }
    return -1;
  }
  function put(byte: number): boolean {
    if (size >= maxLength) {
      problem = "too-big";
      return false;
    }
    if (size === output.length) {
      const larger = new Uint8Array(output.length * 2);
      larger.set(output);
      output = larger;
    }
    output[size++] = byte;
    return true;
  }
  function fixedCodes(): { literals: Huffman; distances: Huffman } {
    const lengths: number[] = [];
    for (let value = 0; value < 288; value++) lengths.push(value < 144 ? 8 : value < 256 ? 9 : value < 280 ? 7 : 8);
    return { literals: huffman(lengths)!, distances: huffman(new Array<number>(30).fill(5))! };
  }
  function dynamicCodes(): { literals: Huffman; distances: Huffman } | undefined {
    const literalCount = bits(5) + 257;
    const distanceCount = bits(5) + 1;
    const codeCount = bits(4) + 4;
    if (literalCount > 286 || distanceCount > 30) return undefined;
    const codeLengths = new Array<number>(19).fill(0);
    for (let index = 0; index < codeCount; index++) codeLengths[CODE_LENGTH_ORDER[index]!] = bits(3);
    const lengthCode = huffman(codeLengths);
    if (lengthCode === undefined || lengthCode.left !== 0) return undefined;
    const lengths: number[] = [];
    while (lengths.length < literalCount + distanceCount) {
      const value = symbol(lengthCode);
      if (value < 0) return undefined;
      if (value < 16) lengths.push(value);
      else {
        if (value === 16 && lengths.length === 0) return undefined;
        const repeated = value === 16 ? lengths[lengths.length - 1]! : 0;
        const times = value === 16 ? 3 + bits(2) : value === 17 ? 3 + bits(3) : 11 + bits(7);
        if (lengths.length + times > literalCount + distanceCount) return undefined;
        for (let index = 0; index < times; index++) lengths.push(repeated);
      }
    }
    if (lengths[256] === 0) return undefined;
    const literals = huffman(lengths.slice(0, literalCount));
    const distances = huffman(lengths.slice(literalCount));
    if (literals === undefined || distances === undefined) return undefined;
    // §3.2.7: an incomplete code is allowed only where a single code of one bit is.
    if (literals.left > 0 && literalCount - literals.counts[0]! !== 1) return undefined;
    if (distances.left > 0 && distanceCount - distances.counts[0]! > 1) return undefined;
    return { literals, distances };
  }
  function codedBlock(codes: { literals: Huffman; distances: Huffman }): boolean {
    for (;;) {
      const value = symbol(codes.literals);
      if (value === 256) return true;
      if (value < 0 || value > 285) return ((problem = "symbol"), false);
      if (value < 256) {
        if (!put(value)) return false;
        continue;
      }
      const length = LENGTH_BASE[value - 257]! + bits(LENGTH_EXTRA[value - 257]!);
      const code = symbol(codes.distances);
      if (code < 0 || code > 29) return ((problem = "symbol"), false);
      const distance = DISTANCE_BASE[code]! + bits(DISTANCE_EXTRA[code]!);
      if (distance > farthest) farthest = distance;
      if (distance > size + history.length) return ((problem = "distance"), false);
      if (distance > window) return ((problem = "window"), false);
      for (let index = 0; index < length; index++) {
        const from = size - distance;
        if (!put(from >= 0 ? output[from]! : history[history.length + from]!)) return false;
      }
    }
  }
  try {
    for (;;) {
      // Between two blocks the data may end.
      if (at >= input.length && bitCount === 0) break;
      if (at >= input.length && bitBuffer === 0 && bitCount < 3) break;
      final = bits(1) === 1;
      const type = bits(2);
      if (type === 0) {
        bitBuffer = 0;
        bitCount = 0;
        const length = bits(16);
        const check = bits(16);
        if (length !== (~check & 0xffff)) {
          problem = "stored-length";
          break;
        }
        let ok = true;
        for (let index = 0; index < length && ok; index++) ok = put(bits(8));
        if (!ok) break;
      } else if (type === 3) {
        problem = "block-type";
        break;
      } else {
        const codes = type === 1 ? fixedCodes() : dynamicCodes();
        if (codes === undefined) {
          problem = "code-lengths";
          break;
        }
        if (!codedBlock(codes)) break;
      }
      if (final) {
        // RFC 7692 §7.2.1: blocks with BFINAL may be used; padding leads to a byte boundary and the next block, if any, follows.
        bitBuffer = 0;
        bitCount = 0;
        if (at >= input.length) break;
      }
    }
  } catch (error) {
    if (!(error instanceof Cut)) throw error;
    problem = "truncated";
  }
  return { output: output.slice(0, size), problem, final, farthest };
}

/** §7.2.2: these four bytes are removed by the sender and put back by the receiver. */
export const TAIL: Uint8Array = Uint8Array.of(0x00, 0x00, 0xff, 0xff);

/** The state a receiver of compressed messages keeps from one message to the next (§7.2.2). */
export class MessageInflater {
  #history: Uint8Array = EMPTY;
  readonly #noContextTakeover: boolean;
  readonly #windowBits: number;

  constructor(options: { noContextTakeover: boolean; windowBits: number }) {
    this.#noContextTakeover = options.noContextTakeover;
    this.#windowBits = options.windowBits;
  }

  /** Inflates one whole message. */
  message(payload: Uint8Array, maxLength?: number): Inflated {
    const options = { history: this.#history, windowBits: this.#windowBits, ...(maxLength === undefined ? {} : { maxLength }) };
    let result = inflate(concat([payload, TAIL]), options);
    if (result.problem !== undefined && result.final) {
      // §7.2.3.4: behind a last block with BFINAL comes 0x00, the rest of an empty block. A sender that leaves it out is understood.
      const bare = inflate(payload, options);
      if (bare.problem === undefined && bare.final) result = bare;
    }
    if (result.problem === undefined) {
      const whole = this.#noContextTakeover ? EMPTY : concat([this.#history, result.output]);
      this.#history = whole.slice(Math.max(0, whole.length - 32768));
    }
    return result;
  }
}
