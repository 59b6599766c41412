/** What programs choose: the options of `listen` and `connect`. */
import type { ConnectTarget, DuplexLike, NoContext, OpenOptions, ServerOptions, Upgrade, AnyAnswer } from "@ws/endpoint";
import type { ListenAddress, TlsClientOptions, TlsServerOptions } from "@ws/endpoint/internal";

import type { ByteConn } from "./conn-transport.ts";

export type { TlsClientOptions, TlsServerOptions };

export interface ListenOptions<A extends AnyAnswer = NoContext> extends ServerOptions<A>, ListenAddress {
  /** Speaks TLS (`wss:`). */
  readonly tls?: TlsServerOptions | undefined;
  /**
   * Answers ordinary HTTP requests on the same port, through `node:http`. Without it they are answered with 426. What it throws goes to
   * `onError` and is answered with 500.
   */
  readonly fetch?: ((request: Request) => Response | Promise<Response>) | undefined;
}

/** With `upgrade` for certain, so that the compiler infers the answer before it looks at the handler. */
export interface ListenOptionsWithUpgrade<A extends AnyAnswer> extends ListenOptions<A> {
  readonly upgrade: Upgrade<A>;
}

export type CreateConnection = (
  target: ConnectTarget,
  options: { signal: AbortSignal },
) => ByteConn | DuplexLike | PromiseLike<ByteConn | DuplexLike>;

export interface ConnectOptions extends OpenOptions {
  /** For `wss:`. */
  readonly tls?: TlsClientOptions | undefined;
  /** Connects to this Unix socket; the URL still gives Host and path. */
  readonly unix?: string | undefined;
  /**
   * Opens the byte stream itself, for proxies and tunnels: a duplex stream of `node:stream`, a `Deno.Conn`, or what has its methods. For `wss:`
   * TLS is added to it, by `tls`, unless it is TLS already: the stream's `encrypted` is true, as that of a `tls.TLSSocket`, or it has
   * `handshake`, as a `Deno.TlsConn`. Deno adds TLS to streams of Node and to a `Deno.TcpConn`, and to no other connection. The signal is
   * aborted when nobody waits any more; a stream that comes later is destroyed.
   */
  readonly createConnection?: CreateConnection | undefined;
}
