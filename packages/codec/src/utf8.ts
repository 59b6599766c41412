// RFC 3629: UTF-8 to and from strings, with nothing but ECMAScript. A host that has something faster plugs it in as `Utf8`.

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
}

/** UTF-16 code units on their way into a string; as many as an argument list takes on every engine. */
const units: number[] = [];
const MAX_UNITS = 4096;

/**
 * The text that `bytes[start, end)` encode (RFC 3629), or `undefined` when they are not UTF-8. A byte order mark is kept.
 */
export function decodeUtf8(bytes: Uint8Array, start = 0, end: number = bytes.length): string | undefined {
  let text = "";
  let i = start;
  units.length = 0;
  while (i < end) {
    if (units.length > MAX_UNITS) {
      text += String.fromCharCode.apply(null, units);
      units.length = 0;
    }
    const first = bytes[i++]!;
    if (first < 0x80) {
      units.push(first);
      continue;
    }
    const length = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    if (first < 0xc2 || first > 0xf4 || i + length > end) return undefined;
    const second = bytes[i++]! ^ 0x80;
    if (second > 0x3f) return undefined;
    if (length === 1) {
      units.push(((first & 0x1f) << 6) | second);
      continue;
    }
    const third = bytes[i++]! ^ 0x80;
    if (third > 0x3f) return undefined;
    if (length === 2) {
      const unit = ((first & 15) << 12) | (second << 6) | third;
      // Neither a longer form than needed nor a surrogate.
      if (unit < 0x800 || (unit & 0xf800) === 0xd800) return undefined;
      units.push(unit);
      continue;
    }
    const fourth = bytes[i++]! ^ 0x80;
    const point = ((first & 7) << 18) | (second << 12) | (third << 6) | fourth;
    if (fourth > 0x3f || point < 0x1_0000 || point > 0x10_ffff) return undefined;
    units.push(0xd7c0 + (point >>> 10), 0xdc00 | (point & 0x3ff));
  }
  return text + String.fromCharCode.apply(null, units);
}

/** Whether `bytes[start, end)` are UTF-8 (RFC 3629). */
export function isValidUtf8(bytes: Uint8Array, start = 0, end: number = bytes.length): boolean {
  const validator = new Utf8Validator();
  return validator.write(bytes, start, end) && validator.pending === 0;
}

/** How many bytes `text` takes in UTF-8. A lone surrogate takes the three of U+FFFD. */
export function utf8ByteLength(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    length += unit < 0x800 ? 1 : 2;
    // A pair takes four bytes for its two units.
    if (isPair(unit, text, i)) i++;
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
  if (offset + text.length * 3 > target.length && offset + utf8ByteLength(text) > target.length) {
    throw new RangeError("the text does not fit into the target");
  }
  let next = offset;
  for (let i = 0; i < text.length; i++) {
    let point = text.charCodeAt(i);
    if (point < 0x80) {
      target[next++] = point;
      continue;
    }
    if (point < 0x800) {
      target[next++] = 0xc0 | (point >>> 6);
    } else {
      if (isPair(point, text, i)) {
        point = 0x1_0000 + ((point & 0x3ff) << 10) + (text.charCodeAt(++i) & 0x3ff);
        target[next++] = 0xf0 | (point >>> 18);
        target[next++] = 0x80 | ((point >>> 12) & 0x3f);
      } else {
        if ((point & 0xf800) === 0xd800) point = 0xfffd;
        target[next++] = 0xe0 | (point >>> 12);
      }
      target[next++] = 0x80 | ((point >>> 6) & 0x3f);
    }
    target[next++] = 0x80 | (point & 0x3f);
  }
  return next - offset;
}

/** Whether `unit`, at `text[index]`, is a high surrogate with its low one behind it. */
function isPair(unit: number, text: string, index: number): boolean {
  return (unit & 0xfc00) === 0xd800 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00;
}

/** UTF-8 with no host globals: the default wherever a {@link Utf8} is asked for. */
export const utf8: Utf8 = {
  decode: decodeUtf8,
  isValid: isValidUtf8,
  encodeInto: encodeUtf8Into,
  byteLength: utf8ByteLength,
};
