/**
 * Heads are octets (RFC 9110 §5.5): each becomes the character of the same number and back. No octet is lost, and a
 * value in UTF-8 can be decoded by whoever knows that it is.
 */

/** Short enough to be passed as arguments. */
const PIECE = 4096;

export function decodeLatin1(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= PIECE) return String.fromCharCode.apply(null, bytes.subarray(start, end) as unknown as number[]);
  let text = "";
  for (let i = start; i < end; i += PIECE) text += decodeLatin1(bytes, i, Math.min(i + PIECE, end));
  return text;
}

/** A copy. The text holds no character above U+00FF: what is encoded here was validated before. */
export function encodeLatin1(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
