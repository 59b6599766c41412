/** §4.2.2: an answer of `upgrade` may say by which handler its connection is served. */
import type { Connection, ConnectionHandler } from "@ws/endpoint";

import { type Case, equal, local, receive } from "../case.ts";
import { rawConnect, requestHead } from "../raw.ts";
import { response } from "./http.ts";

const named = (name: string): ConnectionHandler => ({ open: (connection) => void connection.send(name) });

class Room {
  readonly #name = "a class";
  open(connection: Connection): void {
    connection.send(this.#name);
  }
}

/** What is no handler, or does not go with the options. */
const WRONG: Record<string, unknown> = {
  "a text": "chat",
  "a name that is none": { onmessage: () => undefined },
  "a handler that is none": { message: "x" },
  "chunk and message": { chunk: () => undefined, message: () => undefined },
  null: null,
};

export const routing: readonly Case[] = [
  local("a `handler` in the answer of `upgrade` serves its connection, any other that of `listen`", async (t) => {
    const routes: Record<string, { handler?: ConnectionHandler }> = {
      "/a": { handler: named("a") },
      "/class": { handler: new Room() },
      "/function": {
        handler: async (connection) => {
          connection.send("a function");
          await connection.closed;
        },
      },
      "/pieces": { handler: { chunk: (connection, chunk, first, last) => void connection.send(`${String(chunk)} ${first} ${last}`) } },
      "/default": {},
    };
    const server = await t.listen({ upgrade: ({ target }) => routes[target] ?? { status: 404 } }, named("listen"));
    const first = async (path: string): Promise<unknown> => {
      const connection = await t.connect(server.url + path);
      if (path === "/pieces") connection.send("x");
      return await receive(connection);
    };
    for (const round of [1, 2]) {
      const said = [await first("/a"), await first("/class"), await first("/function"), await first("/default")];
      equal(said, ["a", "a class", "a function", "listen"], `round ${round}`);
      equal(await first("/pieces"), "x true true");
    }
    const peer = await rawConnect(t, server.port);
    peer.write(requestHead("/none"));
    equal((await response(peer)).status, 404);
  }),
  local("a `handler` in an answer that is none is 500, and a TypeError to `onError`", async (t) => {
    for (const [what, handler] of Object.entries(WRONG)) {
      const errors: unknown[] = [];
      let opened = 0;
      const server = await t.listen(
        { upgrade: () => ({ handler: handler as ConnectionHandler }), onError: (error) => errors.push((error as Error).name) },
        { open: () => void opened++ },
      );
      const peer = await rawConnect(t, server.port);
      peer.write(requestHead());
      equal([(await response(peer)).status, errors, opened], [500, ["TypeError"], 0], what);
    }
  }),
];
