/**
 * Plays the server for clients under test, in the driver convention of the Autobahn Testsuite: a driver asks for the number of
 * cases, runs each once, and asks for the report. Cases beyond the known ones are a reserve for confirmations and shrinking.
 */
import { createServer, type Server, type Socket } from "node:net";

import { acceptKeyFor } from "../rfc/handshake.ts";
import { closePayload, DEFAULT_RESPONSE, frameStep, responseBytes, stepBytes } from "../sessions/session.ts";
import { latin1, text } from "../wire/bytes.ts";
import { Opcode } from "../wire/frame.ts";
import { readHead, headerValues, type Head } from "../wire/head.ts";
import type { ClientExecutor } from "./client-executor.ts";
import type { DriveOptions } from "./play.ts";
import { Wire } from "./wire.ts";

export interface DriverServerOptions {
  readonly port: number;
  readonly host?: string | undefined;
  /** The campaign of this agent. */
  readonly executor: () => ClientExecutor;
  readonly caseInfo: (number: number) => { id: string; description: string };
  readonly caseStatus: (number: number, agent: string) => string;
  /** An agent announced itself. */
  readonly onAgent?: ((agent: string) => void) | undefined;
  readonly onUpdateReports: (agent: string) => void;
  readonly drive: DriveOptions;
}

/** Milliseconds that a driver has for its request, and for its part of a closing handshake. */
const REQUEST = 10_000;
const GOODBYE = 5000;

/** Listens for drivers. Resolves with what is needed to stop. */
export async function serveDrivers(options: DriverServerOptions): Promise<{ port: number; close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const onSocket = (socket: Socket): void => {
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    serve(new Wire(socket, true), options).catch(() => socket.destroy());
  };
  const first = await listen(options.host ?? "127.0.0.1", options.port, onSocket);
  const { port } = first.address() as { port: number };
  const servers = [first];
  // Drivers say "localhost", which may be either.
  if (options.host === undefined)
    await listen("::1", port, onSocket).then(
      (second) => servers.push(second),
      () => undefined,
    );
  return {
    port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

function listen(host: string, port: number, onSocket: (socket: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, onSocket);
    server.once("error", reject);
    server.listen(port, host, () => resolve(server));
  });
}

/** Serves one connection of a driver. */
async function serve(wire: Wire, options: DriverServerOptions): Promise<void> {
  await wire.until(() => wire.ended !== "open" || readHead(wire.head) !== undefined, REQUEST);
  const request = readHead(wire.head);
  if (request === undefined) return void wire.socket.destroy();
  const url = new URL(request.start.split(" ")[1] ?? "/", "ws://127.0.0.1");
  const number = Number(url.searchParams.get("case") ?? "0");
  const agent = url.searchParams.get("agent") ?? "client";
  switch (url.pathname.split("/").pop()) {
    case "getCaseCount":
      return say(wire, request, String(options.executor().caseCount));
    case "getCaseInfo":
      return say(wire, request, JSON.stringify(options.caseInfo(number)));
    case "getCaseStatus":
      return say(wire, request, JSON.stringify({ behavior: options.caseStatus(number, agent) }));
    case "updateReports":
      options.onUpdateReports(agent);
      return say(wire, request, undefined);
    case "runCase":
      options.onAgent?.(agent);
      return options.executor().serve(wire, request, number);
    default:
      return say(wire, request, undefined);
  }
}

/** A few words for the driver, then a closing handshake. */
async function say(wire: Wire, request: Head, words: string | undefined): Promise<void> {
  wire.headDone(request.length);
  const key = headerValues(request, "sec-websocket-key")[0];
  if (key === undefined) {
    wire.write(latin1("HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"));
    wire.socket.end();
    return;
  }
  wire.write(responseBytes(DEFAULT_RESPONSE, { accept: acceptKeyFor(key) }));
  if (words !== undefined) wire.write(stepBytes(frameStep(Opcode.TEXT, text(words)), "client"));
  wire.write(stepBytes(frameStep(Opcode.CLOSE, closePayload(1000)), "client"));
  await wire.until(() => wire.ended !== "open" || wire.scanner.closed, GOODBYE);
  wire.socket.end();
  await wire.until(() => wire.ended !== "open", 1000);
  wire.socket.destroy();
}
