/** What programs choose: the options of `listen` and `connect`. */
import type { Duplex } from "node:stream";
import type { ConnectionOptions as TlsConnectOptions, TlsOptions } from "node:tls";

import type { ConnectTarget, NoContext, OpenOptions, ServerOptions, Upgrade, AnyAnswer } from "@ws/endpoint";
import type { ListenAddress } from "@ws/endpoint/internal";

export interface ListenOptions<A extends AnyAnswer = NoContext> extends ServerOptions<A>, ListenAddress {
  /** Speaks TLS (`wss:`): `key` and `cert` in PEM are the common part, the rest of `tls.createServer`'s options is Node's. */
  readonly tls?: TlsOptions | undefined;
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

export interface ConnectOptions extends OpenOptions {
  /** For `wss:`: `ca`, `cert`, `key` (PEM) and `servername` are the common part, the rest of `tls.connect`'s options is Node's. */
  readonly tls?: TlsConnectOptions | undefined;
  /** Connects to this Unix socket; the URL still gives Host and path. */
  readonly unix?: string | undefined;
  /**
   * Opens the byte stream itself, for proxies and tunnels. For `wss:` TLS is added to it, by `tls`, unless the stream's `encrypted` is true,
   * as that of a `tls.TLSSocket`. The signal is aborted when nobody waits any more; a stream that comes later is destroyed.
   */
  readonly createConnection?: ((target: ConnectTarget, options: { signal: AbortSignal }) => Duplex | PromiseLike<Duplex>) | undefined;
}
