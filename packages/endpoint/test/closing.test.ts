import { Opcode } from "@ws/codec";
import { acceptConnection, InvalidStateError, memoryTransportPair } from "@ws/endpoint";
import { describe, expect, test } from "vitest";

import { settle } from "./support/clock.ts";
import { closePair, manualHost, openPair } from "./support/pair.ts";
import { clientFrame, RawPeer, UPGRADE } from "./support/raw.ts";
import { openRaw, type RawConnection } from "./support/raw-connection.ts";

const CLOSE_1000 = "\u0003\u00e8";

/** Nothing is left: no timer, no deadline, no open transport. */
function expectReleased({ clock, group, transport }: Pick<RawConnection, "clock" | "group" | "transport">): void {
  expect([clock.pending, group.deadlines.size, transport.closed]).toEqual([0, 0, true]);
}

describe("the closing handshake", () => {
  test("§7.1.1 the server ends the stream first, the client follows", async () => {
    const raw = await openRaw({}, {});
    raw.connection.close(1000, "bye");
    await settle();
    expect(raw.peer.takeFrames("client")).toMatchObject([{ opcode: Opcode.CLOSE }]);
    expect(raw.peer.ended_).toBe(false);
    raw.peer.write(clientFrame(Opcode.CLOSE, CLOSE_1000));
    await settle();
    expect(raw.peer.ended_).toBe(true);
    raw.peer.transport.end();
    await settle();
    expectReleased(raw);
  });

  test("both sides close at the same time", async () => {
    const pair = await openPair();
    pair.client.close(3001, "client");
    pair.server.close(3002, "server");
    await settle();
    expect(await pair.client.closed).toMatchObject({ code: 3002, reason: "server", wasClean: true, initiator: "local" });
    expect(await pair.server.closed).toMatchObject({ code: 3001, reason: "client", wasClean: true, initiator: "local" });
    await closePair(pair);
  });

  test("§7.4 a code or reason that must not be sent throws, and closes nothing", async () => {
    const { connection } = await openRaw({}, {});
    for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000]) expect(() => connection.close(code)).toThrow();
    expect(() => connection.close(1000, "x".repeat(124))).toThrow(RangeError);
    expect(connection.state).toBe("open");
    connection.close(1000, "x".repeat(123));
    expect(connection.state).toBe("closing");
  });

  test("close() again and send() after it are races, not errors", async () => {
    const { connection } = await openRaw({}, {});
    connection.close(1000);
    connection.close(1001);
    expect(connection.send("x")).toBe("closing");
    expect(connection.beginMessage("text")).toBeUndefined();
    expect(await connection.sendStream(["x"])).toBe("closing");
    await expect(connection.ping()).rejects.toBeInstanceOf(InvalidStateError);
  });
});

describe("peers that do not play along", () => {
  test("a peer that never answers Close is torn down after closeTimeout", async () => {
    const raw = await openRaw({ closeTimeout: 700 }, {});
    raw.connection.close(1000);
    await raw.clock.advance(699);
    expect(raw.connection.state).toBe("closing");
    await raw.clock.advance(1);
    const closed = await raw.connection.closed;
    expect(closed).toMatchObject({ code: 1006, wasClean: false, initiator: "local" });
    expect(closed.error!.code).toBe("CLOSE_TIMEOUT");
    await settle();
    expectReleased(raw);
  });

  test("a peer that answers Close and never ends the stream is torn down too, but the ending was clean", async () => {
    const raw = await openRaw({ closeTimeout: 700 }, {});
    raw.connection.close(1000);
    raw.peer.write(clientFrame(Opcode.CLOSE, CLOSE_1000));
    await raw.clock.advance(2000);
    expect(await raw.connection.closed).toMatchObject({ code: 1000, wasClean: true });
    expectReleased(raw);
  });

  test("a peer that never reads cannot keep Close waiting for ever", async () => {
    const raw = await openRaw({ closeTimeout: 700, sendHighWaterMark: 1000 }, {});
    raw.peer.transport.pause();
    for (let index = 0; index < 300; index++) raw.connection.send(new Uint8Array(1024));
    raw.connection.close(1000);
    await raw.clock.advance(5000);
    expect((await raw.connection.closed).error!.code).toBe("CLOSE_TIMEOUT");
    expectReleased(raw);
  });

  test("a peer that ends the stream without a Close", async () => {
    const raw = await openRaw({}, {});
    raw.peer.transport.end();
    await raw.clock.advance(10_000);
    expect(await raw.connection.closed).toMatchObject({ code: 1006, wasClean: false, initiator: "remote" });
    expectReleased(raw);
  });

  test("a peer that ends the stream and then keeps its half open", async () => {
    const raw = await openRaw({}, {});
    // The peer's transport never reads our FIN.
    raw.peer.transport.end();
    raw.peer.transport.pause();
    await raw.clock.advance(10_000);
    expect((await raw.connection.closed).error!.code).toBe("TRANSPORT_LOST");
    expectReleased(raw);
  });

  test("§7.1.7 after a broken rule its further bytes are ignored, and it is torn down in time", async () => {
    const raw = await openRaw({ closeTimeout: 700 }, { message: () => expect.unreachable() });
    raw.peer.write(Uint8Array.of(0xf1, 0x80, 0, 0, 0, 0));
    await settle();
    for (let index = 0; index < 100; index++) raw.peer.write(clientFrame(Opcode.TEXT, "more"));
    await raw.clock.advance(2000);
    const { error } = await raw.connection.closed;
    expect([error!.code, error!.closeCode]).toEqual(["RESERVED_BITS", 1002]);
    expectReleased(raw);
  });
});

describe("the stream is lost in every state", () => {
  const states: Record<string, (raw: RawConnection) => void> = {
    open: () => undefined,
    "with output waiting": ({ connection, peer }) => {
      peer.transport.pause();
      for (let index = 0; index < 200; index++) connection.send(new Uint8Array(1024));
    },
    "in the middle of a frame": ({ peer }) => peer.write(clientFrame(Opcode.TEXT, "x".repeat(100)).subarray(0, 50)),
    "in the middle of a message": ({ peer }) => peer.write(clientFrame(Opcode.TEXT, "begun", false)),
    "in the middle of a streamed message of ours": ({ connection }) => void connection.beginMessage("text")!.write("begun"),
    "after our Close": ({ connection }) => connection.close(1000),
    "after the peer's Close": ({ peer }) => peer.write(clientFrame(Opcode.CLOSE, CLOSE_1000)),
    "after failing": ({ peer }) => peer.write(Uint8Array.of(0xf1, 0x80, 0, 0, 0, 0)),
    "with a ping waiting": ({ connection }) => void connection.ping(),
  };
  test.each(Object.keys(states))("%s", async (state) => {
    const raw = await openRaw({ keepAlive: { interval: 1000, timeout: 500 } });
    let ready = false;
    states[state]!(raw);
    await settle();
    void raw.connection.ready.then(() => (ready = true));
    const reading = raw.connection[Symbol.asyncIterator]().next();
    reading.catch(() => undefined);
    raw.peer.transport.destroy();
    await settle();
    expect(raw.connection.state).toBe("closed");
    const closed = await raw.connection.closed;
    if (state === "after the peer's Close") expect(closed).toMatchObject({ code: 1000, wasClean: true });
    else if (state === "after failing") expect(closed.error!.code).toBe("RESERVED_BITS");
    else {
      expect(closed).toMatchObject({ code: 1006, wasClean: false });
      expect(closed.error!.code).toBe("TRANSPORT_LOST");
      await expect(reading).rejects.toBe(closed.error);
    }
    expect(ready).toBe(true);
    expect(raw.connection.send("x")).toBe("closing");
    // What never left.
    if (state === "with output waiting") expect(raw.connection.bufferedBytes).toBeGreaterThan(100_000);
    else expect(raw.connection.bufferedBytes).toBe(0);
    expectReleased(raw);
  });
});

describe("the stream is lost while the program is behind", () => {
  test("what was received is still delivered", async () => {
    const log: string[] = [];
    let release: (() => void) | undefined;
    const raw = await openRaw(
      {},
      {
        message: (_, message) => {
          log.push(String(message));
          return new Promise<void>((resolve) => (release = resolve));
        },
        close: () => log.push("close"),
      },
    );
    raw.peer.write(clientFrame(Opcode.TEXT, "one"), clientFrame(Opcode.TEXT, "two"));
    await settle();
    raw.peer.transport.destroy();
    await settle();
    expect(raw.connection.send("x")).toBe("closing");
    expect(log).toEqual(["one"]);
    release!();
    await settle();
    release!();
    await settle();
    expect(log).toEqual(["one", "two", "close"]);
    expectReleased(raw);
  });

  test("`closed` tells of the end at once, and nothing that was received is dropped, however long a handler takes", async () => {
    const log: string[] = [];
    let release: (() => void) | undefined;
    const raw = await openRaw(
      { closeTimeout: 700 },
      {
        message: (_, message) => {
          log.push(String(message));
          return new Promise<void>((resolve) => (release = resolve));
        },
        close: (_, { error }) => log.push(error!.code),
      },
    );
    raw.peer.write(clientFrame(Opcode.TEXT, "one"), clientFrame(Opcode.TEXT, "two"));
    await settle();
    raw.peer.transport.destroy();
    expect((await raw.connection.closed).error!.code).toBe("TRANSPORT_LOST");
    expectReleased(raw);
    await raw.clock.advance(60_000);
    expect(log).toEqual(["one"]);
    release!();
    await settle();
    expect(log).toEqual(["one", "two"]);
    release!();
    await settle();
    expect(log).toEqual(["one", "two", "TRANSPORT_LOST"]);
  });
});

describe("abort", () => {
  test("tears down at once, drops what is buffered, and says so", async () => {
    const raw = await openRaw();
    raw.peer.transport.pause();
    for (let index = 0; index < 200; index++) raw.connection.send(new Uint8Array(1024));
    const reason = new Error("why");
    raw.connection.abort(reason);
    expect(raw.transport.closed).toBe(true);
    await settle();
    const { error, code, initiator } = await raw.connection.closed;
    expect([code, initiator, error!.code]).toEqual([1006, "local", "ABORTED"]);
    expect((error!.cause as Error).cause).toBe(reason);
    expectReleased(raw);
    raw.connection.abort();
  });

  test("from within a handler: no further event but close", async () => {
    const log: string[] = [];
    const raw = await openRaw(
      {},
      {
        message: (connection, message) => {
          log.push(String(message));
          connection.abort();
        },
        close: (_, { error }) => log.push(error!.code),
      },
    );
    raw.peer.write(clientFrame(Opcode.TEXT, "one"), clientFrame(Opcode.TEXT, "two"));
    await settle();
    expect(log).toEqual(["one", "ABORTED"]);
    expectReleased(raw);
  });

  test("while a handler's promise is pending", async () => {
    const log: string[] = [];
    const raw = await openRaw({}, { message: () => new Promise(() => undefined), close: () => log.push("close") });
    raw.peer.write(clientFrame(Opcode.TEXT, "one"), clientFrame(Opcode.TEXT, "two"));
    await settle();
    raw.connection.abort();
    await settle();
    expect(log).toEqual(["close"]);
    expectReleased(raw);
  });
});

describe("keep-alive and idle", () => {
  test("§5.5.2 a silent peer gets a Ping, and is given up when it stays silent", async () => {
    const raw = await openRaw({ keepAlive: { interval: 1000, timeout: 400 } }, {});
    await raw.clock.advance(999);
    expect(raw.peer.take()).toHaveLength(0);
    await raw.clock.advance(1);
    expect(raw.peer.takeFrames("client")).toMatchObject([{ opcode: Opcode.PING }]);
    await raw.clock.advance(400);
    expect((await raw.connection.closed).error!.code).toBe("KEEP_ALIVE_TIMEOUT");
    expectReleased(raw);
  });

  test("a peer that answers stays", async () => {
    const pair = await openPair({ server: { keepAlive: { interval: 100, timeout: 50 } }, client: { keepAlive: false } });
    await pair.clock.advance(10_000);
    expect(pair.server.state).toBe("open");
    await closePair(pair);
  });

  test("keepAlive: false sets no timer at all", async () => {
    const { clock, group } = await openRaw({ keepAlive: false }, {});
    expect([clock.pending, group.deadlines.size]).toEqual([0, 0]);
  });

  test("any number of connections share one timer", async () => {
    const { clock, host, group } = manualHost();
    for (let index = 0; index < 50; index++) {
      const [near, far] = memoryTransportPair(clock);
      new RawPeer(near).write(UPGRADE);
      await acceptConnection(host, far, {}, {});
    }
    await settle();
    expect([clock.pending, group.deadlines.size]).toEqual([1, 50]);
  });

  test("traffic keeps the timer where it is", async () => {
    const raw = await openRaw({}, { message: (connection, message) => connection.send(message) });
    const before = raw.clock.timersSet;
    for (let index = 0; index < 200; index++) {
      raw.peer.write(clientFrame(Opcode.TEXT, "x"));
      await settle();
    }
    expect(raw.clock.timersSet).toBe(before);
  });

  test("idleTimeout closes with 1001 when no message goes either way; messages put it off, pongs do not", async () => {
    const raw = await openRaw({ idleTimeout: 1000, keepAlive: { interval: 100, timeout: 100 } }, { message: () => undefined });
    raw.peer.write(clientFrame(Opcode.PONG));
    for (let step = 0; step < 9; step++) {
      await raw.clock.advance(90);
      raw.peer.write(clientFrame(Opcode.PONG));
    }
    raw.peer.write(clientFrame(Opcode.TEXT, "x"));
    for (let step = 0; step < 10; step++) {
      await raw.clock.advance(90);
      raw.peer.write(clientFrame(Opcode.PONG));
    }
    expect(raw.connection.state).toBe("open");
    raw.connection.send("y");
    for (let step = 0; step < 11; step++) {
      await raw.clock.advance(90);
      raw.peer.write(clientFrame(Opcode.PONG));
    }
    expect(raw.connection.state).toBe("open");
    await raw.clock.advance(10);
    expect(raw.connection.state).toBe("closing");
    const close = raw.peer.takeFrames("client").at(-1)!;
    expect([close.opcode, ...close.payload.subarray(0, 2)]).toEqual([Opcode.CLOSE, 0x03, 0xe9]);
  });
});

describe("keep-alive of a peer that reads slowly", () => {
  const options = { keepAlive: { interval: 1000, timeout: 500 }, sendHighWaterMark: 1000 };

  /** More than the pipe holds is on its way, and the peer says nothing. */
  async function backedUp(): Promise<RawConnection> {
    const raw = await openRaw(options, {}, { capacity: 10_000, chunkSize: () => 1000 });
    raw.peer.transport.pause();
    raw.connection.send(new Uint8Array(400_000));
    await settle();
    return raw;
  }

  test("what moves keeps it, as long as it moves", async () => {
    const raw = await backedUp();
    for (let second = 0; second < 20; second++) {
      // Every 900 ms it reads a little.
      await raw.clock.advance(900);
      raw.peer.transport.resume();
      await Promise.resolve();
      raw.peer.transport.pause();
    }
    expect(raw.connection.state).toBe("open");
    expect(raw.connection.bufferedBytes).toBeGreaterThan(300_000);
    await raw.clock.advance(3000);
    expect((await raw.connection.closed).error!.code).toBe("KEEP_ALIVE_TIMEOUT");
    expectReleased(raw);
  });

  test("a Ping that merely waited its turn to be written proves nothing", async () => {
    const raw = await openRaw({ keepAlive: { interval: 1000, timeout: 500 } }, {}, { capacity: 0 });
    await raw.clock.advance(1500);
    expect((await raw.connection.closed).error!.code).toBe("KEEP_ALIVE_TIMEOUT");
  });

  test("what was stuck and then leaves as a whole is a sign of life", async () => {
    const raw = await openRaw(options, {}, { capacity: 10_000 });
    raw.peer.transport.pause();
    raw.connection.send(new Uint8Array(50_000));
    await raw.clock.advance(1400);
    raw.peer.transport.resume();
    await raw.clock.advance(200);
    expect(raw.connection.state).toBe("open");
  });
});

describe("ping", () => {
  test("resolves with the round-trip time", async () => {
    const { client, clock } = await openPair({ toServer: { delay: 3 }, toClient: { delay: 4 } });
    const ping = client.ping();
    await clock.run(10);
    expect(await ping).toBe(7);
  });

  test("§5.5.3 a Pong to a later Ping answers the earlier ones too; an unsolicited one answers none", async () => {
    const { peer, connection, clock } = await openRaw({}, {});
    const first = connection.ping(Uint8Array.of(1));
    await clock.advance(5);
    const second = connection.ping(Uint8Array.of(2));
    peer.write(clientFrame(Opcode.PONG, Uint8Array.of(9)));
    await clock.advance(10);
    peer.write(clientFrame(Opcode.PONG, Uint8Array.of(2)));
    await settle();
    expect([await first, await second]).toEqual([15, 10]);
  });

  test("rejects when the connection ends, or too many wait; unobserved it harms nobody", async () => {
    const { peer, connection } = await openRaw({ maxPendingPings: 2 }, {});
    const pings = [connection.ping(), connection.ping()];
    await expect(connection.ping()).rejects.toBeInstanceOf(InvalidStateError);
    void connection.ping();
    peer.transport.destroy();
    await settle();
    for (const ping of pings) await expect(ping).rejects.toMatchObject({ code: "TRANSPORT_LOST" });
    await expect(connection.ping()).rejects.toBeInstanceOf(InvalidStateError);
  });
});
