/** Streamed messages that are never ended, sources that break or hang, and what becomes of the messages behind them (§5.4). */
import { Opcode } from "@ws/codec";
import { describe, expect, test } from "vitest";

import { settle } from "./support/clock.ts";
import { clientFrame } from "./support/raw.ts";
import { openRaw, type RawConnection } from "./support/raw-connection.ts";

const CLOSE_1000 = "\u0003\u00e8";

function expectReleased({ clock, group, transport }: RawConnection): void {
  expect([clock.pending, group.deadlines.size, transport.closed]).toEqual([0, 0, true]);
}

describe("a writer that is never ended", () => {
  test("close() waits for it, and not longer than closeTimeout", async () => {
    const raw = await openRaw({ closeTimeout: 700 }, {});
    raw.connection.beginMessage("text")!.write("begun");
    expect(raw.connection.send("behind it")).toBe("ready");
    raw.connection.close(1000);
    await raw.clock.advance(699);
    expect(raw.peer.takeFrames("client").map(({ opcode }) => opcode)).toEqual([Opcode.TEXT]);
    await raw.clock.advance(1);
    const close = raw.peer.takeFrames("client");
    expect(close.map(({ opcode }) => opcode)).toEqual([Opcode.CLOSE]);
    expect([...close[0]!.payload.subarray(0, 2)]).toEqual([0x03, 0xf3]);
    raw.peer.write(clientFrame(Opcode.CLOSE, "\u0003\u00f3"));
    await raw.clock.advance(10_000);
    const closed = await raw.connection.closed;
    expect([closed.wasClean, closed.error!.code, closed.initiator]).toEqual([false, "MESSAGE_BROKEN", "local"]);
    expectReleased(raw);
  });

  test("idleTimeout ends the connection all the same", async () => {
    const raw = await openRaw({ idleTimeout: 300, closeTimeout: 300, keepAlive: false }, {});
    raw.connection.beginMessage("text")!.write("begun");
    await raw.clock.advance(5000);
    expect((await raw.connection.closed).error!.code).toBe("MESSAGE_BROKEN");
    expectReleased(raw);
  });

  test("its end within closeTimeout lets Close go", async () => {
    const raw = await openRaw({ closeTimeout: 700 }, {});
    const writer = raw.connection.beginMessage("text")!;
    writer.write("begun");
    raw.connection.close(1000);
    await raw.clock.advance(600);
    writer.end();
    await settle();
    expect(raw.peer.takeFrames("client").map(({ opcode }) => opcode)).toEqual([Opcode.TEXT, Opcode.CONTINUATION, Opcode.CLOSE]);
    raw.peer.write(clientFrame(Opcode.CLOSE, CLOSE_1000));
    await raw.clock.advance(10_000);
    expect((await raw.connection.closed).wasClean).toBe(true);
    expectReleased(raw);
  });
});

describe("a source that hangs", () => {
  const ends: Record<string, (raw: RawConnection) => unknown> = {
    "the peer's Close": ({ peer }) => peer.write(clientFrame(Opcode.CLOSE, CLOSE_1000)),
    "the peer's FIN": ({ peer }) => peer.transport.end(),
    "a reset": ({ peer }) => peer.transport.destroy(),
    "a violation": ({ peer }) => peer.write(Uint8Array.of(0x81, 0x01, 0x61)),
    "abort()": ({ connection }) => connection.abort(),
    "close(), after closeTimeout": ({ connection }) => connection.close(1000),
    "a peer that takes nothing": () => undefined,
    "a peer that is silent": () => undefined,
  };
  test.each(Object.keys(ends))("%s lets it go: sendStream says closing, and return() is called", async (end) => {
    let returned = 0;
    const raw = await openRaw({ closeTimeout: 500, keepAlive: { interval: 1000, timeout: 1000 }, stallTimeout: 5000 }, {});
    if (end.endsWith("takes nothing")) {
      raw.peer.transport.pause();
      raw.connection.send(new Uint8Array(200_000));
    }
    const source = {
      [Symbol.asyncIterator]: () => ({
        begun: false,
        next() {
          if (this.begun) return new Promise<never>(() => undefined);
          this.begun = true;
          return Promise.resolve({ done: false as const, value: "begun" });
        },
        return: () => (returned++, new Promise<never>(() => undefined)),
      }),
    };
    const sending = raw.connection.sendStream(source);
    const behind = raw.connection.sendStream(["never"]);
    await settle();
    ends[end]!(raw);
    await raw.clock.advance(20_000);
    expect(await sending).toBe("closing");
    expect(await behind).toBe("closing");
    expect(returned).toBe(1);
    raw.peer.transport.end();
    await raw.clock.advance(20_000);
    expectReleased(raw);
  });
});

describe("a source that breaks", () => {
  test("messages accepted behind it are not sent, and `closed` says so", async () => {
    const raw = await openRaw({}, {});
    const error = new Error("disk");
    const sending = raw.connection.sendStream(
      (async function* () {
        yield "part";
        await settle();
        throw error;
      })(),
    );
    expect([raw.connection.send("one"), raw.connection.send("two")]).toEqual(["ready", "ready"]);
    await expect(sending).rejects.toBe(error);
    await settle();
    expect(raw.peer.takeFrames("client").map(({ opcode }) => opcode)).toEqual([Opcode.TEXT, Opcode.CLOSE]);
    raw.peer.write(clientFrame(Opcode.CLOSE, "\u0003\u00f3"));
    raw.peer.transport.end();
    const closed = await raw.connection.closed;
    expect([closed.wasClean, closed.error!.code, closed.error!.closeCode, (closed.error!.cause as Error).cause]).toEqual([
      false,
      "MESSAGE_BROKEN",
      1011,
      error,
    ]);
  });

  test.each([
    ["no iterable", 5],
    ["nothing", undefined],
    ["next that gives no object", { [Symbol.asyncIterator]: () => ({ next: () => 5 }) }],
    ["pieces of no kind", [5]],
    ["bytes in a text", ["a", Uint8Array.of(1)]],
  ])("%s is a TypeError, and hangs nothing", async (_, source) => {
    const raw = await openRaw({}, {});
    await expect(raw.connection.sendStream(source as never)).rejects.toBeInstanceOf(TypeError);
    raw.connection.close(1000);
    await raw.clock.advance(60_000);
    await raw.connection.closed;
    expectReleased(raw);
  });
});

test("the peer closes before messages that wait behind a stream were sent: the ending is not clean, with the peer's code", async () => {
  const raw = await openRaw({}, {});
  raw.connection.beginMessage("text")!.write("begun");
  expect(raw.connection.send("accepted")).toBe("ready");
  raw.peer.write(clientFrame(Opcode.CLOSE, CLOSE_1000));
  await settle();
  raw.peer.transport.end();
  const closed = await raw.connection.closed;
  expect([closed.code, closed.wasClean, closed.error!.code]).toEqual([1000, false, "MESSAGES_UNSENT"]);
});
