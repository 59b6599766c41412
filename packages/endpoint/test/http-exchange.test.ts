/** Ordinary requests on a port for WebSocket, on transports in memory: what becomes of them when the client, the program or the clock does the unusual. */
import type { RequestListener } from "node:http";

import { listenWith, memoryTransportPair, type MemoryTransport, type NoContext, type PipeOptions, type ServerOptions } from "@ws/endpoint";
import { describe, expect, test } from "vitest";

import { createHttpSide } from "../src/node-http/http-side.ts";
import type { HttpAcceptor } from "../src/server.ts";
import { manualHost } from "./support/pair.ts";
import { RawPeer } from "./support/raw.ts";

async function serving(listener: RequestListener, options: ServerOptions<NoContext> = {}, toClient: PipeOptions = {}) {
  const { clock, host, group } = manualHost();
  let acceptor!: HttpAcceptor<MemoryTransport>;
  const open = (given: HttpAcceptor<MemoryTransport>) => {
    acceptor = given;
    given.handOrdinaryTo(createHttpSide(listener, given));
    return Promise.resolve({ port: 1, hostname: "::1", close: () => undefined });
  };
  const server = await listenWith<NoContext, MemoryTransport>(host, { open }, options, {});
  const [near, far] = memoryTransportPair(clock, undefined, toClient);
  const peer = new RawPeer(near);
  acceptor.accept(far);
  let text = "";
  const received = (): string => (text += peer.takeText());
  /** `node:http` takes turns of its own. */
  const until = async (condition: () => boolean): Promise<void> => {
    for (let turn = 0; turn < 10_000 && !condition(); turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(condition()).toBe(true);
  };
  return { clock, group, server, peer, transport: far, received, until };
}

const request = (...lines: string[]): string => ["POST / HTTP/1.1", "Host: a", ...lines, "", ""].join("\r\n");

describe("RFC 9112 §7.1 a body whose chunks are malformed", () => {
  test("is answered with 400 while nothing of a response has been sent", async () => {
    const { peer, received, until } = await serving(() => undefined);
    peer.write(request("Transfer-Encoding: chunked"), "x\r\n");
    await until(() => peer.ended_);
    expect(received()).toMatch(/^HTTP\/1\.1 400 .*\r\nConnection: close\r\n/s);
  });

  test("cuts off a response that has begun: it must not look whole", async () => {
    const { peer, received, until } = await serving((_, response) => void response.write("begun"));
    peer.write(request("Transfer-Encoding: chunked"));
    await until(() => received().includes("begun"));
    peer.write("x\r\n");
    await until(() => peer.closed_);
    expect(peer.error_).toBeDefined();
    expect(received()).not.toMatch(/\r\n0\r\n\r\n$/);
  });
});

test("a response that the program destroys does not look whole", async () => {
  const { peer, received, until } = await serving((_, response) => {
    response.write("begun", () => response.destroy());
  });
  peer.write(request("Content-Length: 0"));
  await until(() => peer.closed_);
  expect(peer.error_).toBeDefined();
  expect(received()).not.toMatch(/\r\n0\r\n\r\n$/);
});

test("a server that closes before the program has seen the request: the response is the last", async () => {
  const { peer, server, received, until } = await serving((_, response) => void response.end("bye"));
  peer.write(request("Content-Length: 0"));
  for (let microtask = 0; microtask < 5; microtask++) await undefined;
  const closed = server.close();
  await until(() => peer.ended_);
  expect(received()).toMatch(/^HTTP\/1\.1 200 .*\r\nConnection: close\r\n.*bye/s);
  peer.transport.end();
  await closed;
});

test("what comes behind the last response is not looked at", async () => {
  let requests = 0;
  const { peer, received, until } = await serving((_, response) => {
    requests++;
    response.setHeader("Connection", "close").end("last");
  });
  peer.write(request("Content-Length: 0"));
  await until(() => peer.ended_);
  peer.write(request("Content-Length: 0"));
  peer.transport.end();
  await until(() => peer.closed_);
  expect([requests, received().match(/HTTP\/1\.1/g)!.length, peer.error_]).toEqual([1, 1, undefined]);
});

describe("a body that the program does not read", () => {
  const BODY = 1 << 20;

  test("stops the client, and is read to its end behind the response, so that the next request is found", async () => {
    const respond: (() => void)[] = [];
    const { peer, transport, received, until } = await serving((_, response) => void respond.push(() => response.end("early")));
    peer.write(request(`Content-Length: ${BODY}`), new Uint8Array(BODY));
    await until(() => respond.length === 1 && !transport.reading);
    expect(peer.transport.bufferedBytes).toBeGreaterThan(0);
    respond[0]!();
    peer.write(request("Content-Length: 0"));
    await until(() => respond.length === 2);
    respond[1]!();
    await until(() => (received().match(/early/g) ?? []).length === 2);
  });

  test("is dropped behind a last response, which arrives whole", async () => {
    let respond: (() => void) | undefined;
    const { peer, transport, received, until } = await serving((_, response) => {
      respond = () => response.setHeader("Connection", "close").end("last");
    });
    peer.write(request(`Content-Length: ${BODY}`), new Uint8Array(BODY));
    await until(() => respond !== undefined && !transport.reading);
    respond!();
    await until(() => peer.ended_);
    expect(received()).toMatch(/last$/);
    peer.transport.end();
    await until(() => peer.closed_);
    expect(peer.error_).toBeUndefined();
  });
});

test("stallTimeout: a client that reads its response slowly is not given up; one that stops is", async () => {
  const BODY = 100_000;
  const { peer, transport, clock, received, until } = await serving(
    (_, response) => void response.end("x".repeat(BODY)),
    { stallTimeout: 1_000 },
    { capacity: 1_000, chunkSize: () => 10_000 },
  );
  peer.transport.pause();
  peer.write(request("Content-Length: 0"));
  await until(() => transport.bufferedBytes > 0);
  const take = peer.received.bind(peer);
  peer.received = (bytes) => {
    take(bytes);
    peer.transport.pause();
  };
  for (let step = 0; step < 5; step++) {
    const before = transport.bufferedBytes;
    peer.transport.resume();
    await until(() => transport.bufferedBytes < before);
    await clock.advance(900);
  }
  expect([transport.closed, transport.bufferedBytes > 0]).toEqual([false, true]);
  await clock.advance(2_000);
  expect(transport.closed).toBe(true);
  expect(received().length).toBeLessThan(BODY);
});
