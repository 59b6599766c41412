/** Everything that can be wrong with an opening handshake: RFC 6455 §4, §9.1, §11.3 and RFC 7692 §7.1. */
export type HandshakeProblem =
  | "method"
  | "http-version"
  | "host-missing"
  | "host-twice"
  | "upgrade"
  | "connection"
  | "key-missing"
  | "key-twice"
  | "key-value"
  | "version-missing"
  | "version-twice"
  | "version-draft"
  | "version"
  | "field-syntax"
  | "protocol-syntax"
  | "protocol-twice"
  | "extension-syntax"
  | "status"
  | "accept-missing"
  | "accept"
  | "accept-twice"
  | "extension-unasked"
  | "subprotocol-unasked"
  | "subprotocol-twice"
  | "deflate-response";

interface ProblemRow {
  readonly section: string;
  readonly title: string;
  /** The other side may let it pass. */
  readonly tolerated?: boolean;
}

export const HANDSHAKE_PROBLEMS: Readonly<Record<HandshakeProblem, ProblemRow>> = {
  method: { section: "RFC 6455 §4.1", title: "the method is not GET" },
  "http-version": { section: "RFC 6455 §4.1", title: "the HTTP version is below 1.1" },
  "host-missing": { section: "RFC 6455 §4.1", title: "there is no Host header" },
  "host-twice": { section: "RFC 9112 §3.2", title: "there is more than one Host header" },
  upgrade: { section: "RFC 6455 §4.1", title: "Upgrade does not contain websocket" },
  connection: { section: "RFC 6455 §4.1", title: "Connection does not contain Upgrade" },
  "key-missing": { section: "RFC 6455 §4.1", title: "there is no Sec-WebSocket-Key" },
  "key-twice": { section: "RFC 6455 §11.3.1", title: "Sec-WebSocket-Key appears more than once" },
  // §4.2.2: "It is not necessary for the server to base64-decode the Sec-WebSocket-Key value", so a server may let it pass.
  "key-value": { section: "RFC 6455 §4.1", title: "Sec-WebSocket-Key is not 16 bytes in base64", tolerated: true },
  "version-missing": { section: "RFC 6455 §4.1", title: "there is no Sec-WebSocket-Version" },
  "version-twice": { section: "RFC 6455 §11.3.5", title: "Sec-WebSocket-Version appears more than once" },
  // A server may still understand what a draft called 0 to 12.
  "version-draft": { section: "RFC 6455 §4.1", title: "Sec-WebSocket-Version is that of a draft" },
  version: { section: "RFC 6455 §4.1", title: "Sec-WebSocket-Version is not 13" },
  "field-syntax": { section: "RFC 9112 §5.1", title: "a line of the head is not a header field" },
  "protocol-syntax": { section: "RFC 6455 §4.1", title: "Sec-WebSocket-Protocol is not a list of tokens", tolerated: true },
  "protocol-twice": { section: "RFC 6455 §4.1", title: "a subprotocol is named twice", tolerated: true },
  "extension-syntax": { section: "RFC 6455 §9.1", title: "Sec-WebSocket-Extensions does not follow its grammar" },
  status: { section: "RFC 6455 §4.1", title: "the status is not 101" },
  "accept-missing": { section: "RFC 6455 §4.1", title: "there is no Sec-WebSocket-Accept" },
  accept: { section: "RFC 6455 §4.1", title: "Sec-WebSocket-Accept has the wrong value" },
  "accept-twice": { section: "RFC 6455 §11.3.3", title: "Sec-WebSocket-Accept appears more than once" },
  "extension-unasked": { section: "RFC 6455 §4.1", title: "the response names an extension that was not offered" },
  "subprotocol-unasked": { section: "RFC 6455 §4.1", title: "the response names a subprotocol that was not offered" },
  "subprotocol-twice": { section: "RFC 6455 §11.3.4", title: "Sec-WebSocket-Protocol appears more than once in the response" },
  "deflate-response": { section: "RFC 7692 §7.1", title: "the parameters of permessage-deflate in the response are not allowed" },
};
