/** What a client sends (RFC 6455 §4.1, "the requirements for this handshake"). */
import { formatExtensions, parseExtensions, type ExtensionOffer } from "../extension/extension-list.ts";
import { HandshakeFailure } from "../handshake-failure.ts";
import { consistsOf, isFieldValue, VISIBLE } from "../head/characters.ts";
import { headerValues, type Header } from "../head/head.ts";
import { checkedHeaders, encodeHead, isHandshakeField, type HeadersInput } from "../head/head-encoding.ts";
import { base64Encode } from "./base64.ts";
import { parseAuthority } from "./origin.ts";
import { assertSubprotocols } from "./subprotocols.ts";

export interface HandshakeRequestOptions {
  /** For `Host` (§4.1 item 4): the host, and the port if it is not the scheme's default. */
  readonly host: string;
  /** The resource name (§3): path and query, `/chat?room=1`. */
  readonly target: string;
  /** §4.1 item 7: 16 random bytes, new for each connection. */
  readonly nonce: Uint8Array;
  /** What the client speaks, in its order of preference. */
  readonly subprotocols?: readonly string[] | undefined;
  /** The value of `Sec-WebSocket-Extensions`: what to offer. */
  readonly extensions?: string | undefined;
  /** §4.1 item 8: clients that run pages send where the page came from. */
  readonly origin?: string | undefined;
  /** Further header fields. A `Host` among them is sent instead of `host`: for virtual hosts, and for tests of a server. */
  readonly headers?: HeadersInput | undefined;
}

/** A request as far as its response depends on it. What `evaluateRequest` gives a server is one as well. */
export interface SentRequest {
  readonly key: string;
  readonly subprotocols: readonly string[];
  readonly offers: readonly ExtensionOffer[];
}

/** Throws a TypeError on anything that cannot be sent, or that would send more than it says. */
export function encodeRequest(options: HandshakeRequestOptions): SentRequest & { readonly bytes: Uint8Array<ArrayBuffer> } {
  const { target, origin, nonce } = options;
  if (nonce.length !== 16) throw new TypeError(`The nonce has to be 16 random bytes (RFC 6455 §4.1 item 7), not ${nonce.length}.`);
  const key = base64Encode(nonce);
  const subprotocols = [...(options.subprotocols ?? [])];
  assertSubprotocols(subprotocols);
  const offers = requireExtensions(options.extensions);
  const isReserved = (name: string): boolean => isHandshakeField(name) || (name === "origin" && origin !== undefined);
  const further = checkedHeaders(options.headers, isReserved);
  // RFC 9112 §3.2: once, and first.
  const [host = options.host, second] = headerValues(further, "host");
  if (second !== undefined) throw new TypeError("The headers have Host more than once.");
  if (parseAuthority(host) === undefined) throw new TypeError(`Not a host with an optional port: ${JSON.stringify(host)}`);
  // §3: "Fragment identifiers are meaningless in the context of WebSocket URIs and MUST NOT be used".
  if (!target.startsWith("/") || target.includes("#") || !consistsOf(target, VISIBLE)) {
    throw new TypeError(`Not a resource name (RFC 6455 §3: a path and a query, percent-encoded, no fragment): ${JSON.stringify(target)}`);
  }
  const headers: Header[] = [
    ["Host", host],
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
    ["Sec-WebSocket-Key", key],
  ];
  if (origin !== undefined) {
    if (!isFieldValue(origin)) throw new TypeError(`Not an origin: ${JSON.stringify(origin)}`);
    headers.push(["Origin", origin]);
  }
  headers.push(["Sec-WebSocket-Version", "13"]);
  if (subprotocols.length > 0) headers.push(["Sec-WebSocket-Protocol", subprotocols.join(", ")]);
  if (offers.length > 0) headers.push(["Sec-WebSocket-Extensions", formatExtensions(offers)]);
  headers.push(...further.filter(([name]) => name.toLowerCase() !== "host"));
  return { key, subprotocols, offers, bytes: encodeHead(`GET ${target} HTTP/1.1`, headers) };
}

function requireExtensions(extensions = ""): readonly ExtensionOffer[] {
  const offers = extensions === "" ? [] : parseExtensions(extensions);
  if (offers instanceof HandshakeFailure) throw new TypeError(`Not a list of extensions (RFC 6455 §9.1): ${JSON.stringify(extensions)}`);
  return offers;
}
