import { Opcode } from "@ws/codec";
import {
  connectTarget,
  createHost,
  HandshakeError,
  memoryTransportPair,
  openConnection,
  type Dial,
  type OpenOptions,
  type PipeOptions,
} from "@ws/endpoint";
import { acceptKey } from "@ws/protocol/handshake";
import { describe, expect, test, vi } from "vitest";

import { ManualClock, settle } from "./support/clock.ts";
import { manualHost } from "./support/pair.ts";
import { RawPeer, serverFrame } from "./support/raw.ts";

function opening(options: OpenOptions = {}, pipe: PipeOptions = {}) {
  const { clock, host, group } = manualHost();
  const [near, far] = memoryTransportPair(clock, pipe);
  const peer = new RawPeer(far);
  const opened = openConnection(host, { host: "example.com", target: "/chat?x=1" }, () => near, options);
  opened.catch(() => undefined);
  const expectReleased = (): void => expect([clock.pending, group.deadlines.size, near.closed]).toEqual([0, 0, true]);
  return { clock, group, peer, opened, transport: near, expectReleased };
}

/** The 101 that answers a request. */
function accept(request: string, headers = ""): string {
  const key = /Sec-WebSocket-Key: (\S+)/.exec(request)![1]!;
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptKey(key)}\r\n${headers}\r\n`;
}

async function failure(opened: Promise<unknown>): Promise<HandshakeError> {
  const error: unknown = await opened.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(HandshakeError);
  return error as HandshakeError;
}

describe("§4.1 opening", () => {
  test("sends what was asked for, and resolves with what was agreed on", async () => {
    const { peer, opened } = opening({ subprotocols: ["a", "b"], headers: { Cookie: "x=y" }, origin: "https://example.com" });
    await settle();
    const request = peer.takeText();
    expect(request).toMatch(/^GET \/chat\?x=1 HTTP\/1\.1\r\nHost: example\.com\r\n/);
    for (const line of ["Sec-WebSocket-Protocol: a, b", "Cookie: x=y", "Origin: https://example.com"])
      expect(request).toContain(`${line}\r\n`);
    peer.write(accept(request, "Sec-WebSocket-Protocol: b\r\nX-Server: 1\r\n"));
    const connection = await opened;
    expect([connection.subprotocol, connection.request, connection.context]).toEqual(["b", undefined, undefined]);
    expect(connection.response!.headers).toContainEqual(["X-Server", "1"]);
  });

  test("frames that come with the response are not lost", async () => {
    for (const chunkSize of [() => 1, (available: number) => available]) {
      const { peer, opened } = opening({}, { chunkSize });
      await settle();
      peer.write(accept(peer.takeText()), serverFrame(Opcode.TEXT, "hello"), serverFrame(Opcode.CLOSE, "\u0003\u00e8"));
      const connection = await opened;
      const messages = connection[Symbol.asyncIterator]();
      expect((await messages.next()).value).toBe("hello");
      // This is the program's turn with it: the Close behind it has not been looked at.
      await settle();
      expect(connection.state).toBe("open");
      void messages.next();
      await settle();
      expect(connection.state).toBe("closing");
    }
  });

  test("a refusal is a HandshakeError with status, headers and the first 4 KiB of the body", async () => {
    const { peer, opened, expectReleased } = opening();
    await settle();
    peer.write(`HTTP/1.1 403 Forbidden\r\nX-Why: because\r\nContent-Length: 10000\r\n\r\n`, "n".repeat(10_000));
    const error = await failure(opened);
    expect([error.status, error.code, error.body.length]).toEqual([403, "UNEXPECTED_STATUS", 4096]);
    expect(error.headers).toContainEqual(["X-Why", "because"]);
    await settle();
    expectReleased();
  });

  test("a refusal whose body does not end is told when the deadline passes, or the stream is lost", async () => {
    for (const end of ["deadline", "reset", "end"]) {
      const { clock, peer, opened, expectReleased } = opening({ handshakeTimeout: 100 });
      await settle();
      peer.write(`HTTP/1.1 503 Busy\r\nContent-Length: 100\r\n\r\nbusy`);
      await settle();
      if (end === "deadline") await clock.advance(100);
      if (end === "reset") peer.transport.destroy();
      if (end === "end") peer.transport.end();
      const error = await failure(opened);
      expect([error.status, error.body.length]).toEqual([503, 4]);
      await settle();
      expectReleased();
    }
  });

  test.each([
    [
      "a wrong Accept",
      (request: string) => accept(request).replace(/Accept: \S+/, "Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
      "RESPONSE_ACCEPT",
    ],
    ["an extension that was not offered", (request: string) => accept(request, "Sec-WebSocket-Extensions: x\r\n"), "EXTENSION_NOT_OFFERED"],
    [
      "a subprotocol that was not offered",
      (request: string) => accept(request, "Sec-WebSocket-Protocol: x\r\n"),
      "SUBPROTOCOL_NOT_OFFERED",
    ],
    ["no HTTP", () => "SSH-2.0-OpenSSH\r\n", "MALFORMED_START_LINE"],
    ["an endless head", () => `HTTP/1.1 101 X\r\nA: ${"b".repeat(20_000)}`, "HEAD_TOO_LARGE"],
  ])("fails at %s", async (_, response, code) => {
    const { peer, opened, expectReleased } = opening();
    await settle();
    peer.write(response(peer.takeText()));
    expect((await failure(opened)).code).toBe(code);
    await settle();
    expectReleased();
  });

  test("fails when the stream ends or is reset before a response", async () => {
    const ended = opening();
    ended.peer.transport.end();
    expect((await failure(ended.opened)).code).toBe("ENDED_EARLY");
    await settle();
    ended.expectReleased();
    const reset = opening();
    reset.peer.transport.destroy();
    const error = await failure(reset.opened);
    expect([error.code, error.status, (error.cause as Error).message]).toEqual(["TRANSPORT_LOST", 0, "the stream was reset by the peer"]);
  });

  test("fails after handshakeTimeout, dialing included", async () => {
    const waiting = opening({ handshakeTimeout: 250 });
    await waiting.clock.advance(250);
    expect((await failure(waiting.opened)).code).toBe("HANDSHAKE_TIMEOUT");
    await settle();
    waiting.expectReleased();

    const { clock, host } = manualHost();
    const cancel = vi.fn();
    const opened = openConnection(host, { host: "a", target: "/" }, (onCancel) => (onCancel(cancel), new Promise(() => undefined)), {
      handshakeTimeout: 250,
    });
    opened.catch(() => undefined);
    await clock.advance(250);
    expect((await failure(opened)).code).toBe("HANDSHAKE_TIMEOUT");
    expect(cancel).toHaveBeenCalledOnce();
    expect(clock.pending).toBe(0);
  });

  test("a transport that comes after the attempt was given up is destroyed", async () => {
    const { clock, host } = manualHost();
    const [near] = memoryTransportPair(clock);
    const controller = new AbortController();
    let connected: ((transport: typeof near) => void) | undefined;
    const opened = openConnection(host, { host: "a", target: "/" }, () => new Promise((resolve) => (connected = resolve)), {
      signal: controller.signal,
    });
    controller.abort();
    expect((await failure(opened)).code).toBe("ABORTED");
    connected!(near);
    await settle();
    expect([near.closed, near.writes]).toEqual([true, 0]);
  });

  test.each([
    ["rejects", () => Promise.reject(new Error("ECONNREFUSED"))],
    [
      "throws",
      () => {
        throw new Error("ECONNREFUSED");
      },
    ],
  ] as [string, Dial][])("a dial that %s", async (_, dial) => {
    const { clock, host } = manualHost();
    const error = await failure(openConnection(host, { host: "a", target: "/" }, dial));
    expect([error.code, (error.cause as Error).message]).toEqual(["TRANSPORT_LOST", "ECONNREFUSED"]);
    expect(clock.pending).toBe(0);
  });
});

describe("AbortSignal", () => {
  test("that is aborted already: nothing is dialed", async () => {
    const { clock, host } = manualHost();
    const dial = vi.fn();
    const error = await failure(openConnection(host, { host: "a", target: "/" }, dial, { signal: AbortSignal.abort("why") }));
    expect([error.code, error.cause]).toEqual(["ABORTED", "why"]);
    expect(dial).not.toHaveBeenCalled();
    expect(clock.pending).toBe(0);
  });

  test("while waiting for the response: the stream is torn down", async () => {
    const controller = new AbortController();
    const { opened, expectReleased } = opening({ signal: controller.signal });
    await settle();
    controller.abort();
    expect((await failure(opened)).code).toBe("ABORTED");
    await settle();
    expectReleased();
  });

  test("once the connection is open it has no effect, and is not listened to", async () => {
    const controller = new AbortController();
    const removed = vi.spyOn(controller.signal, "removeEventListener");
    const { peer, opened } = opening({ signal: controller.signal });
    await settle();
    peer.write(accept(peer.takeText()));
    const connection = await opened;
    expect(removed).toHaveBeenCalledOnce();
    controller.abort();
    await settle();
    expect(connection.state).toBe("open");
  });
});

describe("usage", () => {
  test("§5.3 a client without randomness is a TypeError, a server needs none", async () => {
    const host = createHost({ clock: new ManualClock(), printError: () => undefined });
    await expect(openConnection(host, { host: "a", target: "/" }, () => expect.unreachable())).rejects.toBeInstanceOf(TypeError);
  });

  test.each([
    { subprotocols: ["a", "a"] },
    { headers: { Host: "b" } },
    { headers: { "X-A": "a\nb" } },
    { maxHeaders: -1 },
  ] as OpenOptions[])("%o is refused before anything is dialed", async (options) => {
    const { host } = manualHost();
    await expect(openConnection(host, { host: "a", target: "/" }, () => expect.unreachable(), options)).rejects.toThrow(/./);
  });
});

describe("§3 WebSocket URIs", () => {
  test.each([
    ["ws://example.com", { secure: false, hostname: "example.com", port: 80, host: "example.com", target: "/" }],
    ["wss://example.com:8443/a/b?c=d", { secure: true, hostname: "example.com", port: 8443, host: "example.com:8443", target: "/a/b?c=d" }],
    ["https://example.com:443/", { secure: true, hostname: "example.com", port: 443, host: "example.com", target: "/" }],
    ["ws://[::1]:80/x", { secure: false, hostname: "::1", port: 80, host: "[::1]", target: "/x" }],
  ])("%s", (url, target) => {
    expect(connectTarget(new URL(url))).toEqual(target);
  });

  test.each(["ftp://a/", "ws://a/#b", "ws://user@a/", "ws://:pass@a/"])("%s is refused", (url) => {
    expect(() => connectTarget(new URL(url))).toThrow(TypeError);
  });
});
