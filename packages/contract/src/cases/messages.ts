/** §5, §6: messages of every length and kind, whole and in fragments. */
import { Opcode } from "@ws/codec";

import { assert, type Case, equal, pair, pattern, receive, thrownBy } from "../case.ts";
import { masked, portOf, rawOpen, requestHead, rawConnect } from "../raw.ts";

/** §5.2: around the borders of the three length forms, and well beyond the size of one read. */
const sizes = [0, 1, 125, 126, 127, 65_535, 65_536, 1 << 20];
const MiB64 = 64 << 20;

const texts: Record<string, string> = {
  "one byte (ASCII)": "The quick brown fox 0123456789",
  "two bytes": "ÀÉÎõü ßżŁ ±¿ ΩЖא",
  "three bytes": "漢字かな € ‰ \u0800\uffff",
  "four bytes": "😀🎉 \u{10000}\u{10ffff}",
  "all widths": "aé漢😀".repeat(1000),
  "U+0000 and U+FEFF": "\u0000\ufeff\u0000 \ufeff",
  "U+FFFD": "\ufffd",
  nothing: "",
};

async function echo(t: Parameters<Case["run"]>[0], url: string, message: string | Uint8Array, options?: object): Promise<void> {
  const connection = await t.connect(url, { maxMessageBytes: 80 << 20, maxBufferedBytes: 96 << 20, ...options });
  assert(connection.send(message) !== "closing", "accepted for sending");
  equal(await receive(connection), message, "the echo");
  connection.close(1000);
  const closed = await connection.closed;
  assert(closed.wasClean, `closed cleanly, not ${JSON.stringify(closed)}`);
}

export const messages: Case[] = [
  ...sizes.map((size) =>
    pair(`§5.2 echoes a binary message of ${size} bytes`, (t) => echo(t, t.target.echo, pattern(size)), {
      smoke: size === 125 || size === 65_536,
    }),
  ),
  ...sizes.map((size) => pair(`§5.2 echoes a text message of ${size} bytes`, (t) => echo(t, t.target.echo, "x".repeat(size)))),
  pair("§5.2 echoes a binary message of 64 MiB", (t) => echo(t, t.target.echo, pattern(MiB64)), { endurance: true, timeout: 120_000 }),
  pair("§5.2 echoes a text message of 64 MiB", (t) => echo(t, t.target.echo, "x".repeat(MiB64)), { endurance: true, timeout: 120_000 }),
  ...Object.entries(texts).map(([name, text]) =>
    pair(`§5.6 echoes text: ${name}`, (t) => echo(t, t.target.echo, text), { smoke: name === "all widths" }),
  ),
  pair("§5.6 a lone surrogate is sent as U+FFFD", async (t) => {
    const connection = await t.connect(t.target.echo);
    connection.send("a\ud800b");
    equal(await receive(connection), "a\ufffdb");
  }),
  pair("§5.6 text stays text and binary stays binary, in order", async (t) => {
    const connection = await t.connect(t.target.ws);
    for (const message of ["1", new Uint8Array([2]), "", new Uint8Array(0), "5"]) connection.send(message);
    const received: (string | Uint8Array)[] = [];
    for await (const message of connection) if (received.push(message) === 5) break;
    equal(received, ["1", new Uint8Array([2]), "", new Uint8Array(0), "5"]);
  }),
  pair("10 000 small messages come back complete and in order", async (t) => {
    const connection = await t.connect(t.target.echo);
    const count = 10_000;
    const sending = (async () => {
      for (let index = 0; index < count; index++) if (connection.send(`${index}`) === "full") await connection.ready;
    })();
    let expected = 0;
    for await (const message of connection) {
      equal(message, `${expected}`);
      if (++expected === count) break;
    }
    await sending;
  }),
  pair("what only looks like a prepared message is a TypeError, and nothing is sent", async (t) => {
    const connection = await t.connect(t.target.echo);
    const frame = Uint8Array.of(0x81, 1, 65);
    const thrown = thrownBy(() => connection.send({ frame, payload: frame, opcode: Opcode.TEXT, variants: new Map() } as never));
    assert(thrown instanceof TypeError, `a TypeError, not ${String(thrown)}`);
    connection.send("after it");
    equal(await receive(connection), "after it");
  }),
  pair("a prepared message is sent any number of times", async (t) => {
    const connection = await t.connect(t.target.echo);
    const prepared = t.adapter.prepareMessage("prepared");
    for (let index = 0; index < 3; index++) connection.send(prepared);
    for (let index = 0; index < 3; index++) equal(await receive(connection), "prepared");
  }),
  pair("a message is prepared from whatever can be sent, and stays as it was", async (t) => {
    const connection = await t.connect(t.target.echo);
    const { buffer } = Uint8Array.of(1, 2, 3, 4);
    const bytes = new Uint8Array(buffer, 0, 4);
    const some = new DataView(buffer, 1, 2);
    const prepared = [bytes, buffer, some].map((one) => t.adapter.prepareMessage(one));
    bytes.fill(0);
    for (const one of prepared) connection.send(one);
    for (const expected of [
      [1, 2, 3, 4],
      [1, 2, 3, 4],
      [2, 3],
    ])
      equal(await receive(connection), Uint8Array.from(expected));
  }),
  pair(
    "§5.4 a message sent in fragments arrives whole",
    async (t) => {
      const connection = await t.connect(t.target.echo);
      await connection.sendStream(["frag", "", "ment", "ed 漢字"]);
      equal(await receive(connection), "fragmented 漢字");
      const whole = pattern(300_000);
      await connection.sendStream([whole.subarray(0, 1), whole.subarray(1, 100_000), whole.subarray(100_000)]);
      equal(await receive(connection), whole);
    },
    { smoke: true },
  ),
  pair("§5.4 a message goes on in pieces, however much waits behind it", async (t) => {
    const connection = await t.connect(t.target.echo);
    let go: (() => void) | undefined;
    const begun = new Promise<void>((resolve) => (go = resolve));
    const streaming = connection.sendStream(
      (async function* () {
        yield "in ";
        await begun;
        yield "pieces";
      })(),
    );
    const large = pattern(300_000);
    equal(connection.send(large), "full", "what waits counts");
    go!();
    await streaming;
    equal(await receive(connection), "in pieces");
    equal(await receive(connection), large);
    const writer = connection.beginMessage("text")!;
    equal(connection.send(large), "full", "what waits counts");
    equal(writer.write("by "), "ready", "before what waits there is room");
    await writer.ready;
    writer.end("hand");
    equal(await receive(connection), "by hand");
    equal(await receive(connection), large);
  }),
  pair("§5.4 a streamed message arrives piece by piece with `streaming`", async (t) => {
    const connection = await t.connect(`${t.target.ws}/stream?count=40&size=50000`, { streaming: true });
    let length = 0;
    let pieces = 0;
    for await (const message of connection.incoming()) {
      equal(message.type, "binary");
      for await (const piece of message) {
        assert(typeof piece !== "string", "bytes");
        length += piece.length;
        pieces++;
      }
      break;
    }
    equal(length, 40 * 50_000);
    assert(pieces >= 40, "many pieces");
  }),
  pair("§5.4 a message sent by the server in fragments arrives whole", async (t) => {
    const connection = await t.connect(`${t.target.ws}/stream?count=7&size=10000`);
    const message = await receive(connection);
    assert(typeof message !== "string" && message.length === 70_000, "70 000 bytes");
    equal(message.subarray(10_000, 20_000), pattern(10_000, 1));
  }),
  pair(
    "§5.5 control frames between fragments are answered at once, and the message is whole",
    async (t) => {
      const peer = await rawOpen(t, portOf(t.target.echo));
      peer.write(masked(Opcode.TEXT, "be", { fin: false }));
      peer.write(masked(Opcode.PING, "between"));
      const pong = await peer.readFrame();
      equal([pong.header.opcode, String.fromCharCode(...pong.payload)], [Opcode.PONG, "between"]);
      peer.write(masked(Opcode.CONTINUATION, "fo", { fin: false }));
      peer.write(masked(Opcode.PONG, "unasked"));
      peer.write(masked(Opcode.CONTINUATION, "re"));
      const echo = await peer.readFrame();
      equal([echo.header.opcode, echo.header.fin, String.fromCharCode(...echo.payload)], [Opcode.TEXT, true, "before"]);
    },
    { smoke: true },
  ),
  pair("§5.4 bytes that arrive one at a time make the same messages", async (t) => {
    const peer = await rawConnect(t, portOf(t.target.echo));
    peer.write(requestHead().slice(0, -3));
    const bytes = [
      ...new TextEncoder().encode("\n\r\n"),
      ...masked(Opcode.TEXT, "é"),
      ...masked(Opcode.BINARY, pattern(130)).subarray(0, 12),
    ];
    for (const byte of bytes) {
      peer.write(new Uint8Array([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    peer.write(masked(Opcode.BINARY, pattern(130)).subarray(12));
    assert((await peer.readHead()).startsWith("HTTP/1.1 101 "), "accepted");
    equal((await peer.readFrame()).payload, new TextEncoder().encode("é"));
    equal((await peer.readFrame()).payload, pattern(130));
  }),
  pair(
    "§5.5.2 `ping` measures the round trip, of either side",
    async (t) => {
      const connection = await t.connect(`${t.target.ws}/ping`);
      const server = JSON.parse((await receive(connection)) as string) as { roundTrip: number };
      assert(server.roundTrip >= 0 && server.roundTrip < 25_000, "the server's");
      const roundTrip = await connection.ping();
      assert(roundTrip >= 0 && roundTrip < 25_000, "ours");
    },
    { smoke: true },
  ),
];
