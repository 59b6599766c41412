// Steps of the engine that nobody sees unless they are missing: what is counted, what is told twice, which deadline stays where it is.
import { Opcode, utf8 } from "@ws/codec";
import { describe, expect, it } from "vitest";

import { ConnectionFailure, EngineEvent, InvalidStateError, type ConnectionEngine, type MessageTransform } from "../src/index.ts";
import { FakeTransform } from "./connection-fake-transform.ts";
import { client, closePayload, eventsOf, joined, masked, outputOf, received, server, toHex } from "./connection-support.ts";

const later = (): boolean => false;

/** A text as the fake transform sends its first message. */
const transformed = (text: string): Uint8Array => masked(Opcode.TEXT, `\0${text}`, { rsv: 4 });

describe("what is received and not looked at", () => {
  const most = 10;
  const engineReading = (): ConnectionEngine => {
    const engine = server({ limits: { maxBufferedBytes: most } });
    engine.receive(masked(Opcode.PING));
    return engine;
  };

  it("may be as much as maxBufferedBytes behind the chunk that is being read, and no more", () => {
    const engine = engineReading();
    engine.receive(masked(Opcode.PING, "1234"));
    expect(engine.error).toBeUndefined();
    engine.receive(Uint8Array.of(0x89));
    expect(engine.error!.code).toBe("BUFFER_OVERFLOW");
  });

  it("counts until it has been looked at", () => {
    const engine = server({ limits: { maxBufferedBytes: most } });
    const pings = joined([masked(Opcode.PING), masked(Opcode.PING)]);
    for (let round = 0; round < 3; round++) {
      for (const [start, end] of [
        [0, 2],
        [2, 6],
        [6, 12],
      ])
        engine.receive(pings.slice(start, end));
      expect(eventsOf(engine)).toEqual(["PING ", "PING "]);
    }
  });

  it("is let go when the connection is over: more may be read, and is ignored", () => {
    const engine = engineReading();
    engine.receive(masked(Opcode.PING));
    engine.abort();
    expect(eventsOf(engine)).toEqual(['CLOSED 1006 "" unclean local ABORTED']);
    expect(engine.wantsInput).toBe(true);
    expect(received(engine, masked(Opcode.PING))).toEqual([]);
  });
});

describe("§7.1.7 after failing", () => {
  it("the transport is read on, so that its end is seen", () => {
    const engine = server();
    engine.receive(joined([masked(3), masked(Opcode.TEXT, "behind it")]));
    engine.receive(masked(Opcode.TEXT, "and behind that"));
    expect(engine.poll()).toBe(EngineEvent.FAILED);
    expect([eventsOf(engine), engine.wantsInput]).toEqual([[], true]);
  });
});

describe("payloads", () => {
  it("are copies unless `borrow` says otherwise", () => {
    for (const [borrow, isView] of [
      [undefined, false],
      [false, false],
      [true, true],
    ] as const) {
      const engine = server({ borrow });
      const chunk = masked(Opcode.BINARY, "abc");
      engine.receive(chunk);
      engine.poll();
      expect(engine.payload.buffer === chunk.buffer).toBe(isView);
    }
  });

  it("of chunks go by reference unless `copy` says otherwise", () => {
    const engine = server();
    const [lent, copied] = [new Uint8Array(100_000), new Uint8Array(100_000)];
    engine.beginMessage(Opcode.BINARY);
    engine.sendChunk(lent, false);
    engine.sendChunk(copied, true, true);
    const pieces = engine.takeOutput();
    expect([pieces.includes(lent), pieces.includes(copied)]).toEqual([true, false]);
  });
});

describe("without keep-alive", () => {
  it("everything that would tell it something is without effect", () => {
    const engine = server({ keepAlive: false });
    engine.paused = true;
    engine.paused = false;
    engine.heardFrom();
    expect(received(engine, masked(Opcode.TEXT, "a"))).toEqual(['TEXT "a"']);
    expect(engine.nextDeadline).toBe(Infinity);
  });
});

describe("keep-alive", () => {
  const keepAlive = { interval: 100, timeout: 40 };

  it("a driver that says again what it has said moves no deadline", () => {
    const engine = server({ keepAlive });
    engine.now = 30;
    engine.paused = false;
    expect(engine.nextDeadline).toBe(100);
    engine.paused = true;
    engine.now = 60;
    engine.paused = true;
    expect(engine.nextDeadline).toBe(100);
    engine.paused = false;
    expect(engine.nextDeadline).toBe(160);
  });

  it("while the driver does not read, a Ping still goes out: it shows a peer that is gone", () => {
    const engine = server({ keepAlive });
    engine.paused = true;
    engine.handleTimeout(100);
    expect(toHex(outputOf(engine))).toBe("89 04 00 00 00 01");
  });

  it("does not fail a connection whose message an extension works on for longer than closeTimeout", () => {
    const engine = server({ keepAlive, closeTimeout: 50, transform: new FakeTransform(later) });
    expect(received(engine, transformed("a"))).toEqual(["WORK decode"]);
    engine.handleTimeout(100);
    expect([engine.state, engine.wantsDestroy, outputOf(engine).length]).toEqual(["open", false, 6]);
  });
});

describe("deadlines of the closing", () => {
  it("stay where they are when nothing new has happened, however often one looks", () => {
    const engine = client({ closeTimeout: 100 });
    engine.close(1000);
    outputOf(engine);
    received(engine, Uint8Array.of(0x88, 0));
    engine.receiveEnd();
    expect(eventsOf(engine)).toEqual(['CLOSED 1005 "" clean local']);
    const { nextDeadline } = engine;
    engine.now = 60;
    engine.close(1001);
    engine.receiveEnd();
    engine.fail("BUFFER_STALLED");
    expect([eventsOf(engine), engine.nextDeadline]).toEqual([[], nextDeadline]);
  });

  it("a failed connection waits for no item of work", () => {
    const engine = server({ transform: new FakeTransform(later) });
    received(engine, transformed("a"));
    engine.fail("MESSAGE_BROKEN");
    engine.transportLost();
    expect(engine.nextDeadline).toBe(Infinity);
  });
});

describe("the transport's end", () => {
  it("has the reason that was given first", () => {
    const engine = server();
    engine.transportLost("first");
    engine.transportLost("second");
    eventsOf(engine);
    expect(engine.closed!.error).toMatchObject({ code: "TRANSPORT_LOST", cause: "first" });
  });

  it("§7.1.1 is not asked for by a server whose Close has left, before the peer's has come", () => {
    const engine = server();
    engine.close(1000);
    outputOf(engine);
    expect(engine.wantsEnd).toBe(false);
    received(engine, masked(Opcode.CLOSE, closePayload(1000)));
    expect(engine.wantsEnd).toBe(true);
  });

  it("§7.1.4 behind the peer's Close waits for our answer, which waits for an extension's work", () => {
    const transform = new FakeTransform(later);
    const engine = server({ transform });
    engine.sendText("a");
    expect(engine.poll()).toBe(EngineEvent.WORK);
    const { work } = engine;
    expect(received(engine, masked(Opcode.CLOSE, closePayload(1000)))).toEqual(['CLOSING 1000 ""']);
    engine.receiveEnd();
    expect(eventsOf(engine)).toEqual([]);
    engine.completeWork(work!.id, transform.finish(work!));
    expect(eventsOf(engine)).toEqual([]);
    expect(toHex(outputOf(engine))).toBe("c1 02 00 61 88 02 03 e8");
    expect(eventsOf(engine)).toEqual(['CLOSED 1000 "" clean remote']);
  });
});

describe("extensions", () => {
  const plain: MessageTransform = {
    rsv: 4,
    wants: () => true,
    encode: () => undefined,
    decode: () => undefined,
    run: () => Promise.reject(new Error("never asked")),
  };

  it("need no `close`", () => {
    const engine = client({ transform: plain });
    engine.close(1000);
    outputOf(engine);
    received(engine, Uint8Array.of(0x88, 0));
    engine.receiveEnd();
    expect(eventsOf(engine)).toEqual(['CLOSED 1005 "" clean local']);
  });

  it.each<[string, Partial<MessageTransform>, unknown]>([
    ["throw", { encode: () => expect.unreachable("thrown") }, expect.any(Error)],
    ["say that they failed", { encode: () => ({ failure: "INVALID_COMPRESSED_PAYLOAD" }) }, "INVALID_COMPRESSED_PAYLOAD"],
  ])("that %s on a message of ours are the cause of the failure", (_, broken, cause) => {
    const engine = server({ transform: { ...plain, ...broken } });
    expect(engine.sendText("a")).toBe(1);
    expect(engine.error).toMatchObject({ code: "TRANSFORM_FAILED", cause });
  });

  it("show an item of work until it is another's turn", () => {
    const engine = server({ transform: plain });
    received(engine, transformed("a"));
    expect(engine.work).toBeUndefined();
  });

  it("what waits behind them counts in octets, and 64 for each", () => {
    const engine = server({ transform: plain });
    engine.sendText("é");
    expect(engine.waitingBytes).toBe(2);
    engine.sendText("é");
    engine.sendBinary(new Uint8Array(3));
    engine.beginMessage(Opcode.TEXT);
    engine.sendChunk("é", true);
    engine.beginMessage(Opcode.BINARY);
    engine.sendChunk(new Uint8Array(5), true);
    expect(engine.waitingBytes).toBe(2 + (64 + 2) + (64 + 3) + (64 + 2) + (64 + 5));
    expect(server().waitingBytes).toBe(0);
  });
});

describe("behind an item of work that is open", () => {
  const waiting: Record<string, (size: number) => Uint8Array> = {
    bytes: (size) => masked(Opcode.BINARY, new Uint8Array(size)),
    "a text": (size) => masked(Opcode.TEXT, "x".repeat(size)),
    "a transformed text": (size) => masked(Opcode.TEXT, `\u0001${"x".repeat(size - 1)}`, { rsv: 4 }),
    "a transformed message in two frames": (size) =>
      joined([masked(Opcode.BINARY, new Uint8Array(size - 10), { rsv: 4, fin: false }), masked(Opcode.CONTINUATION, new Uint8Array(10))]),
  };

  it.each(Object.entries(waiting))("64 KiB may wait of %s, its overhead included; nothing further is read then", (_, message) => {
    for (const borrow of [false, true]) {
      const engine = server({ borrow, transform: new FakeTransform(later) });
      for (const [size, isRead] of [
        [65_536, false],
        [65_535, true],
        [65_536, false],
      ] as const) {
        engine.receive(transformed("a"));
        expect(engine.poll()).toBe(EngineEvent.WORK);
        let { work } = engine;
        expect(engine.poll()).toBe(EngineEvent.NONE);
        // Pings pass what waits, where they are read at all.
        engine.receive(joined([message(size - 64), masked(Opcode.PING, "p")]));
        const isPing = engine.poll() === EngineEvent.PING;
        expect([isPing, engine.poll(), engine.wantsInput]).toEqual([isRead, EngineEvent.NONE, isRead]);
        const events: EngineEvent[] = [];
        do {
          if (work !== undefined) engine.completeWork(work.id, work.payload.subarray(1));
          events.push(engine.poll());
          work = events.at(-1) === EngineEvent.WORK ? engine.work : undefined;
        } while (events.at(-1) !== EngineEvent.NONE);
        expect(events.includes(EngineEvent.PING)).toBe(!isRead);
        expect(engine.wantsInput).toBe(true);
      }
    }
  });

  it("§5.4 the frames of a message that waits are one message", () => {
    const transform = new FakeTransform(later);
    const engine = server({ transform });
    engine.receive(transformed("a"));
    expect(engine.poll()).toBe(EngineEvent.WORK);
    const first = engine.work!;
    const frames = [
      masked(Opcode.TEXT, Uint8Array.of(1, 0x61 ^ 1), { rsv: 4, fin: false }),
      masked(Opcode.CONTINUATION, Uint8Array.of(0x62 ^ 1)),
    ];
    expect(received(engine, ...frames)).toEqual([]);
    engine.completeWork(first.id, transform.finish(first));
    expect([engine.poll(), engine.text, engine.poll()]).toEqual([EngineEvent.TEXT, "a", EngineEvent.WORK]);
    const second = engine.work!;
    engine.completeWork(second.id, transform.finish(second));
    expect([engine.poll(), engine.text]).toEqual([EngineEvent.TEXT, "ab"]);
  });

  it("§1.4 nothing is read behind the peer's Close, nor behind what breaks a rule", () => {
    for (const last of [masked(Opcode.CLOSE, closePayload(1000)), masked(3)]) {
      const transform = new FakeTransform(later);
      const engine = server({ transform });
      engine.receive(joined([transformed("a"), last, masked(Opcode.PING, "x"), masked(Opcode.PING, "y")]));
      expect(engine.poll()).toBe(EngineEvent.WORK);
      const work = engine.work!;
      expect(eventsOf(engine)).toEqual([]);
      engine.completeWork(work.id, transform.finish(work));
      expect(eventsOf(engine)).toEqual(['TEXT "a"', last.length > 6 ? 'CLOSING 1000 ""' : "FAILED RESERVED_OPCODE"]);
    }
  });

  it("the peer's FIN waits for the message that is worked on", () => {
    const transform = new FakeTransform(later);
    const engine = server({ transform });
    engine.receive(transformed("a"));
    expect(engine.poll()).toBe(EngineEvent.WORK);
    const work = engine.work!;
    engine.receiveEnd();
    expect(eventsOf(engine)).toEqual([]);
    engine.completeWork(work.id, transform.finish(work));
    expect(eventsOf(engine)).toEqual(['TEXT "a"', 'CLOSED 1006 "" unclean remote TRANSPORT_LOST']);
  });

  it("a text that the host cannot hold says so", () => {
    const decode = (): never => expect.unreachable();
    const engine = server({ transform: new FakeTransform(), utf8: { ...utf8, decode } });
    expect(received(engine, transformed("abc"))).toEqual(["FAILED MESSAGE_TOO_BIG"]);
    expect(engine.error).toMatchObject({ received: "3 > what this host can hold" });
  });
});

describe("errors", () => {
  it("have names, and a cause only where there is one", () => {
    expect([new InvalidStateError("x").name, new ConnectionFailure("ABORTED").name]).toEqual(["InvalidStateError", "ConnectionFailure"]);
    expect("cause" in new ConnectionFailure("ABORTED")).toBe(false);
    expect(new ConnectionFailure("ABORTED", null).cause).toBeNull();
  });
});
