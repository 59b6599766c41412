/** Deadlines and signals. */
import { Opcode } from "@ws/codec";

import { assert, type Case, delay, equal, eventually, local, receive, rejects } from "../case.ts";
import { deadline } from "../patience.ts";
import { rawConnect, rawListen, rawOpen, requestHead, masked } from "../raw.ts";

export const time: Case[] = [
  local("a client that says nothing is answered with 408 after `handshakeTimeout`", async (t) => {
    const server = await t.listen({ handshakeTimeout: 150 }, { message: () => undefined });
    const peer = await rawConnect(t, server.port);
    assert((await peer.readHead()).startsWith("HTTP/1.1 408 "), "408");
    await peer.readAll();
  }),
  local("a head that comes one byte at a time is cut off after `handshakeTimeout`", async (t) => {
    const server = await t.listen({ handshakeTimeout: 200 }, { message: () => undefined });
    const peer = await rawConnect(t, server.port);
    const timer = setInterval(() => peer.write("G"), 20);
    t.defer(() => clearInterval(timer));
    assert((await peer.readHead()).startsWith("HTTP/1.1 408 "), "408");
  }),
  local("a client gives up after `handshakeTimeout` when the server says nothing", async (t) => {
    const server = await rawListen(t, () => undefined);
    let patientOne: unknown = "waits";
    const giveUp = new AbortController();
    const other = t.adapter.connect(server.url, { handshakeTimeout: 1e9, signal: giveUp.signal }).catch((error) => (patientOne = error));
    await rejects(t.adapter.connect(server.url, { handshakeTimeout: 150 }), { name: "HandshakeError", code: "HANDSHAKE_TIMEOUT" });
    equal(patientOne, "waits", "an attempt with a longer one");
    giveUp.abort();
    await other;
  }),
  local("an aborted signal: before, during, and after opening", async (t) => {
    const silent = await rawListen(t, () => undefined);
    await rejects(t.adapter.connect(silent.url, { signal: AbortSignal.abort(new Error("never")) }), {
      name: "HandshakeError",
      code: "ABORTED",
    });
    const during = new AbortController();
    setTimeout(() => during.abort(), 50);
    await rejects(t.adapter.connect(silent.url, { signal: during.signal }), { name: "HandshakeError", code: "ABORTED" });
    const server = await t.listen({}, { message: (connection, message) => void connection.send(message) });
    const after = new AbortController();
    const connection = await t.connect(server.url, { signal: after.signal });
    after.abort();
    connection.send("still open");
    equal(await receive(connection), "still open");
  }),
  local("an aborted attempt leaves no connection behind", async (t) => {
    let ended = 0;
    const server = await rawListen(t, async (peer) => {
      await peer.readAll();
      ended++;
      peer.socket.destroy();
    });
    const controller = new AbortController();
    const attempt = t.adapter.connect(server.url, { signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    await rejects(attempt, { code: "ABORTED" });
    await eventually(() => ended === 1, "the server saw the end");
  }),
  local("§5.5.2 keep-alive: a silent peer is pinged, and given up when it does not answer", async (t) => {
    let code: string | undefined;
    const server = await t.listen({ keepAlive: { interval: 100, timeout: 150 } }, async (connection) => {
      code = (await connection.closed).error?.code;
    });
    const peer = await rawOpen(t, server.port);
    equal((await peer.readFrame()).header.opcode, Opcode.PING);
    await eventually(() => code !== undefined, "given up");
    equal(code, "KEEP_ALIVE_TIMEOUT");
    await peer.readAll();
  }),
  local("§5.5.2 keep-alive: a peer that answers stays", async (t) => {
    // Many rounds, and longer than the timeout, which leaves room for a machine that is busy elsewhere.
    const keepAlive = { interval: 40, timeout: deadline(1500) };
    const server = await t.listen({ keepAlive }, { message: () => undefined });
    const connection = await t.connect(server.url, { keepAlive });
    await delay(deadline(1800), "past a deadline");
    equal([connection.state, server.connections.size], ["open", 1]);
  }),
  local("`idleTimeout` closes with 1001", async (t) => {
    const server = await t.listen({ idleTimeout: 150 }, { message: () => undefined });
    const connection = await t.connect(server.url);
    const closed = await connection.closed;
    equal([closed.code, closed.wasClean], [1001, true]);
  }),
  local("an `upgrade` that takes too long is answered with 503", async (t) => {
    let answer: ((answer: object) => void) | undefined;
    const upgrade = (): Promise<object> => new Promise((resolve) => (answer = resolve));
    const server = await t.listen({ handshakeTimeout: deadline(300), upgrade }, { message: () => undefined });
    await rejects(t.adapter.connect(server.url), { status: 503 });
    answer!({});
    await delay(20, "nothing follows");
    equal(server.connections.size, 0, "an answer that comes too late");
  }),
  local("a peer that sends a Close and then nothing is not waited for", async (t) => {
    const server = await t.listen({ closeTimeout: 200 }, { message: () => undefined });
    const peer = await rawOpen(t, server.port);
    peer.write(masked(Opcode.CLOSE, ""));
    // It keeps its half open for ever.
    await eventually(() => server.connections.size === 0, "released");
  }),
  local("more opening handshakes than `maxPendingHandshakes` are answered with 503", async (t) => {
    const server = await t.listen({ maxPendingHandshakes: 2 }, { message: () => undefined });
    const waiting = [await rawConnect(t, server.port), await rawConnect(t, server.port)];
    const third = await rawConnect(t, server.port);
    assert((await third.readHead()).startsWith("HTTP/1.1 503 "), "503");
    waiting[0]!.write(requestHead());
    assert((await waiting[0]!.readHead()).startsWith("HTTP/1.1 101 "), "101");
  }),
];
