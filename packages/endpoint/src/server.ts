/**
 * The generic server: an adapter feeds it with transports and gives it a listening socket to close.
 */
import type { RequestHead } from "@ws/protocol";

import type { HandOff } from "./accept.ts";
import type { Connection } from "./connection.ts";
import type { DriverGroup } from "./driver-group.ts";
import type { ConnectionHandler, ServerOptions } from "./options.ts";
import type { Transport } from "./transport.ts";

/** Where an adapter hands in what its listening socket accepts. */
export interface Acceptor<T extends Transport = Transport> {
  /** A fresh transport, not started: the request is read from it. */
  accept(transport: T): void;
  /** A request whose head a host's HTTP server has read, with the bytes that came after it. */
  acceptUpgrade(transport: T, head: RequestHead, rest: Uint8Array): void;
}

/** A listening socket. */
export interface Listener {
  /** Undefined for a Unix socket. */
  readonly port: number | undefined;
  /** The host address, or the path of a Unix socket. */
  readonly address: string;
  /** Stops listening; resolves when the listening socket is released. Transports already accepted are the server's to end. */
  close(): unknown;
}

/** What an adapter brings to {@link listenWith}. */
export interface Binding<T extends Transport = Transport> {
  /** Starts listening and resolves when the address is bound. */
  open(acceptor: Acceptor<T>): Listener | PromiseLike<Listener>;
  /** Where ordinary HTTP requests go; without it they are answered with 426. */
  handOff?: HandOff<T> | undefined;
}

export interface CloseServerOptions {
  /** The status code of the Close sent to every connection. 1001. */
  code?: number | undefined;
  reason?: string | undefined;
  /** After this long the connections that are left are aborted. As `closeTimeout`. */
  timeout?: number | undefined;
}

/** A listening server. */
export interface Server<Context = undefined> {
  readonly port: number | undefined;
  readonly address: string;
  /** The open (and closing) connections. May be iterated while connections come and go. */
  readonly connections: Iterable<Connection<Context>> & { readonly size: number };
  /**
   * Stops listening, gives up opening handshakes (503), begins a closing handshake on every connection, and resolves when everything is
   * released. Called again: the same promise.
   */
  close(options?: CloseServerOptions): Promise<void>;
}

/** Listens: the body of every adapter's `listen`. */
export declare function listenWith<Context = undefined, T extends Transport = Transport>(
  group: DriverGroup,
  binding: Binding<T>,
  options: ServerOptions<Context>,
  handler: ConnectionHandler<Context>,
): Promise<Server<Context>>;
