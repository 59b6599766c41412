/** §7: the closing handshake, started by either side, with every code. */
import { Opcode } from "@ws/codec";
import type { Closed } from "@ws/endpoint";

import { assert, type Case, equal, eventually, local, pair, receive, type Test, thrownBy } from "../case.ts";
import { acceptHead, closePayload, masked, portOf, rawListen, rawOpen, unmasked } from "../raw.ts";

const sendable = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];
const unsendable = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];

let ids = 0;
// Time: a name that no other run has.
const freshId = (): string => `${Date.now()}-${Math.random()}-${ids++}`;

/** How the server saw the end of the connection `id`. */
async function serverSaw(t: Test, id: string): Promise<Closed> {
  const connection = await t.connect(`${t.target.ws}/ended?of=${encodeURIComponent(id)}`);
  return JSON.parse((await receive(connection)) as string) as Closed;
}

export const closing: Case[] = [
  pair(
    "§7.1.2 a closing handshake that the client begins",
    async (t) => {
      const id = freshId();
      const connection = await t.connect(`${t.target.ws}/wait?id=${id}`);
      connection.close(4001, "tschüß");
      // The reason is that of the Close received (§7.1.6), and an answer repeats code and reason.
      equal(await connection.closed, { code: 4001, reason: "tschüß", wasClean: true, initiator: "local" });
      equal(connection.state, "closed");
      equal(await serverSaw(t, id), { code: 4001, reason: "tschüß", wasClean: true, initiator: "remote" });
    },
    { smoke: true },
  ),
  pair(
    "§7.1.2 a closing handshake that the server begins",
    async (t) => {
      const id = freshId();
      const connection = await t.connect(`${t.target.ws}/close?code=4002&reason=genug&id=${id}`);
      for await (const _ of connection) assert(false, "no message");
      equal(await connection.closed, { code: 4002, reason: "genug", wasClean: true, initiator: "remote" });
      const { code, reason, wasClean, initiator } = await serverSaw(t, id);
      equal([code, reason, wasClean, initiator], [4002, "genug", true, "local"]);
    },
    { smoke: true },
  ),
  pair("§7.1.5 a Close without a code is 1005 to the other side", async (t) => {
    const id = freshId();
    const connection = await t.connect(`${t.target.ws}/wait?id=${id}`);
    connection.close();
    const closed = await connection.closed;
    assert(closed.wasClean, "clean");
    equal((await serverSaw(t, id)).code, 1005);
    const other = await t.connect(`${t.target.ws}/close`);
    equal((await other.closed).code, 1005);
  }),
  ...sendable.map((code) =>
    pair(`§7.4 ${code} goes both ways`, async (t) => {
      const id = freshId();
      const mine = await t.connect(`${t.target.ws}/wait?id=${id}`);
      mine.close(code, "r".repeat(123));
      assert((await mine.closed).wasClean, "ours is clean");
      const seen = await serverSaw(t, id);
      equal([seen.code, seen.reason.length], [code, 123]);
      const theirs = await t.connect(`${t.target.ws}/close?code=${code}`);
      equal(await theirs.closed, { code, reason: "", wasClean: true, initiator: "remote" });
    }),
  ),
  ...unsendable.map((code) =>
    pair(`§7.4 ${code} cannot be sent, and fails the connection with 1002 when received`, async (t) => {
      const connection = await t.connect(`${t.target.ws}/wait`);
      assert(thrownBy(() => connection.close(code)) instanceof RangeError, "RangeError");
      equal(connection.state, "open");
      const peer = await rawOpen(t, portOf(t.target.ws), "/wait");
      peer.write(masked(Opcode.CLOSE, closePayload(code)));
      const answer = await peer.readFrame();
      equal([answer.header.opcode, answer.payload[0]! * 256 + answer.payload[1]!], [Opcode.CLOSE, 1002]);
      const rest = await peer.readAll();
      equal(rest.length, 0, "bytes after the Close");
    }),
  ),
  pair("§5.5.1 a Close with one byte fails the connection with 1002", async (t) => {
    const peer = await rawOpen(t, portOf(t.target.ws), "/wait");
    peer.write(masked(Opcode.CLOSE, new Uint8Array([3])));
    equal((await peer.readFrame()).payload.subarray(0, 2), new Uint8Array([0x03, 0xea]));
  }),
  pair("§7.1.1 the server ends the stream first", async (t) => {
    const peer = await rawOpen(t, portOf(t.target.ws), "/wait");
    peer.write(masked(Opcode.CLOSE, closePayload(1000)));
    const answer = await peer.readFrame();
    equal(answer.header.opcode, Opcode.CLOSE);
    // The FIN comes though we keep our side open.
    equal((await peer.readAll()).length, 0, "bytes after the Close");
    peer.socket.end();
    await peer.closed();
    equal(peer.error, undefined, "error");
  }),
  pair("§5.5.1 what was sent before `close` arrives before it", async (t) => {
    const id = freshId();
    const connection = await t.connect(`${t.target.ws}/echo?id=${id}`);
    for (let index = 0; index < 100; index++) connection.send("x".repeat(1_000));
    connection.close(1000);
    equal(connection.send("late"), "closing");
    assert((await connection.closed).wasClean, "clean");
    equal((await serverSaw(t, id)).code, 1000);
  }),
  pair(
    "§7.1.6 a handler that returns closes with 1000, one that throws with 1011",
    async (t) => {
      const returned = await t.connect(`${t.target.ws}/return`);
      equal((await returned.closed).code, 1000);
      const thrown = await t.connect(`${t.target.ws}/throw`);
      equal((await thrown.closed).code, 1011);
    },
    { smoke: true },
  ),
  local("§7.1.6 a client's function: 1000 when its promise is fulfilled, 1011 and `onError` when it is rejected", async (t) => {
    const seen: Closed[] = [];
    const server = await t.listen(
      {},
      { open: (connection) => void connection.send("hello"), close: (_, closed) => void seen.push(closed) },
    );
    let heard: unknown;
    const returned = await t.connect(server.url, {}, async (connection) => {
      heard = await receive(connection);
    });
    equal([(await returned.closed).code, heard, returned.context], [1000, "hello", undefined]);
    const errors: unknown[] = [];
    const thrown = await t.connect(server.url, { onError: (error) => void errors.push(error) }, () => Promise.reject(new Error("mine")));
    equal((await thrown.closed).code, 1011);
    equal(errors.map(String), ["Error: mine"]);
    await eventually(() => seen.length === 2, "the server sees both ends");
    equal(
      seen.map(({ code }) => code),
      [1000, 1011],
    );
  }),
  local("a client with handlers: `open` before `connect` resolves, then messages, drain and close", async (t) => {
    const server = await t.listen({}, { message: (connection, message) => void connection.send(message) });
    const log: string[] = [];
    const connection = await t.connect(
      server.url,
      {},
      {
        open: (opened) => void opened.send("a"),
        message: (opened, message) => {
          log.push(String(message));
          opened.close(1000);
        },
        close: (_, { code }) => void log.push(`close ${code}`),
      },
    );
    await connection.closed;
    await eventually(() => log.length === 2, "close");
    equal(log, ["a", "close 1000"]);
  }),
  pair("both sides close at once", async (t) => {
    for (let round = 0; round < 20; round++) {
      const connection = await t.connect(`${t.target.ws}/close?code=3000`);
      connection.close(3001);
      const closed = await connection.closed;
      assert(closed.wasClean, `clean: ${JSON.stringify(closed)}`);
    }
  }),
  pair("§5.1 an unmasked frame from a client fails the connection with 1002", async (t) => {
    const peer = await rawOpen(t, portOf(t.target.echo));
    peer.write(unmasked(Opcode.TEXT, "naked"));
    equal((await peer.readFrame()).payload.subarray(0, 2), new Uint8Array([0x03, 0xea]));
  }),
  pair("§8.1 text that is not UTF-8 fails the connection with 1007", async (t) => {
    const peer = await rawOpen(t, portOf(t.target.echo));
    peer.write(masked(Opcode.TEXT, new Uint8Array([0x61, 0xc0, 0x80])));
    equal((await peer.readFrame()).payload.subarray(0, 2), new Uint8Array([0x03, 0xef]));
  }),
  local("§5.1 a masked frame from a server fails the connection with 1002", async (t) => {
    let seen: Uint8Array | undefined;
    const server = await rawListen(t, async (peer) => {
      peer.write(acceptHead(await peer.readHead()));
      peer.write(masked(Opcode.TEXT, "disguised"));
      const { payload } = await peer.readFrame();
      seen = payload;
      peer.socket.end();
    });
    const connection = await t.connect(server.url);
    const closed = await connection.closed;
    equal([closed.wasClean, closed.error?.name], [false, "ConnectionError"]);
    assert(seen !== undefined && seen.length >= 2, "a Close frame was sent");
    equal(seen[0]! * 256 + seen[1]!, 1002);
  }),
  local("§7.1.1 a message that is too big fails the connection with 1009", async (t) => {
    const server = await t.listen({ maxMessageBytes: 1_000 }, { message: () => undefined });
    const connection = await t.connect(server.url);
    connection.send(new Uint8Array(1_001));
    equal((await connection.closed).code, 1009);
  }),
  local("a closing handshake that is not answered ends after `closeTimeout`", async (t) => {
    const server = await t.listen({ closeTimeout: 200 }, async (connection) => {
      connection.close(1000);
      const closed = await connection.closed;
      outcome(closed);
    });
    let outcome!: (closed: Closed) => void;
    const ended = new Promise<Closed>((resolve) => (outcome = resolve));
    const peer = await rawOpen(t, server.port);
    equal((await peer.readFrame()).header.opcode, Opcode.CLOSE);
    const closed = await ended;
    equal([closed.wasClean, closed.error?.code], [false, "CLOSE_TIMEOUT"]);
    await peer.readAll();
  }),
  local("`abort` ends at once", async (t) => {
    const server = await t.listen({}, { message: () => undefined });
    const connection = await t.connect(server.url);
    connection.abort();
    const closed = await connection.closed;
    equal([closed.code, closed.wasClean, closed.initiator], [1006, false, "local"]);
  }),
];
