/** Ordinary HTTP on the port of a server. */
import { Opcode } from "@ws/codec";

import { assert, type Case, delay, equal, eventually, local } from "../case.ts";
import { deadline } from "../patience.ts";
import { masked, rawConnect, type RawPeer, requestHead } from "../raw.ts";

export async function response(peer: RawPeer): Promise<{ status: number; head: string; body: string }> {
  const head = await peer.readHead();
  const length = /^content-length: *(\d+)/im.exec(head);
  let body = "";
  if (length !== null) body = new TextDecoder().decode(await peer.read(Number(length[1])));
  else if (/^transfer-encoding: *chunked/im.test(head)) {
    for (;;) {
      let line = "";
      while (!line.endsWith("\r\n")) line += String.fromCharCode(...(await peer.read(1)));
      const size = parseInt(line, 16);
      body += new TextDecoder().decode(await peer.read(size));
      await peer.read(2);
      if (size === 0) break;
    }
  }
  return { status: Number(/^HTTP\/1\.1 (\d+) /.exec(head)?.[1]), head, body };
}

export const get = (path: string, lines: readonly string[] = []): string =>
  `GET ${path} HTTP/1.1\r\n${["Host: a", ...lines].join("\r\n")}\r\n\r\n`;

const served = async (request: Request): Promise<Response> => {
  const { pathname, searchParams } = new URL(request.url);
  if (pathname === "/throw") throw new Error("on purpose");
  if (pathname === "/wait") await delay(Number(searchParams.get("ms")), "slow on purpose");
  const body = request.method === "POST" ? await request.text() : "";
  return new Response(`${request.method} ${request.url} ${body.length}`, { status: 201, headers: { "X-Test": "1" } });
};

export const http: Case[] = [
  local("without `fetch` an ordinary request is answered with 426", async (t) => {
    const server = await t.adapter.listen({}, { message: () => undefined });
    t.defer(() => server.close());
    const peer = await rawConnect(t, server.port);
    peer.write(get("/"));
    const answer = await response(peer);
    equal(answer.status, 426);
    assert(/^upgrade: *websocket\r$/im.test(answer.head), "Upgrade: websocket (RFC 9110 §15.5.22)");
    await peer.readAll();
  }),
  local("`fetch` answers ordinary requests, several on one connection, and WebSocket goes on", async (t) => {
    const server = await t.listen({ fetch: served }, { message: (connection, message) => void connection.send(message) });
    const peer = await rawConnect(t, server.port);
    for (const path of ["/one?q=1", "/two"]) {
      peer.write(get(path));
      const answer = await response(peer);
      equal([answer.status, answer.body], [201, `GET http://a${path} 0`]);
      assert(/^x-test: 1\r$/im.test(answer.head), "the header");
    }
    const other = await rawConnect(t, server.port);
    other.write(requestHead());
    assert((await other.readHead()).startsWith("HTTP/1.1 101 "), "accepted");
  }),
  local("`fetch`: an upgrade may follow on a connection that served ordinary requests", async (t) => {
    const server = await t.listen({ fetch: served }, { message: (connection, message) => void connection.send(message) });
    const peer = await rawConnect(t, server.port);
    peer.write(get("/"));
    equal((await response(peer)).status, 201);
    peer.write(requestHead("/chat"));
    assert((await peer.readHead()).startsWith("HTTP/1.1 101 "), "accepted");
    peer.write(masked(Opcode.TEXT, "after"));
    equal(String.fromCharCode(...(await peer.readFrame()).payload), "after");
    equal(server.connections.size, 1);
    peer.write(masked(Opcode.CLOSE, ""));
    equal((await peer.readFrame()).header.opcode, Opcode.CLOSE);
    peer.socket.end();
    await peer.closed();
    await eventually(() => server.connections.size === 0, "released");
  }),
  local("`fetch`: an upgrade on a used connection is judged by the same rules", async (t) => {
    const server = await t.listen({ fetch: served }, { message: () => undefined });
    const peer = await rawConnect(t, server.port);
    peer.write(get("/"));
    equal((await response(peer)).status, 201);
    peer.write(requestHead("/", ["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="]));
    equal((await response(peer)).status, 400);
  }),
  local("`fetch`: a request body arrives, also when it is large and in pieces", async (t) => {
    const server = await t.listen({ fetch: served }, { message: () => undefined });
    const peer = await rawConnect(t, server.port);
    peer.write("POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n");
    for (let sent = 0; sent < 300_000; sent += 100_000) {
      peer.write("x".repeat(100_000));
      await delay(5, "slow on purpose");
    }
    equal((await response(peer)).body, "POST http://a/up 300000");
  }),
  local("`fetch`: what it throws is answered with 500 and goes to `onError`", async (t) => {
    const errors: unknown[] = [];
    const server = await t.listen({ fetch: served, onError: (error) => errors.push(error) }, { message: () => undefined });
    const peer = await rawConnect(t, server.port);
    peer.write(get("/throw"));
    equal((await response(peer)).status, 500);
    equal(errors.map(String), ["Error: on purpose"]);
  }),
  local("`fetch`: malformed and oversized heads never reach it", async (t) => {
    let reached = 0;
    const server = await t.listen({ fetch: () => new Response(String(reached++)) }, { message: () => undefined });
    for (const [head, status] of [
      ["GET / HTTP/1.1\r\nX : 1\r\n\r\n", 400],
      ["GET / HTTP/1.1\r\nHost: a\r\nX: a\nb\r\n\r\n", 400],
      [get("/", [`X: ${"x".repeat(20_000)}`]), 431],
    ] as const) {
      const peer = await rawConnect(t, server.port);
      peer.write(head);
      equal((await response(peer)).status, status, head.slice(0, 30));
    }
    equal(reached, 0);
  }),
  local("`fetch`: an idle connection is ended when no further head comes in time", async (t) => {
    const server = await t.listen({ fetch: served, handshakeTimeout: deadline(600) }, { message: () => undefined });
    const peer = await rawConnect(t, server.port);
    peer.write(get("/"));
    equal((await response(peer)).status, 201);
    const drip = setInterval(() => peer.write("G"), 50);
    t.defer(() => clearInterval(drip));
    await peer.closed();
  }),
  local("`fetch`: closing lets a request in progress finish and ends idle connections", async (t) => {
    let asked = 0;
    const fetch = (request: Request): Response | Promise<Response> => {
      asked++;
      return served(request);
    };
    // Deadlines that no case lives to see: nothing but closing ends the idle one.
    const server = await t.listen({ fetch, handshakeTimeout: 1e9, closeTimeout: 1e9 }, { message: () => undefined });
    const idle = await rawConnect(t, server.port);
    idle.write(get("/"));
    equal((await response(idle)).status, 201);
    const busy = await rawConnect(t, server.port);
    busy.write(get("/wait?ms=200"));
    await eventually(() => asked === 2, "the request in progress");
    const closing = server.close();
    equal((await response(busy)).status, 201);
    await closing;
    await idle.readAll();
  }),
  local("`fetch`: more connections than `maxConnections` are answered with 503", async (t) => {
    const server = await t.listen({ fetch: served, maxConnections: 2 }, { message: () => undefined });
    const peers: RawPeer[] = [];
    for (const expected of [201, 201, 503]) {
      const peer = await rawConnect(t, server.port);
      peers.push(peer);
      peer.write(get("/"));
      equal((await response(peer)).status, expected);
    }
    await peers[2]!.readAll();
    peers[0]!.socket.destroy();
    await eventually(async () => {
      const next = await rawConnect(t, server.port);
      next.write(get("/"));
      return (await response(next)).status === 201;
    }, "a place that is free again");
  }),
  local("`fetch`: TLS", async (t) => {
    const { key, cert, ca } = t.setting.certificate;
    const server = await t.listen(
      { fetch: served, tls: { key, cert } },
      { message: (connection, message) => void connection.send(message) },
    );
    const { request } = await import("node:https");
    const body = await new Promise<string>((resolve, reject) => {
      const asked = request({ host: "localhost", port: server.port, path: "/secure", ca, agent: false, method: "GET" }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part: string) => (text += part));
        answer.on("end", () => resolve(text));
      });
      asked.on("error", reject).end();
    });
    equal(body, `GET https://localhost:${server.port}/secure 0`);
  }),
];
