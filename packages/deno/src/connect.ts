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

import { type ByteConn, ConnTransport } from "./conn-transport.ts";
import { group } from "./host.ts";
import { connectOptions } from "./known-options.ts";

/** What a client checks a server's certificate by, and what it shows of itself. All in PEM. */
export interface TlsClientOptions {
  /** Authorities accepted besides those of the system. */
  ca?: string | string[] | undefined;
  /** The name the certificate must carry. By default the URL's host. */
  servername?: string | undefined;
  /** A certificate of the client's own, with its `key`. */
  cert?: string | undefined;
  key?: string | undefined;
}

export interface ConnectOptions<Context = undefined> extends OpenOptions<Context> {
  /** For `wss:`. */
  tls?: TlsClientOptions | undefined;
  /** Connects to this Unix socket; the URL still gives Host and path. Not with `wss:`. */
  path?: string | undefined;
  /** Opens the byte stream itself, for proxies and tunnels: a `Deno.Conn`, or what has its methods, over TLS already when `target.secure`. */
  createConnection?: ((target: ConnectTarget) => ByteConn | PromiseLike<ByteConn>) | undefined;
}

/** Connects to a `ws:` or `wss:` URL and resolves when the opening handshake is done; rejects with a `HandshakeError`. */
export async function connect<Context = undefined>(url: string | URL, options: ConnectOptions<Context> = {}): Promise<Connection<Context>> {
  checkConnect(options, connectOptions);
  const { tls, path, createConnection, ...openOptions } = options;
  const target = connectTarget(parseUrl(url, URL));
  if (path !== undefined && target.secure && createConnection === undefined) throw new TypeError("Deno has no TLS on Unix sockets");
  const dial: Dial =
    createConnection === undefined
      ? async (onCancel) => new ConnTransport(await dialConn(target, tls, path, onCancel))
      : async () => new ConnTransport(await createConnection(target));
  return await openConnection(group, target, dial, openOptions);
}

async function dialConn(
  target: ConnectTarget,
  tls: TlsClientOptions | undefined,
  path: string | undefined,
  onCancel: (cancel: () => void) => void,
): Promise<ByteConn> {
  if (path !== undefined) return await Deno.connect({ transport: "unix", path });
  const abort = new AbortController();
  onCancel(() => abort.abort());
  const tcp = await Deno.connect({ hostname: target.hostname, port: target.port, signal: abort.signal });
  tcp.setNoDelay(true);
  if (!target.secure) return tcp;
  // Not connectTls: it has neither a server name of its own nor TCP_NODELAY.
  const { ca, servername, cert, key } = tls ?? {};
  const conn = await Deno.startTls(tcp, {
    hostname: servername ?? target.hostname,
    alpnProtocols: ["http/1.1"],
    ...(ca === undefined ? {} : { caCerts: typeof ca === "string" ? [ca] : ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  });
  onCancel(() => conn.close());
  try {
    await conn.handshake();
  } catch (error) {
    try {
      conn.close();
    } catch {
      // Cancelled: closed already.
    }
    throw error;
  }
  return conn;
}
