// RFC 6455 §5.2 and §5.3: frames as bytes. The masking key is a parameter: who sends as a client chooses a new,
// unpredictable one for each frame (§5.3).

import { applyMask, applyMaskInto, requireRoom } from "./mask.ts";
import { utf8, type Utf8 } from "./utf8.ts";

/** Options of {@link encodeFrame}. */
export interface EncodeFrameOptions {
  /** Default true. */
  readonly fin?: boolean | undefined;
  /** RSV1 = 4, RSV2 = 2, RSV3 = 1. Default 0. */
  readonly rsv?: number | undefined;
  /** An unsigned 32-bit number, the key's four octets read big-endian; without it the frame is not masked. */
  readonly maskingKey?: number | undefined;
}

/** How many bytes the header takes: 2–14 (RFC 6455 §5.2). */
export function frameHeaderLength(payloadLength: number, masked: boolean): number {
  return (payloadLength < 126 ? 2 : payloadLength < 0x1_0000 ? 4 : 10) + (masked ? 4 : 0);
}

/** The first byte of a header: FIN, reserved bits, opcode. */
export function firstByte(opcode: number, fin = true, rsv = 0): number {
  return (fin ? 0x80 : 0) | (rsv << 4) | opcode;
}

/**
 * Writes a header at `target[offset]` (RFC 6455 §5.2); allocates nothing.
 *
 * @param first the first byte: see {@link firstByte}
 * @param payloadLength in bytes
 * @param maskingKey an unsigned 32-bit number, the key's four octets read big-endian; without it the frame is not masked
 * @returns how many bytes were written: 2–14
 * @throws RangeError when there is not enough room or the length is not a safe integer from 0
 */
export function encodeFrameHeaderInto(
  target: Uint8Array,
  offset: number,
  first: number,
  payloadLength: number,
  maskingKey?: number,
): number {
  const masked = maskingKey !== undefined;
  const length = frameHeaderLength(payloadLength, masked);
  requireRoom(target, offset + length);
  if (!Number.isSafeInteger(payloadLength) || payloadLength < 0) throw new RangeError(`no payload length: ${payloadLength}`);
  const mask = masked ? 0x80 : 0;
  let next = offset + 2;
  target[offset] = first;
  // §5.2: "the minimal number of bytes MUST be used to encode the length".
  if (payloadLength < 126) {
    target[offset + 1] = mask | payloadLength;
  } else if (payloadLength < 0x1_0000) {
    target[offset + 1] = mask | 126;
    target[next++] = payloadLength >>> 8;
    target[next++] = payloadLength;
  } else {
    target[offset + 1] = mask | 127;
    writeUint32(target, next, payloadLength / 0x1_0000_0000);
    writeUint32(target, next + 4, payloadLength);
    next += 8;
  }
  if (masked) writeUint32(target, next, maskingKey);
  return length;
}

function writeUint32(target: Uint8Array, offset: number, value: number): void {
  target[offset] = value >>> 24;
  target[offset + 1] = value >>> 16;
  target[offset + 2] = value >>> 8;
  target[offset + 3] = value;
}

/**
 * Writes a whole frame (RFC 6455 §5.2) at `target[offset]`, masking `payload` while copying it; `payload` stays as it is.
 *
 * @param first the first byte of the header: see {@link firstByte}
 * @returns how many bytes were written
 * @throws RangeError when there is not enough room
 */
export function encodeFrameInto(target: Uint8Array, offset: number, first: number, payload: Uint8Array, maskingKey?: number): number {
  const { length } = payload;
  const header = encodeFrameHeaderInto(target, offset, first, length, maskingKey);
  applyMaskInto(payload, 0, length, target, offset + header, maskingKey ?? 0);
  return header + length;
}

/**
 * Writes a text frame (RFC 6455 §5.6) at `target[offset]`: the string goes straight to UTF-8 behind its header.
 *
 * @param first the first byte of the header; default: a whole text message
 * @returns how many bytes were written
 * @throws RangeError when there is not enough room; 14 + 3 × `text.length` bytes always are
 */
export function encodeTextInto(
  target: Uint8Array,
  offset: number,
  text: string,
  maskingKey?: number,
  encoding: Utf8 = utf8,
  first = 0x81,
): number {
  const masked = maskingKey !== undefined;
  // Most text is ASCII: the header is then as long as text.length says. Otherwise the payload is moved behind a longer one.
  const guess = frameHeaderLength(text.length, masked);
  if (offset + 14 + text.length * 3 > target.length) {
    const needed = encoding.byteLength(text);
    requireRoom(target, offset + frameHeaderLength(needed, masked) + needed);
  }
  const length = encoding.encodeInto(text, target, offset + guess);
  const header = frameHeaderLength(length, masked);
  const start = offset + header;
  if (header !== guess) target.copyWithin(start, offset + guess, offset + guess + length);
  encodeFrameHeaderInto(target, offset, first, length, maskingKey);
  if (masked) applyMask(target, maskingKey, 0, start, start + length);
  return header + length;
}

/**
 * Encodes a whole frame (RFC 6455 §5.2) into a new array; `payload` stays as it is.
 *
 * @param opcode 0–15, not judged
 * @returns a COPY: header and payload
 */
export function encodeFrame(
  opcode: number,
  payload: Uint8Array,
  { fin, rsv, maskingKey }: EncodeFrameOptions = {},
): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(frameHeaderLength(payload.length, maskingKey !== undefined) + payload.length);
  encodeFrameInto(frame, 0, firstByte(opcode, fin, rsv), payload, maskingKey);
  return frame;
}
