/** Against `ws`, in both roles. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";

import { afterEach, describe, expect, test } from "vitest";
import WebSocket, { WebSocketServer } from "ws";

import { connect, listen } from "../src/index.ts";

const cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanup.splice(0).reverse()) await step();
});

const sizes = [0, 1, 125, 126, 127, 65_535, 65_536, 1 << 20];

describe("a `ws` client and our server", () => {
  async function open(path = "/", subprotocols: string[] = []): Promise<WebSocket> {
    const server = await listen(
      { subprotocols: ["chat"] },
      {
        message: (connection, message) => {
          if (message === "close") connection.close(4000, "as asked");
          else connection.send(message);
        },
      },
    );
    cleanup.push(() => server.close({ timeout: 100 }));
    const client = new WebSocket(server.url + path, subprotocols);
    cleanup.push(() => client.terminate());
    await once(client, "open");
    return client;
  }

  test.each(sizes)("echoes %i bytes, binary and text", async (size) => {
    const client = await open();
    client.send(Buffer.alloc(size, 7));
    const [binary, isBinary] = (await once(client, "message")) as [Buffer, boolean];
    expect([binary.equals(Buffer.alloc(size, 7)), isBinary]).toEqual([true, true]);
    client.send("é".repeat(size / 2));
    const [text, isText] = (await once(client, "message")) as [Buffer, boolean];
    expect([text.toString() === "é".repeat(size / 2), isText]).toEqual([true, false]);
  });

  test("§5.4 fragments, §5.5.2 a ping between them", async () => {
    const client = await open();
    client.send("one ", { fin: false });
    client.ping("between");
    client.send("two", { fin: true });
    const [[pong], [message]] = await Promise.all([once(client, "pong"), once(client, "message")]);
    expect([String(pong), String(message)]).toEqual(["between", "one two"]);
  });

  test("§7.1.2 closes from either side, with codes and reasons", async () => {
    const first = await open();
    first.close(4321, "mine");
    expect((await once(first, "close"))[0]).toBe(4321);
    const second = await open();
    second.send("close");
    const [code, reason] = (await once(second, "close")) as [number, Buffer];
    expect([code, reason.toString()]).toEqual([4000, "as asked"]);
  });

  test("§4.2.2 agrees on a subprotocol", async () => {
    const client = await open("/", ["other", "chat"]);
    expect(client.protocol).toBe("chat");
  });

  test("many messages in one turn arrive in order", async () => {
    const client = await open();
    const received: string[] = [];
    const done = new Promise<void>((resolve) =>
      client.on("message", (message) => {
        if (received.push(String(message as Buffer)) === 1_000) resolve();
      }),
    );
    for (let index = 0; index < 1_000; index++) client.send(String(index));
    await done;
    expect(received).toEqual(Array.from({ length: 1_000 }, (_, index) => String(index)));
  });
});

describe("our client and a `ws` server", () => {
  async function serve(options: ConstructorParameters<typeof WebSocketServer>[0] = {}): Promise<{ server: WebSocketServer; url: string }> {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1", maxPayload: 8 << 20, ...options });
    await once(server, "listening");
    cleanup.push(
      () =>
        new Promise((resolve) => {
          for (const client of server.clients) client.terminate();
          server.close(resolve);
        }),
    );
    return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` };
  }

  test.each(sizes)("echoes %i bytes, binary and text", async (size) => {
    const { server, url } = await serve();
    server.on("connection", (socket) => socket.on("message", (message, isBinary) => socket.send(message as Buffer, { binary: isBinary })));
    const connection = await connect(url);
    connection.send(new Uint8Array(size).fill(7));
    connection.send("é".repeat(size / 2));
    const received: (string | Uint8Array)[] = [];
    for await (const message of connection) if (received.push(message) === 2) break;
    expect(received[0]).toEqual(new Uint8Array(size).fill(7));
    expect(received[1] === "é".repeat(size / 2)).toBe(true);
    connection.close(1000);
    expect((await connection.closed).wasClean).toBe(true);
  });

  test("§7.1.2 closes from either side", async () => {
    const { server, url } = await serve();
    server.on("connection", (socket, request) => {
      if (request.url === "/server") socket.close(4000, "theirs");
    });
    expect(await (await connect(`${url}/server`)).closed).toMatchObject({
      code: 4000,
      reason: "theirs",
      wasClean: true,
      initiator: "remote",
    });
    const connection = await connect(url);
    const seen = once([...server.clients][0]!, "close");
    connection.close(4001, "ours");
    expect(await connection.closed).toMatchObject({ code: 4001, wasClean: true, initiator: "local" });
    const [code, reason] = (await seen) as [number, Buffer];
    expect([code, reason.toString()]).toEqual([4001, "ours"]);
  });

  test("§4 headers, subprotocols, refusals", async () => {
    const { server, url } = await serve({
      verifyClient: ({ req }, decide) => decide(req.url !== "/refuse", 403, "not you"),
      handleProtocols: (offered) => (offered.has("chat") ? "chat" : false),
    });
    const asked = once(server, "connection");
    const connection = await connect(url, { headers: { "X-Test": "1" }, subprotocols: ["a", "chat"] });
    const [, request] = (await asked) as [WebSocket, { headers: Record<string, string> }];
    expect([request.headers["x-test"], connection.subprotocol]).toEqual(["1", "chat"]);
    await expect(connect(`${url}/refuse`)).rejects.toMatchObject({ name: "HandshakeError", status: 403 });
  });

  test("§5.5.2 pings both ways", async () => {
    const { server, url } = await serve();
    const opened = once(server, "connection") as Promise<[WebSocket]>;
    const connection = await connect(url);
    expect(await connection.ping()).toBeGreaterThanOrEqual(0);
    const [socket] = await opened;
    socket.ping("x");
    expect(String((await once(socket, "pong"))[0])).toBe("x");
  });
});
