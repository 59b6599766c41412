/** The program's turn with a message, and what is seen of the connection meanwhile. */
import { Opcode } from "@ws/codec";
import type { Connection, ConnectionHandlers } from "@ws/endpoint";
import { describe, expect, test } from "vitest";

import { settle } from "./support/clock.ts";
import { clientFrame } from "./support/raw.ts";
import { openRaw, type RawConnection } from "./support/raw-connection.ts";

const CLOSE_1000 = "\u0003\u00e8";
/** §5.1: a client's frame without a mask. */
const VIOLATION = Uint8Array.of(0x81, 0x01, 0x61);
const never = (): Promise<void> => new Promise<void>(() => undefined);

describe("a message has its turn before what comes behind it in the same segment", () => {
  const states: string[] = [];
  const answer = (connection: Connection, message: string | Uint8Array): void => {
    states.push(`${connection.state} ${connection.send(message)}`);
  };
  const styles: Record<string, ConnectionHandlers | ((connection: Connection) => Promise<void>)> = {
    handlers: { message: answer },
    "asynchronous handlers": { message: async (connection, message) => (await Promise.resolve(), answer(connection, message)) },
    iteration: async (connection) => {
      for await (const message of connection) answer(connection, message);
    },
    "iteration with work in between": async (connection) => {
      for await (const message of connection) {
        for (let step = 0; step < 10; step++) await settle();
        answer(connection, message);
        await connection.ready;
      }
    },
  };
  const behind: Record<string, Uint8Array> = {
    "a violation": VIOLATION,
    Close: clientFrame(Opcode.CLOSE, CLOSE_1000),
    "a fragment that breaks off": clientFrame(Opcode.TEXT, "x"),
  };
  test.each(Object.keys(styles).flatMap((style) => Object.keys(behind).map((what) => [style, what] as const)))(
    "%s: %s",
    async (style, what) => {
      states.length = 0;
      const raw = await openRaw({}, styles[style]);
      const bytes = what.startsWith("a fragment") ? [clientFrame(Opcode.TEXT, "begun", false), behind[what]!] : [behind[what]!];
      raw.peer.write(clientFrame(Opcode.TEXT, "one"), clientFrame(Opcode.TEXT, "two"), ...bytes);
      for (let step = 0; step < 40; step++) await settle();
      expect(states).toEqual(["open ready", "open ready"]);
      const frames = raw.peer.takeFrames("client");
      expect(frames.map(({ opcode }) => opcode)).toEqual([Opcode.TEXT, Opcode.TEXT, Opcode.CLOSE]);
    },
  );

  test("a long chunk that a loop takes message by message is copied once, not once for each", async () => {
    const raw = await openRaw({}, undefined, { borrowed: true });
    const texts = Array.from({ length: 2000 }, (_, index) => String(index));
    raw.peer.write(...texts.map((text) => clientFrame(Opcode.TEXT, text)));
    const seen: unknown[] = [];
    for await (const message of raw.connection) if (seen.push(message) === texts.length) break;
    expect(seen).toEqual(texts);
  });
});

describe("a program that keeps its turn is passed", () => {
  const holding: Record<string, () => ConnectionHandlers> = {
    "open does not settle": () => ({ open: never, message: () => undefined }),
    "message does not settle": () => ({ message: never }),
    "open awaits the end": () => ({ open: (connection) => connection.closed, message: () => undefined }),
    "message awaits the end": () => ({ message: (connection) => connection.closed }),
    "closing awaits the end": () => ({ closing: (connection) => connection.closed }),
  };
  const ends: Record<string, (raw: RawConnection) => unknown> = {
    Close: ({ peer }) => peer.write(clientFrame(Opcode.CLOSE, CLOSE_1000)),
    FIN: ({ peer }) => peer.transport.end(),
    reset: ({ peer }) => peer.transport.destroy(),
    silence: () => undefined,
    violation: ({ peer }) => peer.write(VIOLATION),
  };
  test.each(Object.keys(holding).flatMap((style) => Object.keys(ends).map((end) => [style, end] as const)))(
    "%s, %s: the end is seen",
    async (style, end) => {
      const log: string[] = [];
      const { closing, ...handlers } = holding[style]!();
      const raw = await openRaw(
        { keepAlive: { interval: 400, timeout: 400 }, closeTimeout: 400 },
        { ...handlers, closing: (c) => (log.push("closing"), closing?.(c)), close: () => log.push("close") },
      );
      if (style.startsWith("message")) raw.peer.write(clientFrame(Opcode.TEXT, "a"));
      await settle();
      ends[end]!(raw);
      let closed = false;
      void raw.connection.closed.then(() => (closed = true));
      await raw.clock.advance(5000);
      expect(closed).toBe(true);
      expect(raw.connection.state).toBe("closed");
      expect(log.at(-1)).toBe("close");
      expect(log.filter((name) => name === "close")).toHaveLength(1);
      expect([raw.clock.pending, raw.group.deadlines.size, raw.transport.closed]).toEqual([0, 0, true]);
    },
  );

  test("pings are answered, and messages wait in order", async () => {
    const log: string[] = [];
    const release: (() => void)[] = [];
    const raw = await openRaw(
      {},
      {
        message: (_, message) => {
          log.push(String(message));
          return new Promise<void>((resolve) => release.push(resolve));
        },
        close: () => log.push("close"),
      },
    );
    raw.peer.write(clientFrame(Opcode.TEXT, "1"), clientFrame(Opcode.TEXT, "2"), clientFrame(Opcode.PING, "p"));
    await settle();
    raw.peer.write(clientFrame(Opcode.TEXT, "3"));
    await raw.clock.advance(999);
    expect(raw.peer.take()).toHaveLength(0);
    await raw.clock.advance(1);
    expect(raw.peer.takeFrames("client").map(({ opcode }) => opcode)).toEqual([Opcode.PONG]);
    expect(raw.transport.reading).toBe(true);
    raw.peer.write(clientFrame(Opcode.TEXT, "4"), clientFrame(Opcode.CLOSE, CLOSE_1000));
    await settle();
    raw.peer.transport.end();
    expect((await raw.connection.closed).wasClean).toBe(true);
    expect(log).toEqual(["1"]);
    for (let step = 0; step < 4; step++) {
      release.shift()!();
      await settle();
    }
    expect(log).toEqual(["1", "2", "3", "4", "close"]);
  });

  test("a view that was lent is kept as a copy while it waits", async () => {
    const seen: string[] = [];
    let release: (() => void) | undefined;
    const raw = await openRaw(
      { borrow: true },
      {
        message: (_, message) => {
          seen.push(String.fromCharCode(...(message as Uint8Array)));
          return (release ??= undefined) === undefined ? new Promise<void>((resolve) => (release = resolve)) : undefined;
        },
      },
      { borrowed: true },
    );
    raw.peer.write(clientFrame(Opcode.BINARY, "first"), clientFrame(Opcode.BINARY, "second"));
    await raw.clock.advance(1000);
    raw.peer.write(clientFrame(Opcode.BINARY, "third"));
    await settle();
    release!();
    await settle();
    expect(seen).toEqual(["first", "second", "third"]);
  });

  test("up to receiveHighWaterMark; then the peer is slowed down", async () => {
    const raw = await openRaw({ receiveHighWaterMark: 10_000, keepAlive: false }, { message: never });
    for (let index = 0; index < 300; index++) raw.peer.write(clientFrame(Opcode.BINARY, new Uint8Array(1000)));
    await raw.clock.advance(5000);
    expect(raw.transport.reading).toBe(false);
    expect(raw.peer.transport.bufferedBytes).toBeGreaterThan(50_000);
  });

  test("beyond it Pings still go out, so that writing tells of a peer that has gone", async () => {
    const raw = await openRaw({ receiveHighWaterMark: 10_000, keepAlive: { interval: 1000, timeout: 500 } }, { message: never });
    for (let index = 0; index < 300; index++) raw.peer.write(clientFrame(Opcode.BINARY, new Uint8Array(1000)));
    await raw.clock.advance(10_000);
    expect(raw.connection.state).toBe("open");
    expect(raw.peer.takeFrames("client").filter(({ opcode }) => opcode === Opcode.PING).length).toBeGreaterThan(5);
  });

  test("a handler that awaits the answer to its own Ping gets it", async () => {
    let time: number | undefined;
    const raw = await openRaw({}, { message: async (connection) => void (time = await connection.ping(Uint8Array.of(7))) });
    raw.peer.write(clientFrame(Opcode.TEXT, "a"));
    await settle();
    raw.peer.write(clientFrame(Opcode.PONG, "\u0007"));
    await settle();
    expect(time).toBe(0);
  });

  test("an abrupt loss takes nothing from a slow loop", async () => {
    const raw = await openRaw({ closeTimeout: 100 });
    for (let index = 0; index < 50; index++) raw.peer.write(clientFrame(Opcode.TEXT, String(index)));
    await settle();
    raw.peer.transport.destroy();
    await settle();
    const seen: unknown[] = [];
    await expect(
      (async () => {
        for await (const message of raw.connection) {
          seen.push(message);
          await raw.clock.advance(1000);
        }
      })(),
    ).rejects.toMatchObject({ code: "TRANSPORT_LOST" });
    // The peer's reset takes along what it had not delivered itself.
    expect(seen.length).toBeGreaterThan(0);
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, index) => String(index)));
  });
});

describe("one connection's share of a turn", () => {
  test.each(["handlers", "iteration"])("%s: a flood lets the others have theirs", async (style) => {
    let received = 0;
    const count = 20_000;
    const raw = await openRaw(
      {},
      style === "handlers"
        ? { message: () => void received++ }
        : async (connection) => {
            for await (const _ of connection) received++;
          },
      { capacity: 1 << 20 },
    );
    raw.peer.write(...Array.from({ length: count }, () => clientFrame(Opcode.TEXT)));
    const perTurn: number[] = [];
    while (received < count) {
      const before = received;
      await settle();
      perTurn.push(received - before);
      if (perTurn.length > 1000) throw new Error("it does not go on");
    }
    // Two shares may fall between two looks.
    expect(Math.max(...perTurn)).toBeLessThanOrEqual(1200);
    expect(received).toBe(count);
  });

  test("close() is not kept waiting by a flood", async () => {
    const raw = await openRaw({}, { message: () => undefined }, { capacity: 1 << 20 });
    raw.peer.write(...Array.from({ length: 20_000 }, () => clientFrame(Opcode.TEXT)));
    await settle();
    raw.connection.close(1000);
    await settle();
    expect(raw.peer.takeFrames("client").map(({ opcode }) => opcode)).toEqual([Opcode.CLOSE]);
  });
});
