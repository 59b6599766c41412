/** How a server accepts a request (RFC 6455 §4.2.2). How it refuses one is refusal.ts. */
import { formatExtensions, parseExtensions } from "../extension/extension-list.ts";
import { HandshakeFailure } from "../handshake-failure.ts";
import type { Header } from "../head/head.ts";
import { checkedHeaders, encodeHead, isHandshakeField, type HeadersInput } from "../head/head-encoding.ts";
import { acceptKey, type Sha1 } from "./accept-key.ts";
import type { UpgradeRequest } from "./evaluate-request.ts";

export interface HandshakeResponseOptions {
  /** Default: what the server's options have chosen. The empty string: none. */
  readonly subprotocol?: string | undefined;
  /** The value of `Sec-WebSocket-Extensions`: what is accepted of the offers. Default: none. */
  readonly extensions?: string | undefined;
  readonly headers?: HeadersInput | undefined;
  readonly sha1?: Sha1 | undefined;
}

/**
 * A copy: the 101 response (RFC 6455 §4.2.2 item 5), behind which the first frame may follow at once. Throws a TypeError on a
 * subprotocol or extension that the client did not offer, and on headers that cannot be sent.
 */
export function encodeAccept(request: UpgradeRequest, options: HandshakeResponseOptions = {}): Uint8Array<ArrayBuffer> {
  const subprotocol = options.subprotocol ?? request.subprotocol;
  const headers: Header[] = [
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
    ["Sec-WebSocket-Accept", acceptKey(request.key, options.sha1)],
  ];
  if (subprotocol !== "") {
    if (!request.subprotocols.includes(subprotocol))
      throw new TypeError(`The client did not offer the subprotocol ${JSON.stringify(subprotocol)}.`);
    headers.push(["Sec-WebSocket-Protocol", subprotocol]);
  }
  if (options.extensions !== undefined && options.extensions !== "")
    headers.push(["Sec-WebSocket-Extensions", checkedExtensions(request, options.extensions)]);
  return encodeHead("HTTP/1.1 101 Switching Protocols", [...headers, ...checkedHeaders(options.headers, isHandshakeField)]);
}

/** §9.1: a server accepts only what was offered. */
function checkedExtensions(request: UpgradeRequest, extensions: string): string {
  const accepted = parseExtensions(extensions);
  if (accepted instanceof HandshakeFailure) throw new TypeError(`Not a list of extensions (RFC 6455 §9.1): ${JSON.stringify(extensions)}`);
  for (const { name } of accepted) {
    if (!request.offers.some((offer) => offer.name === name)) throw new TypeError(`The client did not offer the extension ${name}.`);
  }
  return formatExtensions(accepted);
}
