/** Moments at which the driver has to act, or must not: what a program or a peer would wait for in vain, or learn too early. */
import { Opcode, utf8 } from "@ws/codec";
import { acceptConnection, memoryTransportPair } from "@ws/endpoint";
import { describe, expect, test } from "vitest";

import { settle } from "./support/clock.ts";
import { manualHost } from "./support/pair.ts";
import { clientFrame, RawPeer, UPGRADE } from "./support/raw.ts";
import { openRaw } from "./support/raw-connection.ts";

const CLOSE_1000 = "\u0003\u00e8";
const never = (): Promise<void> => new Promise(() => undefined);

/** Frames of one kind that have been received since. */
const count = (peer: RawPeer, wanted: number): number => peer.takeFrames("client").filter(({ opcode }) => opcode === wanted).length;

describe("time", () => {
  test("a peer that never answers Close costs closeTimeout, with no other deadline to be reminded by", async () => {
    const raw = await openRaw({ keepAlive: false, closeTimeout: 500 }, {});
    raw.connection.close(1000);
    await raw.clock.advance(600);
    expect(raw.connection.state).toBe("closed");
    expect((await raw.connection.closed).error!.code).toBe("CLOSE_TIMEOUT");
  });

  test.each(["closes itself", "is closed by its peer"])(
    "a connection that %s is not watched for idleness any more: no timer is set for it",
    async (how) => {
      const raw = await openRaw({ keepAlive: false, idleTimeout: 100, closeTimeout: 5_000 }, { closing: never });
      const before = raw.clock.timersSet;
      if (how === "closes itself") raw.connection.close(1000);
      else raw.peer.write(clientFrame(Opcode.CLOSE, CLOSE_1000));
      await raw.clock.advance(1_000);
      expect(raw.clock.timersSet - before).toBeLessThan(10);
      expect(count(raw.peer, Opcode.CLOSE)).toBe(1);
    },
  );

  test("a program is not passed earlier because another deadline comes first", async () => {
    const raw = await openRaw({ keepAlive: { interval: 300, timeout: 5_000 } }, { message: never });
    raw.peer.write(clientFrame(Opcode.TEXT, "a"), clientFrame(Opcode.PING, "behind it"));
    for (let step = 0; step < 3; step++) {
      await raw.clock.advance(300);
      expect(count(raw.peer, Opcode.PONG)).toBe(0);
    }
    await raw.clock.advance(300);
    expect(count(raw.peer, Opcode.PONG)).toBe(1);
  });

  test("keep-alive's own Pings may be answered when none of the program's is", async () => {
    const raw = await openRaw({ keepAlive: { interval: 100, timeout: 100 } }, {});
    const pong = raw.connection.ping(Uint8Array.of(1));
    raw.peer.write(clientFrame(Opcode.PONG, Uint8Array.of(1)));
    await pong;
    for (let round = 0; round < 3; round++) {
      await raw.clock.advance(100);
      const [ping] = raw.peer.takeFrames("client").filter(({ opcode }) => opcode === Opcode.PING);
      if (ping !== undefined) raw.peer.write(clientFrame(Opcode.PONG, ping.payload));
      await settle();
    }
    expect(raw.connection.state).toBe("open");
  });

  test("what never left is told when keep-alive gives the peer up", async () => {
    const raw = await openRaw({ keepAlive: { interval: 100, timeout: 50 }, stallTimeout: false }, {});
    raw.peer.transport.pause();
    for (let message = 0; message < 20; message++) raw.connection.send(new Uint8Array(100_000));
    await settle();
    // This one waits in the engine, where its end drops it.
    raw.connection.send(new Uint8Array(100_000));
    await settle();
    const { bufferedBytes } = raw.connection;
    expect(bufferedBytes).toBeGreaterThan(100_000);
    await raw.clock.advance(200);
    expect((await raw.connection.closed).error!.code).toBe("KEEP_ALIVE_TIMEOUT");
    expect(raw.connection.bufferedBytes).toBeGreaterThanOrEqual(bufferedBytes);
  });
});

describe("a message that is open", () => {
  test("is not broken off because another deadline has come", async () => {
    const raw = await openRaw({ keepAlive: { interval: 100, timeout: 5_000 } }, {});
    const writer = raw.connection.beginMessage("text")!;
    writer.write("a");
    await raw.clock.advance(250);
    writer.end("b");
    await settle();
    expect(raw.connection.state).toBe("open");
    const pieces = raw.peer.takeFrames("client").filter(({ opcode }) => opcode < Opcode.CLOSE);
    expect(String.fromCharCode(...pieces.flatMap(({ payload }) => [...payload]))).toBe("ab");
  });
});

describe("a transport that has copied what it was given", () => {
  test("leaves the memory of it to the next write", async () => {
    const raw = await openRaw({ keepAlive: false }, {});
    Object.assign(raw.transport, { copies: true });
    raw.connection.send("first");
    await settle();
    const { offset } = raw.group.arena;
    for (let message = 0; message < 3; message++) {
      raw.connection.send("next");
      expect(raw.group.arena.offset).toBe(offset + 6);
      await settle();
      expect(raw.group.arena.offset).toBe(offset);
    }
  });
});

describe("what comes with the request", () => {
  test.each([1, 2, 5])("%i octets of the first frame", async (length) => {
    const { clock, host } = manualHost();
    const [near, far] = memoryTransportPair(clock);
    const peer = new RawPeer(near);
    const frame = clientFrame(Opcode.TEXT, "first");
    peer.write(UPGRADE, frame.subarray(0, length));
    const connection = await acceptConnection(host, far);
    peer.write(frame.slice(length));
    expect(await connection[Symbol.asyncIterator]().next()).toEqual({ done: false, value: "first" });
  });
});

describe("two that wait for messages at once", () => {
  test("have one each, though both come in one segment", async () => {
    const raw = await openRaw();
    const iterator = raw.connection[Symbol.asyncIterator]();
    const both = Promise.all([iterator.next(), iterator.next()]);
    raw.peer.write(clientFrame(Opcode.TEXT, "a"), clientFrame(Opcode.TEXT, "b"));
    await settle();
    expect((await both).map(({ value }) => value as unknown)).toEqual(["a", "b"]);
  });
});

describe("handlers of the end", () => {
  test("`closing` is called when the promise that it waits for is settled, not later", async () => {
    const log: string[] = [];
    let done!: () => void;
    const raw = await openRaw(
      { keepAlive: false },
      {
        message: () => new Promise<void>((resolve) => (done = resolve)),
        closing: () => log.push("closing"),
        close: () => log.push("close"),
      },
    );
    raw.peer.write(clientFrame(Opcode.TEXT, "a"), clientFrame(Opcode.CLOSE, CLOSE_1000));
    // Passed: the Close has been seen.
    await raw.clock.advance(1_100);
    expect([log, raw.connection.state]).toEqual([[], "closing"]);
    done();
    await settle();
    expect(log).toEqual(["closing"]);
    raw.peer.transport.end();
    await settle();
    expect(log).toEqual(["closing", "close"]);
  });

  test("`close` comes although messages waited that are dropped", async () => {
    const log: unknown[] = [];
    let done!: () => void;
    const raw = await openRaw(
      { keepAlive: false, closeTimeout: 5_000 },
      {
        message: (_, message) => (log.push(message), new Promise<void>((resolve) => (done = resolve))),
        close: () => void log.push("close"),
      },
    );
    for (const text of ["a", "b", "c"]) raw.peer.write(clientFrame(Opcode.TEXT, text));
    // Passed: the others wait in the backlog.
    await raw.clock.advance(1_100);
    raw.connection.close(1000);
    raw.peer.write(clientFrame(Opcode.CLOSE, CLOSE_1000));
    raw.peer.transport.end();
    await settle();
    done();
    await settle();
    expect(log).toEqual(["a", "close"]);
  });
});

describe("a port of the host that throws where none may", () => {
  test("onError is told, and the connection is aborted", async () => {
    const failure = new Error("no validator");
    const errors: unknown[] = [];
    const { clock, host } = manualHost({
      utf8: {
        ...utf8,
        validator() {
          throw failure;
        },
      },
    });
    const [near, far] = memoryTransportPair(clock);
    const peer = new RawPeer(near);
    peer.write(UPGRADE);
    const connection = await acceptConnection(host, far, { onError: (error) => errors.push(error) }, {});
    peer.write(clientFrame(Opcode.TEXT, "a", false));
    await settle();
    expect(errors).toEqual([failure]);
    expect((await connection.closed).error).toMatchObject({ code: "ABORTED" });
    expect(far.closed).toBe(true);
  });
});

test("without a handler for messages, those that wait behind another handler's promise are no fault either", async () => {
  const errors: unknown[] = [];
  let release!: () => void;
  const raw = await openRaw(
    { onError: (error) => void errors.push(error) },
    { open: () => new Promise<void>((resolve) => (release = resolve)) },
  );
  raw.peer.write(clientFrame(Opcode.TEXT, "nobody asks for it"));
  await settle();
  release();
  await settle();
  expect([errors, raw.connection.state]).toEqual([[], "open"]);
});
