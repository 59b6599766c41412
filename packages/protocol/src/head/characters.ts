/**
 * The character classes of HTTP (RFC 9110 §5.6, RFC 5234 appendix B.1) as one lookup table, so that every octet
 * of a head costs one load and one mask.
 */

/** tchar, RFC 9110 §5.6.2: what tokens (methods, field names, subprotocols) are made of. */
export const TOKEN = 1;
/** VCHAR: visible ASCII, what a request-target is made of. */
export const VISIBLE = 2;
/** field-vchar / SP / HTAB, RFC 9110 §5.5: visible ASCII, obs-text (0x80–0xFF), space and tab. Never CR, LF, NUL. */
export const FIELD = 4;
export const DIGIT = 8;
/** uri-host of Host (RFC 9110 §7.2, RFC 3986 §3.2.2): unreserved, sub-delims, percent, and an IP literal's brackets and colon. */
export const HOST = 16;

export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;

/** One byte of class bits per octet. */
export const CHARACTER_CLASSES: Uint8Array = /* @__PURE__ */ buildClasses();

function buildClasses(): Uint8Array {
  const classes = new Uint8Array(256);
  const mark = (characters: string, bits: number): void => {
    for (let i = 0; i < characters.length; i++) classes[characters.charCodeAt(i)]! |= bits;
  };
  const digits = "0123456789";
  const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  mark(digits + letters + "!#$%&'*+-.^_`|~", TOKEN);
  mark(digits, DIGIT);
  mark(digits + letters + "-._~!$&'()*+,;=%[]:", HOST);
  for (let octet = 0x21; octet <= 0x7e; octet++) classes[octet]! |= VISIBLE | FIELD;
  for (let octet = 0x80; octet <= 0xff; octet++) classes[octet]! |= FIELD;
  classes[SP]! |= FIELD;
  classes[HTAB]! |= FIELD;
  return classes;
}

/** Whether every character of `text` is in one of `classes`. The empty string is. */
export function consistsOf(text: string, classes: number): boolean {
  for (let i = 0; i < text.length; i++) {
    // A code unit above 0xFF is outside the table: undefined & n is 0.
    if (((CHARACTER_CLASSES[text.charCodeAt(i)] ?? 0) & classes) === 0) return false;
  }
  return true;
}

/** RFC 9110 §5.6.2: one or more tchar. */
export function isToken(text: string): boolean {
  return text.length > 0 && consistsOf(text, TOKEN);
}

/** RFC 9110 §5.5: what may stand on a header line after the colon. Nothing that ends the line, so nothing can be injected. */
export function isFieldValue(text: string): boolean {
  return consistsOf(text, FIELD);
}

/** Without the optional whitespace (SP / HTAB) around it. */
export function trimWhitespace(text: string, start = 0, end: number = text.length): string {
  while (start < end && isWhitespace(text.charCodeAt(start))) start++;
  while (end > start && isWhitespace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

export function isWhitespace(octet: number): boolean {
  return octet === SP || octet === HTAB;
}
