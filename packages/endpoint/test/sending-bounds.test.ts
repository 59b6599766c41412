/** Sending at its bounds: the mark to the byte, who waits for room, what waits behind a message that is open, and what an end does to all of them. */
import { Opcode } from "@ws/codec";
import { prepareMessage } from "@ws/endpoint";
import { describe, expect, test } from "vitest";

import { settle } from "./support/clock.ts";
import { clientFrame } from "./support/raw.ts";
import { openRaw, type RawConnection } from "./support/raw-connection.ts";

const CLOSE_1000 = "\u0003\u00e8";
const OPTIONS = { keepAlive: false, stallTimeout: false, sendHighWaterMark: 1_000 } as const;

/** A connection whose peer does not read. */
async function backedUp(options = {}): Promise<RawConnection> {
  const raw = await openRaw({ ...OPTIONS, ...options }, {});
  raw.peer.transport.pause();
  for (let message = 0; message < 20; message++) raw.connection.send(new Uint8Array(100_000));
  await settle();
  expect(raw.connection.bufferedBytes).toBeGreaterThan(1_000);
  return raw;
}

/** Which of these have been fulfilled. */
function watched(promises: readonly PromiseLike<unknown>[]): boolean[] {
  const states = promises.map(() => false);
  promises.forEach((promise, index) => void promise.then(() => (states[index] = true)));
  return states;
}

async function readAll(raw: RawConnection): Promise<void> {
  raw.peer.transport.resume();
  for (let turn = 0; turn < 50; turn++) await settle();
  expect(raw.connection.bufferedBytes).toBe(0);
}

describe("sendHighWaterMark", () => {
  test.each([
    [995, "ready"],
    [996, "full"],
  ] as const)("a frame of 4 + %i bytes below 1000 is %s", async (length, state) => {
    const raw = await openRaw(OPTIONS, {});
    expect(raw.connection.send(new Uint8Array(length))).toBe(state);
    const writer = raw.connection.beginMessage("binary")!;
    expect(writer.write(new Uint8Array(0))).toBe("full");
  });
});

describe("everybody who waits for room", () => {
  test("learns of it, and waits anew when there is none again", async () => {
    const raw = await backedUp();
    const writer = raw.connection.beginMessage("binary")!;
    writer.write(new Uint8Array(2_000));
    const first = watched([raw.connection.ready, raw.connection.ready, writer.ready, writer.ready]);
    await settle();
    expect(first).toEqual([false, false, false, false]);
    await readAll(raw);
    expect(first).toEqual([true, true, true, true]);

    raw.peer.transport.pause();
    for (let piece = 0; piece < 20; piece++) writer.write(new Uint8Array(100_000));
    await settle();
    const second = watched([raw.connection.ready, writer.ready]);
    await settle();
    expect(second).toEqual([false, false]);
    raw.connection.abort();
    await settle();
    expect(second).toEqual([true, true]);
  });
});

describe("bytes given with `copy`", () => {
  test("may be changed at once, whichever way they go; without it they go as they are", async () => {
    for (const copy of [true, false]) {
      const raw = await openRaw({}, {});
      const given = Array.from({ length: 3 }, () => new Uint8Array(20_000));
      raw.connection.send(given[0]!, { copy });
      const writer = raw.connection.beginMessage("binary")!;
      writer.write(given[1]!, { copy });
      raw.connection.send(given[2]!, { copy });
      for (const bytes of given) bytes.fill(1);
      writer.end();
      await settle();
      const payloads = raw.peer.takeFrames("client").map(({ payload }) => payload);
      const seen = payloads.filter(({ length }) => length > 0).map((payload) => payload[0]);
      expect(seen).toEqual(copy ? [0, 0, 0] : [1, 1, 1]);
    }
  });
});

describe("while a message is open", () => {
  test("everything that can be sent waits behind it, whatever is said of copies", async () => {
    const raw = await openRaw({}, {});
    const writer = raw.connection.beginMessage("text")!;
    for (const message of ["text", prepareMessage("prepared"), Uint8Array.of(1)]) raw.connection.send(message, { copy: true });
    writer.end("open");
    await settle();
    expect(raw.peer.takeFrames("client").map(({ payload }) => String.fromCharCode(...payload))).toEqual([
      "open",
      "text",
      "prepared",
      "\u0001",
    ]);
  });

  test("none can be begun on a connection that is closing, however often one asks", async () => {
    const raw = await openRaw({}, {});
    raw.connection.close(1000);
    expect([raw.connection.beginMessage("text"), raw.connection.beginMessage("text")]).toEqual([undefined, undefined]);
    await settle();
    expect(raw.peer.takeFrames("client").map(({ opcode }) => opcode)).toEqual([Opcode.CLOSE]);
  });

  test("a Close that must not be sent is refused at once, not when its turn comes", async () => {
    const raw = await openRaw({}, {});
    const writer = raw.connection.beginMessage("text")!;
    expect(() => raw.connection.close(999)).toThrow(RangeError);
    expect(raw.connection.state).toBe("open");
    writer.end("x");
    await settle();
    expect(raw.peer.takeFrames("client").map(({ opcode }) => opcode)).toEqual([Opcode.TEXT]);
  });

  test("and Close waits behind it, nothing further is accepted; the peer has its whole time from its frame on", async () => {
    const raw = await openRaw({ keepAlive: false, closeTimeout: 500 }, {});
    const writer = raw.connection.beginMessage("text")!;
    raw.connection.close(1000);
    expect([raw.connection.state, raw.connection.send("behind")]).toEqual(["closing", "closing"]);
    await raw.clock.advance(400);
    writer.end("all");
    await settle();
    expect(raw.peer.takeFrames("client").map(({ opcode }) => opcode)).toEqual([Opcode.TEXT, Opcode.CLOSE]);
    await raw.clock.advance(400);
    expect(raw.connection.state).toBe("closing");
    raw.peer.write(clientFrame(Opcode.CLOSE, CLOSE_1000));
    raw.peer.transport.end();
    await settle();
    expect(await raw.connection.closed).toMatchObject({ code: 1000, wasClean: true });
  });

  test("what waits behind it is lost with the connection, and `closed` says so", async () => {
    const raw = await openRaw({ keepAlive: false }, {});
    const writer = raw.connection.beginMessage("text")!;
    raw.connection.send("behind");
    raw.peer.write(clientFrame(Opcode.CLOSE, CLOSE_1000));
    await settle();
    expect([writer.write("x"), raw.connection.send("y"), raw.connection.bufferedBytes]).toEqual(["closing", "closing", 0]);
    raw.peer.transport.end();
    await settle();
    expect((await raw.connection.closed).error!.code).toBe("MESSAGES_UNSENT");
  });
});

describe("the end", () => {
  test("a ping without its Pong is rejected, after a clean end by a state that does not allow it", async () => {
    const raw = await openRaw({ keepAlive: false }, {});
    const ping = raw.connection.ping().catch((error: unknown) => error);
    raw.peer.write(clientFrame(Opcode.CLOSE, CLOSE_1000));
    raw.peer.transport.end();
    await settle();
    expect(await ping).toMatchObject({ name: "InvalidStateError", message: "the connection was closed before the Pong came" });
    await expect(raw.connection.ping()).rejects.toThrow("the connection is closing");
    expect([raw.connection.send("x"), raw.connection.beginMessage("text"), raw.connection.beginMessage("text")]).toEqual([
      "closing",
      undefined,
      undefined,
    ]);
    await raw.connection.ready;
  });

  test("by a loss, what had not left is told, and nothing is written any more", async () => {
    const raw = await backedUp();
    const { bufferedBytes } = raw.connection;
    raw.transport.reset(new Error("lost"));
    await settle();
    raw.transport.writes = 0;
    raw.connection.flush();
    expect([raw.connection.send("x"), raw.connection.state, raw.transport.writes]).toEqual(["closing", "closed", 0]);
    expect(raw.connection.bufferedBytes).toBeGreaterThanOrEqual(Math.min(bufferedBytes, 1_000));
  });
});
