/** What a program throws, rejects with or returns ends no process, hides no event and skips no bookkeeping. */
import { Opcode } from "@ws/codec";
import { acceptConnection, type AcceptOptions, Connection, type ConnectionHandlers } from "@ws/endpoint";
import { describe, expect, test, vi } from "vitest";

import { createConnection } from "../src/connection/connection.ts";
import { settle } from "./support/clock.ts";
import { manualHost } from "./support/pair.ts";
import { ascii, clientFrame, UPGRADE } from "./support/raw.ts";
import { openRaw } from "./support/raw-connection.ts";
import { Sink } from "./support/sink.ts";

const CLOSE_1000 = "\u0003\u00e8";

/** Each is a way to fail. */
const failing: Record<string, () => unknown> = {
  "throws an error": () => {
    throw new Error("x");
  },
  "throws undefined": () => {
    throw undefined;
  },
  rejects: () => Promise.reject(new Error("x")),
  "rejects with null": () => Promise.reject(null),
  "a thenable that throws": () => ({
    then: () => {
      throw new Error("x");
    },
  }),
  "a then that cannot be read": () => ({
    get then(): never {
      throw new Error("x");
    },
  }),
  "a thenable that rejects at once": () => ({ then: (_: unknown, reject: (error: unknown) => void) => reject(new Error("x")) }),
};

/** And these are none. */
const odd: Record<string, () => unknown> = {
  "a number": () => 5,
  null: () => null,
  "a function": () => () => undefined,
  "an object with a then that is none": () => ({ then: 5 }),
  "a thenable that fulfils twice": () => ({ then: (fulfil: () => void) => (fulfil(), fulfil()) }),
};

const names = ["open", "message", "drain", "closing", "close"] as const;

async function life(name: (typeof names)[number], handler: () => unknown, options: AcceptOptions = {}) {
  const errors: unknown[] = [];
  const log: string[] = [];
  const handlers: ConnectionHandlers = Object.fromEntries(
    names.map((other) => [other, (): unknown => (log.push(other), other === name ? handler() : undefined)]),
  );
  const raw = await openRaw({ sendHighWaterMark: 1, onError: (error) => errors.push(error), ...options }, handlers);
  raw.connection.send("x");
  raw.peer.write(clientFrame(Opcode.TEXT, "a"));
  await raw.clock.advance(10);
  raw.peer.write(clientFrame(Opcode.CLOSE, CLOSE_1000));
  await raw.clock.advance(10);
  raw.peer.transport.end();
  await raw.clock.advance(60_000);
  const closed = await raw.connection.closed;
  return { raw, errors, log, closed };
}

describe.each(names)("handler %s", (name) => {
  test.each(Object.keys(failing))("%s: reported once, and the connection comes to its end", async (how) => {
    const { raw, errors, log } = await life(name, failing[how]!);
    expect(errors).toHaveLength(1);
    expect(log[0]).toBe("open");
    expect(log.filter((other) => other === "close")).toHaveLength(1);
    expect(log.at(-1)).toBe("close");
    expect([raw.clock.pending, raw.group.deadlines.size, raw.transport.closed]).toEqual([0, 0, true]);
  });

  test.each(Object.keys(odd))("%s is no promise and no error", async (what) => {
    const { errors, log, closed } = await life(name, odd[what]!);
    expect(errors).toEqual([]);
    expect(log).toEqual(["open", "drain", "message", "closing", "close"]);
    expect(closed.wasClean).toBe(true);
  });
});

describe("inspect", () => {
  test.each(["received", "sent"] as const)("what it throws of a frame that is %s is reported, and nothing is lost", async (direction) => {
    const errors: unknown[] = [];
    const raw = await openRaw(
      {
        onError: (error) => errors.push(error),
        inspect: (_, seen) => {
          if (seen === direction) throw new Error("inspect");
        },
      },
      { message: (connection, message) => void connection.send(message) },
    );
    raw.peer.write(clientFrame(Opcode.TEXT, "a"), clientFrame(Opcode.TEXT, "b"));
    await settle();
    expect(raw.peer.takeFrames("client").map(({ payload }) => String.fromCharCode(...payload))).toEqual(["a", "b"]);
    expect(errors).toHaveLength(2);
  });

  test("a promise that it returns is none of the connection's business; what it rejects with is reported", async () => {
    const errors: unknown[] = [];
    const inspect = (): Promise<void> => Promise.reject(new Error("inspect"));
    const raw = await openRaw({ onError: (error) => errors.push(error), inspect: inspect as never }, { message: () => undefined });
    raw.peer.write(clientFrame(Opcode.TEXT, "a"));
    await settle();
    expect(errors).toEqual([new Error("inspect")]);
    expect(raw.connection.state).toBe("open");
  });

  test("what it sends from within is a frame of its own, behind or before the one it sees", async () => {
    const raw = await openRaw(
      {
        inspect: (header, direction, connection) => {
          if (header.opcode === Opcode.TEXT) connection.send(Uint8Array.of(direction === "sent" ? 1 : 2));
        },
      },
      { message: (connection, message) => void connection.send(message) },
    );
    raw.peer.write(clientFrame(Opcode.TEXT, "a text"));
    await settle();
    const frames = raw.peer.takeFrames("client").map(({ opcode, payload }) => `${opcode} ${String.fromCharCode(...payload)}`);
    expect(frames.sort()).toEqual(["1 a text", "2 \u0001", "2 \u0002"]);
  });

  test("abort from within ends the connection", async () => {
    const raw = await openRaw({ inspect: (_, __, connection) => connection.abort() }, { message: () => expect.unreachable() });
    raw.peer.write(clientFrame(Opcode.TEXT, "a"));
    await settle();
    expect((await raw.connection.closed).error!.code).toBe("ABORTED");
  });
});

describe("onError", () => {
  test("what it rejects with is printed", async () => {
    const { raw } = await life("message", failing["throws an error"]!, { onError: (() => Promise.reject(new Error("second"))) as never });
    expect(raw.printed).toEqual([new Error("second")]);
  });

  test("printing that throws ends nothing", async () => {
    const print = vi.fn(() => {
      throw new Error("console");
    });
    const raw = await openRaw({}, { message: failing["throws an error"]! as never });
    Object.assign(raw.group, { printError: print });
    raw.peer.write(clientFrame(Opcode.TEXT, "a"));
    await settle();
    expect(print).toHaveBeenCalledOnce();
    expect(raw.connection.state).toBe("closing");
  });
});

describe("function style", () => {
  test.each(Object.keys(failing))("%s: 1011", async (how) => {
    const errors: unknown[] = [];
    const raw = await openRaw({ onError: (error) => errors.push(error) }, failing[how]! as never);
    await settle();
    expect(errors).toHaveLength(1);
    expect(raw.connection.state).toBe("closing");
  });
});

test("nothing of the program is called from within abort, even by a transport that breaks its contract and reports from within destroy", async () => {
  const log: string[] = [];
  let inside = false;
  class Immediate extends Sink {
    override readonly borrowed = false;
    override destroy(): void {
      this.sink.closed();
    }
  }
  const transport = new Immediate();
  const { host } = manualHost();
  const accepted = acceptConnection(host, transport, {}, { close: () => log.push(inside ? "inside" : "later") });
  transport.sink.received(ascii(UPGRADE));
  const connection = await accepted;
  inside = true;
  connection.abort();
  inside = false;
  expect(log).toEqual([]);
  await settle();
  expect(log).toEqual(["later"]);
});

test("a Connection is known by an interface: a carrier of one's own fits", () => {
  const sent: unknown[] = [];
  const carrier = {
    state: "open",
    streaming: false,
    remoteAddress: "elsewhere",
    incoming: undefined,
    sending: { send: (message: unknown) => (sent.push(message), "ready") },
  };
  const agreement = { subprotocol: "", extensions: "", request: undefined, response: undefined };
  const connection = createConnection(carrier as never, agreement, undefined);
  expect([connection.send("x"), connection.remoteAddress, sent]).toEqual(["ready", "elsewhere", ["x"]]);
});

test("a Connection is not made by programs", async () => {
  // @ts-expect-error the constructor is private, and shows nothing of what it takes
  expect(() => new Connection({}, {}, undefined)).toThrow(TypeError);
  expect(() => Reflect.construct(Connection, [Symbol("made here"), {}, {}, undefined])).toThrow(TypeError);
  expect((await openRaw()).connection).toBeInstanceOf(Connection);
});
