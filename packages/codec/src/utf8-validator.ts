// RFC 3629 (RFC 6455 §5.6, §8.1): is this UTF-8? Byte by byte, so that it fails at the first bad one wherever pieces end.

/**
 * Validates UTF-8 that comes in pieces. Accepts exactly RFC 3629: no surrogates, nothing above U+10FFFF, shortest forms only.
 */
export class Utf8Validator {
  /** How many bytes of an unfinished character the pieces so far end with: 0–3. At 0 they may end the text. */
  pending = 0;
  /** How many bytes that character still needs. */
  #needed = 0;
  // What its next byte may be. Only a second byte has narrower bounds than 80–BF.
  #lower = 0;
  #upper = 0;

  /**
   * Goes on with `bytes[start, end)`.
   *
   * @returns false at the first byte that no UTF-8 text could have there; the validator is then of no further use
   */
  write(bytes: Uint8Array, start = 0, end: number = bytes.length): boolean {
    let needed = this.#needed;
    let pending = this.pending;
    let lower = this.#lower;
    let upper = this.#upper;
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!;
      if (needed === 0) {
        if (byte < 0x80) continue;
        // RFC 3629 §4: UTF8-2 begins with C2–DF, UTF8-3 with E0–EF, UTF8-4 with F0–F4.
        if (byte < 0xc2 || byte > 0xf4) return false;
        needed = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
        // Below: a longer form than needed.
        lower = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80;
        // Above: a surrogate, or beyond U+10FFFF.
        upper = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf;
        pending = 1;
      } else {
        if (byte < lower || byte > upper) return false;
        lower = 0x80;
        upper = 0xbf;
        pending = --needed === 0 ? 0 : pending + 1;
      }
    }
    this.#needed = needed;
    this.pending = pending;
    this.#lower = lower;
    this.#upper = upper;
    return true;
  }
}
