import { type Connection, type ConnectionHandlers, HandshakeError } from "@ws/endpoint";
import { connectedPair } from "@ws/endpoint/testing";
import { describe, expect, expectTypeOf, test, vi } from "vitest";

import { ManualClock } from "../src/testing/manual-clock.ts";

const echo: ConnectionHandlers = { message: (connection, message) => void connection.send(message) };

/** What a client has received so far. */
function inbox(): { received: unknown[]; handler: ConnectionHandlers } {
  const received: unknown[] = [];
  return { received, handler: { message: (_, message) => void received.push(message) } };
}

test("timers fire in the order of their times, whatever the order in which they were set", async () => {
  const clock = new ManualClock();
  const fired: number[] = [];
  for (const delay of [30, 10, 20, 40, 10]) clock.setTimer(() => fired.push(clock.now()), delay);
  const start = clock.now();
  await clock.advance(35);
  expect(fired.map((time) => time - start)).toEqual([10, 10, 20, 30]);
});

describe("connectedPair", () => {
  test("takes the client's options as `connect` does", async () => {
    const defaults = Object.create({ subprotocols: ["chat"], url: "ws://example.com/room" }) as object;
    const { client, server } = await connectedPair({ subprotocols: ["chat"] }, echo, defaults);
    expect([client.subprotocol, server.request!.target]).toEqual(["chat", "/room"]);
    await expect(connectedPair({}, echo, { uri: "ws://example.com/" } as object)).rejects.toThrow(
      "there is no option uri: did you mean url?",
    );
  });

  test("connects a client and a server, which may be used at once", async () => {
    const { client, server } = await connectedPair({ subprotocols: ["chat"] }, echo, {
      subprotocols: ["chat"],
      url: "ws://example.com/room?id=7",
    });
    expect([client.state, server.state, client.subprotocol, server.subprotocol]).toEqual(["open", "open", "chat", "chat"]);
    expect([server.request!.target, server.request!.host]).toEqual(["/room?id=7", "example.com"]);
    client.send("hello");
    // The clock stands still, and messages arrive all the same.
    for await (const message of client) {
      expect(message).toBe("hello");
      client.close(3000, "done");
    }
    expect(await server.closed).toEqual({ code: 3000, reason: "done", wasClean: true, initiator: "remote" });
  });

  test("advance resolves when everything is done that was due", async () => {
    const { received, handler } = inbox();
    const slow: ConnectionHandlers = {
      message: async (connection, message) => {
        for (let step = 0; step < 100; step++) await undefined;
        connection.send(message);
      },
    };
    const { client, clock } = await connectedPair({}, slow, {}, handler);
    for (const message of ["one", "two", "three"]) client.send(message);
    await clock.advance(0);
    expect(received).toEqual(["one", "two", "three"]);
  });

  test("an idle connection is closed when the clock says so, and not before", async () => {
    const { client, server, clock } = await connectedPair({ idleTimeout: 60_000 }, echo);
    await clock.advance(59_999);
    expect([client.state, server.state]).toEqual(["open", "open"]);
    await clock.advance(1);
    expect([client.state, server.state]).toEqual(["closed", "closed"]);
    expect(await client.closed).toMatchObject({ code: 1001, wasClean: true, initiator: "remote" });
  });

  test("time passes for both ends: an hour of keep-alive", async () => {
    const seen: Record<number, number> = {};
    const inspect = ({ opcode }: { opcode: number }): void => void (seen[opcode] = (seen[opcode] ?? 0) + 1);
    const { client, server, clock } = await connectedPair({ keepAlive: false, inspect }, echo, { keepAlive: { interval: 60_000 } });
    await clock.advance(3_600_000);
    expect([client.state, server.state]).toEqual(["open", "open"]);
    expect(seen).toEqual({ 9: 60, 10: 60 });
  });

  test("no timer of the host is used", async () => {
    const timers = ["setTimeout", "setInterval", "setImmediate"] as const;
    vi.useFakeTimers({ toFake: [...timers, "performance", "Date"] });
    try {
      const { client, clock } = await connectedPair({ idleTimeout: 1_000 }, echo);
      await clock.advance(1_000);
      expect(client.state).toBe("closed");
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test("the context is what `upgrade` answers", async () => {
    const upgrade = () => ({ context: { user: "ada" } });
    const handler = (connection: Connection<{ user: string }>) => Promise.resolve(connection.send(`hello ${connection.context.user}`));
    const { client, server } = await connectedPair({ upgrade }, handler);
    expect(server.context.user).toBe("ada");
    expectTypeOf(server.context).toEqualTypeOf<{ user: string }>();
    const messages = client[Symbol.asyncIterator]();
    expect(await messages.next()).toEqual({ done: false, value: "hello ada" });
    expect(await messages.next()).toEqual({ done: true, value: undefined });
  });

  test("a refusal rejects with what the client sees", async () => {
    const refused = connectedPair({ upgrade: () => ({ status: 401, body: "Log in first." }) }, echo);
    await expect(refused).rejects.toBeInstanceOf(HandshakeError);
    await expect(refused).rejects.toMatchObject({ status: 401, kind: "refused", code: "UNEXPECTED_STATUS" });
  });

  test("wss: tells the server that it is TLS", async () => {
    const origin = "http://example.com";
    expect((await connectedPair({}, echo, { url: "ws://example.com/", origin })).server.state).toBe("open");
    await expect(connectedPair({}, echo, { url: "wss://example.com/", origin })).rejects.toMatchObject({ status: 403 });
  });

  test("messages are compressed when both sides ask for it", async () => {
    const { received, handler } = inbox();
    const { client, clock } = await connectedPair({ compress: true }, echo, { compress: true }, handler);
    expect(client.extensions).toMatch(/^permessage-deflate/);
    client.send("x".repeat(100_000));
    await clock.advance(0);
    expect(received).toEqual(["x".repeat(100_000)]);
  });

  test.each([
    ["the server's", () => connectedPair({ maxMessageBytes: -1 }, echo)],
    ["the client's", () => connectedPair({}, echo, { maxMessageBytes: -1 })],
  ])("%s options are looked at, and only reject", async (_, connecting) => {
    await expect(connecting()).rejects.toBeInstanceOf(RangeError);
  });

  test("only so much time can pass", async () => {
    const { clock } = await connectedPair({}, echo);
    for (const time of [-1, Number.NaN, Infinity, "1" as never]) await expect(clock.advance(time)).rejects.toBeInstanceOf(RangeError);
  });

  describe("what a handler throws", () => {
    const mistake = new Error("a mistake");
    const throwing = (): never => {
      throw mistake;
    };

    test("rejects connectedPair, from `upgrade` and `open` on", async () => {
      await expect(connectedPair({ upgrade: throwing }, echo)).rejects.toBe(mistake);
      await expect(connectedPair({}, { open: throwing })).rejects.toBe(mistake);
      await expect(connectedPair({}, () => Promise.reject(mistake))).rejects.toBe(mistake);
      await expect(connectedPair({}, echo, {}, { open: throwing })).rejects.toBe(mistake);
    });

    test("rejects advance", async () => {
      const { client, clock } = await connectedPair({}, { message: throwing });
      client.send("x");
      await expect(clock.advance(0)).rejects.toBe(mistake);
      // Told once.
      await clock.advance(0);
      expect(await client.closed).toMatchObject({ code: 1011 });
    });

    test("goes to onError where there is one", async () => {
      const told: unknown[] = [];
      const { client, clock } = await connectedPair({ onError: (error) => void told.push(error) }, { message: throwing });
      client.send("x");
      await clock.advance(0);
      expect(told).toEqual([mistake]);
    });

    test("is an unhandled rejection when nobody waits", async () => {
      const unhandled = new Promise((resolve) => {
        const others = process.listeners("unhandledRejection");
        process.removeAllListeners("unhandledRejection");
        process.once("unhandledRejection", (error) => {
          for (const listener of others) process.on("unhandledRejection", listener);
          resolve(error);
        });
      });
      const { client } = await connectedPair({}, { message: throwing });
      client.send("x");
      await client.closed;
      expect(await unhandled).toBe(mistake);
    });
  });
});
