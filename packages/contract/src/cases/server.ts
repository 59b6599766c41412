/** What a server says of itself, and what it and a connection are disposed of by. */
import type { Connection } from "@ws/endpoint";

import { assert, type Case, equal, eventually, local, receive, rejects } from "../case.ts";

const echo = { message: (connection: Connection, message: string | Uint8Array): void => void connection.send(message) };

/** The runtimes whose engines parse `await using`: all but Node 22. */
function parsesAwaitUsing(): boolean {
  const { Deno, Bun } = globalThis as { Deno?: unknown; Bun?: unknown };
  return Deno !== undefined || Bun !== undefined || Number(process.versions.node.split(".")[0]) >= 24;
}

export const serverCases: Case[] = [
  local("a server's `url` reaches it, whatever it listens on", async (t) => {
    const { key, cert, ca } = t.setting.certificate;
    const unix = `${t.setting.folder}/url-${Math.random().toString(36).slice(2)}.sock`;
    for (const secure of [{}, { tls: { key, cert } }]) {
      const scheme = "tls" in secure ? "wss" : "ws";
      for (const [where, host] of [
        [{}, "127.0.0.1"],
        [{ hostname: "127.0.0.1" }, "127.0.0.1"],
        [{ hostname: "localhost" }, "localhost"],
        [{ hostname: "::1" }, "[::1]"],
        [{ unix }, ""],
      ] as const) {
        const server = await t.listen({ ...secure, ...where }, echo);
        const isUnix = "unix" in where;
        equal(server.url, isUnix ? `${scheme}://localhost` : `${scheme}://${host}:${server.port}`);
        equal([server.hostname, server.unix], [host.replace(/[[\]]/g, ""), isUnix ? unix : undefined]);
        assert(isUnix ? server.port === 0 : server.port > 0, `port ${server.port}`);
        const connection = await t.connect(server.url, { tls: { ca, servername: "localhost" }, unix: server.unix });
        connection.send(host);
        equal(await receive(connection), host);
        await server.close({ timeout: 200 });
      }
    }
  }),
  local("a server's `connections` can be looked at while they come and go, and not be changed", async (t) => {
    const server = await t.listen({}, echo);
    const { connections } = server;
    for (const name of ["add", "delete", "clear"]) assert(!(name in connections), name);
    for (let count = 0; count < 3; count++) await t.connect(server.url);
    let met = 0;
    for (const connection of connections) {
      connection.close(1000);
      // One that comes meanwhile is met too.
      if (met++ === 0) await t.connect(server.url);
      await connection.closed;
    }
    equal(met, 4, "met");
    await eventually(() => connections.size === 0, "released");
    for (const _ of connections) assert(false, "nothing is left");
  }),
  local("a server and a connection are disposed of by closing them", async (t) => {
    const server = await t.listen({}, echo);
    const connection = await t.connect(server.url);
    await connection[Symbol.asyncDispose]();
    equal(connection.state, "closed");
    const { code, wasClean, initiator } = await connection.closed;
    equal([code, wasClean, initiator], [1000, true, "local"]);
    const other = await t.connect(server.url);
    await server[Symbol.asyncDispose]();
    equal((await other.closed).code, 1001);
    await rejects(t.adapter.connect(server.url), { name: "HandshakeError" });
    // Closed by hand before: nothing is left to do.
    await connection[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  }),
  local("`await using`, where the runtime has it", async (t) => {
    const program = import("../programs/await-using.ts");
    if (!parsesAwaitUsing()) {
      await rejects(program, { name: "SyntaxError" });
      return;
    }
    const { use } = await program;
    let inner: Connection<undefined> | undefined;
    await use(await t.listen({}, echo), async (server) => {
      await use(await t.connect(server.url), async (connection) => {
        inner = connection;
        connection.send("used");
        equal(await receive(connection), "used");
      });
      equal(inner?.state, "closed");
      equal((await inner!.closed).code, 1000);
      const failed = use(await t.connect(server.url), (connection) => {
        inner = connection;
        throw new RangeError("mine");
      });
      await rejects(failed, { name: "RangeError" });
      equal((await inner!.closed).code, 1000);
      await eventually(() => server.connections.size === 0, "released");
    });
  }),
];
