// RFC 6455 §5.2: the base framing protocol, read and described. Nothing is judged here; frame-rules.ts does that.

import type { Writable } from "./writable.ts";

/** A frame header as it stands in the bytes, legal or not (RFC 6455 §5.2). */
export interface FrameHeader {
  /** FIN: the last frame of its message. */
  readonly fin: boolean;
  /** The three reserved bits, 0–7: RSV1 = 4, RSV2 = 2, RSV3 = 1. */
  readonly rsv: number;
  /** 0–15, whether or not it is defined. */
  readonly opcode: number;
  /** MASK: a masking key stands in the header. */
  readonly masked: boolean;
  /** The four octets of the key, read big-endian, as an unsigned 32-bit number; 0 when not masked. */
  readonly maskingKey: number;
  /** How many bits the payload length was encoded in. */
  readonly lengthForm: 7 | 16 | 64;
  /** In bytes. Above 2^53-1 only the two halves below are exact. */
  readonly payloadLength: number;
  /** The upper 32 bits of the payload length. */
  readonly payloadLengthHigh: number;
  /** The lower 32 bits of the payload length. */
  readonly payloadLengthLow: number;
  /** Bytes that the header itself takes: 2–14. */
  readonly headerLength: number;
}

/** A header to be filled by {@link readFrameHeader}; decoders reuse one. */
export function emptyFrameHeader(): Writable<FrameHeader> {
  return {
    fin: false,
    rsv: 0,
    opcode: 0,
    masked: false,
    maskingKey: 0,
    lengthForm: 7,
    payloadLength: 0,
    payloadLengthHigh: 0,
    payloadLengthLow: 0,
    headerLength: 0,
  };
}

/**
 * Fills `header` from `bytes[offset, end)`. False when bytes are missing; what the first one or two tell is filled in even
 * then, with `headerLength` 1 or 2: `fin`, `rsv`, `opcode`, then `masked`, `lengthForm`, and `payloadLength` if it has seven bits.
 */
export function readFrameHeader(header: Writable<FrameHeader>, bytes: Uint8Array, offset: number, end: number): boolean {
  if (offset >= end) return false;
  const first = bytes[offset]!;
  header.fin = first >= 0x80;
  header.rsv = (first >>> 4) & 7;
  header.opcode = first & 15;
  header.headerLength = 1;
  if (offset + 1 >= end) return false;
  const second = bytes[offset + 1]!;
  const masked = second >= 0x80;
  let high = 0;
  let low = second & 127;
  const extended = low < 126 ? 0 : low === 126 ? 2 : 8;
  const headerLength = 2 + extended + (masked ? 4 : 0);
  header.masked = masked;
  header.lengthForm = (extended * 8 || 7) as 7 | 16 | 64;
  header.payloadLength = low;
  header.headerLength = 2;
  if (offset + headerLength > end) return false;
  if (extended === 2) {
    low = (bytes[offset + 2]! << 8) | bytes[offset + 3]!;
  } else if (extended === 8) {
    high = uint32(bytes, offset + 2);
    low = uint32(bytes, offset + 6);
  }
  header.payloadLengthHigh = high;
  header.payloadLengthLow = low;
  header.payloadLength = high * 0x1_0000_0000 + low;
  header.maskingKey = masked ? uint32(bytes, offset + 2 + extended) : 0;
  header.headerLength = headerLength;
  return true;
}

/**
 * Describes the frame header at `bytes[offset]`, legal or not (RFC 6455 §5.2).
 *
 * @returns a new object, or `undefined` when the header goes on after `end`
 */
export function decodeFrameHeader(bytes: Uint8Array, offset = 0, end: number = bytes.length): FrameHeader | undefined {
  const header = emptyFrameHeader();
  return readFrameHeader(header, bytes, offset, end) ? header : undefined;
}

/** A header in numbers, as far as it was read. */
export function describeHeader({ fin, rsv, opcode, masked, payloadLength, lengthForm, headerLength }: FrameHeader): string {
  const first = `FIN ${+fin}, RSV ${rsv}, opcode ${opcode}`;
  if (headerLength < 2) return first;
  const length = lengthForm > 7 && headerLength < 4 ? "" : ` ${payloadLength}`;
  return `${first}, MASK ${+masked}, ${lengthForm}-bit length${length}`;
}

function uint32(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!) >>> 0;
}
