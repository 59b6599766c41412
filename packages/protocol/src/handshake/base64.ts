/** Base64 (RFC 4648 §4) for the two short values of the opening handshake, without host globals. */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

export function base64Encode(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const group = (bytes[i]! << 16) | ((left > 1 ? bytes[i + 1]! : 0) << 8) | (left > 2 ? bytes[i + 2]! : 0);
    text += String.fromCharCode(
      digit(group >>> 18),
      digit(group >>> 12),
      left > 1 ? digit(group >>> 6) : PAD,
      left > 2 ? digit(group) : PAD,
    );
  }
  return text;
}

const PAD = 0x3d;

function digit(bits: number): number {
  return ALPHABET.charCodeAt(bits & 63);
}

/**
 * RFC 6455 §4.2.1 item 5: whether this is the base64 encoding of 16 octets: 22 characters and `==`. Sixteen octets
 * leave four bits of the last character unused; they have to be zero (RFC 4648 §3.5), so that each nonce has one key.
 *
 * @param strayBits those bits may be anything, as in the example of RFC 6455 §4.1 itself (erratum 3150)
 */
export function isEncodedNonce(text: string, strayBits = false): boolean {
  if (text.length !== 24 || !text.endsWith("==")) return false;
  for (let i = 0; i < 22; i++) if (!ALPHABET.includes(text[i]!)) return false;
  return strayBits || (ALPHABET.indexOf(text[21]!) & 15) === 0;
}
