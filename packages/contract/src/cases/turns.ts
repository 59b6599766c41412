/** The program's turn with a message, and what is seen of a connection whose program keeps its turn. */
import { connect } from "node:net";

import { Opcode } from "@ws/codec";
import type { Closed, Connection, ConnectionHandlers } from "@ws/endpoint";

import { type Case, equal, eventually, local } from "../case.ts";
import { deadline } from "../patience.ts";
import { closePayload, masked, rawOpen, type RawPeer, requestHead, unmasked } from "../raw.ts";

const never = (): Promise<void> => new Promise<void>(() => undefined);

const ends: Record<string, (peer: RawPeer) => unknown> = {
  Close: (peer) => peer.write(masked(Opcode.CLOSE, closePayload(1000))),
  FIN: (peer) => peer.socket.end(),
  reset: (peer) => peer.reset(),
  silence: () => undefined,
};

const holding: Record<string, ConnectionHandlers> = {
  "`open` that does not settle": { open: never, message: () => undefined },
  "`open` that awaits the end": { open: (connection) => connection.closed, message: () => undefined },
  "`message` that does not settle": { message: never },
  "`closing` that awaits the end": { message: () => undefined, closing: (connection) => connection.closed },
};

/** Long enough to be asynchronous; a turn that lasts a second is passed, and a busy machine makes a second of little. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const styles: Record<string, ConnectionHandlers | ((connection: Connection) => Promise<void>)> = {
  handlers: { message: (connection, message) => void connection.send(message) },
  "asynchronous handlers": {
    message: async (connection, message) => {
      await turn();
      connection.send(message);
    },
  },
  iteration: async (connection) => {
    for await (const message of connection) {
      await turn();
      connection.send(`${connection.state} ${String(message)}`);
    }
  },
};

const behind: Record<string, Uint8Array> = {
  "a violation": unmasked(Opcode.TEXT, "naked"),
  Close: masked(Opcode.CLOSE, closePayload(1000)),
};

export const turns: Case[] = [
  ...Object.entries(holding).flatMap(([what, handlers]) =>
    Object.entries(ends).map(([end, steps]) =>
      local(`${what} does not hide the end of its connection: ${end}`, async (t) => {
        let closed: Closed | undefined;
        const server = await t.listen(
          { keepAlive: { interval: deadline(300), timeout: deadline(300) }, closeTimeout: deadline(300) },
          {
            ...handlers,
            open: (connection) => {
              void connection.closed.then((outcome) => (closed = outcome));
              return handlers.open?.(connection);
            },
          },
        );
        const peer = await rawOpen(t, server.port);
        if (what.startsWith("`message`")) peer.write(masked(Opcode.TEXT, "a"));
        await eventually(() => server.connections.size === 1, "open");
        steps(peer);
        await eventually(() => closed !== undefined, "closed");
        equal(closed!.wasClean, end === "Close", "clean");
        await eventually(() => server.connections.size === 0, "released");
      }),
    ),
  ),
  ...Object.entries(styles).flatMap(([style, handler]) =>
    Object.entries(behind).map(([what, bytes]) =>
      local(`${style}: a message is answered before ${what} that came in the same segment is acted on`, async (t) => {
        const server = await t.listen({}, handler);
        const peer = await rawOpen(t, server.port);
        peer.write(masked(Opcode.TEXT, "ab"), bytes);
        const answer = await peer.readFrame();
        equal(String.fromCharCode(...answer.payload), style === "iteration" ? "open ab" : "ab");
        equal((await peer.readFrame()).header.opcode, Opcode.CLOSE);
      }),
    ),
  ),
  local(
    "ten peers that flood one-byte messages leave an idle connection and a closing server their turn",
    async (t) => {
      const server = await t.listen({}, async (connection) => {
        for await (const message of connection) {
          connection.send(message);
          await connection.ready;
        }
      });
      const idle = await t.connect(server.url, { keepAlive: false });
      const frame = masked(Opcode.TEXT, "x");
      const flood = new Uint8Array(frame.length * 10_000);
      for (let index = 0; index < 10_000; index++) flood.set(frame, index * frame.length);
      for (let index = 0; index < 10; index++) {
        const socket = connect({ port: server.port, host: "127.0.0.1", noDelay: true });
        t.defer(() => socket.destroy());
        socket.on("error", () => undefined);
        socket.resume();
        socket.write(requestHead());
        socket.write(flood);
      }
      await eventually(() => server.connections.size === 11, "open");
      await idle.ping();
      await server.close({ timeout: 500 });
    },
    { alone: true },
  ),
];
