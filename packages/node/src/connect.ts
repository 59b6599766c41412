import { connect as connectTcp, isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls, type ConnectionOptions as TlsConnectOptions } from "node:tls";

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
import { SocketTransport } from "@ws/endpoint/node-http";

import { group } from "./host.ts";
import { connectOptions } from "./known-options.ts";

export interface ConnectOptions<Context = undefined> extends OpenOptions<Context> {
  /** For `wss:`: `ca`, `cert`, `key` (PEM) and `servername` are the common part, the rest of `tls.connect`'s options is Node's. */
  tls?: TlsConnectOptions | undefined;
  /** Connects to this Unix socket; the URL still gives Host and path. */
  path?: string | undefined;
  /** Opens the byte stream itself, for proxies and tunnels: a connected socket, over TLS already when `target.secure`. */
  createConnection?: ((target: ConnectTarget) => Duplex | PromiseLike<Duplex>) | undefined;
}

/** Connects to a `ws:` or `wss:` URL and resolves when the opening handshake is done; rejects with a `HandshakeError`. */
export async function connect<Context = undefined>(url: string | URL, options: ConnectOptions<Context> = {}): Promise<Connection<Context>> {
  checkConnect(options, connectOptions);
  const { tls, path, createConnection, ...openOptions } = options;
  const target = connectTarget(parseUrl(url, URL));
  const dial: Dial =
    createConnection === undefined
      ? (onCancel) => dialSocket(target, tls, path, onCancel)
      : async () => new SocketTransport(await createConnection(target));
  return await openConnection(group, target, dial, openOptions);
}

function dialSocket(
  target: ConnectTarget,
  tls: TlsConnectOptions | undefined,
  path: string | undefined,
  onCancel: (cancel: () => void) => void,
): Promise<SocketTransport> {
  const address = path === undefined ? { host: target.hostname, port: target.port } : { path };
  const options = { ...address, allowHalfOpen: true, noDelay: true };
  const socket: Socket = target.secure
    ? connectTls({ ALPNProtocols: ["http/1.1"], ...serverName(target.hostname), ...tls, ...options } as TlsConnectOptions)
    : connectTcp(options);
  onCancel(() => socket.destroy());
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once(target.secure ? "secureConnect" : "connect", () => {
      socket.off("error", reject);
      resolve(new SocketTransport(socket));
    });
  });
}

/** RFC 6066 §3: no address literals in the server name. Without a name here, the Unix socket's path would be taken for one. */
function serverName(hostname: string): { servername?: string; host?: string } {
  return isIP(hostname) === 0 ? { servername: hostname } : {};
}
