import {
  type Connection,
  type ConnectionHandler,
  connectTarget,
  type ConnectTarget,
  type Dial,
  openConnection,
  type OnCancel,
} from "@ws/endpoint";
import { takeConnectOptions, parseUrl } from "@ws/endpoint/internal";
import type { Socket, SocketHandler } from "bun";

import { host } from "./host.ts";
import { connectOptions } from "./known-options.ts";
import type { ConnectOptions, TlsClientOptions } from "./options.ts";
import { BunTransport, http11, socketHandlers } from "./socket-transport.ts";

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
    if (createConnection === undefined) return await dialSocket(target, tls, unix, onCancel);
    const abort = new AbortController();
    onCancel((reason) => abort.abort(reason));
    // Before the stream is there: its errors need a listener from then on.
    const { dialOver } = await import("@ws/endpoint/internal/node-http");
    return await dialOver(await createConnection(target, { signal: abort.signal }), target, tls, onCancel);
  };
  // A pending promise keeps no process alive, and the deadline of the handshake has to hold all the same.
  const alive = setInterval(() => undefined, 1 << 30);
  try {
    return await openConnection(host, target, dial, openOptions, handler);
  } finally {
    clearInterval(alive);
  }
}

/** Bun cannot stop an attempt to connect: a socket that opens too late is closed then, be it before the TLS handshake. */
function dialSocket(
  target: ConnectTarget,
  tls: TlsClientOptions | undefined,
  unix: string | undefined,
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
    const address = unix === undefined ? { hostname: target.hostname, port: target.port } : { unix };
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
