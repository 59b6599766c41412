/** Many connections, their end, and what is left of them. */
import { readdirSync } from "node:fs";

import type { Closed, Connection } from "@ws/endpoint";

import { assert, type Case, collectGarbage, delay, equal, eventually, local, pair, pattern, receive, rejects, type Test } from "../case.ts";
import { deadline } from "../patience.ts";
import { rawConnect, rawOpen } from "../raw.ts";

/** Open file descriptors of this process. */
function descriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

async function heldMemory(): Promise<number> {
  await collectGarbage();
  return process.memoryUsage().heapUsed;
}

async function concurrent(t: Test, count: number): Promise<void> {
  const connections: Connection[] = [];
  for (let begun = 0; begun < count; begun += 50) {
    connections.push(...(await Promise.all(Array.from({ length: Math.min(50, count - begun) }, () => t.connect(t.target.echo)))));
  }
  const replies = connections.map(async (connection, index) => {
    for (let round = 0; round < 3; round++) {
      connection.send(`${index} ${round}`);
      equal(await receive(connection), `${index} ${round}`);
    }
    connection.send(pattern(20_000, index));
    equal(await receive(connection), pattern(20_000, index));
    connection.close(1000);
    assert((await connection.closed).wasClean, "clean");
  });
  await Promise.all(replies);
}

/** Connects, exchanges a message and closes, `count` times, some at a time; then nothing may be left. */
async function cycles(t: Test, count: number): Promise<void> {
  const server = await t.listen({ maxConnections: 100 }, { message: (connection, message) => void connection.send(message) });
  const cycle = async (index: number): Promise<void> => {
    const connection = await t.adapter.connect(server.url);
    connection.send(`${index}`);
    equal(await receive(connection), `${index}`);
    // Every way to end, in turn.
    if (index % 4 === 3) connection.abort();
    else connection.close(1000);
    await connection.closed;
  };
  const run = async (from: number, to: number): Promise<void> => {
    for (let index = from; index < to; index += 20) {
      await Promise.all(Array.from({ length: Math.min(20, to - index) }, (_, offset) => cycle(index + offset)));
    }
    await eventually(() => server.connections.size === 0, "no connection is left");
  };
  // What is allocated once is allocated now.
  const warmup = Math.max(100, Math.min(1_000, count / 2));
  await run(0, warmup);
  await delay(50, "the kernel takes its time");
  const [openBefore, memoryBefore] = [descriptors(), await heldMemory()];
  await run(warmup, warmup + count);
  await eventually(() => descriptors() <= openBefore, `descriptors: ${openBefore} before`);
  const grown = (await heldMemory()) - memoryBefore;
  // Heap statistics breathe; a leak of anything per connection does not fit.
  const allowed = 3_000_000 + count * 100;
  assert(grown < allowed, `the heap grew by ${grown} bytes in ${count} cycles`);
}

export const life: Case[] = [
  pair("50 connections at once", (t) => concurrent(t, 50), { smoke: true }),
  pair("1 000 connections at once", (t) => concurrent(t, 1_000), { endurance: true, timeout: 120_000 }),
  local("400 connect/close cycles leave no socket and no memory behind", (t) => cycles(t, 400), { alone: true }),
  local("10 000 connect/close cycles leave no socket and no memory behind", (t) => cycles(t, 10_000), {
    endurance: true,
    timeout: 300_000,
  }),
  local(
    "200 refused and broken handshakes leave no socket behind",
    async (t) => {
      const server = await t.listen({ upgrade: () => ({ status: 403 }), closeTimeout: 500 }, { message: () => undefined });
      const before = descriptors();
      for (let index = 0; index < 200; index++) {
        if (index % 4 === 0) await rejects(t.adapter.connect(server.url), { status: 403 });
        else {
          const peer = await rawConnect(t, server.port);
          if (index % 4 === 1) peer.reset();
          else {
            peer.write(index % 4 === 2 ? "garbage\r\n\r\n" : "GET / HT");
            if (index % 4 === 2) await peer.readAll();
            peer.socket.end();
          }
        }
      }
      await eventually(() => descriptors() <= before, `descriptors: ${before} before, ${descriptors()} now`);
    },
    { alone: true },
  ),
  local("graceful close under load: every connection ends with 1001, the port is free, nothing is left", async (t) => {
    const server = await t.listen({}, { message: (connection, message) => void connection.send(message) });
    const outcomes: Closed[] = [];
    const clients = Array.from({ length: 20 }, async () => {
      const connection = await t.connect(server.url);
      connection.send(pattern(10_000));
      for await (const message of connection) if (connection.send(message) === "full") await connection.ready;
      outcomes.push(await connection.closed);
    });
    await eventually(() => server.connections.size === 20, "20 connections");
    await delay(50, "at another moment");
    const closing = server.close();
    await Promise.all([closing, server.close()]);
    await Promise.all(clients);
    equal([...new Set(outcomes.map(({ code, wasClean, initiator }) => `${code} ${wasClean} ${initiator}`))], ["1001 true remote"]);
    equal([outcomes.length, server.connections.size], [20, 0]);
    await rejects(t.adapter.connect(server.url), { code: "TRANSPORT_LOST" });
    await t.listen({ port: server.port }, { message: () => undefined });
  }),
  local("close with a code and a reason, and with a peer that does not answer", async (t) => {
    // A deadline that no case lives to see: that of `close` ends the mute one.
    const server = await t.listen({ closeTimeout: 1e9 }, { message: () => undefined });
    const connection = await t.connect(server.url);
    const mute = await rawOpen(t, server.port);
    await server.close({ code: 4321, reason: "maintenance", timeout: deadline(200) });
    const { code, reason } = await connection.closed;
    equal([code, reason], [4321, "maintenance"]);
    await mute.readAll();
  }),
  local("close gives up opening handshakes with 503", async (t) => {
    const server = await t.listen({}, { message: () => undefined });
    const peer = await rawConnect(t, server.port);
    peer.write("GET / HTTP/1.1\r\n");
    // A later one is open, so this one has been let in.
    await t.connect(server.url);
    const closing = server.close({ timeout: 500 });
    assert((await peer.readHead()).startsWith("HTTP/1.1 503 "), "503");
    peer.socket.end();
    await closing;
  }),
];
