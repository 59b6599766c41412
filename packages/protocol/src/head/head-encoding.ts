import { isFieldValue, isToken } from "./characters.ts";
import type { Header } from "./head.ts";
import { encodeLatin1 } from "./latin1.ts";

/** Heads that this side sends: every name and value is checked, so that none can end its line and begin another. */

/**
 * Header fields that a program adds: pairs (also a `Headers` or `Map`), or an object, in which a list is one field for each value and `undefined` none,
 * as in Node's `headers`. Names are sent as they are spelled.
 */
export type HeadersInput = Iterable<Header> | Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * The program's header fields in order. Throws a TypeError on a name that is not a token, on a value with a character
 * that a header line cannot hold, and on names that belong to the handshake itself.
 */
export function checkedHeaders(input: HeadersInput | undefined, isReserved: (lowerCaseName: string) => boolean): Header[] {
  if (input === undefined) return [];
  const headers: Header[] = [];
  for (const [name, value] of pairs(input)) {
    if (typeof name !== "string" || !isToken(name)) throw new TypeError(`Not a header field name (RFC 9110 §5.1): ${JSON.stringify(name)}`);
    if (typeof value !== "string" || !isFieldValue(value)) {
      throw new TypeError(`The value of ${name} has characters that a header field cannot hold (RFC 9110 §5.5): ${JSON.stringify(value)}`);
    }
    if (isReserved(name.toLowerCase())) throw new TypeError(`${name} belongs to the handshake itself and cannot be set as a header.`);
    headers.push([name, value]);
  }
  return headers;
}

function pairs(input: HeadersInput): Iterable<Header> {
  if (Symbol.iterator in input) return input as Iterable<Header>;
  return Object.entries(input).flatMap(([name, value]) =>
    value === undefined ? [] : Array.isArray(value) ? value.map((one: string) => [name, one] as const) : [[name, value as string] as const],
  );
}

/** What frames a message or a connection (RFC 9112 §6, §9.6): its writer decides it, no program. */
export function isFraming(lowerCaseName: string): boolean {
  return lowerCaseName === "connection" || lowerCaseName === "content-length" || lowerCaseName === "transfer-encoding";
}

/** What the opening handshake itself consists of (RFC 6455 §4). */
export function isHandshakeField(lowerCaseName: string): boolean {
  return isFraming(lowerCaseName) || lowerCaseName === "upgrade" || lowerCaseName.startsWith("sec-websocket-");
}

/** A copy: the start line and header fields, each ended by CRLF, and the empty line. */
export function encodeHead(startLine: string, headers: readonly Header[]): Uint8Array<ArrayBuffer> {
  let text = `${startLine}\r\n`;
  for (const [name, value] of headers) text += `${name}: ${value}\r\n`;
  return encodeLatin1(`${text}\r\n`);
}
