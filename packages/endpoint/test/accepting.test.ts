import { Opcode } from "@ws/codec";
import {
  acceptConnection,
  acceptUpgrade,
  HandshakeError,
  memoryTransportPair,
  type AcceptOptions,
  type Connection,
  type ConnectionHandler,
  type ContextOf,
  type Host,
  type NoContext,
  type RequestHead,
  type Transport,
  type TransportSink,
  type AnyAnswer,
} from "@ws/endpoint";
import { describe, expect, expectTypeOf, test, vi } from "vitest";

import { acceptPlan } from "../src/opening/accept-plan.ts";
import { OwnController } from "../src/opening/upgrade-request.ts";
import { ServerOpening } from "../src/opening/server-opening.ts";
import { settle } from "./support/clock.ts";
import { manualHost } from "./support/pair.ts";
import { ACCEPT, ascii, clientFrame, RawPeer, UPGRADE } from "./support/raw.ts";

function accepting<A extends AnyAnswer = NoContext>(options: AcceptOptions<A> = {}, handler?: ConnectionHandler<ContextOf<A>>) {
  const { clock, host, group, printed } = manualHost();
  const [near, far] = memoryTransportPair(clock);
  const peer = new RawPeer(near);
  const accepted = acceptConnection(host, far, options, handler);
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
      const { clock, host } = manualHost();
      const [near, far] = memoryTransportPair(clock, { chunkSize: () => size });
      const peer = new RawPeer(near);
      peer.write(withHeader("Sec-WebSocket-Protocol: soap, chat"));
      const connection = await acceptConnection(host, far, { subprotocols: ["chat"] }, {});
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
    for (const upgrade of [(request: unknown): object => ((shown = request), {}), undefined]) {
      const { peer, accepted } = accepting({ allowedOrigins: origin, subprotocols, ...(upgrade && { upgrade }) });
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
    let decide: ((answer: object) => void) | undefined;
    const { peer, accepted } = accepting({ upgrade: () => new Promise<object>((resolve) => (decide = resolve)) });
    peer.write(UPGRADE, clientFrame(Opcode.TEXT, "one"));
    await settle();
    peer.write(clientFrame(Opcode.TEXT, "two"));
    await settle();
    decide!({});
    const connection = await accepted;
    const messages = connection[Symbol.asyncIterator]();
    expect((await messages.next()).value).toBe("one");
    expect((await messages.next()).value).toBe("two");
  });

  test("and of a peer that sends a lot meanwhile no more is read than maxHeadBytes, until it is decided", async () => {
    let decide: ((answer: object) => void) | undefined;
    const { peer, accepted, transport } = accepting({
      maxHeadBytes: 1_000,
      upgrade: () => new Promise<object>((resolve) => (decide = resolve)),
    });
    peer.write(UPGRADE);
    await settle();
    expect(transport.reading).toBe(true);
    const long = "x".repeat(600);
    for (let index = 0; index < 3; index++) peer.write(clientFrame(Opcode.TEXT, `${index}${long}`));
    await settle();
    expect(transport.reading).toBe(false);
    decide!({});
    const messages = (await accepted)[Symbol.asyncIterator]();
    for (let index = 0; index < 3; index++) expect((await messages.next()).value).toBe(`${index}${long}`);
  });

  test("and when a chunk is delivered that was on its way when reading was paused", async () => {
    const { host } = manualHost();
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
    let decide: ((answer: object) => void) | undefined;
    const accepted = acceptConnection(host, transport, { upgrade: () => new Promise<object>((resolve) => (decide = resolve)) });
    deliver(ascii(UPGRADE));
    deliver(clientFrame(Opcode.TEXT, "one"));
    deliver(clientFrame(Opcode.TEXT, "two"));
    decide!({});
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
    const listed = accepting({ allowedOrigins: ["https://other.example"] });
    listed.peer.write(request);
    expect((await listed.refused()).status).toBe(403);
    await settle();
    expect(listed.peer.takeText()).toContain('allowedOrigins: ["https://example.com"]');
    const decided = accepting({ allowedOrigins: (origin) => origin === undefined });
    decided.peer.write(request);
    expect((await decided.refused()).status).toBe(403);
    const thrown = accepting({
      allowedOrigins: () => {
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
      upgrade: () => new Promise<never>(() => undefined),
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

  test.each([
    ["ends", "ENDED_EARLY"],
    ["resets", "TRANSPORT_LOST"],
  ])(
    "a client that %s its stream while upgrade is deciding: refused without open, upgrade is told, its answer is too late",
    async (how, code) => {
      let decide: ((answer: object) => void) | undefined;
      let signal: AbortSignal | undefined;
      const open = vi.fn();
      const { peer, refused, expectReleased } = accepting(
        {
          upgrade: (request) => {
            signal = request.signal;
            return new Promise<object>((resolve) => (decide = resolve));
          },
        },
        { open },
      );
      peer.write(UPGRADE);
      await settle();
      expect(signal!.aborted).toBe(false);
      if (how === "ends") peer.transport.end();
      else peer.transport.destroy();
      const error = await refused();
      expect(error.code).toBe(code);
      expect([signal!.aborted, signal!.reason]).toEqual([true, error]);
      decide!({});
      await expectReleased();
      expect(open).not.toHaveBeenCalled();
    },
  );

  test("the signal of a request also fires at the deadline, when it is asked for late too, and never for one that was accepted", async () => {
    const asked: { signal: AbortSignal }[] = [];
    const late = accepting({
      handshakeTimeout: 300,
      upgrade: (request) => {
        asked.push(request);
        return new Promise<object>(() => undefined);
      },
    });
    late.peer.write(UPGRADE);
    await late.clock.advance(300);
    expect(asked[0]!.signal.aborted).toBe(true);
    expect(asked[0]!.signal.reason).toMatchObject({ code: "HANDSHAKE_TIMEOUT", status: 503 });
    const { peer, accepted } = accepting({
      upgrade: (request) => {
        asked.push(request);
        return {};
      },
    });
    peer.write(UPGRADE);
    (await accepted).abort();
    await settle();
    expect(asked[1]!.signal.aborted).toBe(false);
  });

  test("a host without AbortController has a signal as well", () => {
    const controller = new OwnController();
    const heard: string[] = [];
    const removed = (): number => heard.push("removed");
    controller.signal.addEventListener("abort", removed);
    controller.signal.removeEventListener("abort", removed);
    controller.signal.addEventListener("abort", () => {
      throw new Error("a listener's own");
    });
    controller.signal.addEventListener("abort", () => heard.push(String(controller.signal.reason)));
    controller.abort("why");
    controller.abort("again");
    expect([heard, controller.signal.aborted]).toEqual([["why"], true]);
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

  test("{} accepts, and so does a promise of it", async () => {
    for (const upgrade of [() => ({}), () => Promise.resolve({}), () => Object.create(null) as object]) {
      const { peer, accepted } = accepting({ upgrade });
      peer.write(UPGRADE);
      expect((await accepted).context).toBeUndefined();
    }
  });

  test("a Response refuses with its status, headers and body; a promise of one too", async () => {
    const response = (): Response =>
      new Response("who are you?", { status: 401, headers: { "WWW-Authenticate": "Basic", Connection: "x" } });
    const refusals: (() => Response | Promise<Response>)[] = [response, () => Promise.resolve(response())];
    for (const upgrade of refusals) {
      const { peer, refused, expectReleased, printed } = accepting({ upgrade });
      peer.write(UPGRADE);
      expect(await refused()).toMatchObject({ status: 401, code: "REFUSED" });
      await settle();
      const text = peer.takeText();
      expect(text).toMatch(/^HTTP\/1\.1 401 /);
      expect(text).toMatch(/\r\nwww-authenticate: Basic\r\n/i);
      expect(text).toMatch(/\r\ncontent-type: text\/plain; ?charset=utf-8\r\n/i);
      expect(text).toMatch(/\r\nConnection: close\r\n/);
      expect(text).toMatch(/\r\n\r\nwho are you\?$/);
      expect(printed).toEqual([]);
      await expectReleased();
    }
  });

  test("a Response whose body is bytes, without one, and one whose status has none", async () => {
    for (const [response, expected] of [
      [new Response(new Uint8Array([0xff, 0x00]), { status: 403 }), /^HTTP\/1\.1 403 .*\r\nContent-Length: 2\r\n\r\n\u00ff\0$/s],
      [new Response(null, { status: 302, headers: { Location: "/x" } }), /^HTTP\/1\.1 302 .*\r\nContent-Length: 0\r\n\r\n$/s],
      [new Response(null, { status: 204 }), /^HTTP\/1\.1 204 (?!.*Content-Length).*\r\n\r\n$/s],
    ] as const) {
      const { peer, refused } = accepting({ upgrade: () => response });
      peer.write(UPGRADE);
      expect((await refused()).status).toBe(response.status);
      await settle();
      expect(peer.takeText()).toMatch(expected);
    }
  });

  const used = new Response("x");
  void used.text();
  const broken = new ReadableStream({ pull: (controller) => controller.error(new TypeError("source")) });
  test.each<[string, () => unknown]>([
    ["throws", () => Promise.reject(new TypeError("database"))],
    [
      "throws at once",
      () => {
        throw new TypeError("database");
      },
    ],
    ["answers with nothing", () => undefined],
    ["answers with a promise of nothing", () => Promise.resolve()],
    ["answers with false", () => false],
    ["answers with true", () => true],
    ["answers with null", () => null],
    ["answers with a number", () => 42],
    ["answers with a text", () => "no"],
    ["answers with a symbol", () => Symbol("x")],
    ["answers with a function", () => () => ({})],
    ["answers with an array", () => []],
    ["answers with an Error", () => new Error("no")],
    ["answers with an object of a class", () => new Map()],
    ["answers with { statusCode }", () => ({ statusCode: 401 })],
    ["answers with a body but no status", () => ({ body: "no" })],
    ["answers with a status and a context", () => ({ status: 401, context: 1 })],
    ["answers with a status that is a text", () => ({ status: "401" })],
    ["answers with a status that is null", () => ({ status: null })],
    ["answers with a body that is a number", () => ({ status: 401, body: 5 })],
    ["answers with a body that is an object", () => ({ status: 401, body: { error: "no" } })],
    ["answers with headers that are a text", () => ({ status: 401, headers: "a: b" })],
    ["answers with headers that are null", () => ({ headers: null })],
    ["answers with a subprotocol that is no text", () => ({ subprotocol: 5 })],
    ["answers with a getter that throws", () => Object.defineProperty({}, "status", { enumerable: true, get: () => thrower() })],
    ["answers with a `then` that throws", () => Object.defineProperty({}, "then", { get: () => thrower() })],
    ["answers with headers whose iteration throws", () => ({ headers: { [Symbol.iterator]: () => thrower() } })],
    ["answers with a header that cannot be sent", () => ({ headers: { "X-Bad": "a\r\nb" } })],
    ["answers with a refusal's header that cannot be sent", () => ({ status: 401, headers: { "a\nb": "c" } })],
    ["answers with a subprotocol that was not offered", () => ({ subprotocol: "nobody" })],
    ["answers with a body for a status that has none", () => ({ status: 204, body: "x" })],
    ["answers with a used Response", () => used],
    ["answers with a Response whose body fails", () => new Response(broken)],
    ["answers with a Response whose body is texts", () => new Response(new ReadableStream({ pull: (it) => it.enqueue("x" as never) }))],
    [
      "answers with a Response whose status is a text",
      () => ({ status: "403", headers: new Headers(), arrayBuffer: () => Promise.resolve(new ArrayBuffer(0)) }),
    ],
  ])("that %s is answered with 500, and the TypeError goes to onError", async (_, upgrade) => {
    const onError = vi.fn();
    const { peer, refused, expectReleased } = accepting({ upgrade: upgrade as never, onError });
    peer.write(UPGRADE);
    expect((await refused()).status).toBe(500);
    expect(onError).toHaveBeenCalledOnce();
    expect(onError.mock.calls[0]![0]).toBeInstanceOf(TypeError);
    await settle();
    expect(peer.takeText()).toMatch(/^HTTP\/1\.1 500 /);
    await expectReleased();
  });

  test.each(["in silence", "with a complaint"])("a Response without an end is answered with 500 and cancelled (%s)", async (how) => {
    const onError = vi.fn();
    let cancelled = 0;
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(100_000)),
      cancel: () => {
        cancelled++;
        if (how !== "in silence") throw new Error("unheard");
      },
    });
    const { peer, refused, expectReleased } = accepting({ upgrade: () => new Response(endless, { status: 403 }), onError });
    peer.write(UPGRADE);
    expect((await refused()).status).toBe(500);
    expect([onError.mock.calls[0]![0], cancelled]).toEqual([
      new TypeError("The body of a Response that refuses is longer than 1048576 bytes."),
      1,
    ]);
    await expectReleased();
  });

  test.each([99, 100, 101, 199, 600, NaN])("a status of %s is answered with 500, and the RangeError goes to onError", async (status) => {
    const onError = vi.fn();
    const { peer, refused } = accepting({ upgrade: () => ({ status }), onError });
    peer.write(UPGRADE);
    expect((await refused()).status).toBe(500);
    expect(onError.mock.calls[0]![0]).toBeInstanceOf(RangeError);
  });

  test("the error says what was meant", async () => {
    const messages: string[] = [];
    for (const upgrade of [() => undefined, () => ({ statusCode: 401 }), () => ({ body: "no" }), () => ({ user: "x" })]) {
      const { peer, refused } = accepting({ upgrade: upgrade as never, onError: (error) => messages.push((error as Error).message) });
      peer.write(UPGRADE);
      await refused();
    }
    expect(messages[0]).toMatch(/\{\} accepts.*`return` forgotten/);
    expect(messages[1]).toMatch(/"statusCode".*call it `status`/);
    expect(messages[2]).toMatch(/give a `status`/);
    expect(messages[3]).toMatch(/goes into `context`/);
  });

  test("an onError or onRefused that throws or rejects stops nothing", async () => {
    const reject = (): never => Promise.reject(new Error("told")) as never;
    for (const told of [reject, () => thrower("told")]) {
      const { peer, refused, printed, expectReleased } = accepting({ upgrade: () => thrower("asked"), onError: told, onRefused: told });
      peer.write(UPGRADE);
      expect((await refused()).status).toBe(500);
      await expectReleased();
      expect(printed.some((line) => String(line).endsWith("rror: told"))).toBe(true);
    }
  });

  test("that gives up its own handshake meanwhile is not answered for twice", async () => {
    const { clock, group } = manualHost();
    const [near, far] = memoryTransportPair(clock);
    const peer = new RawPeer(near);
    const handshake = new ServerOpening(
      acceptPlan(
        group,
        {
          upgrade: () => {
            handshake.refuse("SERVER_BUSY", "The server is closing.");
            return {};
          },
        },
        undefined,
      ),
      far,
      { accepted: () => expect.unreachable() },
    );
    handshake.read();
    peer.write(UPGRADE);
    await settle();
    expect(peer.takeText()).toMatch(/^HTTP\/1\.1 503 (?!.*HTTP\/1\.1)/s);
  });
});

function thrower(message = "getter"): never {
  throw new TypeError(message);
}

describe("onRefused", () => {
  test.each([
    ["a request that is none", "GET\r\n\r\n", 400, undefined],
    ["an ordinary request", "GET /page HTTP/1.1\r\nHost: a\r\n\r\n", 426, undefined],
    ["a page of another host", withHeader("Origin: https://evil.example"), 403, "/chat"],
  ])("is told of %s, with the status sent", async (_, request, status, target) => {
    const onRefused = vi.fn();
    const { peer, refused } = accepting({ onRefused });
    peer.write(request);
    const error = await refused();
    expect(onRefused.mock.calls).toEqual([[error, target === undefined ? undefined : expect.objectContaining({ target })]]);
    expect(error.status).toBe(status);
  });

  test("is told of the program's own refusals, of slow clients and of those that leave, but not of a connection without a word", async () => {
    const told: unknown[] = [];
    const onRefused = (error: HandshakeError): void => void told.push([error.code, error.status]);
    const own = accepting({ onRefused, upgrade: () => ({ status: 401 }) });
    own.peer.write(UPGRADE);
    await own.refused();
    const slow = accepting({ onRefused, handshakeTimeout: 10 });
    await slow.clock.advance(10);
    const gone = accepting({ onRefused });
    gone.peer.write("GET");
    await settle();
    gone.peer.transport.destroy();
    await gone.refused();
    const silent = accepting({ onRefused });
    silent.peer.transport.destroy();
    await silent.refused();
    expect(told).toEqual([
      ["REFUSED", 401],
      ["HANDSHAKE_TIMEOUT", 408],
      ["TRANSPORT_LOST", 0],
    ]);
  });
});

const HEAD: RequestHead = {
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

describe("a head that a host's HTTP server has read", () => {
  test("with the bytes that came behind it", async () => {
    const { clock, host } = manualHost();
    const [near, far] = memoryTransportPair(clock);
    const peer = new RawPeer(near);
    const connection = await acceptUpgrade(host, far, HEAD, clientFrame(Opcode.TEXT, "early"));
    expect((await connection[Symbol.asyncIterator]().next()).value).toBe("early");
    await settle();
    expect(peer.takeText()).toContain(ACCEPT);
    peer.write(clientFrame(Opcode.TEXT, "later"));
    expect((await connection[Symbol.asyncIterator]().next()).value).toBe("later");
  });

  test("a function without a promise is a TypeError for onError, and 1011", async () => {
    const { clock, host } = manualHost();
    const [near, far] = memoryTransportPair(clock);
    const peer = new RawPeer(near);
    const onError = vi.fn();
    const connection = await acceptUpgrade(host, far, HEAD, new Uint8Array(0), { onError }, (() => undefined) as never);
    await settle();
    expect(onError.mock.calls).toEqual([[expect.any(TypeError), connection]]);
    expect(peer.takeText().slice(-8)).toBe("\r\n\r\n\u0088\u0002\u0003\u00f3");
  });

  test.each(["1.0", "2.0"])("HTTP/%s is refused, because hosts let it through", async (version) => {
    const { clock, host } = manualHost();
    const [near, far] = memoryTransportPair(clock);
    const peer = new RawPeer(near);
    await expect(acceptUpgrade(host, far, { ...HEAD, version }, new Uint8Array(0))).rejects.toBeInstanceOf(HandshakeError);
    await settle();
    expect(peer.takeText()).toMatch(/^HTTP\/1\.1 (400|505) /);
    await clock.advance(10_000);
    expect([clock.pending, far.closed]).toEqual([0, true]);
  });

  test("behind an earlier request it is answered when that has been, or given up when nothing can follow", async () => {
    for (const answerable of [true, false]) {
      const { clock, host } = manualHost();
      const [near, far] = memoryTransportPair(clock);
      const peer = new RawPeer(near);
      let earlier: ((answerable: boolean) => void) | undefined;
      const open = vi.fn();
      const accepted = acceptUpgrade(
        host,
        far,
        HEAD,
        new Uint8Array(0),
        {},
        { open },
        new Promise<boolean>((resolve) => (earlier = resolve)),
      ).then(
        () => true,
        () => false,
      );
      await clock.advance(60_000);
      expect([peer.takeText(), open.mock.calls.length]).toEqual(["", 0]);
      earlier!(answerable);
      expect(await accepted).toBe(answerable);
      await settle();
      expect(peer.takeText()).toMatch(answerable ? /^HTTP\/1\.1 101 / : /^$/);
      expect(open.mock.calls.length).toBe(answerable ? 1 : 0);
    }
  });

  test("with an upgrade that takes its time, the stream is read from the start", async () => {
    const { clock, host } = manualHost();
    const [near, far] = memoryTransportPair(clock);
    const peer = new RawPeer(near);
    const accepted = acceptUpgrade(host, far, HEAD, clientFrame(Opcode.TEXT, "one"), {
      upgrade: async () => {
        await settle();
        return {};
      },
    });
    peer.write(clientFrame(Opcode.TEXT, "two"));
    const messages = (await accepted)[Symbol.asyncIterator]();
    expect([(await messages.next()).value, (await messages.next()).value]).toEqual(["one", "two"]);
  });
});

describe("options", () => {
  test.each([
    [{ maxMessageBytes: -1 }, RangeError],
    [{ maxBufferedBytes: Infinity }, RangeError],
    [{ sendHighWaterMark: NaN }, RangeError],
    [{ closeTimeout: 0 }, RangeError],
    [{ keepAlive: { interval: 0 } }, RangeError],
    [{ subprotocols: ["a b"] }, TypeError],
    [{ borrow: true }, TypeError],
    [{ allowedOrigins: ["example.com"] }, TypeError],
    [{ idleTimeout: 0 }, RangeError],
    [{ stallTimeout: Infinity }, RangeError],
    [{ keepAlive: { timeout: 0 } }, RangeError],
    [null, TypeError],
  ])("%o is refused at once: rejected and told to onError, which may both be ignored, and the client gets 500", async (options, error) => {
    for (const accept of [
      (host: Host, transport: Transport) => acceptConnection(host, transport, options as AcceptOptions),
      (host: Host, transport: Transport) => acceptUpgrade(host, transport, HEAD, new Uint8Array(0), options as AcceptOptions),
    ]) {
      const { clock, host, printed } = manualHost();
      const [near, far] = memoryTransportPair(clock);
      const peer = new RawPeer(near);
      const accepted = accept(host, far);
      await settle();
      await expect(accepted).rejects.toThrow(error);
      expect(printed).toEqual([expect.any(error)]);
      expect(peer.takeText()).toMatch(/^HTTP\/1\.1 500 /);
      await clock.advance(10_000);
      expect([clock.pending, far.closed]).toEqual([0, true]);
    }
  });

  test.each([
    ["told, by the options that are wrong otherwise", true],
    ["the host's log, where it is no function", false],
  ])("a slip in them goes to onError: %s", async (_, isFunction) => {
    const { clock, host, printed } = manualHost();
    const [, far] = memoryTransportPair(clock);
    const told: unknown[] = [];
    const onError = isFunction ? (error: unknown) => told.push(error) : "log";
    const slip: unknown = await acceptConnection(host, far, { closeTimeout: 0, onError: onError as never }).catch(
      (error: unknown) => error,
    );
    expect(slip).toBeInstanceOf(Error);
    expect([told, printed]).toEqual(isFunction ? [[slip], []] : [[], [slip]]);
  });

  test("a time that may be absent says so", async () => {
    for (const name of ["idleTimeout", "stallTimeout"]) {
      const { clock, host } = manualHost();
      const [, far] = memoryTransportPair(clock);
      await expect(acceptConnection(host, far, { [name]: 0 })).rejects.toThrow(`${name} must be milliseconds above 0, not 0 (false: none)`);
    }
  });

  test("streaming and the handlers must agree", async () => {
    const { clock, host } = manualHost();
    const [, far] = memoryTransportPair(clock);
    await expect(acceptConnection(host, far, { streaming: true }, {})).rejects.toThrow(TypeError);
    await expect(acceptConnection(host, far, {}, { message: () => 0, chunk: () => 0 })).rejects.toThrow(TypeError);
    await expect(acceptConnection(host, far, { streaming: false }, { chunk: () => 0 })).rejects.toThrow(TypeError);
  });
});
