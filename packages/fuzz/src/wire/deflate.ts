/** RFC 1951 blocks written by hand: legal ones of each kind, and broken ones. The writer of compressed payloads. */
import { DEFLATE_TAIL } from "./message-inflater.ts";

/** A literal byte, or a copy of earlier output. */
export type DeflateToken = number | { readonly length: number; readonly distance: number };

export type DeflateBlock =
  | { readonly type: "stored"; readonly bytes: Uint8Array; readonly final?: boolean | undefined }
  | { readonly type: "fixed"; readonly tokens: readonly DeflateToken[]; readonly final?: boolean | undefined }
  | { readonly type: "dynamic"; readonly tokens: readonly DeflateToken[]; readonly final?: boolean | undefined }
  | { readonly type: "reserved"; readonly final?: boolean | undefined };

class BitWriter {
  readonly bytes: number[] = [];
  #used = 8;

  bit(value: number): void {
    if (this.#used === 8) {
      this.bytes.push(0);
      this.#used = 0;
    }
    if (value !== 0) this.bytes[this.bytes.length - 1]! |= 1 << this.#used;
    this.#used++;
  }
  /** Least significant bit first, as all but Huffman codes are. */
  bits(value: number, count: number): void {
    for (let index = 0; index < count; index++) this.bit((value >> index) & 1);
  }
  code(value: number, count: number): void {
    for (let index = count - 1; index >= 0; index--) this.bit((value >> index) & 1);
  }
  align(): void {
    this.#used = 8;
  }
}

const LENGTHS: readonly (readonly [base: number, extra: number])[] = (() => {
  const rows: [number, number][] = [];
  let base = 3;
  for (let code = 257; code < 285; code++) {
    const extra = code < 265 ? 0 : Math.floor((code - 261) / 4);
    rows.push([base, extra]);
    base += 2 ** extra;
  }
  rows.push([258, 0]);
  return rows;
})();
const DISTANCES: readonly (readonly [base: number, extra: number])[] = (() => {
  const rows: [number, number][] = [];
  let base = 1;
  for (let code = 0; code < 30; code++) {
    const extra = code < 4 ? 0 : Math.floor((code - 2) / 2);
    rows.push([base, extra]);
    base += 2 ** extra;
  }
  return rows;
})();

function row(table: readonly (readonly [number, number])[], value: number): number {
  let found = 0;
  table.forEach(([base], index) => {
    if (base <= value) found = index;
  });
  return found;
}

function fixedLiteral(writer: BitWriter, symbol: number): void {
  if (symbol < 144) writer.code(0x30 + symbol, 8);
  else if (symbol < 256) writer.code(0x190 + symbol - 144, 9);
  else if (symbol < 280) writer.code(symbol - 256, 7);
  else writer.code(0xc0 + symbol - 280, 8);
}

/** A dynamic block whose literal code has 9 bits for everything (286 of 512 codes would be incomplete, so half get 8). */
function dynamicLengths(): number[] {
  // 2^8 = 256 units of 8 bits: 226 symbols of 8 bits and 60 of 9 bits fill the space exactly.
  return Array.from({ length: 286 }, (_, symbol) => (symbol < 226 ? 8 : 9));
}

function canonical(lengths: readonly number[]): number[] {
  const codes: number[] = [];
  let code = 0;
  for (let length = 1; length <= 15; length++) {
    lengths.forEach((value, symbol) => {
      if (value === length) codes[symbol] = code++;
    });
    code <<= 1;
  }
  return codes;
}

function dynamicHeader(writer: BitWriter): { literal: (symbol: number) => void; distance: (symbol: number) => void } {
  const literals = dynamicLengths();
  // 30 distance codes: two of 4 bits and 28 of 5 bits fill the space exactly (2/16 + 28/32 = 1).
  const distances = Array.from({ length: 30 }, (_, symbol) => (symbol < 2 ? 4 : 5));
  writer.bits(286 - 257, 5);
  writer.bits(30 - 1, 5);
  // Code lengths used: 4, 5, 8, 9, each with a two-bit code.
  const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4];
  writer.bits(order.length - 4, 4);
  for (const symbol of order) writer.bits([4, 5, 8, 9].includes(symbol) ? 2 : 0, 3);
  const lengthCodes = new Map([
    [4, 0],
    [5, 1],
    [8, 2],
    [9, 3],
  ]);
  for (const length of [...literals, ...distances]) writer.code(lengthCodes.get(length)!, 2);
  const literalCodes = canonical(literals);
  const distanceCodes = canonical(distances);
  return {
    literal: (symbol) => writer.code(literalCodes[symbol]!, literals[symbol]!),
    distance: (symbol) => writer.code(distanceCodes[symbol]!, distances[symbol]!),
  };
}

/** Writes blocks; the last is followed by nothing. */
export function writeDeflateBlocks(blocks: readonly DeflateBlock[]): Uint8Array {
  return Uint8Array.from(blockBits(blocks).bytes);
}

function blockBits(blocks: readonly DeflateBlock[]): BitWriter {
  const writer = new BitWriter();
  for (const block of blocks) {
    writer.bit(block.final === true ? 1 : 0);
    if (block.type === "reserved") {
      writer.bits(3, 2);
      continue;
    }
    if (block.type === "stored") {
      writer.bits(0, 2);
      writer.align();
      writer.bits(block.bytes.length, 16);
      writer.bits(~block.bytes.length & 0xffff, 16);
      for (const byte of block.bytes) writer.bits(byte, 8);
      continue;
    }
    writer.bits(block.type === "fixed" ? 1 : 2, 2);
    const codes =
      block.type === "fixed"
        ? { literal: (symbol: number) => fixedLiteral(writer, symbol), distance: (symbol: number) => writer.code(symbol, 5) }
        : dynamicHeader(writer);
    for (const token of block.tokens) {
      if (typeof token === "number") codes.literal(token);
      else {
        const length = row(LENGTHS, token.length);
        codes.literal(257 + length);
        writer.bits(token.length - LENGTHS[length]![0], LENGTHS[length]![1]);
        const distance = row(DISTANCES, token.distance);
        codes.distance(distance);
        writer.bits(token.distance - DISTANCES[distance]![0], DISTANCES[distance]![1]);
      }
    }
    codes.literal(256);
    // §7.2.1: behind a final block the next one begins on a byte boundary.
    if (block.final === true) writer.align();
  }
  return writer;
}

/**
 * §7.2.1: blocks, then an empty stored block whose last four bytes are removed. After a final block (§7.2.3.4) one 0x00 stands
 * for that empty block.
 */
export function compressedPayload(blocks: readonly DeflateBlock[]): Uint8Array {
  const last = blocks[blocks.length - 1];
  if (last?.final === true) {
    const bytes = writeDeflateBlocks(blocks);
    const whole = new Uint8Array(bytes.length + 1);
    whole.set(bytes);
    return whole;
  }
  const bytes = writeDeflateBlocks([...blocks, { type: "stored", bytes: new Uint8Array(0) }]);
  return bytes.slice(0, bytes.length - DEFLATE_TAIL.length);
}

/** Literals only, one fixed block. */
export function deflateLiterals(payload: Uint8Array): Uint8Array {
  return compressedPayload([{ type: "fixed", tokens: [...payload] }]);
}

/** A compressed message that inflates to about `length` equal bytes: 258 for every 13 bits or so. */
export function deflateBomb(length: number): Uint8Array {
  const tokens: DeflateToken[] = [0x61];
  for (let size = 1; size < length; size += 258) tokens.push({ length: Math.max(3, Math.min(258, length - size)), distance: 1 });
  return compressedPayload([{ type: "fixed", tokens }]);
}
