/** `acceptUpgrade`: a request that an `http` or `https` server of the program has read, at its event `upgrade`. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";

import { Opcode } from "@ws/codec";
import type { AcceptOptions, Connection } from "@ws/endpoint";

import { assert, type Case, delay, equal, eventually, local, receive, type Test } from "../case.ts";
import { masked, rawConnect, rawOpen, requestHead } from "../raw.ts";
import { get, response } from "./http.ts";

async function listening(t: Test, server: Server, upgrade: (request: IncomingMessage, socket: Duplex, head: Uint8Array) => unknown) {
  server.on("upgrade", upgrade);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.defer(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** Echoes, on every upgrade. */
function echoing(t: Test, server: Server, options: AcceptOptions = {}): Promise<number> {
  return listening(t, server, (request, socket, head) => {
    void t.adapter.acceptUpgrade(request, socket, head, options, { message: (connection, message) => void connection.send(message) });
  });
}

const pages = (): Server => createServer((request, answer) => void answer.end(`page ${request.url ?? ""}`));

export const existingServers: Case[] = [
  local("acceptUpgrade: WebSocket and pages share the port of an http server", async (t) => {
    const port = await echoing(t, pages(), { subprotocols: ["chat"] });
    const connection = await t.connect(`ws://127.0.0.1:${port}/any?path`, { subprotocols: ["chat"] });
    equal(connection.subprotocol, "chat");
    for (const message of ["text", new Uint8Array(100_000).fill(7)]) {
      connection.send(message);
      equal(await receive(connection), message, "echo");
    }
    const page = await rawConnect(t, port);
    page.write(get("/page"));
    equal((await response(page)).body, "page /page");
    connection.close(3000, "bye");
    const { code, wasClean } = await connection.closed;
    equal([code, wasClean], [3000, true]);
  }),
  local("acceptUpgrade: on an https server", async (t) => {
    const { key, cert, ca } = t.setting.certificate;
    const port = await echoing(t, createSecureServer({ key, cert }));
    const connection = await t.connect(`wss://localhost:${port}/`, { tls: { ca }, origin: `https://localhost:${port}` });
    connection.send("secure");
    equal(await receive(connection), "secure");
    connection.close();
    equal((await connection.closed).wasClean, true);
  }),
  local("acceptUpgrade: nothing that came behind the head is lost, nor what comes while upgrade decides", async (t) => {
    let decide: ((answer: object) => void) | undefined;
    const port = await echoing(t, pages(), { upgrade: () => new Promise<object>((resolve) => (decide = resolve)) });
    const peer = await rawConnect(t, port);
    peer.write(requestHead(), masked(Opcode.TEXT, "early"));
    await eventually(() => decide !== undefined, "upgrade is asked");
    peer.write(masked(Opcode.TEXT, "later"));
    decide!({});
    assert((await peer.readHead()).startsWith("HTTP/1.1 101 "), "accepted");
    for (const text of ["early", "later"]) equal(new TextDecoder().decode((await peer.readFrame()).payload), text);
  }),
  local("acceptUpgrade: resolves with the connection and the context of its answer", async (t) => {
    let connected: ((connection: Connection<string>) => void) | undefined;
    const accepted = new Promise<Connection<string>>((resolve) => (connected = resolve));
    const port = await listening(t, pages(), async (request, socket, head) => {
      connected!(await t.adapter.acceptUpgrade(request, socket, head, { upgrade: ({ target }) => ({ context: target }) }));
    });
    const peer = await rawOpen(t, port, "/here");
    const connection = await accepted;
    equal([connection.context, connection.remoteAddress], ["/here", "127.0.0.1"]);
    peer.write(masked(Opcode.TEXT, "Hello"));
    equal(await receive(connection), "Hello");
    connection.abort();
  }),
  local("acceptUpgrade: refusals are answered, and the promise may be ignored", async (t) => {
    const port = await echoing(t, pages(), { upgrade: ({ target }) => (target === "/open" ? {} : { status: 401, body: "who?" }) });
    for (const [target, lines, status] of [
      ["/", [], 401],
      ["/open", ["Origin: https://evil.example"], 403],
      ["/open", ["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="], 400],
      ["/open", ["Sec-WebSocket-Version: 12"], 400],
    ] as const) {
      const peer = await rawConnect(t, port);
      peer.write(requestHead(target, lines));
      equal((await response(peer)).status, status, lines.join());
      await peer.readAll();
    }
    // The process goes on.
    await rawOpen(t, port, "/open");
  }),
  local(
    "acceptUpgrade: options that cannot work reject, which may be ignored as `onError` is told, and are answered with 500",
    async (t) => {
      const errors: unknown[] = [];
      const options = { maxMessageBytes: -1, onError: (error: unknown): unknown => errors.push(error) };
      const port = await listening(t, pages(), (request, socket, head) => {
        const accepted = t.adapter.acceptUpgrade(request, socket, head, options);
        if (request.url === "/heard") accepted.catch((error: unknown) => errors.push(error));
      });
      for (const path of ["/heard", "/ignored"]) {
        errors.length = 0;
        const peer = await rawConnect(t, port);
        peer.write(requestHead(path));
        equal((await response(peer)).status, 500);
        await eventually(() => errors.length === (path === "/heard" ? 2 : 1), `${path}: told`);
        assert(errors[0] instanceof RangeError, "a RangeError");
      }
    },
  ),
  local("acceptUpgrade: a later request of its connection, and no timeout of the HTTP server behind it", async (t) => {
    const server = pages();
    server.keepAliveTimeout = 50;
    const port = await echoing(t, server);
    const peer = await rawConnect(t, port);
    peer.write(get("/1"));
    equal((await response(peer)).body, "page /1");
    peer.write(requestHead());
    assert((await peer.readHead()).startsWith("HTTP/1.1 101 "), "accepted");
    await delay(1_500, "past a deadline");
    peer.write(masked(Opcode.TEXT, "there?"));
    equal(new TextDecoder().decode((await peer.readFrame()).payload), "there?");
  }),
  local(
    "acceptUpgrade: RFC 9112 §9.3.2: behind requests that are not answered yet it is answered behind them",
    async (t) => {
      const answers: (() => void)[] = [];
      const server = createServer((request, answer) => void answers.push(() => answer.end(`page ${request.url ?? ""}`)));
      let asked = 0;
      const port = await listening(t, server, (request, socket, head) => {
        asked++;
        void t.adapter.acceptUpgrade(request, socket, head, {}, { message: (connection, message) => void connection.send(message) });
      });
      const peer = await rawConnect(t, port);
      peer.write(get("/1") + get("/2") + requestHead());
      await eventually(() => answers.length === 2 && asked === 1, "three requests");
      answers[1]!();
      answers[0]!();
      equal([(await response(peer)).body, (await response(peer)).body], ["page /1", "page /2"]);
      assert((await peer.readHead()).startsWith("HTTP/1.1 101 "), "accepted");
    },
    { unless: "no-upgrade-behind-requests" },
  ),
  local("acceptUpgrade: what is not what the event gives, or was given before, is told to onError", async (t) => {
    const errors: unknown[] = [];
    const accept = t.adapter.acceptUpgrade as unknown as (...given: unknown[]) => Promise<unknown>;
    const options = { onError: (error: unknown) => void errors.push(error) };
    const handler = { message: (connection: Connection, message: string | Uint8Array) => void connection.send(message) };
    const port = await listening(t, pages(), (request, socket, head) => {
      void accept(request, head, socket, options, handler);
      void accept(request, socket, undefined, options, handler);
      void accept(undefined, socket, head, options, handler);
      void accept(request, socket, head, options, handler);
      void accept(request, socket, head, options, handler);
    });
    const peer = await rawOpen(t, port);
    peer.write(masked(Opcode.TEXT, "once"));
    equal(new TextDecoder().decode((await peer.readFrame()).payload), "once");
    equal(
      errors.map((error) => (error as Error).name),
      ["TypeError", "TypeError", "TypeError", "InvalidStateError"],
    );
    assert(String(errors[0]).includes("acceptUpgrade(request, socket, rest, options, handler)"), String(errors[0]));
    peer.write(masked(Opcode.TEXT, "again"));
    equal(new TextDecoder().decode((await peer.readFrame()).payload), "again", "one connection alone has the socket");
  }),
];
