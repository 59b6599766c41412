import type { HandshakeFailure } from "../handshake-failure.ts";
import type { ExtensionOffer, ExtensionParameter } from "./extension-list.ts";
import type { MessageTransform } from "./transform.ts";

/** What an extension does in the opening handshake (RFC 6455 §9.1). One object serves any number of connections. */
export interface Extension {
  /** The extension-token, such as `permessage-deflate`. */
  readonly name: string;
  /** Client: its element, or elements with fallbacks, of `Sec-WebSocket-Extensions`. */
  offer(): string;
  /**
   * Server: takes one of the offers of its name, in the client's order of preference. `undefined`: none is acceptable, and the
   * connection goes on without (§9.1). `response` is its element of the header, the transform is for this connection only.
   */
  accept(offers: readonly ExtensionOffer[]): { readonly response: string; readonly transform: MessageTransform } | undefined;
  /** Client: the parameters of the server's response. A failure fails the handshake. */
  confirm(params: readonly ExtensionParameter[]): MessageTransform | HandshakeFailure;
}
