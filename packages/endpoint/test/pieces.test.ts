/** Messages in pieces, in both directions, at the moments at which one is left, given up or begun too late. */
import { Opcode } from "@ws/codec";
import { describe, expect, test } from "vitest";

import { settle } from "./support/clock.ts";
import { clientFrame } from "./support/raw.ts";
import { openRaw } from "./support/raw-connection.ts";

describe("incoming()", () => {
  test("pieces of a message that an earlier iteration had begun belong to no message of the next", async () => {
    const { peer, connection } = await openRaw({ streaming: true });
    peer.write(clientFrame(Opcode.TEXT, "a", false));
    const first = (await connection.incoming().next()).value!;
    expect(await first.next()).toEqual({ done: false, value: "a" });
    const next = connection.incoming().next();
    peer.write(clientFrame(Opcode.CONTINUATION, "b"), clientFrame(Opcode.TEXT, "whole"));
    expect(await (await next).value!.next()).toEqual({ done: false, value: "whole" });
  });

  test("a message that is cut off by the end of the connection ends, and so does the iteration", async () => {
    const { peer, connection } = await openRaw({ streaming: true });
    peer.write(clientFrame(Opcode.TEXT, "a", false));
    const incoming = connection.incoming();
    const message = (await incoming.next()).value!;
    const pieces = (async () => {
      const seen: unknown[] = [];
      for await (const piece of message) seen.push(piece);
      return seen;
    })();
    peer.write(clientFrame(Opcode.CLOSE, "\u0003\u00e8"));
    peer.transport.end();
    expect(await pieces).toEqual(["a"]);
    expect(await incoming.next()).toEqual({ done: true, value: undefined });
    expect((await connection.closed).code).toBe(1000);
  });

  test("a loop over a message may be left, and taken up again", async () => {
    const { peer, connection } = await openRaw({ streaming: true });
    peer.write(clientFrame(Opcode.TEXT, "a", false), clientFrame(Opcode.CONTINUATION, "b", false), clientFrame(Opcode.CONTINUATION, "c"));
    const message = (await connection.incoming().next()).value!;
    const seen: unknown[] = [];
    for await (const piece of message) {
      seen.push(piece);
      break;
    }
    for await (const piece of message) seen.push(piece);
    expect(seen).toEqual(["a", "b", "c"]);
  });
});

test("an iterator of messages is its own iterator", async () => {
  const { peer, connection } = await openRaw();
  peer.write(clientFrame(Opcode.TEXT, "a"), clientFrame(Opcode.TEXT, "b"));
  const iterator = connection[Symbol.asyncIterator]();
  expect((await iterator.next()).value).toBe("a");
  const seen: unknown[] = [];
  for await (const message of iterator as AsyncIterable<unknown>) {
    seen.push(message);
    break;
  }
  expect(seen).toEqual(["b"]);
});

describe("beginMessage", () => {
  test("the writer's `ready` is the connection's", async () => {
    const { connection, peer } = await openRaw({ sendHighWaterMark: 10 }, {});
    peer.transport.pause();
    const writer = connection.beginMessage("binary")!;
    expect(writer.write(new Uint8Array(100_000))).toBe("full");
    let ready = false;
    void writer.ready.then(() => (ready = true));
    await settle();
    expect(ready).toBe(false);
    peer.transport.resume();
    await settle();
    expect(ready).toBe(true);
    writer.end();
  });

  test("over maxBufferedBytes there is no message to write, and none stays open", async () => {
    const { connection, peer } = await openRaw({ maxBufferedBytes: 1_000 }, {});
    peer.transport.pause();
    while (connection.send(new Uint8Array(100_000)) === "ready") await settle();
    expect(connection.beginMessage("text")).toBeUndefined();
    expect((await connection.closed).error!.code).toBe("BUFFER_OVERFLOW");
    expect(connection.beginMessage("text")).toBeUndefined();
    expect(await connection.sendStream(["a"])).toBe("closing");
  });
});

describe("sendStream", () => {
  test("over maxBufferedBytes it is told with its first piece, and lets the source go", async () => {
    const { connection, peer } = await openRaw({ maxBufferedBytes: 1_000 }, {});
    peer.transport.pause();
    while (connection.send(new Uint8Array(100_000)) === "ready") await settle();
    let left = false;
    const source = function* () {
      try {
        yield "a";
      } finally {
        left = true;
      }
    };
    expect(await connection.sendStream(source())).toBe("closing");
    expect([left, (await connection.closed).error!.code]).toEqual([true, "BUFFER_OVERFLOW"]);
  });

  test("a source that ends the connection itself is told with the piece that it gives then", async () => {
    const { connection } = await openRaw({}, {});
    const source = function* () {
      yield "a";
      connection.abort();
      yield "b";
      yield "never";
    };
    expect(await connection.sendStream(source())).toBe("closing");
  });

  test.each([
    ["rejects", () => Promise.reject(new Error("unheard"))],
    [
      "throws",
      () => {
        throw new Error("unheard");
      },
    ],
  ])("a source whose `return` %s is let go all the same", async (_, leave) => {
    const { connection } = await openRaw({}, {});
    connection.close();
    const source = { [Symbol.iterator]: () => ({ next: () => ({ done: false as const, value: "a" }), return: leave as never }) };
    expect(await connection.sendStream(source)).toBe("closing");
  });
});

describe("close while a message is open", () => {
  test("the first call counts: its code is sent behind the message", async () => {
    const { connection, peer } = await openRaw({}, {});
    const writer = connection.beginMessage("text")!;
    connection.close(3000, "first");
    connection.close(3001, "second");
    writer.end("a");
    await settle();
    const [message, close] = peer.takeFrames("client");
    expect([message!.opcode, close!.opcode]).toEqual([Opcode.TEXT, Opcode.CLOSE]);
    expect([...close!.payload]).toEqual([0x0b, 0xb8, ...new TextEncoder().encode("first")]);
  });
});

test("flush and `ready` of a connection that is over do nothing and wait for nothing", async () => {
  const { connection, peer } = await openRaw({ sendHighWaterMark: 10 }, {});
  peer.transport.pause();
  expect(connection.send(new Uint8Array(100_000))).toBe("full");
  connection.abort();
  await connection.closed;
  connection.flush();
  await connection.ready;
  expect(connection.bufferedBytes).toBeGreaterThan(0);
});
