/** What a server says in the body of a refusal (RFC 6455 §4.2.2), as one line for the message of an error. */
import { decodeUtf8, Utf8Validator } from "@ws/codec";

import { headerValues, type Header } from "../head/head.ts";
import { decodeLatin1 } from "../head/latin1.ts";
import { printable } from "../head/printable.ts";

/** Longer is no reason but a document. */
const MAX_CHARACTERS = 300;

/** The first line that has a word; the empty string when there is none, or when the body is no plain text: a page of HTML, or compressed. */
export function refusalReason(headers: readonly Header[], body: Uint8Array): string {
  if (headerValues(headers, "content-encoding").length > 0) return "";
  if (headerValues(headers, "content-type").some((type) => /html/i.test(type))) return "";
  const lines = decode(body).split(/[\r\n]+/);
  const line = lines.find((one) => /[\p{L}\p{N}]/u.test(one))?.trim() ?? "";
  const characters = [...line];
  return printable(characters.length > MAX_CHARACTERS ? `${characters.slice(0, MAX_CHARACTERS).join("")}…` : line);
}

/** UTF-8, even when the end was cut off within a character; else each octet is the character of its number. */
function decode(body: Uint8Array): string {
  const validator = new Utf8Validator();
  if (!validator.write(body, 0, body.length)) return decodeLatin1(body, 0, body.length);
  return decodeUtf8(body, 0, body.length - validator.pending)!;
}
