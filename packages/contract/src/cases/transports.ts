/** The same over TLS and over Unix sockets. */
import { existsSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";

import { assert, type Case, delay, equal, eventually, local, pair, pattern, receive, rejects, type Test } from "../case.ts";

async function exchange(t: Test, url: string, options: object): Promise<void> {
  const connection = await t.connect(url, { maxMessageBytes: 8 << 20, ...options });
  connection.send("text");
  connection.send(pattern(3_000_000));
  equal(await receive(connection), "text");
  equal(await receive(connection), pattern(3_000_000));
  connection.close(3000, "done");
  equal(await connection.closed, { code: 3000, reason: "done", wasClean: true, initiator: "local" });
}

export const transports: Case[] = [
  pair("TLS: messages both ways and a clean end", (t) => exchange(t, t.target.wss, { tls: { ca: t.setting.certificate.ca } }), {
    smoke: true,
  }),
  pair("TLS: an address instead of a name", (t) =>
    exchange(t, t.target.wss.replace("localhost", "127.0.0.1"), { tls: { ca: t.setting.certificate.ca } }),
  ),
  pair("TLS: `servername` is the name that is checked", async (t) => {
    const { ca } = t.setting.certificate;
    await rejects(t.connect(t.target.wss, { tls: { ca, servername: "other.example" } }), {
      name: "HandshakeError",
      code: "TRANSPORT_LOST",
    });
    await t.connect(t.target.wss.replace("localhost", "127.0.0.1"), { tls: { ca, servername: "localhost" } });
  }),
  pair("TLS: a certificate nobody vouches for is refused", async (t) => {
    await rejects(t.connect(t.target.wss), { name: "HandshakeError", code: "TRANSPORT_LOST" });
  }),
  pair("TLS: `wss:` to a server that speaks no TLS, and `ws:` to one that does", async (t) => {
    await rejects(t.connect(t.target.echo.replace("ws:", "wss:"), { handshakeTimeout: 2_000 }), { name: "HandshakeError" });
    await rejects(t.connect(t.target.wss.replace("wss:", "ws:"), { handshakeTimeout: 2_000 }), { name: "HandshakeError" });
    await exchange(t, t.target.wss, { tls: { ca: t.setting.certificate.ca } });
  }),
  local("TLS: a client that vanishes without close_notify is released", async (t) => {
    const { key, cert, ca } = t.setting.certificate;
    let outcome: unknown;
    const server = await t.listen({ tls: { key, cert } }, { close: (_, closed) => void (outcome = [closed.code, closed.wasClean]) });
    // A plain client of ours inside a TLS stream that is then cut.
    const tcp = connectTcp({ port: server.port, host: "127.0.0.1" });
    const tls = connectTls({ socket: tcp, ca, servername: "localhost" });
    tls.on("error", () => undefined);
    tcp.on("error", () => undefined);
    t.defer(() => tcp.destroy());
    await new Promise<void>((resolve) => tls.once("secureConnect", resolve));
    const { requestHead } = await import("../raw.ts");
    tls.write(requestHead());
    await new Promise<void>((resolve) => tls.once("data", () => resolve()));
    equal(server.connections.size, 1);
    tcp.destroy();
    await eventually(() => server.connections.size === 0, "released");
    equal(outcome, [1006, false]);
  }),
  local("TLS: a client that says nothing is not waited for", async (t) => {
    const { key, cert } = t.setting.certificate;
    const server = await t.listen(
      { tls: { key, cert }, handshakeTimeout: 300, closeTimeout: 300, onError: () => undefined },
      { message: () => undefined },
    );
    const tcp = connectTcp({ port: server.port, host: "127.0.0.1" });
    t.defer(() => tcp.destroy());
    let over = false;
    tcp.on("error", () => undefined);
    tcp.on("close", () => (over = true));
    tcp.on("end", () => (over = true));
    tcp.resume();
    await eventually(() => over, "the stream ended");
  }),
  local("TLS: backpressure both ways", async (t) => {
    const { key, cert, ca } = t.setting.certificate;
    let full = 0;
    const server = await t.listen({ tls: { key, cert }, maxBufferedBytes: 64 << 20 }, async (connection) => {
      for (let index = 0; index < 24; index++) {
        if (connection.send(pattern(1 << 20, index)) !== "full") continue;
        full++;
        await connection.ready;
      }
      connection.close(1000);
      await connection.closed;
    });
    const connection = await t.connect(server.url, { tls: { ca } });
    await delay(200, "slow on purpose");
    let index = 0;
    for await (const message of connection) equal(message, pattern(1 << 20, index++), "message");
    equal(index, 24);
    assert(full > 0, `"full" was answered`);
  }),
  pair("Unix socket: messages both ways and a clean end", (t) => exchange(t, "ws://localhost/", { unix: t.target.unix }), { smoke: true }),
  local("Unix socket: no remote address, no port; the path goes with the server", async (t) => {
    const path = `${t.setting.folder}/life.sock`;
    const server = await t.listen({ unix: path }, async (connection) => {
      connection.send(String(connection.remoteAddress));
      await connection.closed;
    });
    equal([server.port, server.hostname, server.unix, server.url, existsSync(path)], [0, "", path, "ws://localhost", true]);
    const connection = await t.connect(server.url, { unix: server.unix });
    equal(await receive(connection), "undefined");
    await rejects(t.listen({ unix: path }, { message: () => undefined }), { code: "EADDRINUSE" });
    await server.close({ timeout: 100 });
    equal(existsSync(path), false, "the path exists");
  }),
  local("TLS on a Unix socket", async (t) => {
    const { key, cert, ca } = t.setting.certificate;
    const unix = `${t.setting.folder}/tls.sock`;
    await t.listen(
      { unix, tls: { key, cert }, maxMessageBytes: 8 << 20 },
      { message: (connection, message) => void connection.send(message) },
    );
    await exchange(t, "wss://localhost/", { unix, tls: { ca } });
  }),
];
