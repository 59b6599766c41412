/** Streams that end without a closing handshake, at every stage and in both roles. */
import { Opcode } from "@ws/codec";
import type { Closed } from "@ws/endpoint";

import { assert, type Case, delay, equal, eventually, local, receive, rejects } from "../case.ts";
import { acceptHead, masked, rawConnect, rawListen, rawOpen, type RawPeer, requestHead, unmasked } from "../raw.ts";

const big = new Uint8Array(1 << 20);

/** What a client does before it vanishes; `opened` says whether the server ever had a connection. */
const clientStages: Record<string, { opened: boolean; steps(peer: RawPeer): unknown }> = {
  "before the request": { opened: false, steps: () => undefined },
  "in the middle of the head": { opened: false, steps: (peer) => peer.write("GET / HTTP/1.1\r\nHost: a\r\nUpgr") },
  "right behind the request": { opened: true, steps: (peer) => peer.write(requestHead()) },
  "when open": {
    opened: true,
    steps: async (peer) => {
      peer.write(requestHead());
      await peer.readHead();
    },
  },
  "in the middle of a frame's header": {
    opened: true,
    steps: async (peer) => {
      peer.write(requestHead());
      await peer.readHead();
      peer.write(masked(Opcode.BINARY, big).subarray(0, 7));
    },
  },
  "in the middle of a message": {
    opened: true,
    steps: async (peer) => {
      peer.write(requestHead());
      await peer.readHead();
      peer.write(masked(Opcode.TEXT, "half", { fin: false }));
      peer.write(masked(Opcode.CONTINUATION, big).subarray(0, 500_000));
    },
  },
  "behind its Close": {
    opened: true,
    steps: async (peer) => {
      peer.write(requestHead());
      await peer.readHead();
      peer.write(masked(Opcode.CLOSE, ""));
    },
  },
};

export const loss: Case[] = [
  ...(["reset", "FIN"] as const).flatMap((how) =>
    Object.entries(clientStages).map(([stage, { opened, steps }]) =>
      local(`a client's ${how} ${stage} releases everything, and the server goes on`, async (t) => {
        const outcomes: Closed[] = [];
        const errors: unknown[] = [];
        const server = await t.listen(
          { closeTimeout: 500, onError: (error) => errors.push(error) },
          { message: (connection, message) => void connection.send(message), close: (_, closed) => void outcomes.push(closed) },
        );
        const peer = await rawConnect(t, server.port);
        await steps(peer);
        await delay(20, "at another moment");
        if (how === "reset") peer.reset();
        else peer.socket.end();
        if (opened) {
          await eventually(() => outcomes.length === 1 || (how === "reset" && server.connections.size === 0), "closed");
          if (outcomes.length === 1 && stage !== "behind its Close") {
            const { code, wasClean, initiator } = outcomes[0]!;
            equal([code, wasClean, initiator], [1006, false, "remote"]);
          }
        }
        await eventually(() => server.connections.size === 0, "no connection is left");
        await peer.closed();
        equal(errors, [], "errors");
        const connection = await t.connect(server.url);
        connection.send("well");
        equal(await receive(connection), "well");
      }),
    ),
  ),
  local("a client's reset while the server sends much", async (t) => {
    let outcome: Closed | undefined;
    const server = await t.listen({}, async (connection) => {
      while (connection.send(big) !== "closing") await connection.ready;
      outcome = await connection.closed;
    });
    const peer = await rawOpen(t, server.port);
    await delay(50, "at another moment");
    peer.reset();
    await eventually(() => outcome !== undefined, "closed");
    equal([outcome!.code, outcome!.wasClean], [1006, false]);
    await eventually(() => server.connections.size === 0, "released");
  }),
  ...(
    [
      ["before the response", (peer: RawPeer) => peer.readHead()],
      ["in the middle of the response", async (peer: RawPeer) => peer.write(acceptHead(await peer.readHead()).slice(0, 40))],
    ] satisfies [string, (peer: RawPeer) => unknown][]
  ).map(([stage, steps]) =>
    local(`a server's reset ${stage} rejects \`connect\``, async (t) => {
      const server = await rawListen(t, async (peer) => {
        await steps(peer);
        await delay(20, "at another moment");
        peer.reset();
      });
      const error = await rejects(t.adapter.connect(server.url), { name: "HandshakeError" });
      assert(["TRANSPORT_LOST", "ENDED_EARLY"].includes(String(error.code)), String(error.code));
    }),
  ),
  ...(["reset", "FIN"] as const).map((how) =>
    local(`a server's ${how} when open ends the iteration with an error`, async (t) => {
      const server = await rawListen(t, async (peer) => {
        peer.write(acceptHead(await peer.readHead()));
        peer.write(unmasked(Opcode.TEXT, "last words"));
        await delay(50, "at another moment");
        if (how === "reset") peer.reset();
        else peer.socket.end();
      });
      const connection = await t.connect(server.url);
      const received: unknown[] = [];
      let error: unknown;
      try {
        for await (const message of connection) received.push(message);
      } catch (thrown) {
        error = thrown;
      }
      equal(received, ["last words"]);
      assert(error instanceof t.adapter.ConnectionError, `ConnectionError, not ${String(error)}`);
      equal(error.code, "TRANSPORT_LOST");
      const { code, wasClean, initiator } = await connection.closed;
      equal([code, wasClean, initiator], [1006, false, "remote"]);
    }),
  ),
  local("a handler that throws is closed with 1011, and the error goes to `onError`; the server goes on", async (t) => {
    const errors: unknown[] = [];
    const server = await t.listen(
      { onError: (error) => errors.push(error) },
      {
        message: (connection, message) => {
          if (message === "throw") throw new Error("on purpose");
          if (message === "reject") return Promise.reject(new Error("on purpose"));
          connection.send(message);
          return undefined;
        },
      },
    );
    for (const how of ["throw", "reject"]) {
      const connection = await t.connect(server.url);
      connection.send(how);
      equal((await connection.closed).code, 1011);
    }
    equal(errors.map(String), ["Error: on purpose", "Error: on purpose"]);
    const connection = await t.connect(server.url);
    connection.send("well");
    equal(await receive(connection), "well");
  }),
  local("nobody listens: `connect` rejects", async (t) => {
    const server = await rawListen(t, () => undefined);
    await t.end();
    await rejects(t.adapter.connect(server.url), { name: "HandshakeError", code: "TRANSPORT_LOST" });
  }),
  local("a port in use: `listen` rejects with EADDRINUSE", async (t) => {
    const server = await t.listen({}, { message: () => undefined });
    await rejects(t.listen({ port: server.port }, { message: () => undefined }), { code: "EADDRINUSE" });
  }),
];
