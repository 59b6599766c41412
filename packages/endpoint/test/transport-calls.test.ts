/** What the driver asks of its transport, and when: calls are recorded at the port. */
import { Opcode } from "@ws/codec";
import type { MemoryTransport } from "@ws/endpoint";
import { describe, expect, test } from "vitest";

import { settle } from "./support/clock.ts";
import { clientFrame } from "./support/raw.ts";
import { openRaw, type RawConnection } from "./support/raw-connection.ts";

const CLOSE_1000 = "\u0003\u00e8";
const MANY = new Uint8Array(200_000);

/** Every call from now on, by name. */
function recorded(transport: MemoryTransport): string[] {
  const calls: string[] = [];
  for (const name of ["write", "end", "destroy", "pause", "resume"] as const) {
    const call = transport[name].bind(transport) as (...parameters: unknown[]) => void;
    transport[name] = (...parameters: unknown[]) => (calls.push(name), call(...parameters));
  }
  return calls;
}

describe("the end of the transport", () => {
  test("is asked for once in the closing handshake, however much is received behind it", async () => {
    const { peer, connection, transport } = await openRaw({}, {});
    const calls = recorded(transport);
    peer.write(clientFrame(Opcode.CLOSE, CLOSE_1000));
    await settle();
    for (let count = 0; count < 3; count++) {
      peer.write("noise");
      await settle();
    }
    connection.flush();
    peer.transport.end();
    await connection.closed;
    expect(calls).toEqual(["write", "end"]);
  });

  test("by abort: one destroy, however often, and nothing is written", async () => {
    const { connection, transport } = await openRaw({}, {});
    const calls = recorded(transport);
    connection.send("lost");
    connection.abort();
    connection.abort();
    connection.flush();
    await connection.closed;
    expect(calls).toEqual(["destroy"]);
  });

  test("nothing is asked of a transport that is lost", async () => {
    const { connection, transport } = await openRaw({}, {});
    transport.reset(new Error("lost"));
    const calls = recorded(transport);
    await connection.closed;
    connection.send("late");
    connection.close(1000);
    connection.abort();
    connection.flush();
    expect((await connection.closed).wasClean).toBe(false);
    await settle();
    expect(calls).toEqual([]);
  });
});

describe("a transport that holds bytes", () => {
  test("is written to up to sendHighWaterMark, and no more at it", async () => {
    for (const [buffered, writes] of [
      [499, 2],
      [500, 1],
    ] as const) {
      const { peer, connection, transport } = await openRaw({ sendHighWaterMark: 500 }, {}, { capacity: 1000 });
      peer.transport.pause();
      connection.send(new Uint8Array(1000 + buffered - 4));
      connection.flush();
      expect(transport.bufferedBytes).toBe(buffered);
      connection.send("x");
      connection.flush();
      expect(transport.writes).toBe(writes);
    }
  });

  test("and takes nothing is given up after stallTimeout, though more and more is written to it", async () => {
    const raw = await openRaw({ stallTimeout: 10_000, keepAlive: false, sendHighWaterMark: 1e6, maxBufferedBytes: 1e7 }, {});
    raw.peer.transport.pause();
    raw.connection.send(MANY);
    for (let second = 0; second < 9; second++) {
      raw.connection.flush();
      await raw.clock.advance(1000);
      raw.connection.send("more");
    }
    expect(raw.connection.state).toBe("open");
    await raw.clock.advance(1000);
    expect((await raw.connection.closed).error!.code).toBe("BUFFER_STALLED");
  });
});

describe("a transport that overwrites what it gave", () => {
  test("keeps nothing from a connection that has used up its share of a turn", async () => {
    const seen: string[] = [];
    const texts = Array.from({ length: 1500 }, (_, index) => String(index));
    const raw = await openRaw({}, { message: (_, message) => void seen.push(String(message)) }, { borrowed: true });
    raw.peer.write(...texts.map((text) => clientFrame(Opcode.TEXT, text)));
    for (let turn = 0; turn < 20; turn++) await settle();
    expect(seen).toEqual(texts);
  });
});

describe("a message in pieces", () => {
  test("hides no stall", async () => {
    const raw = await openRaw({ stallTimeout: 5000, keepAlive: false }, {});
    raw.peer.transport.pause();
    raw.connection.beginMessage("binary")!.write(MANY);
    await raw.clock.advance(6000);
    expect((await raw.connection.closed).error!.code).toBe("BUFFER_STALLED");
  });

  test("is over with its connection: no other is begun, and none is said to be open", async () => {
    const raw = await openRaw({}, {});
    const writer = raw.connection.beginMessage("text")!;
    raw.peer.transport.destroy();
    await raw.connection.closed;
    expect([raw.connection.beginMessage("text"), writer.write("x"), raw.connection.send("x")]).toEqual([undefined, "closing", "closing"]);
  });
});

describe("what waits behind a streamed message", () => {
  test("counts as its bytes and one more, so that empty messages are not free", async () => {
    const { connection } = await openRaw({}, {});
    connection.beginMessage("text");
    const before = connection.bufferedBytes;
    connection.send("");
    expect(connection.bufferedBytes).toBe(before + 1);
    connection.send("abc");
    connection.send(Uint8Array.of(1, 2));
    expect(connection.bufferedBytes).toBe(before + 1 + 4 + 3);
  });

  async function closedByPeer(behind: (raw: RawConnection) => void): Promise<RawConnection> {
    const raw = await openRaw({ closeTimeout: 500 }, {});
    raw.connection.beginMessage("text")!.write("open");
    behind(raw);
    raw.peer.write(clientFrame(Opcode.CLOSE, CLOSE_1000));
    await settle();
    raw.peer.transport.end();
    await raw.connection.closed;
    return raw;
  }

  test("and is dropped by the peer's Close makes the end unclean, be it empty", async () => {
    const { connection } = await closedByPeer(({ connection }) => connection.send(""));
    expect(await connection.closed).toMatchObject({ wasClean: false, error: { code: "MESSAGES_UNSENT" } });
  });

  test("our Close that waited is over with it: no deadline is left", async () => {
    const raw = await closedByPeer(({ connection }) => connection.close(4000));
    await settle();
    expect([raw.clock.pending, raw.group.deadlines.size, (await raw.connection.closed).code]).toEqual([0, 0, 1000]);
  });
});

describe("Pings", () => {
  test("say why they are refused", async () => {
    const { connection } = await openRaw({ maxPendingPings: 1 }, {});
    const first = connection.ping();
    await expect(connection.ping()).rejects.toThrow("too many pings");
    connection.close(1000);
    await expect(connection.ping()).rejects.toThrow("closing");
    connection.abort();
    await expect(first).rejects.toThrow();
  });
});

describe("the backlog of a handler that keeps its turn", () => {
  /** Octets of each payload, and what the backlog adds to it. */
  const SIZE = 36 + 64;
  test.each(["message", "chunk"] as const)("%s: is filled up to receiveHighWaterMark, and no further", async (name) => {
    for (const [mark, kept] of [
      [4 * SIZE, 4],
      [4 * SIZE + 1, 5],
    ] as const) {
      const { peer, clock } = await openRaw(
        { receiveHighWaterMark: mark, keepAlive: false },
        { [name]: () => new Promise<void>(() => undefined) },
      );
      for (let index = 0; index < 10; index++)
        peer.write(clientFrame(Opcode.TEXT, "x".repeat(36)), clientFrame(Opcode.PING, String(index)));
      await settle();
      expect(peer.takeFrames("client")).toEqual([]);
      await clock.advance(3000);
      expect(peer.takeFrames("client").length).toBe(kept);
    }
  });
});
