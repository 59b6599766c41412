/**
 * Sends each message to every connection, so many messages a turn: a Node program. Also the measure of many small sends in one turn, with
 * one connection.
 */
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";

import { listen, prepareMessage, type Connection } from "@ws/node";
import { WebSocketServer, type WebSocket } from "ws";

import { messagesOf } from "../compression/data.ts";
import type { ProgramResult, ProgramTask } from "./task.ts";
import type { ReceiverTask } from "./receiver.ts";
import { processorTime, startPeer } from "./peer-process.ts";

export interface BroadcastTask {
  subject: "ours" | "ws" | "bare socket.write";
  connections: number;
  /** Messages in one turn. */
  perTurn: number;
  /** 64 B of text, or 1 KiB of JSON. */
  deflate: boolean;
}

/** One kind of server. */
interface Broadcaster {
  port: number;
  /** Connections open. */
  readonly size: number;
  /** To every connection. */
  broadcast(message: string): void;
  /** What the connection opened last has not handed to the operating system. */
  waiting(): number;
}

const { subject, connections, perTurn, deflate, seconds, peer } = JSON.parse(process.argv[2]!) as BroadcastTask & ProgramTask;

async function ours(): Promise<Broadcaster> {
  const open: Connection[] = [];
  const server = await listen(
    { maxConnections: 1 << 20, compress: deflate && { threshold: 0 } },
    { open: (connection) => void open.push(connection) },
  );
  return {
    port: server.port,
    get size() {
      return open.length;
    },
    broadcast(message) {
      const prepared = prepareMessage(message);
      for (const connection of open) connection.send(prepared);
    },
    waiting: () => open.at(-1)!.bufferedBytes,
  };
}

async function ws(): Promise<Broadcaster> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", backlog: 511, perMessageDeflate: deflate ? { threshold: 0 } : false });
  await once(server, "listening");
  let last: WebSocket | undefined;
  server.on("connection", (socket) => (last = socket));
  return {
    port: (server.address() as AddressInfo).port,
    get size() {
      return server.clients.size;
    },
    broadcast(message) {
      // Encoded once, as its documentation advises.
      const bytes = Buffer.from(message);
      for (const socket of server.clients) socket.send(bytes, { binary: false });
    },
    waiting: () => last!.bufferedAmount,
  };
}

/** The limit: no protocol; one frame, built once. */
async function bare(): Promise<Broadcaster> {
  const open: Socket[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    open.push(socket);
    socket.resume().on("error", () => undefined);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    get size() {
      return open.length;
    },
    broadcast(message) {
      const payload = Buffer.from(message);
      const frame = Buffer.concat([
        payload.length < 126 ? Buffer.of(0x81, payload.length) : Buffer.of(0x81, 126, payload.length >> 8, payload.length & 255),
        payload,
      ]);
      for (const socket of open) socket.write(frame);
    },
    waiting: () => open.at(-1)!.writableLength,
  };
}

const kinds: Record<BroadcastTask["subject"], () => Promise<Broadcaster>> = { ours, ws, "bare socket.write": bare };
const server = await kinds[subject]();
const task: ReceiverTask = { port: server.port, connections, handshake: subject !== "bare socket.write", deflate };
const receiver = await startPeer(peer, JSON.stringify(task));
const messages = deflate
  ? messagesOf("json", 1024, 256).map((bytes) => Buffer.from(bytes).toString())
  : ["broadcast ".repeat(7).slice(0, 64)];
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function run(milliseconds: number): Promise<{ sends: number; elapsed: number; used: number }> {
  const before = processorTime();
  const start = performance.now();
  let sends = 0;
  for (let next = 0; performance.now() - start < milliseconds;) {
    for (let index = 0; index < perTurn; index++) server.broadcast(messages[next++ % messages.length]!);
    sends += perTurn * server.size;
    do await turn();
    while (server.waiting() > 0);
  }
  return { sends, elapsed: performance.now() - start, used: processorTime() - before };
}

if (server.size !== connections) throw new Error(`${server.size} of ${connections} connections are open`);
await run(400);
const { sends, elapsed, used } = await run(seconds * 1000);
receiver.stop();
console.log(JSON.stringify({ value: (sends / elapsed) * 1000, serverCost: used / sends } satisfies ProgramResult));
process.exit(0);
