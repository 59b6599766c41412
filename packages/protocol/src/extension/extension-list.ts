import { HandshakeFailure } from "../handshake-failure.ts";
import { CHARACTER_CLASSES, isToken, isWhitespace, TOKEN } from "../head/characters.ts";

/**
 * `Sec-WebSocket-Extensions` (RFC 6455 §9.1), read by one pass over the text and written back. What the parameters
 * mean is the extension's business: nothing here knows a particular one.
 */

/** A parameter in the order it was sent. `undefined`: it had no value, as `client_max_window_bits` in most offers. */
export type ExtensionParameter = readonly [name: string, value: string | undefined];

/** One element of the list: what a client offers, or what a server has accepted. */
export interface ExtensionOffer {
  readonly name: string;
  readonly params: readonly ExtensionParameter[];
}

const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * The list in one field, or in several of the same name (§9.1: a client MAY split it). No fields at all is an empty list; fields
 * without an element are malformed.
 *
 * @returns the list, or why it is malformed: the recipient MUST fail the connection then (§9.1)
 */
export function parseExtensions(values: string | readonly string[]): ExtensionOffer[] | HandshakeFailure {
  const fields = typeof values === "string" ? [values] : values;
  const offers: ExtensionOffer[] = [];
  for (const field of fields) {
    if (!parseField(field, offers)) return malformed();
  }
  return offers.length === 0 && fields.length > 0 ? malformed() : offers;
}

function malformed(): HandshakeFailure {
  return new HandshakeFailure(
    "MALFORMED_EXTENSIONS",
    "Sec-WebSocket-Extensions has to follow RFC 6455 §9.1, such as: name; parameter; parameter=value.",
  );
}

/** `name; parameter; parameter=value, …`, the canonical spelling. Throws a TypeError on what is not a token. */
export function formatExtensions(offers: readonly ExtensionOffer[]): string {
  return offers
    .map(({ name, params }) =>
      [
        requireToken(name),
        ...params.map(([key, value]) => (value === undefined ? requireToken(key) : `${requireToken(key)}=${requireToken(value)}`)),
      ].join("; "),
    )
    .join(", ");
}

function requireToken(text: string): string {
  if (!isToken(text)) throw new TypeError(`Not a token (RFC 9110 §5.6.2): ${JSON.stringify(text)}`);
  return text;
}

/** extension-list = 1#extension, where RFC 9110 §5.6.1.2 lets elements be empty. False: malformed. */
function parseField(text: string, offers: ExtensionOffer[]): boolean {
  const cursor = new Cursor(text);
  for (;;) {
    cursor.skipWhitespace();
    if (!cursor.at(COMMA) && !cursor.atEnd()) {
      const offer = parseExtension(cursor);
      if (offer === undefined) return false;
      offers.push(offer);
    }
    if (cursor.atEnd()) return true;
    if (!cursor.skip(COMMA)) return false;
  }
}

/** extension = extension-token *( ";" extension-param ), with §4.3's implied whitespace around every separator. */
function parseExtension(cursor: Cursor): ExtensionOffer | undefined {
  const name = cursor.takeToken();
  if (name === "") return undefined;
  const params: ExtensionParameter[] = [];
  cursor.skipWhitespace();
  while (cursor.skip(SEMICOLON)) {
    cursor.skipWhitespace();
    const key = cursor.takeToken();
    if (key === "") return undefined;
    cursor.skipWhitespace();
    let value: string | undefined;
    if (cursor.skip(EQUALS)) {
      cursor.skipWhitespace();
      value = cursor.at(QUOTE) ? cursor.takeQuotedString() : cursor.takeToken();
      // "the value after quoted-string unescaping MUST conform to the 'token' ABNF": a comma in quotes separates
      // nothing, but it is not allowed either.
      if (value === undefined || !isToken(value)) return undefined;
      cursor.skipWhitespace();
    }
    params.push([key, value]);
  }
  return { name, params };
}

/** A position in the text that only moves forward, so that reading is linear. */
class Cursor {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  atEnd(): boolean {
    return this.#position === this.#text.length;
  }

  at(character: number): boolean {
    return this.#text.charCodeAt(this.#position) === character;
  }

  skip(character: number): boolean {
    if (!this.at(character)) return false;
    this.#position++;
    return true;
  }

  skipWhitespace(): void {
    while (isWhitespace(this.#text.charCodeAt(this.#position))) this.#position++;
  }

  /** The empty string: there is no token here. */
  takeToken(): string {
    const start = this.#position;
    while (((CHARACTER_CLASSES[this.#text.charCodeAt(this.#position)] ?? 0) & TOKEN) !== 0) this.#position++;
    return this.#text.slice(start, this.#position);
  }

  /** RFC 9110 §5.6.4, without the quotes and backslashes. `undefined`: it does not end. */
  takeQuotedString(): string | undefined {
    this.#position++;
    let value = "";
    while (!this.atEnd()) {
      if (this.skip(QUOTE)) return value;
      // quoted-pair: the character behind the backslash stands for itself.
      if (this.skip(BACKSLASH) && this.atEnd()) break;
      value += this.#text[this.#position++]!;
    }
    return undefined;
  }
}
