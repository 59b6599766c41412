/** Canonical Huffman codes, RFC 1951 §3.2.2. */

export interface Huffman {
  /** How many codes there are of each length, and their symbols in order. */
  readonly counts: number[];
  readonly symbols: number[];
  /** Unused code space. */
  readonly left: number;
}

/** From the length of each symbol's code. undefined: over-subscribed. */
export function huffman(lengths: readonly number[]): Huffman | undefined {
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
