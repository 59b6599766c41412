// The strict parser of `node:http`, which is llhttp, on a socket in memory.

import { createServer, request as httpRequest, type IncomingMessage } from "node:http";
import { Duplex } from "node:stream";

import type { Header } from "@ws/protocol/handshake";

/** What a reader of heads made of some bytes: what it read, or why it took none. */
export type Reading = { readonly head: Head } | { readonly code: string };

interface Head {
  /** Method and target, or status and reason. */
  readonly line: readonly [string, string];
  readonly version: string;
  readonly headers: readonly Header[];
}

/** The bytes, and then the end of the stream. */
function socketOf(bytes: Uint8Array): Duplex {
  const socket = new Duplex({
    read: () => undefined,
    write: (_, __, done) => done(),
  });
  socket.on("error", () => undefined);
  socket.push(bytes);
  socket.push(null);
  return socket;
}

const readings = new WeakMap<Duplex, (reading: Reading) => void>();

const server = createServer({ insecureHTTPParser: false, requireHostHeader: false });
for (const event of ["request", "upgrade", "connect", "checkContinue", "checkExpectation"] as const) {
  server.on(event, (request: IncomingMessage) => {
    const { method = "", url = "", httpVersion, rawHeaders, socket } = request;
    readings.get(socket)!({ head: { line: [method, url], version: httpVersion, headers: paired(rawHeaders) } });
  });
}
server.on("clientError", (error: NodeJS.ErrnoException, socket) => readings.get(socket)!({ code: error.code ?? error.message }));

export function nodeReadsRequest(bytes: Uint8Array): Promise<Reading> {
  const socket = socketOf(bytes);
  return new Promise<Reading>((resolve) => {
    readings.set(socket, resolve);
    socket.once("close", () => resolve({ code: "WAITS" }));
    server.emit("connection", socket);
  }).finally(() => socket.destroy());
}

export function nodeReadsResponse(bytes: Uint8Array): Promise<Reading> {
  const socket = socketOf(bytes);
  return new Promise<Reading>((resolve) => {
    const asking = httpRequest({ insecureHTTPParser: false, createConnection: () => socket });
    const read = (response: { statusCode?: number; statusMessage?: string; httpVersion: string; rawHeaders: string[] }): void => {
      const { statusCode, statusMessage = "", httpVersion, rawHeaders } = response;
      resolve({ head: { line: [String(statusCode).padStart(3, "0"), statusMessage], version: httpVersion, headers: paired(rawHeaders) } });
    };
    for (const event of ["response", "information", "upgrade"] as const) asking.once(event, read);
    asking.on("error", (error: NodeJS.ErrnoException) => resolve({ code: error.code ?? error.message }));
    asking.once("close", () => resolve({ code: "WAITS" }));
    asking.end();
  }).finally(() => socket.destroy());
}

function paired(rawHeaders: readonly string[]): Header[] {
  return Array.from({ length: rawHeaders.length / 2 }, (_, index) => [rawHeaders[2 * index]!, rawHeaders[2 * index + 1]!] as const);
}
