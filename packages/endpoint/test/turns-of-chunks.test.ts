/** Handler style: promises of `open`, `chunk`, `drain` and `closing`, and what waits behind them. */
import { Opcode } from "@ws/codec";
import type { ConnectionHandlers } from "@ws/endpoint";
import { describe, expect, test } from "vitest";

import { settle } from "./support/clock.ts";
import { clientFrame } from "./support/raw.ts";
import { openRaw } from "./support/raw-connection.ts";

const CLOSE_1000 = "\u0003\u00e8";

/** A promise, and what fulfils it. */
function gate(): { promise: Promise<void>; open: () => void } {
  let open!: () => void;
  const promise = new Promise<void>((resolve) => (open = resolve));
  return { promise, open };
}

describe("chunks", () => {
  test("wait for the promise of the one before, and come in order", async () => {
    const log: unknown[] = [];
    const { promise, open } = gate();
    const chunk: ConnectionHandlers["chunk"] = (_, piece, first, last) => {
      log.push([piece, first, last]);
      return promise;
    };
    const { peer } = await openRaw({}, { chunk });
    peer.write(clientFrame(Opcode.TEXT, "a", false), clientFrame(Opcode.CONTINUATION, "b"), clientFrame(Opcode.BINARY, "c"));
    await settle();
    expect(log).toEqual([["a", true, false]]);
    open();
    await settle();
    expect(log).toEqual([
      ["a", true, false],
      ["b", false, true],
      [Uint8Array.of(0x63), true, true],
    ]);
  });

  test("what arrived before the connection was lost is given later, in order", async () => {
    const log: unknown[] = [];
    const { promise, open } = gate();
    const raw = await openRaw({ idleTimeout: 60_000 }, { chunk: (_, piece) => (log.push(piece), promise), close: () => log.push("close") });
    raw.peer.write(clientFrame(Opcode.TEXT, "a", false), clientFrame(Opcode.CONTINUATION, "b"), clientFrame(Opcode.TEXT, "c"));
    await settle();
    raw.peer.transport.destroy();
    await settle();
    expect(log).toEqual(["a"]);
    open();
    await settle();
    expect(log).toEqual(["a", "b", "c", "close"]);
  });

  test("a handler that throws ends the connection with 1011, and its error goes to onError", async () => {
    const errors: unknown[] = [];
    const slip = new Error("slip");
    const { peer, connection } = await openRaw(
      { onError: (error) => errors.push(error) },
      {
        chunk: () => {
          throw slip;
        },
      },
    );
    peer.write(clientFrame(Opcode.TEXT, "a", false));
    await settle();
    expect(errors).toEqual([slip]);
    expect([...peer.takeFrames("client")[0]!.payload.subarray(0, 2)]).toEqual([0x03, 0xf3]);
    expect(connection.state).toBe("closing");
  });
});

describe("§10.4 what a program that is behind has not taken when the connection is lost", () => {
  test.each(["message", "chunk"] as const)("is kept up to maxBufferedBytes, and no further (%s)", async (name) => {
    let taken = 0;
    const { promise, open } = gate();
    const take = (): Promise<void> => (taken++, promise);
    const raw = await openRaw(
      { maxBufferedBytes: 2000, receiveHighWaterMark: 2000, keepAlive: false },
      name === "chunk" ? { chunk: take } : { message: take },
    );
    for (let count = 0; count < 20; count++) raw.peer.write(clientFrame(Opcode.TEXT, "x".repeat(500)));
    await settle();
    raw.peer.transport.destroy();
    await settle();
    open();
    await settle();
    expect((await raw.connection.closed).error!.code).toBe("TRANSPORT_LOST");
    // The one that had its turn, and as many as pass the mark.
    expect(taken).toBe(5);
  });
});

describe("several promises at once", () => {
  test("a message waits for all of them", async () => {
    const log: string[] = [];
    const [opened, drained] = [gate(), gate()];
    const { peer, connection } = await openRaw(
      { sendHighWaterMark: 10 },
      {
        open: () => opened.promise,
        drain: () => drained.promise,
        message: (_, message) => void log.push(message as string),
      },
    );
    expect(connection.send("more than the mark")).toBe("full");
    await settle();
    peer.write(clientFrame(Opcode.TEXT, "a"));
    await settle();
    opened.open();
    await settle();
    expect(log).toEqual([]);
    drained.open();
    await settle();
    expect(log).toEqual(["a"]);
  });

  test("a message that waited for `open` and has no handler is dropped", async () => {
    const { promise, open } = gate();
    const { peer, connection, printed } = await openRaw({}, { open: () => promise });
    peer.write(clientFrame(Opcode.TEXT, "a"), clientFrame(Opcode.CLOSE, CLOSE_1000));
    await settle();
    expect(connection.state).toBe("open");
    open();
    await settle();
    peer.transport.end();
    expect(await connection.closed).toMatchObject({ code: 1000, wasClean: true });
    expect(printed).toEqual([]);
  });

  test.each(["in time", "never"])("`close` waits for the promise of `closing`, up to closeTimeout: it comes %s", async (when) => {
    const log: string[] = [];
    const [read, closing] = [gate(), gate()];
    const raw = await openRaw(
      { closeTimeout: 5_000, keepAlive: false },
      {
        message: () => read.promise,
        closing: () => (log.push("closing"), closing.promise),
        close: () => void log.push("close"),
      },
    );
    raw.peer.write(clientFrame(Opcode.TEXT, "a"), clientFrame(Opcode.CLOSE, CLOSE_1000));
    raw.peer.transport.end();
    // The handler keeps its turn for so long that Close is looked at all the same, and the connection ends meanwhile.
    await raw.clock.advance(1_000);
    expect([raw.connection.state, log]).toEqual(["closed", []]);
    read.open();
    await settle();
    expect(log).toEqual(["closing"]);
    if (when === "in time") closing.open();
    else await raw.clock.advance(4_999);
    await settle();
    expect(log).toEqual(when === "in time" ? ["closing", "close"] : ["closing"]);
    await raw.clock.advance(1);
    expect(log).toEqual(["closing", "close"]);
    await raw.connection.closed;
    expect([raw.clock.pending, raw.group.deadlines.size]).toEqual([0, 0]);
  });
});
