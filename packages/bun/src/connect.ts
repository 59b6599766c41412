import {
  checkConnect,
  type Connection,
  connectTarget,
  type ConnectTarget,
  type Dial,
  openConnection,
  type OnCancel,
  type OpenOptions,
  parseUrl,
} from "@ws/endpoint";
import type { Socket, SocketHandler } from "bun";
import type { Duplex } from "node:stream";

import { group } from "./host.ts";
import { connectOptions } from "./known-options.ts";
import { BunTransport, http11, socketHandlers } from "./socket-transport.ts";

/** What a client checks a server's certificate by, and what it shows of itself. All in PEM. */
export interface TlsClientOptions {
  /** Authorities accepted besides those of the system. */
  ca?: string | string[] | undefined;
  /** The name the certificate must carry. By default the URL's host. */
  servername?: string | undefined;
  /** A certificate of the client's own, with its `key`. */
  cert?: string | undefined;
  key?: string | undefined;
  /** `false` accepts any certificate. */
  rejectUnauthorized?: boolean | undefined;
}

export interface ConnectOptions<Context = undefined> extends OpenOptions<Context> {
  /** For `wss:`. */
  tls?: TlsClientOptions | undefined;
  /** Connects to this Unix socket; the URL still gives Host and path. */
  path?: string | undefined;
  /**
   * Opens the byte stream itself, for proxies and tunnels: a socket of `node:net` or another duplex stream. (A `Bun.Socket` has its handlers
   * from the start, so none can be handed over.) For `wss:` TLS is added to it, by `tls`, unless the stream's `encrypted` is true, as that of
   * a `tls.TLSSocket`. The signal is aborted when nobody waits any more; a stream that comes later is destroyed.
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
    const opened = await createConnection(target, { signal: abort.signal });
    const { dialOver } = await import("@ws/endpoint/node-http");
    return await dialOver(opened, target, tls, onCancel);
  };
  // A pending promise keeps no process alive, and the deadline of the handshake has to hold all the same.
  const alive = setInterval(() => undefined, 1 << 30);
  try {
    return await openConnection(group, target, dial, openOptions);
  } finally {
    clearInterval(alive);
  }
}

/** Bun cannot stop an attempt to connect: a socket that opens too late is closed then, be it before the TLS handshake. */
function dialSocket(
  target: ConnectTarget,
  tls: TlsClientOptions | undefined,
  path: string | undefined,
  onCancel: OnCancel,
): Promise<BunTransport> {
  return new Promise((resolve, reject) => {
    const opened = (socket: Socket<BunTransport>): void => {
      socket.data = new BunTransport(socket, target.secure);
      resolve(socket.data);
    };
    const socket: SocketHandler<BunTransport, "uint8array"> = {
      ...socketHandlers,
      connectError: (_, error) => {
        reject(error);
      },
      close: (closed, error) => {
        reject(error ?? new Error("the connection was closed during the TLS handshake"));
        (closed.data as BunTransport | undefined)?.closed(error);
      },
      ...(target.secure
        ? {
            // With this handler, before the TLS handshake.
            open: (connected: Socket<BunTransport>) => onCancel(() => connected.terminate()),
            handshake: (shaken: Socket<BunTransport>, _authorized: boolean, error: Error | null) => {
              if (error === null || tls?.rejectUnauthorized === false) {
                opened(shaken);
              } else {
                reject(error);
                shaken.terminate();
              }
            },
          }
        : { open: opened }),
    };
    const secure = target.secure ? { tls: tlsOptions(target, tls) } : {};
    const common = { socket, allowHalfOpen: true, ...secure };
    const address = path === undefined ? { hostname: target.hostname, port: target.port } : { unix: path };
    // The types know one kind of bytes for `data`, whatever `binaryType` says.
    Bun.connect({ ...common, ...address } as never).catch(reject);
  });
}

function tlsOptions(target: ConnectTarget, tls: TlsClientOptions | undefined): Bun.TLSOptions & { ALPNProtocols: Uint8Array } {
  const { ca, servername, cert, key, rejectUnauthorized } = tls ?? {};
  return {
    ALPNProtocols: http11,
    serverName: servername ?? target.hostname,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
  };
}
