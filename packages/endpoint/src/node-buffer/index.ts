/**
 * UTF-8 by the functions of `node:buffer`, which Node, Deno and Bun all have and which work on any `Uint8Array`.
 * For adapters. No semver.
 */
import { Buffer, isAscii, isUtf8 } from "node:buffer";

import { type Utf8, Utf8Validator } from "@ws/codec";

import { bufferMethods } from "./methods.ts";

/** Where one way becomes faster than another, in bytes or UTF-16 units; measured in each runtime. */
export interface BufferUtf8Crossovers {
  /** Up to this many bytes, ASCII is decoded in JavaScript. */
  readonly decode: number;
  /** Up to this many units, ASCII is encoded in JavaScript. */
  readonly encode: number;
  /** From this many bytes on, a check for ASCII comes first. */
  readonly ascii: number;
}

const { utf8Slice, latin1Slice, utf8Write } = bufferMethods;

export function bufferUtf8(crossovers: BufferUtf8Crossovers): Utf8 {
  const { decode, encode, ascii } = crossovers;
  return {
    decode(bytes, start, end) {
      const length = end - start;
      if (length <= decode) {
        const text = decodeShortAscii(bytes, start, end);
        if (text !== undefined) return text;
      } else if (length >= ascii && isAscii(view(bytes, start, end))) {
        return latin1Slice.call(bytes, start, end);
      }
      // Malformed bytes become U+FFFD, so text without one proves that the bytes were well-formed, and only text with one needs the check:
      // 70 ns for 64 bytes, where the check first takes 120 and a fatal TextDecoder 105 (Node 26).
      const text = utf8Slice.call(bytes, start, end);
      return text.includes("\ufffd") && !isUtf8(view(bytes, start, end)) ? undefined : text;
    },
    isValid: (bytes, start, end) => isUtf8(view(bytes, start, end)),
    encodeInto(text, target, offset) {
      const { length } = text;
      if (length <= encode) {
        let index = 0;
        for (; index < length; index++) {
          const unit = text.charCodeAt(index);
          if (unit > 0x7f) break;
          target[offset + index] = unit;
        }
        if (index === length) return length;
      }
      // Writes EF BF BD for a lone surrogate.
      return utf8Write.call(target, text, offset, target.length - offset);
    },
    byteLength: (text) => Buffer.byteLength(text),
    validator: () => new BufferUtf8Validator(),
  };
}

/** From this many bytes on a piece is looked at natively. */
const NATIVE_FROM = 64;

/**
 * What lies between the first and the last character of a piece, either of which its ends may cut, is looked at natively: text of 4 MiB that
 * comes in reads of 64 KiB is received 30 times as fast (`npm run bench -- --only text/1/8`).
 */
class BufferUtf8Validator extends Utf8Validator {
  override write(bytes: Uint8Array, start = 0, end: number = bytes.length): boolean {
    let from = start;
    if (end - start >= NATIVE_FROM) {
      while (this.pending > 0) if (!super.write(bytes, from, ++from)) return false;
      // A character takes at most four bytes: one that begins before the last three ends in this piece.
      let to = end - 3;
      while (to < end && (bytes[to]! & 0xc0) === 0x80) to++;
      // Where it is not valid, the validator tells so in its own way.
      if (isUtf8(view(bytes, from, to))) from = to;
    }
    return super.write(bytes, from, end);
  }
}

function view(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end);
}

/** Eight at a time, because a call with eight arguments costs what one with one does. */
function decodeShortAscii(bytes: Uint8Array, start: number, end: number): string | undefined {
  let text = "";
  let index = start;
  for (; index + 8 <= end; index += 8) {
    const a = bytes[index]!;
    const b = bytes[index + 1]!;
    const c = bytes[index + 2]!;
    const d = bytes[index + 3]!;
    const e = bytes[index + 4]!;
    const f = bytes[index + 5]!;
    const g = bytes[index + 6]!;
    const h = bytes[index + 7]!;
    if ((a | b | c | d | e | f | g | h) > 0x7f) return undefined;
    text += String.fromCharCode(a, b, c, d, e, f, g, h);
  }
  for (; index < end; index++) {
    const byte = bytes[index]!;
    if (byte > 0x7f) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}
