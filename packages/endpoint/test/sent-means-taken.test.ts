/** What is sent, what never left, and peers that take nothing. */
import { Opcode } from "@ws/codec";
import { describe, expect, test } from "vitest";

import { settle } from "./support/clock.ts";
import { clientFrame } from "./support/raw.ts";
import { openRaw } from "./support/raw-connection.ts";

const CLOSE_1000 = "\u0003\u00e8";
const MANY = new Uint8Array(200_000);

describe("§7.1.4 clean means that both Closes went", () => {
  test("our answer is backed up for ever: not clean, with the peer's code", async () => {
    const raw = await openRaw({ closeTimeout: 400 }, {});
    raw.peer.transport.pause();
    raw.connection.send(MANY);
    await settle();
    raw.peer.write(clientFrame(Opcode.CLOSE, CLOSE_1000));
    await raw.clock.advance(10_000);
    const closed = await raw.connection.closed;
    expect([closed.code, closed.wasClean, closed.error!.code]).toEqual([1000, false, "CLOSE_TIMEOUT"]);
    expect(raw.connection.bufferedBytes).toBeGreaterThan(100_000);
    expect([raw.clock.pending, raw.group.deadlines.size, raw.transport.closed]).toEqual([0, 0, true]);
  });

  test("the peer reads at last: clean", async () => {
    const raw = await openRaw({ closeTimeout: 400 }, {});
    raw.peer.transport.pause();
    raw.connection.send(MANY);
    await settle();
    raw.peer.write(clientFrame(Opcode.CLOSE, CLOSE_1000));
    await raw.clock.advance(300);
    raw.peer.transport.resume();
    await settle();
    raw.peer.transport.end();
    expect(await raw.connection.closed).toMatchObject({ code: 1000, wasClean: true });
    expect(raw.connection.bufferedBytes).toBe(0);
  });
});

describe("bufferedBytes keeps what never left", () => {
  test("when the connection is lost in the turn of the send", async () => {
    const raw = await openRaw({}, {});
    raw.transport.reset(new Error("lost"));
    raw.connection.send("sixteen bytes...");
    await settle();
    expect(raw.connection.state).toBe("closed");
    expect(raw.connection.bufferedBytes).toBe(18);
    expect(raw.connection.send("x")).toBe("closing");
    expect(raw.connection.bufferedBytes).toBe(18);
  });

  test.each(["abort", "KEEP_ALIVE_TIMEOUT", "BUFFER_OVERFLOW"])("%s", async (how) => {
    const raw = await openRaw({ keepAlive: { interval: 1000, timeout: 1000 }, maxBufferedBytes: 1_000_000 }, {});
    raw.peer.transport.pause();
    raw.connection.send(MANY);
    await settle();
    raw.connection.send("behind it");
    if (how === "abort") raw.connection.abort();
    else if (how === "BUFFER_OVERFLOW") while (raw.connection.send(MANY) !== "closing");
    await raw.clock.advance(3000);
    expect((await raw.connection.closed).error!.code).toBe(how === "abort" ? "ABORTED" : how);
    expect(raw.connection.bufferedBytes).toBeGreaterThan(100_000);
  });
});

describe("stallTimeout", () => {
  test.each([true, false])("a peer that takes nothing is given up, though it talks (keep-alive: %s)", async (keepAlive) => {
    const raw = await openRaw({ stallTimeout: 10_000, ...(keepAlive ? {} : { keepAlive: false }) }, {});
    raw.peer.transport.pause();
    raw.connection.send(MANY);
    await settle();
    for (let second = 0; second < 9; second++) {
      await raw.clock.advance(1000);
      raw.peer.write(clientFrame(Opcode.TEXT, "I live"));
    }
    expect(raw.connection.state).toBe("open");
    await raw.clock.advance(1000);
    const { error } = await raw.connection.closed;
    expect(error!.code).toBe("BUFFER_STALLED");
    await settle();
    expect([raw.clock.pending, raw.group.deadlines.size, raw.transport.closed]).toEqual([0, 0, true]);
  });

  test("false: a peer that takes nothing stays, as long as it talks", async () => {
    const raw = await openRaw({ stallTimeout: false, idleTimeout: false, keepAlive: false }, {});
    raw.peer.transport.pause();
    raw.connection.send(MANY);
    await raw.clock.advance(3_600_000);
    expect([raw.connection.state, raw.clock.pending]).toEqual(["open", 0]);
  });

  test("one that takes a little now and then stays, also when somebody looks at bufferedBytes meanwhile", async () => {
    const raw = await openRaw({ stallTimeout: 10_000, keepAlive: false }, {}, { capacity: 10_000, chunkSize: () => 1000 });
    raw.peer.transport.pause();
    raw.connection.send(MANY);
    await settle();
    for (let step = 0; step < 20; step++) {
      await raw.clock.advance(9000);
      raw.peer.transport.resume();
      await Promise.resolve();
      raw.peer.transport.pause();
      expect(raw.connection.bufferedBytes).toBeGreaterThan(100_000);
    }
    expect(raw.connection.state).toBe("open");
    await raw.clock.advance(20_000);
    expect((await raw.connection.closed).error!.code).toBe("BUFFER_STALLED");
  });

  test("a broadcast to many notices it too", async () => {
    const raws = [await openRaw({ stallTimeout: 5000, keepAlive: false }, {}), await openRaw({ stallTimeout: 5000, keepAlive: false }, {})];
    for (const { peer } of raws) peer.transport.pause();
    for (const { connection } of raws) connection.send(MANY);
    await settle();
    for (const { clock } of raws) await clock.advance(6000);
    for (const { connection } of raws) expect((await connection.closed).error!.code).toBe("BUFFER_STALLED");
  });
});
