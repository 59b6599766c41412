import { Opcode } from "@ws/codec";
import type { Closed, Connection } from "@ws/endpoint";
import { describe, expect, test, vi } from "vitest";

import { settle } from "./support/clock.ts";
import { closePair, openPair } from "./support/pair.ts";
import { clientFrame, serverFrame } from "./support/raw.ts";
import { openRaw } from "./support/raw-connection.ts";

const CLOSE_1000 = "\u0003\u00e8";

describe("a test of handlers", () => {
  test.fails.each([{}, { onError: () => undefined }])("fails by what a handler asserts, caught as it is (%o)", async (options) => {
    await openRaw(options, { open: () => expect("caught").toBe("noted") });
  });
});

describe("handler style: the order of events", () => {
  test("open, messages in the order sent, close once and last", async () => {
    const log: unknown[] = [];
    const { peer, connection } = await openRaw(
      {},
      {
        open: (c) => log.push(["open", c.state]),
        message: (_, message) => log.push(message),
        close: (c, closed) => log.push(["close", closed.code, c.state]),
      },
    );
    peer.write(
      clientFrame(Opcode.TEXT, "a"),
      clientFrame(Opcode.BINARY, Uint8Array.of(1)),
      clientFrame(Opcode.PING),
      clientFrame(Opcode.TEXT, "b"),
      clientFrame(Opcode.CLOSE, CLOSE_1000),
    );
    await settle();
    peer.transport.end();
    await settle();
    expect(log).toEqual([["open", "open"], "a", Uint8Array.of(1), "b", ["close", 1000, "closed"]]);
    expect(await connection.closed).toMatchObject({ code: 1000, wasClean: true });
  });

  test("no handler is called from within send, close, ping, flush or abort", async () => {
    let inside = false;
    const log: string[] = [];
    const event = (name: string) => () => {
      log.push(name);
      expect(inside).toBe(false);
    };
    const { connection } = await openRaw({ sendHighWaterMark: 10 }, { drain: event("drain"), close: event("close") });
    const call = (action: () => void) => {
      inside = true;
      action();
      inside = false;
    };
    call(() => connection.send("a message above the mark"));
    call(() => connection.flush());
    await settle();
    call(() => void connection.ping());
    call(() => connection.abort());
    await settle();
    expect(log).toEqual(["drain", "close"]);
  });

  test("the peer's Close and what is sent meanwhile: no message after it, send answers closing", async () => {
    const answers: string[] = [];
    const { peer } = await openRaw({}, { message: (c, message) => (c.close(1000), answers.push(c.send(message))) });
    peer.write(clientFrame(Opcode.TEXT, "one"), clientFrame(Opcode.TEXT, "two"));
    await settle();
    expect(answers).toEqual(["closing"]);
    expect(peer.takeFrames("client").map(({ opcode }) => opcode)).toEqual([Opcode.CLOSE]);
  });

  test("an open that is asynchronous comes to its end before the first message", async () => {
    const log: string[] = [];
    let opened: (() => void) | undefined;
    const { peer } = await openRaw(
      {},
      {
        open: () => new Promise<void>((resolve) => (opened = resolve)).then(() => void log.push("opened")),
        message: (_, message) => log.push(String(message)),
      },
    );
    peer.write(clientFrame(Opcode.TEXT, "early"));
    await settle();
    expect(log).toEqual([]);
    opened!();
    await settle();
    expect(log).toEqual(["opened", "early"]);
  });

  test("one handlers object serves many connections", async () => {
    const seen = new Map<Connection, string[]>();
    const handlers = {
      open: (c: Connection) => seen.set(c, []),
      message: (c: Connection, message: string | Uint8Array) => seen.get(c)!.push(String(message)),
    };
    const first = await openPair({ handler: handlers });
    const second = await openPair({ handler: handlers });
    first.client.send("1");
    second.client.send("2");
    await settle();
    expect([...seen.values()]).toEqual([["1"], ["2"]]);
  });

  test("a connection with handlers is not iterated", async () => {
    const { connection } = await openRaw({}, {});
    expect(() => connection[Symbol.asyncIterator]()).toThrow(TypeError);
    expect(() => connection.incoming()).toThrow(TypeError);
  });
});

describe("errors of the program", () => {
  test.each(["open", "message", "drain"] as const)("what %s throws closes with 1011 and goes to onError", async (name) => {
    const error = new Error(name);
    const onError = vi.fn();
    const { peer, connection } = await openRaw(
      { onError, sendHighWaterMark: 1 },
      {
        [name]: () => {
          throw error;
        },
      },
    );
    connection.send("x");
    peer.write(clientFrame(Opcode.TEXT, "x"));
    await settle();
    expect(onError.mock.calls).toEqual([[error, connection]]);
    peer.write(clientFrame(Opcode.CLOSE, "\u0003\u00f3"));
    peer.transport.end();
    await settle();
    expect(await connection.closed).toMatchObject({ code: 1011, initiator: "local", wasClean: true });
  });

  test("so does what an asynchronous handler rejects with", async () => {
    const onError = vi.fn();
    const { peer, connection } = await openRaw({ onError }, { message: () => Promise.reject(new Error("later")) });
    peer.write(clientFrame(Opcode.TEXT, "x"));
    await settle();
    expect(onError).toHaveBeenCalledOnce();
    expect(connection.state).toBe("closing");
  });

  test("what close throws is reported, and changes nothing about the end", async () => {
    const onError = vi.fn();
    const { connection, clock, group } = await openRaw(
      { onError },
      {
        close: () => {
          throw new Error("close");
        },
      },
    );
    connection.abort();
    await settle();
    expect(onError).toHaveBeenCalledOnce();
    expect((await connection.closed).error!.code).toBe("ABORTED");
    expect([clock.pending, group.deadlines.size]).toEqual([0, 0]);
  });

  test("without onError it is printed; what onError itself throws too", async () => {
    const first = await openRaw({}, { message: () => Promise.reject(new Error("printed")) });
    first.peer.write(clientFrame(Opcode.TEXT, "x"));
    await settle();
    expect(first.printed).toEqual([new Error("printed")]);
    const second = await openRaw(
      {
        onError: () => {
          throw new Error("from onError");
        },
      },
      {
        message: () => {
          throw new Error("handler");
        },
      },
    );
    second.peer.write(clientFrame(Opcode.TEXT, "x"));
    await settle();
    expect(second.printed).toEqual([new Error("from onError")]);
  });
});

describe("function style", () => {
  test("returning while the connection is open closes it with 1000", async () => {
    const { client } = await openPair({ handler: async (connection) => void connection.send("bye") });
    expect((await client[Symbol.asyncIterator]().next()).value).toBe("bye");
    await settle();
    expect(await client.closed).toMatchObject({ code: 1000, wasClean: true, initiator: "remote" });
  });

  test.each<["server" | "client", () => unknown]>([
    ["server", () => undefined],
    ["server", () => ({ then: 5 })],
    ["client", () => undefined],
  ])("%s: without a promise nothing says when it is done: 1011, and a TypeError that says what to write", async (role, run) => {
    const onError = vi.fn();
    const handler = run as () => Promise<void>;
    const other = { server: "client", client: "server" } as const;
    const pair = await openPair(role === "server" ? { handler, server: { onError } } : { clientHandler: handler, client: { onError } });
    await settle();
    expect(await pair[other[role]].closed).toMatchObject({ code: 1011, initiator: "remote" });
    expect(onError.mock.calls).toEqual([[expect.any(TypeError), pair[role]]]);
    expect(String(onError.mock.calls[0]![0])).toMatch(/async \(connection\) => .* or handlers, \{ open\(connection\)/);
    await closePair(pair);
  });

  test("throwing closes it with 1011 and goes to onError", async () => {
    const onError = vi.fn();
    const { client, server } = await openPair({ handler: () => Promise.reject(new Error("broken")), server: { onError } });
    await settle();
    expect(await client.closed).toMatchObject({ code: 1011 });
    expect(onError.mock.calls).toEqual([[new Error("broken"), server]]);
  });

  test("an echo loop ends when the peer closes", async () => {
    const pair = await openPair({
      handler: async (connection) => {
        for await (const message of connection) {
          connection.send(message);
          await connection.ready;
        }
      },
    });
    const echoed: unknown[] = [];
    pair.client.send("one");
    pair.client.send(Uint8Array.of(2));
    for await (const message of pair.client) {
      echoed.push(message);
      if (echoed.length === 2) pair.client.close(1000);
    }
    expect(echoed).toEqual(["one", Uint8Array.of(2)]);
    expect(await pair.client.closed).toMatchObject({ code: 1000, initiator: "local", wasClean: true });
    await closePair(pair);
  });

  test("a loop that the loss of the connection ends has not failed: nothing is reported", async () => {
    const ended = vi.fn();
    const { peer, printed, connection } = await openRaw({}, async (c) => {
      try {
        for await (const _ of c);
      } finally {
        ended();
      }
    });
    peer.transport.destroy();
    await settle();
    expect(ended).toHaveBeenCalledOnce();
    expect(printed).toEqual([]);
    const closed: Closed = await connection.closed;
    expect(closed.error!.code).toBe("TRANSPORT_LOST");
  });
});

describe("client with handlers", () => {
  test("open, then bytes that came with the handshake, then the promise's continuation", async () => {
    const log: string[] = [];
    const pair = await openPair({
      clientHandler: {
        open: () => log.push("open"),
        message: (_, message) => log.push(String(message)),
        close: () => log.push("close"),
      },
      handler: { open: (connection) => void connection.send("hello") },
    });
    expect(log).toEqual(["open", "hello"]);
    await closePair(pair);
    expect(log).toEqual(["open", "hello", "close"]);
  });
});

describe("client with a function", () => {
  test("runs before the promise is resolved; when its own is fulfilled, the connection is closed with 1000", async () => {
    const log: string[] = [];
    const pair = await openPair({
      clientHandler: async (connection) => {
        log.push("called");
        for await (const message of connection) {
          log.push(String(message));
          return;
        }
      },
      handler: { open: (connection) => void connection.send("hello") },
    });
    expect(log).toEqual(["called", "hello"]);
    expect(await pair.client.closed).toMatchObject({ code: 1000, wasClean: true, initiator: "local" });
    await closePair(pair);
  });

  test("whose promise is rejected: 1011, and onError", async () => {
    const onError = vi.fn();
    const pair = await openPair({ client: { onError }, clientHandler: () => Promise.reject(new Error("mine")) });
    expect(await pair.server.closed).toMatchObject({ code: 1011, initiator: "remote" });
    expect(onError.mock.calls).toEqual([[new Error("mine"), pair.client]]);
    await closePair(pair);
  });
});

test("§5.1 a server fails the connection at an unmasked frame, and says what was wrong", async () => {
  const { peer, connection } = await openRaw({}, {});
  peer.write(serverFrame(Opcode.TEXT, "x"));
  await settle();
  const frames = peer.takeFrames("client");
  expect([...frames[0]!.payload.subarray(0, 2)]).toEqual([0x03, 0xea]);
  peer.transport.end();
  await settle();
  const { error, wasClean, initiator } = await connection.closed;
  expect([wasClean, initiator, error!.code, error!.closeCode, error!.section]).toEqual([
    false,
    "local",
    "MASK_MISSING",
    1002,
    "RFC 6455 §5.1",
  ]);
});
