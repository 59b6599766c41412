import { Opcode } from "@ws/codec";
import {
  acceptConnection,
  acceptUpgrade,
  HandshakeError,
  memoryTransportPair,
  type AcceptOptions,
  type Connection,
  type ConnectionHandler,
  type RequestHead,
  type Transport,
  type TransportSink,
} from "@ws/endpoint";
import { describe, expect, expectTypeOf, test, vi } from "vitest";

import { settle } from "./support/clock.ts";
import { manualGroup } from "./support/pair.ts";
import { ACCEPT, ascii, clientFrame, RawPeer, UPGRADE } from "./support/raw.ts";

function accepting<Context = undefined>(options: AcceptOptions<Context> = {}, handler?: ConnectionHandler<Context>) {
  const { clock, group, printed } = manualGroup();
  const [near, far] = memoryTransportPair(clock);
  const peer = new RawPeer(near);
  const accepted = acceptConnection(group, far, options, handler);
  const outcome = accepted.then(
    (connection) => connection,
    (error: HandshakeError) => error,
  );
  const refused = async (): Promise<HandshakeError> => {
    const error = await outcome;
    expect(error).toBeInstanceOf(HandshakeError);
    return error as HandshakeError;
  };
  const expectReleased = async (): Promise<void> => {
    await clock.advance(20_000);
    expect([clock.pending, group.deadlines.size, far.closed]).toEqual([0, 0, true]);
  };
  return { clock, group, printed, peer, accepted, refused, expectReleased, transport: far };
}

const withHeader = (line: string): string => UPGRADE.replace("\r\n\r\n", `\r\n${line}\r\n\r\n`);

describe("§4.2 a request read from the transport", () => {
  test("is answered with 101, whatever the chunks", async () => {
    for (const size of [1, 7, 1000]) {
      const { clock, group } = manualGroup();
      const [near, far] = memoryTransportPair(clock, { chunkSize: () => size });
      const peer = new RawPeer(near);
      peer.write(withHeader("Sec-WebSocket-Protocol: soap, chat"));
      const connection = await acceptConnection(group, far, { subprotocols: ["chat"] }, {});
      await settle();
      const response = peer.takeText();
      expect(response).toMatch(/^HTTP\/1\.1 101 /);
      expect(response).toContain(`Sec-WebSocket-Accept: ${ACCEPT}\r\n`);
      expect(response).toContain("Sec-WebSocket-Protocol: chat\r\n");
      expect([connection.subprotocol, connection.extensions, connection.request!.target, connection.remoteAddress]).toEqual([
        "chat",
        "",
        "/chat",
        "memory",
      ]);
    }
  });

  test("connection.request, read again when it is asked for, is what an `upgrade` function is shown, and asks the origin function nothing", async () => {
    let shown: unknown;
    let asked = 0;
    const origin = (value: string): boolean => {
      asked++;
      return value === "https://other.example";
    };
    const subprotocols = ["chat"];
    const head = `${withHeader("Sec-WebSocket-Protocol: soap, chat\r\nOrigin: https://other.example\r\nX-Octets: \u00e9\u00ff\r\nCookie: a=b")}`;
    for (const upgrade of [(request: unknown): undefined => void (shown = request), undefined]) {
      const { peer, accepted } = accepting({ origin, subprotocols, ...(upgrade && { upgrade }) });
      peer.write(ascii(head));
      const connection = await accepted;
      const { request } = connection;
      expect(connection.request).toBe(request);
      expect(request === shown).toBe(upgrade !== undefined);
      expect(request).toEqual(shown);
      expect(request!.headers).toContainEqual(["X-Octets", "\u00e9\u00ff"]);
      expect([request!.origin, request!.target, request!.subprotocol]).toEqual(["https://other.example", "/chat", "chat"]);
    }
    expect(asked).toBe(2);
  });

  test("frames that come in the same chunk are not lost, and come after open", async () => {
    const log: string[] = [];
    const { peer, accepted } = accepting({}, { open: () => log.push("open"), message: (_, message) => log.push(String(message)) });
    peer.write(UPGRADE, clientFrame(Opcode.TEXT, "one"), clientFrame(Opcode.TEXT, "two").subarray(0, 7));
    await accepted;
    peer.write(clientFrame(Opcode.TEXT, "two").subarray(7));
    await settle();
    expect(log).toEqual(["open", "one", "two"]);
  });

  test("even when upgrade takes its time, and more comes meanwhile", async () => {
    let decide: ((answer: undefined) => void) | undefined;
    const { peer, accepted, transport } = accepting({ upgrade: () => new Promise<undefined>((resolve) => (decide = resolve)) });
    peer.write(UPGRADE, clientFrame(Opcode.TEXT, "one"));
    await settle();
    expect(transport.reading).toBe(false);
    peer.write(clientFrame(Opcode.TEXT, "two"));
    await settle();
    decide!(undefined);
    const connection = await accepted;
    const messages = connection[Symbol.asyncIterator]();
    expect((await messages.next()).value).toBe("one");
    expect((await messages.next()).value).toBe("two");
  });

  test("and when a chunk is delivered that was on its way when reading was paused", async () => {
    const { group } = manualGroup();
    const buffer = new Uint8Array(1024);
    let sink: TransportSink | undefined;
    const transport: Transport = {
      borrowed: true,
      bufferedBytes: 0,
      start: (given) => (sink = given),
      write: () => undefined,
      pause: () => undefined,
      resume: () => undefined,
      end: () => undefined,
      destroy: () => undefined,
    };
    const deliver = (bytes: Uint8Array): void => {
      buffer.fill(0xdd);
      buffer.set(bytes);
      sink!.received(buffer.subarray(0, bytes.length));
    };
    let decide: ((answer: undefined) => void) | undefined;
    const accepted = acceptConnection(group, transport, { upgrade: () => new Promise<undefined>((resolve) => (decide = resolve)) });
    deliver(ascii(UPGRADE));
    deliver(clientFrame(Opcode.TEXT, "one"));
    deliver(clientFrame(Opcode.TEXT, "two"));
    decide!(undefined);
    const messages = (await accepted)[Symbol.asyncIterator]();
    expect([(await messages.next()).value, (await messages.next()).value]).toEqual(["one", "two"]);
  });

  test.each([
    ["garbage", "\u0016\u0003\u0001\u0002\u0000", 400, "MALFORMED_START_LINE"],
    ["an ordinary request", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 426, "UPGRADE_REQUIRED"],
    ["POST", UPGRADE.replace("GET", "POST"), 405, "METHOD_NOT_ALLOWED"],
    ["no Host", UPGRADE.replace("Host: example.com\r\n", ""), 400, "MISSING_HOST"],
    ["another version", UPGRADE.replace("13", "8"), 426, "UNSUPPORTED_VERSION"],
    ["a page of another host", withHeader("Origin: https://evil.example"), 403, "ORIGIN_NOT_ALLOWED"],
    ["too many headers", withHeader("A: b\r\n".repeat(120).trimEnd()), 431, "TOO_MANY_HEADERS"],
    ["an endless head", withHeader(`A: ${"b".repeat(20_000)}`), 431, "HEAD_TOO_LARGE"],
  ])("refuses %s, and leaves nothing behind", async (_, request, status, code) => {
    const { peer, refused, expectReleased } = accepting();
    peer.write(request);
    const error = await refused();
    expect([error.status, error.code]).toEqual([status, code]);
    await settle();
    expect(peer.takeText()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(peer.ended_).toBe(true);
    await expectReleased();
  });

  test("what the peer sends after a refusal is read and dropped, so that no reset takes the answer along", async () => {
    const { peer, refused, transport } = accepting();
    peer.write(UPGRADE.replace("GET", "POST"), ascii("x".repeat(300_000)));
    await refused();
    await settle();
    expect(peer.transport.bufferedBytes).toBe(0);
    peer.transport.end();
    await settle();
    expect([transport.closed, peer.error_]).toEqual([true, undefined]);
  });

  test("Origin: a page of this very host passes, a list and a function decide otherwise", async () => {
    const request = withHeader("Origin: https://example.com");
    const same = accepting();
    same.peer.write(request);
    await same.accepted;
    const listed = accepting({ origin: ["https://other.example"] });
    listed.peer.write(request);
    expect((await listed.refused()).status).toBe(403);
    await settle();
    expect(listed.peer.takeText()).toContain('origin: ["https://example.com"]');
    const decided = accepting({ origin: (origin) => origin === undefined });
    decided.peer.write(request);
    expect((await decided.refused()).status).toBe(403);
    const thrown = accepting({
      origin: () => {
        throw new Error("policy");
      },
    });
    thrown.peer.write(request);
    expect((await thrown.refused()).status).toBe(500);
    expect(thrown.printed).toEqual([new Error("policy")]);
  });
});

describe("deadlines and lost peers", () => {
  test("a head that does not come is answered with 408 after handshakeTimeout", async () => {
    const { peer, clock, refused, expectReleased } = accepting({ handshakeTimeout: 300 });
    peer.write(UPGRADE.slice(0, 30));
    await clock.advance(299);
    expect(peer.takeText()).toBe("");
    await clock.advance(1);
    expect((await refused()).code).toBe("HANDSHAKE_TIMEOUT");
    expect(peer.takeText()).toMatch(/^HTTP\/1\.1 408 /);
    await expectReleased();
  });

  test("a slow head does not put the deadline off", async () => {
    const { peer, clock, refused } = accepting({ handshakeTimeout: 300 });
    for (let index = 0; index < 30; index++) {
      peer.write(UPGRADE[index]!);
      await clock.advance(10);
    }
    expect((await refused()).status).toBe(408);
  });

  test("an upgrade that does not answer is answered for with 503", async () => {
    const { peer, clock, refused, expectReleased, transport } = accepting({
      handshakeTimeout: 300,
      upgrade: () => new Promise(() => undefined),
    });
    peer.write(UPGRADE);
    await clock.advance(300);
    expect((await refused()).status).toBe(503);
    // It reads again, and so learns that the peer has ended too.
    peer.transport.end();
    await settle();
    expect(transport.closed).toBe(true);
    await expectReleased();
  });

  test.each([
    ["nothing", ""],
    ["half a head", UPGRADE.slice(0, 30)],
  ])("a client that ends or resets the stream after %s", async (_, begun) => {
    const ended = accepting();
    ended.peer.write(begun);
    ended.peer.transport.end();
    expect((await ended.refused()).code).toBe("ENDED_EARLY");
    await ended.expectReleased();
    const reset = accepting();
    reset.peer.write(begun);
    reset.peer.transport.destroy();
    expect((await reset.refused()).code).toBe("TRANSPORT_LOST");
    await reset.expectReleased();
  });

  test("a client that goes while upgrade is deciding: its answer comes too late and does nothing", async () => {
    let decide: ((answer: undefined) => void) | undefined;
    const { peer, refused, expectReleased } = accepting({ upgrade: () => new Promise<undefined>((resolve) => (decide = resolve)) });
    peer.write(UPGRADE);
    await settle();
    peer.transport.destroy();
    expect((await refused()).code).toBe("TRANSPORT_LOST");
    decide!(undefined);
    await expectReleased();
  });
});

describe("upgrade(request)", () => {
  test("gives the connection its context, typed, a subprotocol and headers", async () => {
    const { peer, accepted } = accepting(
      {
        subprotocols: ["a"],
        upgrade: (request) => ({ context: { user: request.target.slice(1) }, subprotocol: "b", headers: { "X-Room": "7" } }),
      },
      { open: (connection) => expectTypeOf(connection).toEqualTypeOf<Connection<{ user: string }>>() },
    );
    peer.write(withHeader("Sec-WebSocket-Protocol: a, b"));
    const connection = await accepted;
    expect(connection.context.user).toBe("chat");
    expect(connection.subprotocol).toBe("b");
    await settle();
    expect(peer.takeText()).toContain("X-Room: 7\r\n");
  });

  test("refuses with a status, headers and a body", async () => {
    const { peer, refused, expectReleased } = accepting({
      upgrade: () => Promise.resolve({ status: 401, headers: { "WWW-Authenticate": "Basic" }, body: "who are you?" }),
    });
    peer.write(UPGRADE);
    expect(await refused()).toMatchObject({ status: 401, code: "REFUSED" });
    await settle();
    const response = peer.takeText();
    expect(response).toMatch(/^HTTP\/1\.1 401 /);
    expect(response).toContain("WWW-Authenticate: Basic\r\n");
    expect(response).toMatch(/\r\n\r\nwho are you\?$/);
    await expectReleased();
  });

  test.each([
    ["throws", () => Promise.reject(new Error("database"))],
    [
      "throws at once",
      () => {
        throw new Error("database");
      },
    ],
    ["answers with a status that is none", () => ({ status: 99 })],
    ["answers with a header that cannot be sent", () => ({ headers: { "X-Bad": "a\r\nb" } })],
    ["answers with a subprotocol that was not offered", () => ({ subprotocol: "nobody" })],
  ])("that %s is answered with 500, and the error goes to onError", async (_, upgrade) => {
    const onError = vi.fn();
    const { peer, refused, expectReleased } = accepting({ upgrade, onError });
    peer.write(UPGRADE);
    expect((await refused()).status).toBe(500);
    expect(onError).toHaveBeenCalledOnce();
    await expectReleased();
  });
});

describe("a head that a host's HTTP server has read", () => {
  const head: RequestHead = {
    method: "GET",
    target: "/chat",
    version: "1.1",
    headers: [
      ["Host", "example.com"],
      ["UPGRADE", "websocket"],
      ["connection", "keep-alive, Upgrade"],
      ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
      ["Sec-WebSocket-Version", "13"],
    ],
  };

  test("with the bytes that came behind it", async () => {
    const { clock, group } = manualGroup();
    const [near, far] = memoryTransportPair(clock);
    const peer = new RawPeer(near);
    const connection = await acceptUpgrade(group, far, head, clientFrame(Opcode.TEXT, "early"));
    expect((await connection[Symbol.asyncIterator]().next()).value).toBe("early");
    await settle();
    expect(peer.takeText()).toContain(ACCEPT);
    peer.write(clientFrame(Opcode.TEXT, "later"));
    expect((await connection[Symbol.asyncIterator]().next()).value).toBe("later");
  });

  test.each(["1.0", "2.0"])("HTTP/%s is refused, because hosts let it through", async (version) => {
    const { clock, group } = manualGroup();
    const [near, far] = memoryTransportPair(clock);
    const peer = new RawPeer(near);
    await expect(acceptUpgrade(group, far, { ...head, version }, new Uint8Array(0))).rejects.toBeInstanceOf(HandshakeError);
    await settle();
    expect(peer.takeText()).toMatch(/^HTTP\/1\.1 (400|505) /);
    await clock.advance(10_000);
    expect([clock.pending, far.closed]).toEqual([0, true]);
  });

  test("with an upgrade that takes its time, the stream is read from the start", async () => {
    const { clock, group } = manualGroup();
    const [near, far] = memoryTransportPair(clock);
    const peer = new RawPeer(near);
    const accepted = acceptUpgrade(group, far, head, clientFrame(Opcode.TEXT, "one"), {
      upgrade: async () => {
        await settle();
        return undefined;
      },
    });
    peer.write(clientFrame(Opcode.TEXT, "two"));
    const messages = (await accepted)[Symbol.asyncIterator]();
    expect([(await messages.next()).value, (await messages.next()).value]).toEqual(["one", "two"]);
  });
});

describe("options", () => {
  test.each([
    [{ maxMessageSize: -1 }, RangeError],
    [{ maxBufferedBytes: Infinity }, RangeError],
    [{ highWaterMark: NaN }, RangeError],
    [{ closeTimeout: 0 }, RangeError],
    [{ keepAlive: { interval: 0 } }, RangeError],
    [{ subprotocols: ["a b"] }, TypeError],
    [{ borrow: true }, TypeError],
    [{ origin: ["example.com"] }, TypeError],
  ])("%o is refused at once", async (options, error) => {
    const { clock, group } = manualGroup();
    const [, far] = memoryTransportPair(clock);
    await expect(acceptConnection(group, far, options)).rejects.toBeInstanceOf(error);
    expect(clock.pending).toBe(0);
  });

  test("streaming and the handlers must agree", async () => {
    const { clock, group } = manualGroup();
    const [, far] = memoryTransportPair(clock);
    await expect(acceptConnection(group, far, { streaming: true }, {})).rejects.toBeInstanceOf(TypeError);
    await expect(acceptConnection(group, far, {}, { message: () => 0, chunk: () => 0 })).rejects.toBeInstanceOf(TypeError);
    await expect(acceptConnection(group, far, { streaming: false }, { chunk: () => 0 })).rejects.toBeInstanceOf(TypeError);
  });
});
