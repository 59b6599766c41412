/**
 * Everything a program can choose, with its default. The numbers are those of `DEFAULTS` in @ws/protocol and
 * `ENDPOINT_DEFAULTS` here; `undefined` means the default, never 0 and never "unlimited". Times are milliseconds, sizes bytes.
 */
import type { FrameHeader, FrameLeniencies } from "@ws/codec";
import type { DeflateOptions } from "@ws/protocol/deflate";
import type { Extension, HeadersInput, AllowedOrigins, SubprotocolOrder } from "@ws/protocol/handshake";

import type { UpgradeRequest } from "../opening/upgrade-request.ts";
import type { AbortSignalLike } from "../ports/abort-signal.ts";
import type { AnyAnswer, NoContext } from "./answer.ts";
import type { Connection } from "./connection.ts";
import type { ServerHandshakeErrorCode } from "./error-code.ts";
import type { HandshakeError } from "./errors.ts";
import type { ClientLeniencies, ServerLeniencies } from "./leniencies.ts";

export type { ConnectionHandler, ConnectionHandlers } from "./handlers.ts";

/** What both roles can choose. */
export interface ConnectionOptions {
  /** Largest message accepted, over all its fragments and after inflation; a larger one fails the connection with 1009. 16 MiB. */
  readonly maxMessageBytes?: number | undefined;
  /** Most fragments of one message, empty ones included. 131 072. */
  readonly maxFragments?: number | undefined;
  /** Largest payload of one frame. As `maxMessageBytes`. */
  readonly maxFrameBytes?: number | undefined;
  /** Accepted for sending and not yet taken by the operating system; passing it fails the connection. 16 MiB. */
  readonly maxBufferedBytes?: number | undefined;
  /** Most pings of ours that wait for an answer. 64. */
  readonly maxPendingPings?: number | undefined;
  /** `send` answers "full" from this many buffered bytes on. 64 KiB. */
  readonly sendHighWaterMark?: number | undefined;
  /**
   * Messages received and not yet taken by the program; the transport is paused from here on, and the peer's Close, FIN and silence are seen when the
   * program goes on. 64 KiB.
   */
  readonly receiveHighWaterMark?: number | undefined;
  /** A Ping after `interval` without traffic from the peer, failure `timeout` after it without an answer. 20 s, 20 s. `false`: none. */
  readonly keepAlive?: { readonly interval?: number | undefined; readonly timeout?: number | undefined } | false | undefined;
  /** Closes with 1001 after this long without a message in either direction. `false`: never, the default. */
  readonly idleTimeout?: number | false | undefined;
  /** Fails the connection when the peer, by its flow control, takes nothing of what waits to be sent for this long; with `fetch` a response too. 2 min. `false`: never. */
  readonly stallTimeout?: number | false | undefined;
  /** How long our Close waits for the peer's, and the ended stream for its release, before it is torn down. 5 s. */
  readonly closeTimeout?: number | undefined;
  /** The whole opening handshake, connecting included. 10 s. */
  readonly handshakeTimeout?: number | undefined;
  /** Most bytes of the peer's handshake head, and of what follows it while `upgrade` decides: beyond it that the client has left is not seen. 16 KiB. */
  readonly maxHeadBytes?: number | undefined;
  /** Most header lines in it. 100. */
  readonly maxHeaders?: number | undefined;
  /** Rules that the peer may break, by name: docs/leniencies.md. None by default. */
  readonly lenient?: FrameLeniencies | undefined;
  /** Messages arrive chunk by chunk: `connection.incoming()` or the handler `chunk`, instead of whole messages. */
  readonly streaming?: boolean | undefined;
  /** Handler style only: a binary message is a view that ends when the handler returns, which saves a copy. It may be sent on within the handler, which copies it where that is needed. */
  readonly borrow?: boolean | undefined;
  /**
   * Compresses messages by permessage-deflate (RFC 7692), where the peer agrees to it: `true`, or the parameters. Off by default; docs/compression.md
   * gives the reasons, and the defaults of the parameters.
   */
  readonly compress?: boolean | DeflateOptions | undefined;
  /** Other extensions to negotiate, preferred first, and before `compress`. At most one is agreed on. */
  readonly extensions?: readonly Extension[] | undefined;
  /** Sees the header of every frame. The object is reused: read it, do not keep it. Costs nothing when unset. */
  readonly inspect?: ((header: Readonly<FrameHeader>, direction: "received" | "sent", connection: Connection) => void) | undefined;
}

/** What a server can choose for the connections it accepts. */
export interface AcceptOptions<A extends AnyAnswer = NoContext> extends ConnectionOptions {
  /** Subprotocols spoken, preferred first. Without a match none is chosen, and it is the client that decides what to do then. */
  readonly subprotocols?: readonly string[] | undefined;
  /** Whose order of preference chooses the subprotocol. The client's by default. */
  readonly subprotocolOrder?: SubprotocolOrder | undefined;
  /**
   * Which Origins may connect. By default a request that carries one must carry the host and port of `Host` in it, else 403;
   * requests without Origin (not from a browser) pass. A list of origins, a function or `"any"` overrides.
   */
  readonly allowedOrigins?: AllowedOrigins<UpgradeRequest> | undefined;
  /** Rules that clients may break, by name: docs/leniencies.md. None by default. */
  readonly lenient?: ServerLeniencies | undefined;
  /** Sees a valid request before it is answered, and accepts or refuses it: see {@link UpgradeAnswer}. May be asynchronous. */
  readonly upgrade?: Upgrade<A> | undefined;
  /**
   * Told of every opening handshake that was refused or given up, with the reason; the request is undefined when it is none for a WebSocket, or could not be read.
   * Nobody is told by default.
   */
  readonly onRefused?: ((error: HandshakeError<ServerHandshakeErrorCode>, request: UpgradeRequest | undefined) => void) | undefined;
  /** Told of what a function of the program throws, and of its mistakes in calls whose promise may be ignored. Default: printed. */
  readonly onError?: ((error: unknown, connection: Connection | undefined) => void) | undefined;
}

/** Sees a valid request before it is answered, and accepts or refuses it. */
export type Upgrade<A extends AnyAnswer> = (request: UpgradeRequest) => A;

/**
 * With `upgrade` for certain. The functions that take options and a handler are declared with these first: the compiler sees then that the answer
 * is still to be inferred, when it compares a handler with declared types.
 */
export interface AcceptOptionsWithUpgrade<A extends AnyAnswer> extends AcceptOptions<A> {
  readonly upgrade: Upgrade<A>;
}

/** What a listening server can choose. */
export interface ServerOptions<A extends AnyAnswer = NoContext> extends AcceptOptions<A> {
  /** Open connections; further requests are answered with 503. 65 536. */
  readonly maxConnections?: number | undefined;
  /** Opening handshakes that have not finished; further ones are answered with 503. 4 096. */
  readonly maxPendingHandshakes?: number | undefined;
  /**
   * Aborted, it closes the server as `close()` does; what that rejects with goes to `onError`. Before the address is bound: `listen` rejects with its
   * reason, and nothing stays bound.
   */
  readonly signal?: AbortSignalLike | undefined;
}

/** What a client can choose. */
export interface OpenOptions extends ConnectionOptions {
  /** Subprotocols offered, preferred first. */
  readonly subprotocols?: readonly string[] | undefined;
  /** Further header lines of the request. */
  readonly headers?: HeadersInput | undefined;
  /** The `Origin` header. None by default. */
  readonly origin?: string | undefined;
  /** Rules that the server may break, by name: docs/leniencies.md. None by default. */
  readonly lenient?: ClientLeniencies | undefined;
  /** Gives up connecting. Once the connection is open it has no effect. */
  readonly signal?: AbortSignalLike | undefined;
  /** Told of what a function of the program throws, and of its mistakes in calls whose promise may be ignored. Default: printed. */
  readonly onError?: ((error: unknown, connection: Connection | undefined) => void) | undefined;
}
