/** §4: the opening handshake. */
import { Opcode } from "@ws/codec";

import { assert, type Case, delay, equal, eventually, local, pair, receive, rejects } from "../case.ts";
import { acceptHead, masked, portOf, rawConnect, rawListen, rawOpen, requestHead, unmasked } from "../raw.ts";

interface Seen {
  headers: [string, string][];
  subprotocol: string;
  remoteAddress: string;
}

async function status(t: Parameters<Case["run"]>[0], port: number, head: string): Promise<{ status: number; head: string; body: string }> {
  const peer = await rawConnect(t, port);
  peer.write(head);
  const answer = await peer.readHead();
  const length = Number(/^content-length: *(\d+)/im.exec(answer)?.[1] ?? 0);
  const body = new TextDecoder().decode(await peer.read(length));
  return { status: Number(/^HTTP\/1\.1 (\d+) /.exec(answer)?.[1]), head: answer, body };
}

export const handshake: Case[] = [
  local("`origin` that does not answer true or false at once is 500, and goes to `onError`: a promise opens no door", async (t) => {
    const errors: unknown[] = [];
    const answers = [async () => true, () => Promise.reject(new Error("origin")), () => 5, () => undefined, () => null];
    for (const origin of answers) {
      const server = await t.listen(
        { allowedOrigins: origin as never, onError: (error) => errors.push((error as Error).name) },
        { message: () => undefined },
      );
      const peer = await rawConnect(t, server.port);
      peer.write(requestHead("/", ["Origin: https://evil.example"]));
      assert((await peer.readHead()).startsWith("HTTP/1.1 500 "), "500");
    }
    equal(
      errors,
      answers.map(() => "TypeError"),
    );
  }),
  pair(
    "§1.3 the accept key of the RFC's example",
    async (t) => {
      const peer = await rawConnect(t, portOf(t.target.echo));
      peer.write(requestHead());
      const head = await peer.readHead();
      assert(/^HTTP\/1\.1 101 /.test(head), head);
      assert(/^sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r$/im.test(head), head);
    },
    { smoke: true },
  ),
  pair("§4.1 the request's headers arrive, in order, with their letter case", async (t) => {
    const connection = await t.connect(`${t.target.ws}/request?a=b`, {
      headers: [
        ["X-One", "1"],
        ["x-two", "2"],
        ["X-One", "3"],
      ],
    });
    const seen = JSON.parse((await receive(connection)) as string) as Seen;
    equal(
      seen.headers.filter(([name]) => /^x-/i.test(name)),
      [
        ["X-One", "1"],
        ["x-two", "2"],
        ["X-One", "3"],
      ],
    );
    equal(seen.remoteAddress, "127.0.0.1", "remoteAddress");
    equal(connection.remoteAddress, "127.0.0.1", "remoteAddress of the client");
    equal(
      connection.response?.headers.find(([name]) => name === "X-Server"),
      ["X-Server", "contract"],
      "header of the response",
    );
  }),
  pair(
    "§4.2.2 subprotocols: one of those offered, or none",
    async (t) => {
      const both = await t.connect(`${t.target.ws}/request`, { subprotocols: ["other", "chat"] });
      equal(both.subprotocol, "chat");
      equal((JSON.parse((await receive(both)) as string) as Seen).subprotocol, "chat");
      const none = await t.connect(t.target.ws, { subprotocols: ["other"] });
      equal(none.subprotocol, "");
      const unasked = await t.connect(t.target.ws);
      equal(unasked.subprotocol, "");
    },
    { smoke: true },
  ),
  pair(
    "§4.2.2 a refused upgrade: status, headers and body reach the client",
    async (t) => {
      const error = await rejects(t.connect(`${t.target.ws}/refuse?status=401`), {
        name: "HandshakeError",
        code: "UNEXPECTED_STATUS",
        status: 401,
      });
      assert(error instanceof t.adapter.HandshakeError, "HandshakeError");
      equal(
        error.headers.find(([name]) => name.toLowerCase() === "x-reason"),
        ["X-Reason", "test"],
      );
      equal(new TextDecoder().decode(error.body), "not today\n");
    },
    { smoke: true },
  ),
  pair("§10.2 an Origin that is not allowed is answered with 403", async (t) => {
    await rejects(t.connect(t.target.ws, { origin: "https://evil.example" }), { status: 403 });
    await rejects(t.connect(t.target.echo, { origin: "https://evil.example" }), { status: 403 });
    await t.connect(t.target.ws, { origin: "https://allowed.example" });
    await t.connect(t.target.echo, { origin: `http://127.0.0.1:${portOf(t.target.echo)}` });
  }),
  pair("§4.4 another version is answered with 426 and the version we speak", async (t) => {
    const answer = await status(t, portOf(t.target.echo), requestHead().replace("Version: 13", "Version: 8"));
    equal(answer.status, 426);
    assert(/^sec-websocket-version: 13\r$/im.test(answer.head), answer.head);
  }),
  ...(
    [
      ["no key", 400, requestHead().replace(/Sec-WebSocket-Key: .*\r\n/, "")],
      ["a short key", 400, requestHead("/", [], "c2hvcnQ=")],
      ["two keys", 400, requestHead("/", ["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="])],
      ["no Host", 400, requestHead().replace(/Host: .*\r\n/, "")],
      ["two Hosts", 400, requestHead("/", ["Host: other"])],
      ["POST", 405, requestHead().replace("GET", "POST").replace("\r\n\r\n", "\r\nContent-Length: 0\r\n\r\n")],
      ["HTTP/0.9", 505, requestHead().replace("HTTP/1.1", "HTTP/0.9")],
      ["a space before a colon", 400, requestHead("/", ["X-Smuggled : 1"])],
      ["a bare line feed", 400, "GET / HTTP/1.1\nHost: a\n\n"],
      [
        "101 headers",
        431,
        requestHead(
          "/",
          Array.from({ length: 101 }, (_, index) => `X-${index}: 1`),
        ),
      ],
      ["a head of 20 KiB", 431, requestHead("/", [`X-Long: ${"x".repeat(20_000)}`])],
      ["garbage", 400, "\x16\x03\x01\x02\x00 what is this\r\n\r\n"],
    ] satisfies [string, number, string][]
  ).map(([name, expected, head]) =>
    pair(`§4.2.1 ${name} is answered with ${expected}`, async (t) => {
      equal((await status(t, portOf(t.target.echo), head)).status, expected);
      // And the server is as well as before.
      await t.connect(t.target.echo);
    }),
  ),
  pair("§4.2.1 HTTP/1.0 opens nothing: 400, or an ordinary request where those are served", async (t) => {
    const head = requestHead().replace("HTTP/1.1", "HTTP/1.0");
    equal((await status(t, portOf(t.target.echo), head)).status, t.target.path === "fetch" ? 200 : 400);
  }),
  pair("§4.2.1 `Upgrade` and `Connection` are lists of case-insensitive tokens", async (t) => {
    const head = requestHead()
      .replace("Upgrade: websocket", "Upgrade: h2c, WebSocket")
      .replace("Connection: Upgrade", "Connection: keep-alive, UPGRADE");
    const peer = await rawConnect(t, portOf(t.target.echo));
    peer.write(head);
    assert((await peer.readHead()).startsWith("HTTP/1.1 101 "), "accepted");
  }),
  pair(
    "frames that arrive with the request are not lost",
    async (t) => {
      for (const path of ["/", "/echo?wait=30"]) {
        const peer = await rawConnect(t, portOf(path === "/" ? t.target.echo : t.target.ws));
        const request = new TextEncoder().encode(requestHead(path));
        const frames = [masked(Opcode.TEXT, "early"), masked(Opcode.TEXT, "bird", { fin: false })];
        const length = frames.reduce((sum, frame) => sum + frame.length, request.length);
        const together = new Uint8Array(length);
        together.set(request);
        together.set(frames[0]!, request.length);
        together.set(frames[1]!, request.length + frames[0]!.length);
        peer.write(together);
        await peer.readHead();
        equal(String.fromCharCode(...(await peer.readFrame()).payload), "early");
        peer.write(masked(Opcode.CONTINUATION, "s"));
        equal(String.fromCharCode(...(await peer.readFrame()).payload), "birds");
      }
    },
    { smoke: true },
  ),
  pair(
    "a message that the server sends at once is not lost",
    async (t) => {
      for (let round = 0; round < 20; round++) {
        const connection = await t.connect(`${t.target.ws}/hello`);
        if (round % 2 === 1) await delay(5, "at another moment");
        equal(await receive(connection), "hello");
        connection.close();
      }
    },
    { smoke: true },
  ),
  local("frames that arrive with the response are not lost", async (t) => {
    const server = await rawListen(t, async (peer) => {
      const head = new TextEncoder().encode(acceptHead(await peer.readHead()));
      const frame = unmasked(Opcode.TEXT, "with the head");
      const together = new Uint8Array(head.length + frame.length);
      together.set(head);
      together.set(frame, head.length);
      peer.write(together);
    });
    const connection = await t.connect(server.url);
    equal(await receive(connection), "with the head");
  }),
  ...(
    [
      ["a wrong accept key", "RESPONSE_ACCEPT", (request: string) => acceptHead(request).replace(/Accept: ..../, "Accept: AAAA")],
      ["no Upgrade", "RESPONSE_UPGRADE", (request: string) => acceptHead(request).replace("Upgrade: websocket\r\n", "")],
      ["no Connection", "RESPONSE_CONNECTION", (request: string) => acceptHead(request).replace("Connection: Upgrade\r\n", "")],
      [
        "a subprotocol nobody offered",
        "SUBPROTOCOL_NOT_OFFERED",
        (request: string) => acceptHead(request, ["Sec-WebSocket-Protocol: surprise"]),
      ],
      [
        "an extension nobody offered",
        "EXTENSION_NOT_OFFERED",
        (request: string) => acceptHead(request, ["Sec-WebSocket-Extensions: surprise"]),
      ],
      ["garbage", "MALFORMED_START_LINE", () => "220 smtp ready\r\n\r\n"],
      ["its end", "ENDED_EARLY", () => ""],
    ] satisfies [string, string, (request: string) => string][]
  ).map(([name, code, answer]) =>
    local(`§4.1 a client does not accept a response with ${name}`, async (t) => {
      const server = await rawListen(t, async (peer) => {
        peer.write(answer(await peer.readHead()));
        peer.socket.end();
      });
      await rejects(t.adapter.connect(server.url), { name: "HandshakeError", code });
    }),
  ),
  local("`upgrade` gives a context and may choose the subprotocol", async (t) => {
    const server = await t.listen(
      { subprotocols: ["a", "b"], upgrade: (request) => ({ context: { path: request.target }, subprotocol: "b" }) },
      (connection) => {
        connection.send(connection.context.path);
        return connection.closed;
      },
    );
    const connection = await t.connect(`${server.url}/place?x`, { subprotocols: ["a", "b"] });
    equal([connection.subprotocol, await receive(connection)], ["b", "/place?x"]);
  }),
  local("`upgrade` that throws is answered with 500, and the error goes to `onError`", async (t) => {
    const errors: unknown[] = [];
    const server = await t.listen(
      { upgrade: () => Promise.reject(new Error("on purpose")), onError: (error) => errors.push(error) },
      { message: () => undefined },
    );
    await rejects(t.adapter.connect(server.url), { status: 500 });
    equal(errors.map(String), ["Error: on purpose"]);
  }),
  local("more connections than `maxConnections` are answered with 503", async (t) => {
    const server = await t.listen({ maxConnections: 1 }, { message: () => undefined });
    const first = await t.connect(server.url);
    await rejects(t.adapter.connect(server.url), { status: 503 });
    first.close();
    await eventually(() => server.connections.size === 0, "a place that is free again");
    await t.connect(server.url);
  }),
  local("an open connection is listed with its context until it is closed", async (t) => {
    const server = await t.listen({ upgrade: () => ({ context: "one" }) }, { message: () => undefined });
    const peer = await rawOpen(t, server.port);
    await t.connect(server.url);
    equal(
      [...server.connections].map(({ context }) => context),
      ["one", "one"],
    );
    peer.socket.destroy();
    for (const connection of server.connections) connection.close();
    await eventually(() => server.connections.size === 0, "closed");
  }),
  local("usage errors are rejections: a scheme, a fragment, a header that cannot be sent", async (t) => {
    await rejects(t.adapter.connect("ftp://127.0.0.1/"), { name: "TypeError" });
    await rejects(t.adapter.connect("not a url"), { name: "TypeError" });
    await rejects(t.adapter.connect("ws://127.0.0.1:9/#here"), { name: "TypeError" });
    await rejects(t.adapter.connect("ws://127.0.0.1:9/", { headers: [["X-Split", "a\r\nb: c"]] }), { name: "TypeError" });
    await rejects(t.adapter.listen({ port: 0, maxMessageBytes: -1 }, { message: () => undefined }), { name: "RangeError" });
  }),
];
