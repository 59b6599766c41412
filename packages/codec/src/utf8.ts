// RFC 3629: UTF-8 to and from strings, with nothing but ECMAScript. A host that has something faster plugs it in as `Utf8`.

import { requireRoom } from "./mask.ts";
import { Utf8Validator } from "./utf8-validator.ts";

/** UTF-8 as the decoders and encoders need it. {@link utf8} is the default; a host's own functions may take its place. */
export interface Utf8 {
  /** The text that `bytes[start, end)` encode, or `undefined` when they are not UTF-8. U+FEFF is kept wherever it stands. */
  decode(bytes: Uint8Array, start: number, end: number): string | undefined;
  /** Whether `bytes[start, end)` are UTF-8. */
  isValid(bytes: Uint8Array, start: number, end: number): boolean;
  /** Writes `text` at `target[offset]` and returns how many bytes that took. Lone surrogates become U+FFFD. The caller has made sure that there is room. */
  encodeInto(text: string, target: Uint8Array, offset: number): number;
  /** How many bytes `encodeInto` takes for `text`. */
  byteLength(text: string): number;
  /** For long texts that come in pieces: what {@link Utf8Validator} does, faster. */
  validator?(): Pick<Utf8Validator, "write" | "pending">;
}

/**
 * The text that `bytes[start, end)` encode (RFC 3629), or `undefined` when they are not UTF-8. A byte order mark is kept.
 */
export function decodeUtf8(bytes: Uint8Array, start = 0, end: number = bytes.length): string | undefined {
  if (!isValidUtf8(bytes, start, end)) return undefined;
  let whole = "";
  let text = "";
  let i = start;
  while (i < end) {
    if (text.length > PIECE) {
      // What engines join lazily takes 14 times the memory of its octets. A part of it they take from a copy that is in one piece.
      whole += text.slice(0, PIECE);
      text = text.slice(PIECE);
    }
    if (i + 4 <= end) {
      // ASCII by fours: half of the time that one by one takes (`npm run bench -- --only codec`).
      const a = bytes[i]!;
      const b = bytes[i + 1]!;
      const c = bytes[i + 2]!;
      const d = bytes[i + 3]!;
      if ((a | b | c | d) < 0x80) {
        text += String.fromCharCode(a, b, c, d);
        i += 4;
        continue;
      }
    }
    let point = bytes[i++]!;
    if (point >= 0x80) {
      // How many bytes follow stands in the first one; all are valid by now.
      let more = point < 0xe0 ? 1 : point < 0xf0 ? 2 : 3;
      point &= 0x3f >>> more;
      while (more-- > 0) point = (point << 6) | (bytes[i++]! & 0x3f);
    }
    text += String.fromCodePoint(point);
  }
  return whole + text;
}

const PIECE = 1024;

/** Whether `bytes[start, end)` are UTF-8 (RFC 3629). */
export function isValidUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  const validator = new Utf8Validator();
  return validator.write(bytes, start, end) && validator.pending === 0;
}

/** How many bytes `text` takes in UTF-8. A lone surrogate takes the three of U+FFFD. */
export function utf8ByteLength(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const point = text.codePointAt(i)!;
    if (point >= 0x80) length += point < 0x800 ? 1 : 2;
    // Four bytes for the two units of a pair.
    if (point > 0xffff) i++;
  }
  return length;
}

/**
 * Writes `text` as UTF-8 at `target[offset]`. Lone surrogates become U+FFFD (EF BF BD), as in WHATWG's TextEncoder.
 *
 * @returns how many bytes were written
 * @throws RangeError when `target` has not enough room; nothing is written then
 */
export function encodeUtf8Into(text: string, target: Uint8Array, offset = 0): number {
  if (offset + text.length * 3 > target.length) requireRoom(target, offset + utf8ByteLength(text));
  let next = offset;
  for (let i = 0; i < text.length; i++) {
    let point = text.codePointAt(i)!;
    if (point < 0x80) {
      target[next++] = point;
      continue;
    }
    if (point < 0x800) {
      target[next++] = 0xc0 | (point >>> 6);
    } else {
      if (point > 0xffff) {
        i++;
        target[next++] = 0xf0 | (point >>> 18);
        target[next++] = 0x80 | ((point >>> 12) & 0x3f);
      } else {
        // What is still a surrogate here stands alone.
        if ((point & 0xf800) === 0xd800) point = 0xfffd;
        target[next++] = 0xe0 | (point >>> 12);
      }
      target[next++] = 0x80 | ((point >>> 6) & 0x3f);
    }
    target[next++] = 0x80 | (point & 0x3f);
  }
  return next - offset;
}

/** UTF-8 with no host globals: the default wherever a {@link Utf8} is asked for. */
export const utf8: Utf8 = {
  decode: decodeUtf8,
  isValid: isValidUtf8,
  encodeInto: encodeUtf8Into,
  byteLength: utf8ByteLength,
};
