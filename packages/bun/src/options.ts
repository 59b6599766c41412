/** What programs choose: the options of `listen` and `connect`. */
import type { ConnectTarget, NoContext, OpenOptions, ServerOptions, Upgrade, AnyAnswer } from "@ws/endpoint";
import type { ListenAddress, TlsClientOptions as CommonTlsClientOptions, TlsServerOptions } from "@ws/endpoint/internal";
import type { Duplex } from "node:stream";

export type { TlsServerOptions };

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

/** What a client checks a server's certificate by, and what it shows of itself. All in PEM. */
export interface TlsClientOptions extends CommonTlsClientOptions {
  /** `false` accepts any certificate. */
  readonly rejectUnauthorized?: boolean | undefined;
}

export interface ConnectOptions extends OpenOptions {
  /** For `wss:`. */
  readonly tls?: TlsClientOptions | undefined;
  /** Connects to this Unix socket; the URL still gives Host and path. */
  readonly unix?: string | undefined;
  /**
   * Opens the byte stream itself, for proxies and tunnels: a socket of `node:net` or another duplex stream. (A `Bun.Socket` has its handlers
   * from the start, so none can be handed over.) For `wss:` TLS is added to it, by `tls`, unless the stream's `encrypted` is true, as that of
   * a `tls.TLSSocket`. The signal is aborted when nobody waits any more; a stream that comes later is destroyed.
   */
  readonly createConnection?: ((target: ConnectTarget, options: { signal: AbortSignal }) => Duplex | PromiseLike<Duplex>) | undefined;
}
