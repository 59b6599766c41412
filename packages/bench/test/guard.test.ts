/**
 * Speed that is counted instead of timed: heap bytes for each message and writes for each turn. packages/endpoint/test/allocation.test.ts
 * and coalescing.test.ts count them for what a server receives and answers; here are decoding alone, broadcasts, clients, and real sockets.
 */
import { once } from "node:events";
import { connect as connectSocket, Socket } from "node:net";

import { encodeFrame, MessageDecoder, MessageEvent, Opcode, type MessageDecoderOptions } from "@ws/codec";
import { acceptConnection, createHost, prepareMessage, type Connection } from "@ws/endpoint";
import { connect, listen } from "@ws/node";
import { expect, test } from "vitest";

import { allocated, bytesOfView, Sink } from "../../endpoint/test/support/sink.ts";
import { openingHandshake } from "../src/frames.ts";

const MESSAGES = 100_000;

/** The measure of all that is allocated here. */
const view = bytesOfView();

/** Heap bytes for each message, over 25 000 at a time; the least of a dozen rounds, because code that is not optimised yet allocates numbers. */
function perMessage(run: (messages: number) => void): number {
  run(20_000);
  let least = Infinity;
  for (let round = 0; round < 12; round++) {
    const before = allocated();
    run(MESSAGES / 4);
    least = Math.min(least, (allocated() - before) / (MESSAGES / 4));
  }
  return least;
}

const masked = (opcode: number, length: number, fin = true): Uint8Array =>
  encodeFrame(opcode as typeof Opcode.TEXT, new Uint8Array(length).fill(97), { fin, maskingKey: 0x1234_5678 });

/** Decodes messages that are each `frames` in a row, a hundred in a chunk. */
function decoding(frames: readonly Uint8Array[], options: Partial<MessageDecoderOptions>): (messages: number) => void {
  const one = Buffer.concat(frames);
  const pristine = Uint8Array.from(Buffer.concat(Array.from({ length: 100 }, () => one)));
  const chunk = new Uint8Array(pristine.length);
  const decoder = new MessageDecoder({ role: "server", ...options });
  return (messages) => {
    let decoded = 0;
    while (decoded < messages) {
      chunk.set(pristine);
      decoder.receive(chunk);
      for (let event = decoder.poll(); event !== MessageEvent.NONE; event = decoder.poll()) {
        if (event === MessageEvent.FAILED) throw decoder.error!;
        decoded++;
      }
    }
  };
}

test("decoding allocates a view for each borrowed message, and for a fragmented one its buffer", () => {
  expect(perMessage(decoding([masked(Opcode.BINARY, 64)], { borrow: true })) / view).toBeLessThan(1.9);
  expect(perMessage(decoding([masked(Opcode.TEXT, 8)], {})) / view).toBeLessThan(1.9);
  // Two buffers (the first frame's, and one for both), a copy's view each.
  const fragmented = [masked(Opcode.BINARY, 32, false), masked(Opcode.CONTINUATION, 32)];
  expect(perMessage(decoding(fragmented, {})) / view).toBeLessThan(8.7);
});

test("a broadcast allocates no frame for each connection, and writes once a turn to each", async () => {
  const microtasks: (() => void)[] = [];
  const host = createHost({
    clock: {
      now: () => performance.now(),
      setTimer: () => 0,
      clearTimer: () => undefined,
      turn: () => undefined,
      microtask: (callback) => void microtasks.push(callback),
    },
    printError: (error) => {
      throw error;
    },
  });
  const turn = (): void => {
    for (const callback of microtasks.splice(0)) callback();
  };
  const transports: Sink[] = [];
  const connections: Connection[] = [];
  const head = Buffer.from(openingHandshake("127.0.0.1"));
  for (let index = 0; index < 100; index++) {
    const transport = new Sink();
    const accepted = acceptConnection(host, transport, {}, {});
    transport.sink.received(Uint8Array.from(head));
    connections.push(await accepted);
    transports.push(transport);
  }
  let turns = 0;
  const broadcast = (sends: number): void => {
    for (let sent = 0; sent < sends; sent += connections.length) {
      const message = prepareMessage("news that everybody gets, and nobody gets a copy of");
      for (const connection of connections) connection.send(message);
      turn();
      turns++;
    }
  };
  for (const transport of transports) transport.writes = 0;
  // The list of pieces that each write takes, about two and a half views' worth; a copy of the frame would add a view and more.
  expect(perMessage(broadcast) / view).toBeLessThan(3.2);
  expect(transports.map(({ writes }) => writes)).toEqual(transports.map(() => turns));
  expect(microtasks).toEqual([]);

  for (const transport of transports) transport.writes = 0;
  const messages = Array.from({ length: 10 }, (_, index) => prepareMessage(`news ${index}`));
  for (const message of messages) for (const connection of connections) connection.send(message);
  turn();
  expect(transports.map(({ writes }) => writes)).toEqual(transports.map(() => 1));
});

/** Calls of `write` on this process' sockets of the connections of a server while `run` runs. */
async function socketWrites(port: number, run: () => Promise<void>): Promise<number> {
  const original = Socket.prototype.write;
  let calls = 0;
  Socket.prototype.write = function (this: Socket, ...given: Parameters<typeof original>) {
    if (this.localPort === port || this.remotePort === port) calls++;
    return original.apply(this, given);
  } as typeof original;
  try {
    await run();
  } finally {
    Socket.prototype.write = original;
  }
  return calls;
}

test("on a socket of Node, a hundred messages in one read are answered by one write", async () => {
  const server = await listen({}, { message: (connection, message) => void connection.send(message) });
  const socket = connectSocket(server.port, "127.0.0.1");
  socket.write(openingHandshake(`127.0.0.1:${server.port}`));
  await once(socket, "data");
  const frame = masked(Opcode.BINARY, 64);
  const batch = Buffer.concat(Array.from({ length: 100 }, () => frame));
  let received = 0;
  const calls = await socketWrites(server.port, async () => {
    socket.write(batch);
    while (received < 100 * 66) received += ((await once(socket, "data")) as [Buffer])[0].length;
  });
  // Ours and the server's.
  expect([received, calls]).toEqual([100 * 66, 2]);
  socket.destroy();
  await server.close();
});

test("on a socket of Node, what a client sends in one turn is one write, and a masked message costs little heap", async () => {
  let received = 0;
  let all: (() => void) | undefined;
  const server = await listen({}, { message: () => void (++received % 500 === 0 && all?.()) });
  const client = await connect(server.url, {}, {});
  const message = new Uint8Array(64);
  const sendMany = async (): Promise<void> => {
    const arrived = new Promise<void>((resolve) => (all = resolve));
    for (let index = 0; index < 500; index++) client.send(message);
    await arrived;
  };
  // 35 000 bytes with their headers: they fit into one slab of the arena.
  expect(await socketWrites(server.port, sendMany)).toBe(1);
  const sending = perMessageSent(client, message);
  expect(sending / view).toBeLessThan(1.15);
  client.abort();
  await server.close({ timeout: 100 });
});

/** What `send` itself allocates, within one turn: the slabs of the arena lie outside the heap, and what is queued is a view for each slab. */
function perMessageSent(client: Connection, message: Uint8Array): number {
  let least = Infinity;
  // Short rounds: what the optimiser allocates meanwhile falls into some of them only.
  for (let round = 0; round < 50; round++) {
    const before = allocated();
    for (let index = 0; index < MESSAGES / 50; index++) client.send(message);
    least = Math.min(least, (allocated() - before) / (MESSAGES / 50));
  }
  return least;
}
