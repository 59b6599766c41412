/** UTF-8 well-formedness by the letter of Unicode table 3-7 (RFC 3629 §4), one byte at a time. */

/** What may follow a leading byte: how many continuation bytes, and the narrowed range of the first of them. */
function sequence(lead: number): { more: number; low: number; high: number } | undefined {
  if (lead <= 0x7f) return { more: 0, low: 0, high: 0 };
  if (lead >= 0xc2 && lead <= 0xdf) return { more: 1, low: 0x80, high: 0xbf };
  if (lead === 0xe0) return { more: 2, low: 0xa0, high: 0xbf }; // below: overlong
  if (lead === 0xed) return { more: 2, low: 0x80, high: 0x9f }; // above: surrogates
  if (lead >= 0xe1 && lead <= 0xef) return { more: 2, low: 0x80, high: 0xbf };
  if (lead === 0xf0) return { more: 3, low: 0x90, high: 0xbf }; // below: overlong
  if (lead >= 0xf1 && lead <= 0xf3) return { more: 3, low: 0x80, high: 0xbf };
  if (lead === 0xf4) return { more: 3, low: 0x80, high: 0x8f }; // above: beyond U+10FFFF
  return undefined; // 80..c1, f5..ff
}

export interface Utf8Check {
  /** Index of the first byte that no continuation could make well-formed; undefined if there is none. */
  readonly badAt: number | undefined;
  /** The bytes end inside a character (only meaningful when `badAt` is undefined). */
  readonly incomplete: boolean;
}

/** The same, bytes as they come. */
export class Utf8Reader {
  badAt: number | undefined;
  #index = 0;
  #more = 0;
  #low = 0x80;
  #high = 0xbf;

  get incomplete(): boolean {
    return this.#more > 0;
  }

  read(bytes: Uint8Array): void {
    if (this.badAt !== undefined) return;
    for (const byte of bytes) {
      if (this.#more === 0) {
        const next = sequence(byte);
        if (next === undefined) return void (this.badAt = this.#index);
        ({ more: this.#more, low: this.#low, high: this.#high } = next);
      } else {
        if (byte < this.#low || byte > this.#high) return void (this.badAt = this.#index);
        this.#more--;
        this.#low = 0x80;
        this.#high = 0xbf;
      }
      this.#index++;
    }
  }
}

export function checkUtf8(bytes: Uint8Array): Utf8Check {
  const reader = new Utf8Reader();
  reader.read(bytes);
  return { badAt: reader.badAt, incomplete: reader.incomplete };
}

export function isUtf8(bytes: Uint8Array): boolean {
  const { badAt, incomplete } = checkUtf8(bytes);
  return badAt === undefined && !incomplete;
}
