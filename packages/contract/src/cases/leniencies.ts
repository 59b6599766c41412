/** The option `lenient`: what is refused by default passes by its name, and by no other. */
import { decodeClosePayload, Opcode } from "@ws/codec";
import type { ClientLeniencies, Connection, ServerLeniencies } from "@ws/endpoint";

import { assert, type Case, equal, eventually, local, receive, rejects, type Test } from "../case.ts";
import { acceptHead, masked, rawConnect, rawListen, type RawPeer, requestHead, unmasked } from "../raw.ts";
import { get, response } from "./http.ts";

/** "Hello" with its length in 16 bits. */
function lengthened(frame: Uint8Array): Uint8Array {
  return Uint8Array.of(frame[0]!, (frame[1]! & 128) | 126, 0, frame[1]! & 127, ...frame.subarray(2));
}

const SERVER: readonly [leniency: keyof ServerLeniencies, code: string, what: string, head: string, frame?: Uint8Array][] = [
  ["strayKeyBits", "MALFORMED_KEY", "the key of RFC 6455 §4.1", requestHead("/", [], "AQIDBAUGBwgJCgsMDQ4PEC==")],
  ["leadingEmptyLines", "MALFORMED_START_LINE", "empty lines", `\r\n\r\n${requestHead()}`],
  ["emptyHandshakeFields", "MALFORMED_SUBPROTOCOLS", "an empty subprotocol", requestHead("/", ["Sec-WebSocket-Protocol:"])],
  ["emptyHandshakeFields", "MALFORMED_EXTENSIONS", "an empty extension", requestHead("/", ["Sec-WebSocket-Extensions: "])],
  ["nonMinimalLengths", "LENGTH_NOT_MINIMAL", "5 in 16 bits", requestHead(), lengthened(masked(Opcode.TEXT, "Hello"))],
];

const SWITCHING = "HTTP/1.1 101 Switching Protocols";
type Answer = (request: string) => string;
const CLIENT: readonly [leniency: keyof ClientLeniencies, code: string, what: string, answer: Answer, frame?: Uint8Array][] = [
  ["missingReasonSpace", "MALFORMED_START_LINE", "no space", (request) => acceptHead(request).replace(SWITCHING, "HTTP/1.1 101")],
  [
    "emptyHandshakeFields",
    "SUBPROTOCOL_NOT_OFFERED",
    "an empty subprotocol",
    (request) => acceptHead(request, ["Sec-WebSocket-Protocol: "]),
  ],
  ["emptyHandshakeFields", "MALFORMED_EXTENSIONS", "an empty extension", (request) => acceptHead(request, ["Sec-WebSocket-Extensions:"])],
  ["nonMinimalLengths", "LENGTH_NOT_MINIMAL", "5 in 16 bits", (request) => acceptHead(request), lengthened(unmasked(Opcode.TEXT, "Hello"))],
];

type Chosen = Readonly<Record<string, boolean>> | undefined;

/** By default, with one leniency, and with all others: whether each lets the breach pass. */
function choices<Name extends string>(table: readonly (readonly [Name, ...unknown[]])[], leniency: Name): [Chosen, passes: boolean][] {
  const names = [...new Set(table.map(([name]) => name))];
  const having = (chosen: (name: Name) => boolean): Chosen => Object.fromEntries(names.map((name) => [name, chosen(name)]));
  return [
    [undefined, false],
    [having((name) => name !== leniency), false],
    [having((name) => name === leniency), true],
  ];
}

/** What the server makes of a head and a frame behind it: the echo, or a code. */
async function outcome(peer: RawPeer, head: string, frame: Uint8Array): Promise<string> {
  peer.write(head, frame);
  const answer = await peer.readHead();
  if (!answer.startsWith("HTTP/1.1 101 ")) return answer.slice(9, 12);
  const { header, payload } = await peer.readFrame();
  return header.opcode === Opcode.CLOSE ? `closed ${closeCode(payload)}` : new TextDecoder().decode(payload);
}

function closeCode(payload: Uint8Array): unknown {
  const decoded = decodeClosePayload(payload);
  return "code" in decoded ? decoded.code : decoded;
}

async function serverCase(t: Test, [leniency, code, what, head, frame]: (typeof SERVER)[number]): Promise<void> {
  for (const [lenient, passes] of choices(SERVER, leniency)) {
    const codes: string[] = [];
    const targets: (string | undefined)[] = [];
    const server = await t.listen(
      { lenient, onRefused: (error) => codes.push(error.code) },
      {
        message: (connection, message) => void connection.send(message),
        open: ({ request }: Connection) => targets.push(request?.target),
        close: (_, { error }) => error !== undefined && codes.push(error.code),
      },
    );
    const peer = await rawConnect(t, server.port);
    const found = await outcome(peer, head, frame ?? masked(Opcode.TEXT, "Hello"));
    equal(found, passes ? "Hello" : frame === undefined ? "400" : "closed 1002", `${what} with ${JSON.stringify(lenient)}`);
    // The connection reads its request again when it is asked.
    if (passes || frame !== undefined) equal(targets, ["/"]);
    peer.socket.destroy();
    if (!passes) await eventually(() => codes.length === 1, "told");
    if (!passes) equal(codes, [code]);
    await server.close({ timeout: 1 });
  }
}

async function clientCase(t: Test, [leniency, code, what, answer, frame]: (typeof CLIENT)[number]): Promise<void> {
  const { url } = await rawListen(t, async (peer) => {
    peer.write(answer(await peer.readHead()), frame ?? unmasked(Opcode.TEXT, "Hello"));
    await peer.readAll();
    peer.socket.end();
  });
  for (const [lenient, passes] of choices(CLIENT, leniency)) {
    const name = `${what} with ${JSON.stringify(lenient)}`;
    if (passes) {
      const connection = await t.connect(url, { lenient });
      equal([await receive(connection), connection.subprotocol, connection.extensions], ["Hello", "", ""], name);
    } else if (frame === undefined) await rejects(t.adapter.connect(url, { lenient }), { name: "HandshakeError", code });
    else equal((await (await t.connect(url, { lenient })).closed).error?.code, code, name);
  }
}

/** Whatever a server waives. */
const ALL_OF_A_SERVER: Required<ServerLeniencies> = {
  nonMinimalLengths: true,
  emptyHandshakeFields: true,
  strayKeyBits: true,
  leadingEmptyLines: true,
};

const nothing = { message: () => undefined };

export const leniencies: readonly Case[] = [
  ...SERVER.map((row) => local(`§4.2.1, §5.2 lenient.${row[0]}, server: alone it lets pass ${row[2]}`, (t) => serverCase(t, row))),
  ...CLIENT.map((row) => local(`§4.1, §5.2 lenient.${row[0]}, client: alone it lets pass ${row[2]}`, (t) => clientCase(t, row))),
  local("§5.1 no leniency lets an unmasked frame pass, nor a masked one to a client", async (t) => {
    const server = await t.listen({ lenient: ALL_OF_A_SERVER }, nothing);
    const peer = await rawConnect(t, server.port);
    equal(await outcome(peer, requestHead(), unmasked(Opcode.TEXT, "Hello")), "closed 1002");
    const { url } = await rawListen(t, async (raw) => {
      raw.write(acceptHead(await raw.readHead()), masked(Opcode.TEXT, "Hello"));
      await raw.readFrame();
      raw.socket.end();
    });
    const lenient = { nonMinimalLengths: true, emptyHandshakeFields: true, missingReasonSpace: true };
    equal((await (await t.connect(url, { lenient })).closed).error?.code, "MASK_UNEXPECTED");
  }),
  local(
    "RFC 9112 §2.2 lenient.leadingEmptyLines holds for each request of a port with `fetch`, and an upgrade behind them",
    async (t) => {
      const bodies: string[] = [];
      const fetch = async (request: Request): Promise<Response> => {
        bodies.push(await request.text());
        return new Response(new URL(request.url).pathname);
      };
      const server = await t.listen({ fetch, lenient: { leadingEmptyLines: true } }, { message: (one, message) => void one.send(message) });
      const peer = await rawConnect(t, server.port);
      // As old clients end a body: "an extra CRLF after a POST request", which its Content-Length does not count.
      const post = "POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi\r\n";
      for (const [head, path] of [
        [`\r\n${get("/first")}`, "/first"],
        [post, "/post"],
        [post + get("/pipelined"), "/post"],
        ["", "/pipelined"],
        [`\r\n\r\n\r\n${get("/last")}`, "/last"],
      ] as const) {
        if (head !== "") peer.write(head);
        const { status, body } = await response(peer);
        equal([status, body], [200, path]);
      }
      equal(bodies, ["", "hi", "hi", "", ""]);
      peer.write("\r");
      equal(await outcome(peer, `\n${requestHead()}`, masked(Opcode.TEXT, "Hello")), "Hello");
    },
    { anyPath: true },
  ),
  local(
    "lenient.leadingEmptyLines: an empty line behind the last request begins none: no answer to it, and nobody is told of its end",
    async (t) => {
      const refused: string[] = [];
      const options = { lenient: { leadingEmptyLines: true }, onRefused: ({ code }: { code: string }) => refused.push(code) };
      const server = await t.listen({ fetch: () => new Response("x"), ...options }, nothing);
      const peer = await rawConnect(t, server.port);
      peer.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi\r\n");
      equal((await response(peer)).status, 200);
      // What is sent now has been read when the answer to the request behind it comes.
      peer.write(`\r\n${get("/")}\r\n`);
      equal((await response(peer)).status, 200);
      peer.socket.end();
      equal((await peer.readAll()).length, 0, "bytes behind the answers");
      equal(refused, []);
    },
    { anyPath: true },
  ),
  local(
    "acceptUpgrade: lenient waives rules of the request as the host's HTTP server has read it, which ignores empty lines by itself",
    async (t) => {
      for (const [leniency, , what, head, frame] of SERVER) {
        const found: string[] = [];
        for (const [lenient] of choices(SERVER, leniency)) {
          const port = await hosting(t, lenient);
          found.push(await outcome(await rawConnect(t, port), head, frame ?? masked(Opcode.TEXT, "Hello")));
        }
        if (leniency === "leadingEmptyLines") equal(found, ["Hello", "Hello", "Hello"], "whatever is waived");
        else equal(found, frame === undefined ? ["400", "400", "Hello"] : ["closed 1002", "closed 1002", "Hello"], what);
      }
    },
    { anyPath: true },
  ),
];

/** A program's own HTTP server, that hands its upgrades over. */
async function hosting(t: Test, lenient: Chosen): Promise<number> {
  const { createServer } = await import("node:http");
  const server = createServer();
  server.on("upgrade", (request, socket, rest) => {
    void t.adapter.acceptUpgrade(request, socket, rest, { lenient }, { message: (one, message) => void one.send(message) });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.defer(() => server.close());
  const address = server.address();
  assert(address !== null && typeof address === "object", "an address");
  return address.port;
}
