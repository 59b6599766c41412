/** Backpressure, in both directions and both roles. */
import { Opcode } from "@ws/codec";

import type { Connection } from "@ws/endpoint";

import { assert, type Case, delay, equal, eventually, local, pair, pattern, receive } from "../case.ts";
import { masked, rawOpen } from "../raw.ts";

const MiB = 1 << 20;

/**
 * Sends until more waits with us than the kernel could ever take: 4 MiB on our side and 32 MiB on the peer's (Linux's tcp_wmem, tcp_rmem). It takes them
 * a little at a time, with pauses that grow, so nothing can be concluded from a pause.
 */
async function fill(connection: Connection): Promise<void> {
  do {
    while (connection.bufferedBytes < 52 * MiB) connection.send(new Uint8Array(4 * MiB));
    await delay(100, "the kernel takes its time");
  } while (connection.bufferedBytes < 44 * MiB);
}

export const flow: Case[] = [
  pair("a peer that reads slowly slows the sender down, and gets everything", async (t) => {
    const connection = await t.connect(`${t.target.ws}/slow?ms=5`, { maxBufferedBytes: 64 * MiB });
    const count = 60;
    let full = 0;
    const sending = (async () => {
      for (let index = 0; index < count; index++) {
        if (connection.send(pattern(MiB / 2 + index)) !== "full") continue;
        full++;
        await connection.ready;
      }
    })();
    let expected = MiB / 2;
    for await (const message of connection) {
      equal(message, String(expected++), "length");
      if (expected === MiB / 2 + count) break;
    }
    await sending;
    assert(full > 0, `"full" was answered`);
  }),
  pair(
    "a consumer that is slow stops the server, and gets everything in order",
    async (t) => {
      const connection = await t.connect(`${t.target.ws}/send?count=40&size=${MiB}`);
      await delay(300, "slow on purpose");
      let index = 0;
      for await (const message of connection) {
        equal(message, pattern(MiB, index), `message ${index}`);
        if (++index === 40) break;
        await delay(1, "slow on purpose");
      }
      equal(index, 40);
    },
    { timeout: 30_000, smoke: true },
  ),
  local("what a peer that never reads leaves behind is bounded by `maxBufferedBytes`", async (t) => {
    let answers: string[] = [];
    let closed: unknown;
    const server = await t.listen({ maxBufferedBytes: 8 * MiB }, async (connection) => {
      answers = [];
      const chunk = new Uint8Array(MiB);
      for (let index = 0; index < 64 && connection.state === "open"; index++) {
        answers.push(connection.send(chunk));
        await delay(1, "slow on purpose");
      }
      closed = (await connection.closed).error?.code;
    });
    const peer = await rawOpen(t, server.port);
    peer.socket.pause();
    await eventually(() => closed !== undefined, "the connection failed");
    equal(closed, "BUFFER_OVERFLOW");
    assert(answers.includes("full"), `"full" was answered`);
    await eventually(() => server.connections.size === 0, "released");
  }),
  local("`ready` resolves once the peer reads again", async (t) => {
    const events: string[] = [];
    const server = await t.listen({ maxBufferedBytes: 64 * MiB }, async (connection) => {
      await fill(connection);
      events.push("full");
      await connection.ready;
      events.push("ready");
      connection.close(1000);
      await connection.closed;
    });
    const peer = await rawOpen(t, server.port);
    peer.socket.pause();
    await eventually(() => events.length === 1, "full");
    await delay(100, "nothing follows");
    equal(events, ["full"]);
    peer.discard();
    await eventually(() => events.length === 2, "ready");
  }),
  local("`drain` follows `full` in handler style", async (t) => {
    const drained = { count: 0 };
    let filled: number | undefined;
    const server = await t.listen(
      { maxBufferedBytes: 64 * MiB },
      {
        open: async (connection) => {
          await fill(connection);
          filled = drained.count;
        },
        drain: () => void drained.count++,
      },
    );
    const peer = await rawOpen(t, server.port);
    peer.socket.pause();
    await eventually(() => filled !== undefined, "full");
    await delay(100, "nothing follows");
    equal(drained.count, filled);
    peer.discard();
    await eventually(() => drained.count > filled!, "drain");
    equal(drained.count, filled! + 1);
  }),
  local("a consumer that takes nothing stops the peer: little is read, nothing is lost", async (t) => {
    let release!: () => void;
    const released = new Promise<void>((resolve) => (release = resolve));
    const server = await t.listen({}, async (connection) => {
      await released;
      let total = 0;
      for await (const message of connection) {
        total += message.length;
        if (total === 32 * MiB) connection.send("all");
      }
    });
    const peer = await rawOpen(t, server.port);
    for (let index = 0; index < 32; index++) peer.write(masked(Opcode.BINARY, new Uint8Array(MiB)));
    await delay(300, "the kernel takes its time");
    // Loopback sockets hold some MiB themselves.
    assert(peer.socket.writableLength > 8 * MiB, `the peer is stuck with ${peer.socket.writableLength} bytes`);
    release();
    equal(String.fromCharCode(...(await peer.readFrame()).payload), "all");
  }),
  local("a handler's promise holds back the next message", async (t) => {
    const events: string[] = [];
    const server = await t.listen(
      {},
      {
        message: async (connection, message) => {
          events.push(`begin ${String(message)}`);
          await delay(20, "slow on purpose");
          events.push(`end ${String(message)}`);
          if (message === "3") connection.send("done");
        },
      },
    );
    const connection = await t.connect(server.url);
    for (const message of ["1", "2", "3"]) connection.send(message);
    equal(await receive(connection), "done");
    equal(events, ["begin 1", "end 1", "begin 2", "end 2", "begin 3", "end 3"]);
  }),
  local("both sides send without reading, and both make progress once they read", async (t) => {
    const size = 4 * MiB;
    const server = await t.listen({ maxBufferedBytes: 64 * MiB }, async (connection) => {
      connection.send(pattern(size, 1));
      for await (const message of connection) {
        equal(message, pattern(size, 2));
        connection.close(1000);
      }
    });
    const connection = await t.connect(server.url, { maxBufferedBytes: 64 * MiB });
    connection.send(pattern(size, 2));
    equal(await receive(connection), pattern(size, 1));
    equal((await connection.closed).code, 1000);
  }),
];
