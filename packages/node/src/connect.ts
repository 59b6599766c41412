import type { Duplex } from "node:stream";
import type { ConnectionOptions as TlsConnectOptions } from "node:tls";

import {
  checkConnect,
  type Connection,
  connectTarget,
  type ConnectTarget,
  type Dial,
  openConnection,
  type OpenOptions,
  parseUrl,
} from "@ws/endpoint";
import { dialOver, dialSocket } from "@ws/endpoint/node-http";

import { group } from "./host.ts";
import { connectOptions } from "./known-options.ts";

export interface ConnectOptions<Context = undefined> extends OpenOptions<Context> {
  /** For `wss:`: `ca`, `cert`, `key` (PEM) and `servername` are the common part, the rest of `tls.connect`'s options is Node's. */
  tls?: TlsConnectOptions | undefined;
  /** Connects to this Unix socket; the URL still gives Host and path. */
  path?: string | undefined;
  /**
   * Opens the byte stream itself, for proxies and tunnels. For `wss:` TLS is added to it, by `tls`, unless the stream's `encrypted` is true,
   * as that of a `tls.TLSSocket`. The signal is aborted when nobody waits any more; a stream that comes later is destroyed.
   */
  createConnection?: ((target: ConnectTarget, options: { signal: AbortSignal }) => Duplex | PromiseLike<Duplex>) | undefined;
}

/** Connects to a `ws:` or `wss:` URL and resolves when the opening handshake is done; rejects with a `HandshakeError`. */
export async function connect<Context = undefined>(url: string | URL, options: ConnectOptions<Context> = {}): Promise<Connection<Context>> {
  checkConnect(options, connectOptions);
  const { tls, path, createConnection, ...openOptions } = options;
  const target = connectTarget(parseUrl(url, URL));
  const dial: Dial = async (onCancel) => {
    if (createConnection === undefined) return await dialSocket(target, tls, path, onCancel);
    const abort = new AbortController();
    onCancel((reason) => abort.abort(reason));
    return await dialOver(await createConnection(target, { signal: abort.signal }), target, tls, onCancel);
  };
  // A pending promise keeps no process alive, and the deadline of the handshake has to hold all the same.
  const alive = setInterval(() => undefined, 1 << 30);
  try {
    return await openConnection(group, target, dial, openOptions);
  } finally {
    clearInterval(alive);
  }
}
