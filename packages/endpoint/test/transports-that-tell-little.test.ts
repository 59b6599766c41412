/**
 * What a transport has taken shows in its `bufferedBytes` before it says `drained`, and it says so only when nothing is left. Whatever it tells from
 * within a call, which it may not, is heard when the call is over.
 */
import { Opcode } from "@ws/codec";
import {
  acceptConnection,
  type AcceptOptions,
  type Connection,
  type ConnectionHandlers,
  type Transport,
  type TransportSink,
} from "@ws/endpoint";
import { describe, expect, test } from "vitest";

import { type ManualClock, settle } from "./support/clock.ts";
import { manualHost } from "./support/pair.ts";
import { ascii, clientFrame, UPGRADE } from "./support/raw.ts";

const CLOSE_1000 = "\u0003\u00e8";

/** Takes what it is told to, and tells what it is told to. */
class Told implements Transport {
  readonly borrowed = false;
  bufferedBytes = 0;
  sink!: TransportSink;
  /** Bytes of one write each. */
  readonly writes: Uint8Array[] = [];
  /** What is written is taken at once. */
  takes = true;
  paused = false;
  destroyed = false;
  ended = false;
  /** Called from within `write`. */
  onWrite: () => void = () => undefined;

  start(sink: TransportSink): void {
    this.sink = sink;
  }
  write(pieces: Uint8Array[]): void {
    const bytes = Uint8Array.from(pieces.flatMap((piece) => [...piece]));
    this.writes.push(bytes);
    if (!this.takes) this.bufferedBytes += bytes.length;
    this.onWrite();
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
  end(): void {
    this.ended = true;
  }
  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    queueMicrotask(() => this.sink.closed());
  }

  opcodes(): number[] {
    return this.writes.splice(0).map((bytes) => bytes[0]! & 15);
  }
}

interface Opened {
  readonly clock: ManualClock;
  readonly transport: Told;
  readonly connection: Connection;
}

async function open(options: AcceptOptions = {}, handlers: ConnectionHandlers = {}): Promise<Opened> {
  const { clock, host } = manualHost();
  const transport = new Told();
  const accepted = acceptConnection(host, transport, { keepAlive: false, stallTimeout: false, ...options }, handlers);
  transport.sink.received(ascii(UPGRADE));
  const connection = await accepted;
  await settle();
  transport.writes.length = 0;
  return { clock, transport, connection };
}

describe("what was taken without a word", () => {
  test("is not counted any more, and makes room", async () => {
    const { transport, connection } = await open({ sendHighWaterMark: 1_000 });
    transport.takes = false;
    expect(connection.send(new Uint8Array(2_000))).toBe("full");
    await settle();
    expect(connection.bufferedBytes).toBe(2_004);
    transport.bufferedBytes = 10;
    expect(connection.bufferedBytes).toBe(10);
    transport.bufferedBytes = 900;
    connection.send(new Uint8Array(2_000));
    await settle();
    transport.bufferedBytes = 100;
    expect(connection.send(new Uint8Array(10))).toBe("ready");
  });

  test.each([0, 1, 1_000])("lets the next turn write, with a mark of %i", async (sendHighWaterMark) => {
    const { transport, connection } = await open({ sendHighWaterMark });
    transport.takes = false;
    connection.send(new Uint8Array(2_000));
    await settle();
    connection.send("waits");
    await settle();
    expect(transport.opcodes()).toEqual([Opcode.BINARY]);
    transport.bufferedBytes = Math.max(sendHighWaterMark - 1, 0);
    connection.send("goes");
    await settle();
    expect(transport.opcodes()).toEqual([Opcode.TEXT]);
  });

  test.each([0, 1, 1_000])("lets an answer go, and what waited before it, with a mark of %i", async (sendHighWaterMark) => {
    const { transport, connection } = await open({ sendHighWaterMark });
    transport.takes = false;
    connection.send(new Uint8Array(2_000));
    await settle();
    connection.send("waits");
    await settle();
    transport.opcodes();
    transport.sink.received(clientFrame(Opcode.PING));
    await settle();
    expect(transport.writes).toEqual([]);
    transport.bufferedBytes = Math.max(sendHighWaterMark - 1, 0);
    transport.sink.received(clientFrame(Opcode.PING));
    await settle();
    expect(transport.opcodes()).toEqual([Opcode.TEXT]);
  });

  test("nor is it missed when a message in pieces waits for room", async () => {
    const { transport, connection } = await open({ sendHighWaterMark: 1_000 });
    const writer = connection.beginMessage("binary")!;
    transport.takes = false;
    writer.write(new Uint8Array(500));
    connection.send(new Uint8Array(5_000));
    await settle();
    // What waits behind the message is no reason for it to wait.
    expect(writer.write(new Uint8Array(100))).toBe("ready");
    expect(connection.send("behind")).toBe("full");
    expect(writer.write(new Uint8Array(900))).toBe("full");
    let ready = false;
    void writer.ready.then(() => (ready = true));
    await settle();
    expect(ready).toBe(false);
    transport.bufferedBytes = 0;
    transport.sink.drained();
    await settle();
    expect(ready).toBe(true);
    expect(connection.abort()).toBeUndefined();
  });
});

describe("stallTimeout", () => {
  /** Not before, and not later. */
  const givenUpAfter = async ({ clock, connection }: Opened, milliseconds: number): Promise<void> => {
    await clock.advance(milliseconds - 1);
    expect(connection.state).toBe("open");
    await clock.advance(1);
    expect(connection.state).toBe("closed");
    expect(await connection.closed).toMatchObject({ wasClean: false, error: { code: "BUFFER_STALLED" } });
  };
  const stalling = async (): Promise<Opened> => {
    const opened = await open({ stallTimeout: 1_000 });
    opened.transport.takes = false;
    opened.connection.send(new Uint8Array(2_000));
    await settle();
    return opened;
  };

  test("counts from the write of which nothing was taken, to the millisecond", async () => {
    await givenUpAfter(await stalling(), 1_000);
  });

  test("begins anew with every byte that is taken, though nobody says so", async () => {
    const opened = await stalling();
    const { clock, transport, connection } = opened;
    for (const left of [1_500, 1_000, 1]) {
      transport.bufferedBytes = left;
      await clock.advance(1_000);
      expect(connection.state).toBe("open");
    }
    await givenUpAfter(opened, 1_000);
  });

  test("is over when all is taken, said or not, and counts anew for the next write", async () => {
    for (const said of [true, false]) {
      const opened = await stalling();
      const { clock, transport, connection } = opened;
      transport.bufferedBytes = 0;
      if (said) transport.sink.drained();
      await clock.advance(5_000);
      expect(connection.state).toBe("open");
      connection.send(new Uint8Array(2_000));
      await settle();
      await givenUpAfter(opened, 1_000);
    }
  });

  test("begins anew with a word that some has been taken, and not once more for the same", async () => {
    const opened = await stalling();
    const { clock, transport, connection } = opened;
    transport.bufferedBytes = 500;
    expect(connection.bufferedBytes).toBe(500);
    await clock.advance(500);
    transport.sink.drained();
    await givenUpAfter(opened, 1_000);
  });

  test("what is written while something is stuck does not count as movement", async () => {
    const { clock, transport, connection } = await stalling();
    transport.bufferedBytes = 500;
    await clock.advance(1_000);
    connection.send(new Uint8Array(100));
    connection.flush();
    await clock.advance(1_000);
    expect(connection.state).toBe("closed");
  });
});

describe("keep-alive hears of a peer", () => {
  test.each([
    [99, 1_000],
    [100, 1_100],
  ])("whose write was stuck for %i ms: the next Ping comes at %i", async (stuck, ping) => {
    const { clock, transport, connection } = await open({ keepAlive: { interval: 1_000, timeout: 500 } });
    transport.takes = false;
    connection.send("x");
    await settle();
    await clock.advance(stuck);
    transport.bufferedBytes = 0;
    transport.takes = true;
    transport.sink.drained();
    transport.opcodes();
    await clock.advance(ping - stuck - 1);
    expect(transport.opcodes()).toEqual([]);
    await clock.advance(1);
    expect(transport.opcodes()).toEqual([Opcode.PING]);
  });

  test("that has taken some of what is stuck, when it would be given up for stalling", async () => {
    const { clock, transport, connection } = await open({ stallTimeout: 900, keepAlive: { interval: 1_000, timeout: 500 } });
    transport.takes = false;
    connection.send(new Uint8Array(2_000));
    await settle();
    transport.bufferedBytes = 10;
    await clock.advance(900);
    transport.opcodes();
    await clock.advance(899);
    expect([transport.opcodes(), connection.state]).toEqual([[], "open"]);
  });
});

describe("a transport that reports from within `write`", () => {
  test("that it has drained: the program is told once, when the write is over", async () => {
    const told: string[] = [];
    const { transport, connection } = await open({ sendHighWaterMark: 100 }, { drain: () => void told.push("drain") });
    transport.onWrite = () => {
      transport.sink.drained();
      told.push("written");
    };
    expect(connection.send(new Uint8Array(200))).toBe("full");
    await settle();
    expect(told.filter((one) => one === "drain")).toEqual(["drain"]);
  });

  test("the peer's FIN and the loss of the stream: there is one end, and it is told once", async () => {
    const ends: unknown[] = [];
    const { transport, connection } = await open({}, { close: (_, closed) => void ends.push(closed.wasClean) });
    transport.onWrite = () => {
      transport.onWrite = () => undefined;
      transport.sink.ended();
      transport.sink.closed();
    };
    transport.sink.received(clientFrame(Opcode.CLOSE, CLOSE_1000));
    for (let turn = 0; turn < 5; turn++) await settle();
    expect([ends, (await connection.closed).wasClean]).toEqual([[false], false]);
  });
});

describe("a loss", () => {
  test("nothing is written behind it, and what had not left stays counted", async () => {
    const { transport, connection } = await open();
    transport.takes = false;
    connection.send(new Uint8Array(500));
    await settle();
    transport.opcodes();
    transport.sink.closed(new Error("reset"));
    transport.bufferedBytes = 0;
    expect(connection.send("x")).toBe("closing");
    connection.flush();
    await settle();
    expect([transport.opcodes(), connection.bufferedBytes, connection.state]).toEqual([[], 504, "closed"]);
    await expect(connection.ping()).rejects.toThrow("the connection is closing");
  });
});

describe("maxBufferedBytes", () => {
  const full = async (): Promise<Opened> => {
    const opened = await open({ maxBufferedBytes: 10_000 });
    opened.transport.takes = false;
    return opened;
  };
  const overflown = async ({ connection }: Opened): Promise<void> =>
    expect((await connection.closed).error).toMatchObject({ code: "BUFFER_OVERFLOW" });

  test("holds for what waits behind a message that is open", async () => {
    const opened = await full();
    opened.connection.beginMessage("text");
    expect([opened.connection.send(new Uint8Array(10_000)), opened.connection.send("x"), opened.connection.send("x")]).toEqual([
      "ready",
      "closing",
      "closing",
    ]);
    await overflown(opened);
  });

  test("for the beginning of one", async () => {
    const opened = await full();
    opened.connection.send(new Uint8Array(10_000));
    await settle();
    expect(opened.connection.beginMessage("text")).toBeUndefined();
    await overflown(opened);
  });

  test("and for its pieces", async () => {
    const opened = await full();
    const writer = opened.connection.beginMessage("binary")!;
    writer.write(new Uint8Array(10_000));
    await settle();
    expect(writer.write(new Uint8Array(1))).toBe("closing");
    await overflown(opened);
  });
});

test("in the moment of a loss, before the program knows of it, nothing can be begun", async () => {
  const { transport, connection } = await open();
  const writer = connection.beginMessage("text")!;
  transport.sink.closed(new Error("reset"));
  const ping = connection.ping();
  const stream = connection.sendStream(["x"]);
  expect([connection.send("x"), await stream]).toEqual(["closing", "closing"]);
  await writer.ready;
  await expect(ping).rejects.toThrow("the connection is closing");
  await connection.ready;
});
