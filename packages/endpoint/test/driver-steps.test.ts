/** The driver's steps in states that are seldom: output that cannot be taken, endings within endings, pieces whose handler takes its time. */
import { Opcode } from "@ws/codec";
import type { Connection } from "@ws/endpoint";
import { describe, expect, test } from "vitest";

import { settle } from "./support/clock.ts";
import { clientFrame } from "./support/raw.ts";
import { openRaw } from "./support/raw-connection.ts";

const CLOSE_1000 = "\u0003\u00e8";
const codeOf = (payload: Uint8Array): number => (payload[0]! << 8) | payload[1]!;

describe("bytes that were lent to send and taken away before they left", () => {
  function transferred(connection: Connection): void {
    const bytes = new Uint8Array(20_000);
    connection.send(bytes);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  }

  test("nothing of the write leaves but a Close with 1011, and `closed` says why", async () => {
    const raw = await openRaw({ closeTimeout: 500 }, {});
    raw.connection.send("before it");
    transferred(raw.connection);
    await settle();
    const frames = raw.peer.takeFrames("client");
    expect(frames.map(({ opcode, payload }) => [opcode, codeOf(payload)])).toEqual([[Opcode.CLOSE, 1011]]);
    expect([raw.connection.state, raw.connection.send("x")]).toEqual(["closing", "closing"]);
    await raw.clock.advance(2000);
    const { error, wasClean } = await raw.connection.closed;
    expect([error!.code, wasClean]).toEqual(["MESSAGE_BROKEN", false]);
  });

  test("a streamed message that was open is over, with what waited behind it", async () => {
    const raw = await openRaw({ closeTimeout: 500 }, {});
    const writer = raw.connection.beginMessage("binary")!;
    const bytes = new Uint8Array(20_000);
    writer.write(bytes);
    raw.connection.send("behind it");
    expect(raw.connection.bufferedBytes).toBeGreaterThan(20_009);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    await settle();
    expect(raw.peer.takeFrames("client").map(({ opcode }) => opcode)).toEqual([Opcode.CLOSE]);
    expect(raw.connection.bufferedBytes).toBe(0);
    expect(writer.write(Uint8Array.of(1))).toBe("closing");
    await raw.clock.advance(2000);
    expect((await raw.connection.closed).error!.code).toBe("MESSAGE_BROKEN");
  });
});

describe("maxBufferedBytes and messages in pieces", () => {
  test.each(["begin", "write"])("%s is refused beyond it, and the connection fails", async (what) => {
    const raw = await openRaw({ maxBufferedBytes: 100_000 }, {});
    raw.peer.transport.pause();
    const writer = what === "write" ? raw.connection.beginMessage("binary")! : undefined;
    const piece = new Uint8Array(90_000);
    for (let count = 0; count < 2; count++)
      expect(writer === undefined ? raw.connection.send(piece) : writer.write(piece)).not.toBe("closing");
    if (writer === undefined) expect(raw.connection.beginMessage("text")).toBeUndefined();
    else expect(writer.write(piece)).toBe("closing");
    await settle();
    expect((await raw.connection.closed).error!.code).toBe("BUFFER_OVERFLOW");
  });
});

describe("close while a message is open", () => {
  test("is the first one's, whatever later ones say, behind the message", async () => {
    const raw = await openRaw({}, {});
    const writer = raw.connection.beginMessage("text")!;
    raw.connection.close(4001, "first");
    raw.connection.close(4002, "second");
    writer.end("all of it");
    await settle();
    const [message, close] = raw.peer.takeFrames("client");
    expect(String.fromCharCode(...message!.payload)).toBe("all of it");
    expect([codeOf(close!.payload), String.fromCharCode(...close!.payload.subarray(2))]).toEqual([4001, "first"]);
  });
});

describe("chunk handlers", () => {
  test("are awaited one after the other; what comes meanwhile waits in order", async () => {
    const log: unknown[] = [];
    const settleFirst: (() => void)[] = [];
    const raw = await openRaw(
      { keepAlive: false },
      { chunk: (_, chunk, first, last) => (log.push([chunk, first, last]), new Promise<void>((resolve) => settleFirst.push(resolve))) },
    );
    raw.peer.write(
      clientFrame(Opcode.TEXT, "a", false),
      clientFrame(Opcode.CONTINUATION, "b", false),
      clientFrame(Opcode.CONTINUATION, "c"),
      clientFrame(Opcode.BINARY, Uint8Array.of(1)),
    );
    await settle();
    expect(log).toEqual([["a", true, false]]);
    // Passed after a second: what is polled from then on waits.
    await raw.clock.advance(3000);
    expect(log.length).toBe(1);
    for (let count = 1; count < 4; count++) {
      settleFirst.shift()!();
      await settle();
      expect(log.length).toBe(count + 1);
    }
    expect(log.slice(1)).toEqual([
      ["b", false, false],
      ["c", false, true],
      [Uint8Array.of(1), true, true],
    ]);
  });

  test.each(["throws", "rejects"])("one that %s closes with 1011, and onError is told", async (how) => {
    const errors: unknown[] = [];
    const failure = new Error(how);
    const raw = await openRaw(
      { onError: (error) => errors.push(error), closeTimeout: 500 },
      {
        chunk: () => {
          if (how === "throws") throw failure;
          return Promise.reject(failure);
        },
      },
    );
    raw.peer.write(clientFrame(Opcode.TEXT, "a"));
    await settle();
    expect(errors).toEqual([failure]);
    expect(codeOf(raw.peer.takeFrames("client")[0]!.payload)).toBe(1011);
  });

  test("count against idleTimeout as messages do", async () => {
    const raw = await openRaw({ idleTimeout: 1000, keepAlive: false }, { chunk: () => undefined });
    raw.peer.write(clientFrame(Opcode.TEXT, "a", false));
    for (let step = 0; step < 4; step++) {
      await raw.clock.advance(800);
      raw.peer.write(clientFrame(Opcode.CONTINUATION, "b", false));
      await settle();
    }
    expect(raw.connection.state).toBe("open");
    await raw.clock.advance(1200);
    expect(codeOf(raw.peer.takeFrames("client")[0]!.payload)).toBe(1001);
  });
});

describe("the end of a handler-style connection", () => {
  test("`close` waits for a pending `closing` up to closeTimeout, and no longer", async () => {
    const log: string[] = [];
    const raw = await openRaw(
      { closeTimeout: 500, keepAlive: false },
      { closing: () => (log.push("closing"), new Promise<void>(() => undefined)), close: () => void log.push("close") },
    );
    raw.peer.write(clientFrame(Opcode.CLOSE, CLOSE_1000));
    await settle();
    expect([log, raw.connection.state]).toEqual([["closing"], "closing"]);
    raw.peer.transport.end();
    await settle();
    expect(log).toEqual(["closing"]);
    await raw.clock.advance(400);
    expect(log).toEqual(["closing"]);
    await raw.clock.advance(300);
    expect(log).toEqual(["closing", "close"]);
    expect([raw.clock.pending, raw.group.deadlines.size]).toEqual([0, 0]);
  });

  test("after a loss, what was received waits up to maxBufferedBytes, and the rest is dropped", async () => {
    const log: number[] = [];
    let letGo!: () => void;
    const raw = await openRaw(
      { maxBufferedBytes: 10_000, receiveHighWaterMark: 1000, keepAlive: false },
      { message: (_, message) => (log.push(message.length) === 1 ? new Promise<void>((resolve) => (letGo = resolve)) : undefined) },
    );
    for (let count = 0; count < 40; count++) raw.peer.write(clientFrame(Opcode.BINARY, new Uint8Array(1000)));
    await settle();
    raw.transport.reset(new Error("lost"));
    await settle();
    letGo();
    await settle();
    await raw.connection.closed;
    await settle();
    expect(log.length).toBe(1 + Math.ceil(10_000 / 1064));
  });
});
