/**
 * A client's byte stream by `node:net` and `node:tls`: one of our own, or one that the program opened, with TLS added for `wss:`
 * (RFC 6455 §4.1, item 5: "the client MUST perform a TLS handshake over the connection").
 */
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { connect as connectTls, type ConnectionOptions as TlsConnectOptions } from "node:tls";

import type { ConnectTarget } from "../opening/connect-target.ts";
import type { OnCancel } from "../opening/opening.ts";
import { SocketTransport } from "./socket-transport.ts";

/** Where the stream leads; TLS when `secure`. */
export type StreamTarget = Pick<ConnectTarget, "secure" | "hostname" | "port">;

/** Connects by TCP, or to the Unix socket `path`. */
export async function dialSocket(
  target: StreamTarget,
  tls: TlsConnectOptions | undefined,
  path: string | undefined,
  onCancel: OnCancel,
): Promise<SocketTransport> {
  const address = path === undefined ? { host: target.hostname, port: target.port } : { path };
  const options = { ...address, allowHalfOpen: true, noDelay: true };
  const socket: Socket = target.secure ? connectTls({ ...tlsOptions(target, tls), ...options } as TlsConnectOptions) : connectTcp(options);
  return await connected(socket, target.secure ? "secureConnect" : "connect", onCancel);
}

/** Over what the program opened: a duplex stream, which is TLS already when its `encrypted` is true, as that of a `tls.TLSSocket`. */
export async function dialOver(
  opened: unknown,
  target: StreamTarget,
  tls: TlsConnectOptions | undefined,
  onCancel: OnCancel,
): Promise<SocketTransport> {
  if (!isDuplex(opened)) throw new TypeError("createConnection must return a duplex stream");
  if (!target.secure || (opened as { encrypted?: unknown }).encrypted === true) return new SocketTransport(opened);
  // `host` is the name that the certificate is checked for.
  const socket = connectTls({
    host: target.hostname,
    ...tlsOptions(target, tls),
    socket: opened,
    allowHalfOpen: true,
  } as TlsConnectOptions);
  opened.on("error", (error: Error) => socket.destroy(error));
  socket.on("close", () => opened.destroy());
  return await connected(socket, "secureConnect", onCancel);
}

function isDuplex(stream: unknown): stream is Duplex {
  const { on, write, resume } = (stream ?? {}) as Partial<Record<"on" | "write" | "resume", unknown>>;
  return stream instanceof Duplex || [on, write, resume].every((method) => typeof method === "function");
}

function connected(socket: Socket, event: "connect" | "secureConnect", onCancel: OnCancel): Promise<SocketTransport> {
  // A stream may fail more than once: the second time nobody else listens.
  socket.on("error", ignore);
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      // A listener that stays would keep all of the opening for as long as the connection lives.
      socket.off("error", failed);
      socket.off("close", lost);
      socket.off(event, opened);
    };
    const failed = (error: Error): void => {
      settle();
      reject(error);
    };
    const lost = (): void => failed(new Error("the stream was closed before it was connected"));
    const opened = (): void => {
      settle();
      resolve(new SocketTransport(socket));
    };
    socket.on("error", failed);
    socket.on("close", lost);
    socket.on(event, opened);
    onCancel(() => socket.destroy());
  });
}

function ignore(): void {
  // The end is told by "close".
}

/** RFC 6066 §3: no address literals in the server name. Without a name here, the Unix socket's path would be taken for one. */
function tlsOptions({ hostname }: StreamTarget, tls: TlsConnectOptions | undefined): TlsConnectOptions {
  return { ALPNProtocols: ["http/1.1"], ...(isIP(hostname) === 0 ? { servername: hostname } : {}), ...tls };
}
