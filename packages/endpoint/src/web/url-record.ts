/** "Get a URL record": where a WebSocket connects to, and what it says of itself there. */
import { notAbsolute } from "../opening/connect-target.ts";
import { toDOMString } from "./webidl.ts";

/**
 * Parses against the base that the host has (`location`, as `deno run --location` or a worker sets it), if any.
 *
 * @throws DOMException "SyntaxError"
 */
export function getURLRecord(url: string): URL {
  const base = (globalThis as { location?: { href?: unknown } }).location?.href;
  let record: URL;
  try {
    record = new URL(url, base === undefined ? undefined : toDOMString(base));
  } catch {
    throw new DOMException(notAbsolute(url), "SyntaxError");
  }
  const scheme = { "http:": "ws:", "https:": "wss:" }[record.protocol];
  if (scheme !== undefined) record.protocol = scheme;
  if (record.protocol !== "ws:" && record.protocol !== "wss:") {
    throw new DOMException(`the scheme of ${record.href} must be ws, wss, http or https`, "SyntaxError");
  }
  // An empty fragment is one too, and `hash` does not show it.
  if (record.href.includes("#")) throw new DOMException(`${record.href} has a fragment (RFC 6455 §3)`, "SyntaxError");
  return record;
}

/** `user:password@` goes into an Authorization header (RFC 7617), as fetching does with the credentials of a URL. */
export function takeCredentials(record: URL): { url: URL; authorization: string | undefined } {
  const { username, password } = record;
  if (username === "" && password === "") return { url: record, authorization: undefined };
  const url = new URL(record.href);
  url.username = url.password = "";
  return { url, authorization: `Basic ${btoa(`${percentDecode(username)}:${percentDecode(password)}`)}` };
}

/**
 * "Percent-decode" (URL Standard §1.3): octets, as characters of the same numbers. They may be no UTF-8, and a percent sign before anything but two
 * digits stands for itself. A parsed URL has only ASCII there.
 */
function percentDecode(text: string): string {
  return text.replace(/%([\da-f]{2})/gi, (_, octet: string) => String.fromCharCode(Number.parseInt(octet, 16)));
}
