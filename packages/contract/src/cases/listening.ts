/** The listening socket: what comes before a connection is there, and the address once it is closed. */
import { connect as connectTcp, type Socket } from "node:net";
import { fileURLToPath } from "node:url";

import type { CommonListenOptions } from "../adapter.ts";
import { assert, type Case, equal, eventually, local, rejects, type Test } from "../case.ts";
import { countedSignal } from "../counted-signal.ts";
import { runProgramSync } from "../fresh.ts";
import { rawOpen } from "../raw.ts";

const handlers = { message: () => undefined };

/** What a client of TLS begins with, cut off: the header of a record, and not all of it. */
const halfClientHello = Uint8Array.of(22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3);

/** Peers that stop within the TLS handshake, and how many of them are still there. */
async function stuckInTls(t: Test, port: number, count: number): Promise<{ left: () => number }> {
  const sockets = await Promise.all(
    Array.from({ length: count }, (_, index) => {
      const socket: Socket = connectTcp({ port, host: "127.0.0.1" });
      t.defer(() => socket.destroy());
      socket.on("error", () => undefined);
      socket.resume();
      return new Promise<Socket>((resolve) =>
        socket.once("connect", () => {
          if (index % 2 === 0) socket.write(halfClientHello);
          resolve(socket);
        }),
      );
    }),
  );
  const closed = new Set<Socket>();
  for (const socket of sockets) {
    socket.on("end", () => closed.add(socket));
    socket.on("close", () => closed.add(socket));
  }
  return { left: () => count - closed.size };
}

export const listening: Case[] = [
  local("connections that are reset before they are accepted are nobody's error", async (t) => {
    const errors: unknown[] = [];
    const server = await t.listen({ onError: (error) => void errors.push(error) }, handlers);
    // Accepts nothing meanwhile: its turn of the loop does not end.
    runProgramSync(fileURLToPath(new URL("../programs/reset.ts", import.meta.url)), [String(server.port)]);
    await rawOpen(t, server.port);
    equal(errors.map(String), []);
  }),
  local("an address is free once its server is closed", async (t) => {
    const path = `${t.setting.folder}/again-${Math.random().toString(36).slice(2)}.sock`;
    const { key, cert } = t.setting.certificate;
    for (const options of [{}, { unix: path }, { tls: { key, cert } }] as CommonListenOptions[]) {
      let port = 0;
      for (let round = 0; round < 10; round++) {
        const server = await t.listen({ ...options, ...(options.unix === undefined ? { port } : {}) }, handlers);
        port = server.port;
        if (round % 2 === 0)
          await t.connect(server.url.replace("wss:", "ws:"), { unix: options.unix, handshakeTimeout: 200 }).catch(() => undefined);
        await server.close({ timeout: 50 });
      }
    }
  }),
  local("`signal` closes a server, gives up binding, and keeps nothing of a server that is closed", async (t) => {
    const counted = countedSignal();
    const { signal } = counted;
    const reason = new Error("no longer");
    const server = await t.listen({ signal }, handlers);
    const { port } = server;
    const connection = await t.connect(server.url);
    await server.close();
    equal([counted.listeners, (await connection.closed).code], [0, 1001]);
    const again = await t.listen({ port, signal }, handlers);
    const other = await t.connect(again.url);
    equal(counted.listeners, 1);
    counted.abort(reason);
    equal((await other.closed).code, 1001);
    await again.close();
    equal([counted.listeners, again.connections.size], [0, 0]);
    await rejects(t.adapter.connect(again.url), { name: "HandshakeError" });
    const early = t.listen({ port, signal }, handlers);
    equal(await early.catch((error: unknown) => error), reason);
    const given = new AbortController();
    const binding = t.listen({ port, signal: given.signal }, handlers);
    given.abort(reason);
    equal(await binding.catch((error: unknown) => error), reason);
    // Nothing stayed bound.
    await t.listen({ port }, handlers);
  }),
  local("TLS: peers that stop within the handshake are dropped by `handshakeTimeout`", async (t) => {
    const { key, cert } = t.setting.certificate;
    const server = await t.listen({ tls: { key, cert }, handshakeTimeout: 300, closeTimeout: 300 }, handlers);
    const stuck = await stuckInTls(t, server.port, 10);
    await eventually(() => stuck.left() === 0, "all of them are gone");
  }),
  local("TLS: peers that stop within the handshake are gone when the server is closed", async (t) => {
    const { key, cert } = t.setting.certificate;
    const server = await t.listen({ tls: { key, cert }, handshakeTimeout: 60_000 }, handlers);
    const stuck = await stuckInTls(t, server.port, 10);
    await server.close({ timeout: 100 });
    await eventually(() => stuck.left() === 0, "all of them are gone");
  }),
  local("TLS: peers that stop within the handshake are counted by `maxPendingHandshakes`", async (t) => {
    const { key, cert, ca } = t.setting.certificate;
    const server = await t.listen(
      { tls: { key, cert }, handshakeTimeout: 60_000, closeTimeout: 300, maxPendingHandshakes: 4 },
      { message: () => undefined },
    );
    const connection = await t.connect(server.url, { tls: { ca } });
    const stuck = await stuckInTls(t, server.port, 20);
    // Some are let in beyond it to be told so, and no more than as many again.
    await eventually(() => stuck.left() <= 9, "the others are refused");
    assert(stuck.left() >= 4, "those that fit stay");
    equal(connection.state, "open");
  }),
];
