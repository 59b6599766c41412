/** Listeners of every kind, ours and raw, and the ways to reach them. */
import { createServer as createHttpServer, type IncomingMessage, type Server as HttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer, type Server as TcpServer, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";

import type { Adapter } from "../adapter.ts";
import type { Certificate } from "../case.ts";
import { inMemory } from "./in-memory.ts";
import { askedFor, listenOptions, type Place, type Served } from "./place.ts";
import type { PlaceScript } from "./script.ts";
import { socketWire } from "./wire.ts";

export interface Setting {
  readonly adapter: Adapter;
  readonly certificate: Certificate;
  /** For Unix sockets. */
  readonly folder: string;
}

let sockets = 0;

export async function openPlace(setting: Setting, script: PlaceScript, served: Served): Promise<Place> {
  const { kind } = script;
  if (kind === "memory" || kind === "streams") return await inMemory(script, served);
  const unix = kind === "unix" ? `${setting.folder}/${sockets++}.sock` : undefined;
  const secure = kind === "tls" || kind === "upgrade-tls";
  if (script.raw === true) return await rawPlace(setting, script, served, secure, unix);
  if (kind === "upgrade" || kind === "upgrade-tls") return await upgradePlace(setting, script, served, secure);
  const { adapter, certificate } = setting;
  const fetch = script.fetch === true ? (): Response => new Response("a page") : undefined;
  const tls = secure ? { key: certificate.key, cert: certificate.cert } : undefined;
  const server = await adapter.listen({ ...listenOptions(script.tuning, served), fetch, tls, unix }, served.handler);
  return { script, server, ...reached(setting, secure, server.port, unix), close: (options) => server.close(options) };
}

function reached(
  { adapter, certificate: { ca } }: Setting,
  secure: boolean,
  port: number,
  unix: string | undefined,
): Pick<Place, "connect" | "wire"> {
  const url = `${secure ? "wss" : "ws"}://localhost${unix === undefined ? `:${port}` : ""}`.replace(
    "localhost:",
    secure ? "localhost:" : "127.0.0.1:",
  );
  return {
    connect: (target, options, handler) =>
      adapter.connect(url + target, { ...options, ...(secure && { tls: { ca } }), ...(unix !== undefined && { unix }) }, handler),
    wire: () => {
      const where = unix === undefined ? { port, host: "127.0.0.1" } : { path: unix };
      const socket = secure
        ? connectTls({ ...where, ca, servername: "localhost", allowHalfOpen: true } as object)
        : connectTcp({ ...where, allowHalfOpen: true, noDelay: true });
      return new Promise((resolve, reject) => {
        socket.on("error", reject);
        socket.once(secure ? "secureConnect" : "connect", () => resolve(socketWire(socket)));
      });
    },
  };
}

async function upgradePlace(setting: Setting, script: PlaceScript, served: Served, secure: boolean): Promise<Place> {
  const { key, cert } = setting.certificate;
  const answer = (_: IncomingMessage, response: { end(text: string): unknown }): void => void response.end("a page");
  const server: HttpServer = secure ? createHttpsServer({ key, cert }, answer) : createHttpServer(answer);
  const options = listenOptions(script.tuning, served);
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Uint8Array) => {
    void setting.adapter.acceptUpgrade(request, socket, head, options, served.handler);
  });
  const close = closing(server);
  const port = await bound(server, undefined);
  return { script, server: undefined, ...reached(setting, secure, port, undefined), close };
}

async function rawPlace(setting: Setting, script: PlaceScript, served: Served, secure: boolean, unix: string | undefined): Promise<Place> {
  const { key, cert } = setting.certificate;
  const come = (socket: Socket): void => askedFor(socketWire(socket), served);
  const server: TcpServer = secure
    ? createTlsServer({ key, cert, allowHalfOpen: true }, come)
    : createTcpServer({ allowHalfOpen: true, noDelay: true }, come);
  // A client that gives up within the handshake of TLS.
  server.on("tlsClientError", () => undefined);
  const close = closing(server);
  const port = await bound(server, unix);
  return { script, server: undefined, ...reached(setting, secure, port, unix), close };
}

function bound(server: TcpServer, unix: string | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    const listening = (): void => resolve(unix === undefined ? (server.address() as AddressInfo).port : 0);
    if (unix === undefined) server.listen(0, "127.0.0.1", listening);
    else server.listen(unix, listening);
  });
}

/** Closes a listener that is not ours, with what it has accepted and nobody has asked for anything. */
function closing(server: TcpServer): () => Promise<void> {
  const accepted = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    accepted.add(socket);
    socket.on("close", () => accepted.delete(socket));
  });
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of accepted) socket.destroy();
    });
}
