/** The Huffman codes of a deflate block: the fixed ones (RFC 1951 §3.2.6) and those that a dynamic block begins with (§3.2.7). */
import type { BitReader } from "./bit-reader.ts";
import { huffman, type Huffman } from "./huffman.ts";

export interface BlockCodes {
  readonly literals: Huffman;
  readonly distances: Huffman;
}

const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

export function fixedCodes(): BlockCodes {
  const lengths: number[] = [];
  for (let value = 0; value < 288; value++) lengths.push(value < 144 ? 8 : value < 256 ? 9 : value < 280 ? 7 : 8);
  return { literals: huffman(lengths)!, distances: huffman(new Array<number>(30).fill(5))! };
}

/** undefined: impossible codes. */
export function readDynamicCodes(reader: BitReader): BlockCodes | undefined {
  const literalCount = reader.bits(5) + 257;
  const distanceCount = reader.bits(5) + 1;
  const codeCount = reader.bits(4) + 4;
  if (literalCount > 286 || distanceCount > 30) return undefined;
  const lengths = readLengths(reader, codeCount, literalCount + distanceCount);
  if (lengths === undefined || lengths[256] === 0) return undefined;
  const literals = huffman(lengths.slice(0, literalCount));
  const distances = huffman(lengths.slice(literalCount));
  if (literals === undefined || distances === undefined) return undefined;
  // §3.2.7: an incomplete code is allowed only where a single code of one bit is.
  if (literals.left > 0 && literalCount - literals.counts[0]! !== 1) return undefined;
  if (distances.left > 0 && distanceCount - distances.counts[0]! > 1) return undefined;
  return { literals, distances };
}

/** Code lengths, which are themselves coded: 16 repeats the last one, 17 and 18 are runs of zeros. */
function readLengths(reader: BitReader, codeCount: number, wanted: number): number[] | undefined {
  const codeLengths = new Array<number>(19).fill(0);
  for (let index = 0; index < codeCount; index++) codeLengths[CODE_LENGTH_ORDER[index]!] = reader.bits(3);
  const lengthCode = huffman(codeLengths);
  if (lengthCode === undefined || lengthCode.left !== 0) return undefined;
  const lengths: number[] = [];
  while (lengths.length < wanted) {
    const value = reader.symbol(lengthCode);
    if (value < 0 || (value === 16 && lengths.length === 0)) return undefined;
    if (value < 16) {
      lengths.push(value);
      continue;
    }
    const repeated = value === 16 ? lengths[lengths.length - 1]! : 0;
    const times = value === 16 ? 3 + reader.bits(2) : value === 17 ? 3 + reader.bits(3) : 11 + reader.bits(7);
    if (lengths.length + times > wanted) return undefined;
    for (let index = 0; index < times; index++) lengths.push(repeated);
  }
  return lengths;
}
