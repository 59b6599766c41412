/** Small functions on bytes. Slow and obvious on purpose: the judge must be right before it is fast. */

export const EMPTY: Uint8Array = new Uint8Array(0);

/** Joins pieces (COPY). */
export function concatBytes(pieces: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** Reads hex digits; blanks are ignored. Throws TypeError for anything else. */
export function fromHex(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, "");
  if (digits.length % 2 !== 0 || /[^0-9a-fA-F]/.test(digits)) throw new TypeError(`not hex: ${text.slice(0, 40)}`);
  const bytes = new Uint8Array(digits.length / 2);
  for (let index = 0; index < bytes.length; index++) bytes[index] = Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16);
  return bytes;
}

const encoder = new TextEncoder();

/** UTF-8 bytes of a string. */
export function text(value: string): Uint8Array {
  return encoder.encode(value);
}

/** One byte per character (ISO 8859-1), so that any head can be written. */
export function latin1(value: string): Uint8Array {
  const bytes = new Uint8Array(value.length);
  for (let index = 0; index < value.length; index++) bytes[index] = value.charCodeAt(index) & 0xff;
  return bytes;
}

export function fromLatin1(bytes: Uint8Array): string {
  let value = "";
  for (const byte of bytes) value += String.fromCharCode(byte);
  return value;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}

/** `length` times the same byte. */
export function filledBytes(length: number, byte = 0x61): Uint8Array {
  return new Uint8Array(length).fill(byte);
}
