import {
  type Connection,
  type ConnectionHandler,
  connectTarget,
  type ConnectTarget,
  type Dial,
  type DuplexLike,
  type OnCancel,
  openConnection,
  type Transport,
} from "@ws/endpoint";
import { takeConnectOptions, parseUrl } from "@ws/endpoint/internal";

import { type ByteConn, ConnTransport } from "./conn-transport.ts";
import { host } from "./host.ts";
import { connectOptions } from "./known-options.ts";
import type { ConnectOptions, CreateConnection, TlsClientOptions } from "./options.ts";

/**
 * Connects to a `ws:` or `wss:` URL and resolves when the opening handshake is done; rejects with a `HandshakeError`.
 *
 * @param handler what is done with the connection, as in `listen`; without one its messages are iterated. With a function the connection is closed
 * when its promise is settled.
 */
export async function connect(
  url: string | URL,
  options: ConnectOptions = {},
  handler?: ConnectionHandler<undefined>,
): Promise<Connection<undefined>> {
  const { tls, unix, createConnection, ...openOptions } = takeConnectOptions(options, handler, connectOptions);
  const target = connectTarget(parseUrl(url, URL));
  const dial: Dial = async (onCancel) => {
    if (createConnection !== undefined) return await dialThrough(createConnection, target, tls, onCancel);
    if (target.secure) {
      const { dialSocket } = await import("@ws/endpoint/internal/node-http");
      return await dialSocket(target, tls, unix, onCancel);
    }
    return new ConnTransport(await dialConn(target, unix));
  };
  // A pending promise keeps no process alive, and the deadline of the handshake has to hold all the same.
  const alive = setInterval(() => undefined, 1 << 30);
  try {
    return await openConnection(host, target, dial, openOptions, handler);
  } finally {
    clearInterval(alive);
  }
}

/** Not with a `signal`: when it is aborted about when the connection is made, Deno 2.9 leaves the socket open. The endpoint closes what comes late. */
async function dialConn({ hostname, port }: ConnectTarget, unix: string | undefined): Promise<ByteConn> {
  if (unix !== undefined) return await Deno.connect({ transport: "unix", path: unix });
  const conn = await Deno.connect({ hostname, port });
  conn.setNoDelay(true);
  return conn;
}

async function dialThrough(
  createConnection: CreateConnection,
  target: ConnectTarget,
  tls: TlsClientOptions | undefined,
  onCancel: OnCancel,
): Promise<Transport> {
  const abort = new AbortController();
  onCancel((reason) => abort.abort(reason));
  const opened = await createConnection(target, { signal: abort.signal });
  if (!isConn(opened)) {
    const { dialOver } = await Promise.race([import("@ws/endpoint/internal/node-http"), failureOf(opened)]);
    return await dialOver(opened, target, tls, onCancel);
  }
  if (!target.secure || "handshake" in opened) return new ConnTransport(opened);
  return new ConnTransport(await startTls(opened, target, tls, onCancel));
}

function isConn(opened: ByteConn | DuplexLike): opened is ByteConn {
  return typeof (opened as Partial<ByteConn> | undefined)?.closeWrite === "function";
}

/** Rejects with the stream's error: until it is taken over nobody else listens, and an error would end the process. */
function failureOf(opened: Partial<DuplexLike> | undefined): Promise<never> {
  return new Promise((_, reject) => opened?.on?.("error", reject));
}

async function startTls(opened: ByteConn, target: ConnectTarget, tls: TlsClientOptions | undefined, onCancel: OnCancel): Promise<ByteConn> {
  if (!("setNoDelay" in opened)) {
    opened.close();
    throw new TypeError(
      "wss: over this connection: Deno adds TLS to a Deno.TcpConn alone; createConnection must return one, a Deno.TlsConn, or a duplex stream of node:stream",
    );
  }
  const { ca, servername, cert, key } = tls ?? {};
  const conn = await Deno.startTls(opened as unknown as Deno.TcpConn, {
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
