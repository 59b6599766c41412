/** `acceptUpgrade` beside programs that own the HTTP server, and how it treats strangers there. */
import { once } from "node:events";
import { createServer, get, type Server } from "node:http";
import { connect as connectTcp, type AddressInfo, type Socket } from "node:net";

import express from "express";
import fastify from "fastify";
import Koa from "koa";
import { afterEach, describe, expect, test, vi } from "vitest";

import { acceptUpgrade, connect, HandshakeError } from "../src/index.ts";

const cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanup.splice(0).reverse()) await step();
});

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanup.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** The servers people have, each answering GET / with "page". */
const servers: Record<string, () => Promise<Server>> = {
  "node:http": () => Promise.resolve(createServer((_, response) => response.end("page"))),
  express: () => Promise.resolve(createServer(express().get("/", (_, response) => void response.send("page")))),
  koa: () => {
    const app = new Koa();
    app.use((context) => {
      context.body = "page";
    });
    return Promise.resolve(createServer(app.callback()));
  },
  fastify: async () => {
    const app = fastify();
    app.get("/", () => "page");
    await app.ready();
    return app.server;
  },
};

describe.each(Object.keys(servers))("with %s", (name) => {
  test("WebSocket and pages share the port", async () => {
    const server = await servers[name]!();
    server.on("upgrade", (request, socket, head) => {
      void acceptUpgrade(
        request,
        socket,
        head,
        { subprotocols: ["chat"] },
        { message: (connection, message) => void connection.send(message) },
      );
    });
    const port = await listening(server);
    const connection = await connect(`ws://127.0.0.1:${port}/any?path`, { subprotocols: ["chat"] });
    expect(connection.subprotocol).toBe("chat");
    connection.send("text");
    connection.send(new Uint8Array(100_000));
    const received: (string | Uint8Array)[] = [];
    for await (const message of connection) if (received.push(message) === 2) break;
    expect(received).toEqual(["text", new Uint8Array(100_000)]);
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("page");
    connection.close(1000);
    expect((await connection.closed).wasClean).toBe(true);
  });
});

describe("acceptUpgrade", () => {
  test("resolves with the connection, iterator style, and loses nothing that came with the head", async () => {
    const server = createServer();
    const accepted = new Promise<string>((resolve, reject) => {
      server.on("upgrade", (request, socket, head) => {
        acceptUpgrade(request, socket, head, { upgrade: ({ target }) => ({ context: target }) }).then(async (connection) => {
          for await (const message of connection) {
            resolve(`${connection.context} ${String(message)}`);
            break;
          }
          connection.close();
        }, reject);
      });
    });
    const port = await listening(server);
    const socket = connectTcp(port, "127.0.0.1");
    socket.on("error", () => undefined);
    cleanup.push(() => socket.destroy());
    const head =
      "GET /early HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    // §5.7: a masked "Hello".
    socket.write(Buffer.concat([Buffer.from(head), Buffer.from("818537fa213d7f9f4d5158", "hex")]));
    expect(await accepted).toBe("/early Hello");
  });

  test.each([
    ["§4.2.1 two keys, which node:http lets through", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", 400],
    ["§10.2 a foreign Origin", "Origin: https://evil.example", 403],
    ["§4.1 a body", "Content-Length: 5", 400],
  ])("%s is refused, and an ignored promise ends no process", async (_, line, status) => {
    const server = createServer();
    const rejected = new Promise<unknown>((resolve) => {
      server.on("upgrade", (request, socket, head) => {
        const accepted = acceptUpgrade(request, socket, head);
        accepted.catch(resolve);
      });
    });
    const port = await listening(server);
    const socket = connectTcp(port, "127.0.0.1");
    socket.on("error", () => undefined);
    cleanup.push(() => socket.destroy());
    socket.write(
      `GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n${line}\r\n\r\n`,
    );
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    await once(socket, "end");
    expect(Buffer.concat(chunks).toString()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    const error = await rejected;
    expect(error).toBeInstanceOf(HandshakeError);
    expect((error as HandshakeError).status).toBe(status);
  });

  test("lets the program refuse, and answer other upgrades itself", async () => {
    const server = createServer();
    server.on("upgrade", (request, socket, head) => {
      if (request.url === "/other") socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      else void acceptUpgrade(request, socket, head, { upgrade: () => ({ status: 401, body: "who?" }) });
    });
    const port = await listening(server);
    await expect(connect(`ws://127.0.0.1:${port}/`)).rejects.toMatchObject({ status: 401 });
    await expect(connect(`ws://127.0.0.1:${port}/other`)).rejects.toMatchObject({ status: 404 });
  });

  test("the HTTP server goes on after its socket was taken", async () => {
    const server = createServer((_, response) => response.end("page"));
    server.on("upgrade", (request, socket, head) => void acceptUpgrade(request, socket, head, {}, {}));
    const port = await listening(server);
    const connection = await connect(`ws://127.0.0.1:${port}/`);
    // Its keep-alive and request timeouts have no hold on the socket any more.
    server.closeIdleConnections();
    const status = await new Promise((resolve) =>
      get({ port, host: "127.0.0.1", agent: false }, (response) => resolve(response.resume().statusCode)),
    );
    expect(status).toBe(200);
    expect(connection.state).toBe("open");
    connection.close();
    await connection.closed;
  });

  test("§9.3.2 an upgrade behind unanswered requests is answered behind them", async () => {
    const answer: (() => void)[] = [];
    const server = createServer((request, response) => answer.push(() => response.end(`page ${request.url}`)));
    server.keepAliveTimeout = 50;
    server.on("upgrade", (request, socket, head) => {
      void acceptUpgrade(request, socket, head, {}, { message: (connection, message) => void connection.send(message) });
    });
    const port = await listening(server);
    const peer = tcpPeer(port);
    peer.socket.write("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
    await vi.waitFor(() => expect(answer).toHaveLength(2));
    peer.socket.write(Buffer.concat([Buffer.from(UPGRADE_HEAD), Buffer.from("818537fa213d7f9f4d5158", "hex")]));
    // Time: that nothing is answered yet shows by no event.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(peer.text()).toBe("");
    answer[1]!();
    answer[0]!();
    await vi.waitFor(() => expect(peer.text()).toMatch(/page \/1[^]*page \/2HTTP\/1\.1 101 [^]*Hello$/));
    // The keep-alive timeout of the HTTP server does not reach the connection.
    // Time: the keep-alive timeout of Node's server, 50 ms and its own second, has to pass.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    peer.socket.write(Buffer.from("818537fa213d7f9f4d5158", "hex"));
    await vi.waitFor(() => expect(peer.text()).toMatch(/Hello[^]*Hello$/));
  });

  test("an upgrade behind a response that ends the connection is given up, without open", async () => {
    let answer: (() => void) | undefined;
    const server = createServer((_, response) => (answer = () => response.writeHead(200, { Connection: "close" }).end("page")));
    const open = vi.fn();
    const refused = new Promise<unknown>((resolve) => {
      server.on("upgrade", (request, socket, head) => void acceptUpgrade(request, socket, head, {}, { open }).catch(resolve));
    });
    const port = await listening(server);
    const peer = tcpPeer(port);
    peer.socket.write(`GET / HTTP/1.1\r\nHost: a\r\n\r\n${UPGRADE_HEAD}`);
    await vi.waitFor(() => expect(answer).toBeDefined());
    // Time: the upgrade is to wait behind the response, which shows by no event.
    await new Promise((resolve) => setTimeout(resolve, 20));
    answer!();
    expect(await refused).toBeInstanceOf(HandshakeError);
    await once(peer.socket, "close");
    expect([peer.text().includes("page"), open.mock.calls.length]).toEqual([true, 0]);
  });

  test("a client that leaves while upgrade decides is refused without open", async () => {
    const server = createServer();
    const open = vi.fn();
    let signal: AbortSignal | undefined;
    let decide: (() => void) | undefined;
    server.on("upgrade", (request, socket, head) => {
      const upgrade = (asked: { signal: AbortSignal }): Promise<object> => {
        signal = asked.signal;
        return new Promise((resolve) => (decide = () => resolve({})));
      };
      void acceptUpgrade(request, socket, head, { upgrade }, { open });
    });
    const port = await listening(server);
    for (const leave of ["end", "resetAndDestroy"] as const) {
      signal = undefined;
      const peer = tcpPeer(port);
      peer.socket.write(UPGRADE_HEAD);
      await vi.waitFor(() => expect(signal).toBeDefined());
      peer.socket[leave]();
      await vi.waitFor(() => expect(signal!.aborted).toBe(true));
      decide!();
      // Time: that `open` is not called shows by no event.
      await new Promise((resolve) => setTimeout(resolve, 10));
      expect(open).not.toHaveBeenCalled();
    }
  });
});

const UPGRADE_HEAD =
  "GET /early HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

function tcpPeer(port: number): { socket: Socket; text(): string } {
  const socket = connectTcp(port, "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("error", () => undefined).on("data", (chunk: Buffer) => chunks.push(chunk));
  cleanup.push(() => socket.destroy());
  return { socket, text: () => Buffer.concat(chunks).toString("latin1") };
}
