import { Opcode } from "@ws/codec";
import { acceptConnection, ConnectionError, memoryTransportPair } from "@ws/endpoint";
import { describe, expect, test } from "vitest";

import { settle } from "./support/clock.ts";
import { closePair, manualHost, openPair } from "./support/pair.ts";
import { clientFrame, RawPeer, UPGRADE } from "./support/raw.ts";
import { openRaw } from "./support/raw-connection.ts";

const KIB = new Uint8Array(1024);

describe("sending to a peer that is slow to read", () => {
  test("send says full from the high-water mark on, and ready resolves below it", async () => {
    const { peer, connection } = await openRaw({ sendHighWaterMark: 16 * 1024 });
    peer.transport.pause();
    let sent = 0;
    while (connection.send(KIB) === "ready") sent++;
    expect(sent).toBe(15);
    await settle();
    // Gone into the pipe's capacity: room again.
    expect(connection.send(KIB)).toBe("ready");
    while (connection.bufferedBytes < 64 * 1024) {
      connection.send(KIB);
      connection.flush();
    }
    let ready = false;
    void connection.ready.then(() => (ready = true));
    await settle();
    expect(ready).toBe(false);
    peer.transport.resume();
    await settle();
    expect(ready).toBe(true);
    expect(connection.bufferedBytes).toBe(0);
    expect(peer.takeFrames("client").every(({ payload }) => payload.length === 1024)).toBe(true);
  });

  test("ready is settled at once below the mark, and does not allocate a promise each time", async () => {
    const { connection } = await openRaw({});
    expect(connection.ready).toBe(connection.ready);
    await connection.ready;
  });

  test("drain comes once for each time that send said full", async () => {
    let drains = 0;
    const { peer, connection } = await openRaw({ sendHighWaterMark: 8 * 1024 }, { drain: () => drains++ });
    for (let round = 1; round <= 3; round++) {
      peer.transport.pause();
      while (connection.bufferedBytes < 100 * 1024) {
        connection.send(KIB);
        connection.flush();
      }
      await settle();
      expect(drains).toBe(round - 1);
      peer.transport.resume();
      await settle();
      expect(drains).toBe(round);
      await settle();
      expect(drains).toBe(round);
    }
  });

  test("a producer that awaits ready keeps memory bounded while sending 8 MiB to a slow reader", async () => {
    const pair = await openPair({ server: { sendHighWaterMark: 32 * 1024 }, toClient: { chunkSize: () => 4000, capacity: 8 * 1024 } });
    let most = 0;
    const producer = (async () => {
      for (let index = 0; index < 8192; index++) {
        pair.server.send(KIB);
        most = Math.max(most, pair.server.bufferedBytes);
        await pair.server.ready;
      }
      pair.server.close(1000);
    })();
    let received = 0;
    for await (const message of pair.client) received += message.length;
    await producer;
    expect(received).toBe(8192 * 1024);
    expect(most).toBeLessThan(34 * 1024);
    await pair.clock.advance(20_000);
    expect(pair.clock.pending).toBe(0);
  });

  test("reaching maxBufferedBytes fails the connection, and `closed` says so", async () => {
    const { clock, group, peer, connection } = await openRaw({ maxBufferedBytes: 100 * 1024 });
    peer.transport.pause();
    let sent = 0;
    while (connection.send(KIB) !== "closing") {
      connection.flush();
      sent++;
    }
    // 64 KiB of them lie in the pipe.
    expect(sent).toBeGreaterThan(150);
    expect(sent).toBeLessThan(175);
    expect(connection.send("more")).toBe("closing");
    const closed = await connection.closed;
    expect(closed).toMatchObject({ code: 1006, wasClean: false, initiator: "local" });
    expect(closed.error).toBeInstanceOf(ConnectionError);
    expect(closed.error!.code).toBe("BUFFER_OVERFLOW");
    await connection.ready;
    await settle();
    expect(peer.closed_).toBe(true);
    expect([clock.pending, group.deadlines.size]).toEqual([0, 0]);
  });

  test("§5.5.3 a peer that sends pings and reads nothing makes nothing grow", async () => {
    const { peer, connection, transport } = await openRaw({ sendHighWaterMark: 4096, keepAlive: false }, { message: () => undefined });
    peer.transport.pause();
    const pings = Array.from({ length: 1000 }, () => clientFrame(Opcode.PING, "x".repeat(100)));
    for (let round = 0; round < 200; round++) {
      peer.write(...pings);
      await settle();
    }
    expect(transport.bufferedBytes).toBeLessThan(16 * 1024);
    expect(connection.bufferedBytes).toBeLessThan(32 * 1024);
    expect(connection.state).toBe("open");
  });
});

describe("receiving faster than the program takes", () => {
  test("iterator style: a consumer that stops stops the peer, with bounded memory", async () => {
    const { peer, connection, transport } = await openRaw({ receiveHighWaterMark: 64 * 1024 });
    const total = 4096;
    for (let index = 0; index < total; index++) peer.write(clientFrame(Opcode.BINARY, KIB));
    await settle();
    expect(transport.reading).toBe(false);
    // The pipe, one chunk more, and the mark: far from the 4 MiB that were sent.
    expect(peer.transport.bufferedBytes).toBeGreaterThan(3_700_000);
    let received = 0;
    for await (const message of connection) {
      received++;
      expect(message.length).toBe(1024);
      if (received === total) break;
    }
    await settle();
    expect(transport.reading).toBe(true);
    expect(peer.transport.bufferedBytes).toBe(0);
  });

  test("endless empty messages count too", async () => {
    const { peer, transport } = await openRaw({ receiveHighWaterMark: 10_000 });
    for (let index = 0; index < 100; index++) peer.write(...Array.from({ length: 1000 }, () => clientFrame(Opcode.TEXT)));
    await settle();
    expect(transport.reading).toBe(false);
    expect(peer.transport.bufferedBytes).toBeGreaterThan(400_000);
  });

  test.each([false, true])(
    "handler style: a handler's promise is awaited before the next message (borrowed reads: %s)",
    async (borrowed) => {
      const { clock, host } = manualHost();
      const [near, far] = memoryTransportPair(clock, { borrowed });
      const peer = new RawPeer(near);
      peer.write(UPGRADE);
      const log: string[] = [];
      let release: (() => void) | undefined;
      await acceptConnection(
        host,
        far,
        {},
        {
          message: (_, message) => {
            log.push(`begin ${String(message)}`);
            return new Promise<void>((resolve) => {
              release = () => {
                log.push(`end ${String(message)}`);
                resolve();
              };
            });
          },
        },
      );
      peer.write(clientFrame(Opcode.TEXT, "a"), clientFrame(Opcode.TEXT, "b"));
      await settle();
      peer.write(clientFrame(Opcode.TEXT, "c"));
      await settle();
      peer.write(clientFrame(Opcode.TEXT, "d"));
      await settle();
      expect(log).toEqual(["begin a"]);
      expect(far.reading).toBe(false);
      for (let step = 0; step < 4; step++) {
        release!();
        await settle();
      }
      expect(log).toEqual(["begin a", "end a", "begin b", "end b", "begin c", "end c", "begin d", "end d"]);
      expect(far.reading).toBe(true);
    },
  );

  test("while the program is behind, the peer's silence is not held against it", async () => {
    const { clock, peer, connection } = await openRaw({ keepAlive: { interval: 1000, timeout: 500 }, receiveHighWaterMark: 1024 });
    for (let index = 0; index < 300; index++) peer.write(clientFrame(Opcode.BINARY, KIB));
    await clock.advance(60_000);
    expect(connection.state).toBe("open");
    let received = 0;
    for await (const _ of connection) if (++received === 300) break;
    expect(received).toBe(300);
  });

  test("close() while nothing is consumed: what the peer still sends is dropped, and the handshake completes", async () => {
    const pair = await openPair({ client: { receiveHighWaterMark: 1024 } });
    for (let index = 0; index < 1000; index++) pair.server.send(KIB);
    await settle();
    pair.client.close(1000, "enough");
    await settle();
    expect(await pair.client.closed).toMatchObject({ code: 1000, wasClean: true });
    // What waited is still there to be taken, then the end.
    let received = 0;
    for await (const _ of pair.client) received++;
    expect(received).toBeGreaterThan(0);
    expect(received).toBeLessThan(1000);
    await closePair(pair);
  });
});
