import { assert, delay, equal, eventually, pattern } from "../../case.ts";
import type { RawPeer } from "../../raw.ts";
import { answerClose, next, task, throws, web, type WebCase } from "../case.ts";

async function text(peer: RawPeer): Promise<string> {
  const { header, payload } = await peer.readFrame();
  equal(header.opcode, 1, "opcode");
  return Buffer.from(payload).toString();
}

async function binary(peer: RawPeer): Promise<string> {
  const { header, payload } = await peer.readFrame();
  equal(header.opcode, 2, "opcode");
  return Buffer.from(payload).toString("hex");
}

const plain = { compress: false };

export const sending: readonly WebCase[] = [
  web("send: what is neither bytes nor Blob is sent as the string it converts to", async (t) => {
    const { socket, peer } = await t.rawPair([], plain);
    for (const [value, sent] of [
      ["", ""],
      ["ä€𝄞", "ä€𝄞"],
      [1, "1"],
      [null, "null"],
      [undefined, "undefined"],
      [{}, "[object Object]"],
      [[1, 2], "1,2"],
      [new String("s"), "s"],
    ] as const) {
      socket.send(value as never);
      equal(await text(peer), sent);
    }
    throws(() => (socket.send as () => void)(), "TypeError");
    throws(() => socket.send(Symbol("x") as never), "TypeError");
    throws(() => (socket.send as () => void).call(socket), "TypeError");
  }),
  web("send: lone surrogates become U+FFFD", async (t) => {
    const { socket, peer } = await t.rawPair([], plain);
    socket.send("a\ud800b\udc00");
    equal(socket.bufferedAmount, 8);
    equal(Buffer.from((await peer.readFrame()).payload).toString("hex"), "61efbfbd62efbfbd");
  }),
  web("send: buffers and views, by the bytes they show", async (t) => {
    const { socket, peer } = await t.rawPair([], plain);
    const { buffer } = new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    const sent = [
      buffer,
      new Uint8Array(buffer, 1, 3),
      new Uint16Array(buffer, 2, 2),
      new DataView(buffer, 7),
      new Float64Array(buffer, 0, 1),
      new Uint8Array(0),
      new ArrayBuffer(0),
      Buffer.from("hi"),
    ];
    for (const data of sent) socket.send(data as never);
    for (const hex of ["000102030405060708", "010203", "02030405", "0708", "0001020304050607", "", "", "6869"])
      equal(await binary(peer), hex);
  }),
  web("send: copies: what changes afterwards is not sent", async (t) => {
    for (const options of [plain, {}]) {
      for (const size of [10, 200_000]) {
        const { socket, peer } = await t.rawPair([], options);
        const bytes = pattern(size);
        const expected = bytes.slice();
        socket.send(bytes);
        bytes.fill(0);
        equal((await peer.readFrame()).payload, expected);
      }
    }
  }),
  web("send: shared memory and resizable buffers as Web IDL has them", async (t) => {
    const { socket, peer } = await t.rawPair([], plain);
    throws(() => socket.send(new Uint8Array(new SharedArrayBuffer(4)) as never), "TypeError");
    const Resizable = ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer;
    const resizable = new Resizable(4, { maxByteLength: 8 });
    throws(() => socket.send(resizable), "TypeError");
    throws(() => socket.send(new Uint8Array(resizable)), "TypeError");
    socket.send(new SharedArrayBuffer(4) as never);
    equal(await text(peer), "[object SharedArrayBuffer]");
    const detached = new Uint8Array([1, 2]);
    structuredClone(detached.buffer, { transfer: [detached.buffer] });
    socket.send(detached);
    socket.send(detached.buffer);
    equal([await binary(peer), await binary(peer)], ["", ""]);
  }),
  web("send: Blobs go in order with everything else, and the Close frame behind them", async (t) => {
    const { socket, peer } = await t.rawPair([], plain);
    const bytes = new Uint8Array([9]);
    socket.send("1");
    socket.send(new Blob(["2"]));
    socket.send(bytes);
    socket.send(new Blob([new Uint8Array(100_000)]));
    socket.send(new Blob([]));
    socket.send("3");
    bytes[0] = 0;
    equal(socket.bufferedAmount, 1 + 1 + 1 + 100_000 + 1);
    socket.close(3000);
    socket.send("not sent");
    equal(await text(peer), "1");
    equal(await binary(peer), "32");
    equal(await binary(peer), "09");
    equal((await peer.readFrame()).payload.length, 100_000);
    equal(await binary(peer), "");
    equal(await text(peer), "3");
    const closed = next(socket, "close");
    equal(Buffer.from(await answerClose(peer)).toString("hex"), "0bb8");
    equal((await closed).wasClean, true);
    equal(socket.bufferedAmount, 8, "what was sent after close() stays");
  }),
  web("send: while CONNECTING an InvalidStateError, but conversions come first", async (t) => {
    const socket = t.socket((await t.rawServer()).url);
    throws(() => socket.send("x"), "InvalidStateError");
    throws(() => socket.send(new Blob(["x"])), "InvalidStateError");
    throws(() => socket.send(Symbol("x") as never), "TypeError");
    throws(() => socket.send(new Uint8Array(new SharedArrayBuffer(4)) as never), "TypeError");
    equal(socket.bufferedAmount, 0);
  }),
  web("send: after close() and when closed adds to bufferedAmount for good", async (t) => {
    const { socket, peer } = await t.rawPair([], plain);
    socket.close();
    socket.send("abc");
    socket.send(new Uint8Array(5));
    equal(socket.bufferedAmount, 8);
    const closed = next(socket, "close");
    await answerClose(peer);
    await closed;
    equal(socket.bufferedAmount, 8);
    socket.send(new Blob(["1234"]));
    await eventually(() => socket.bufferedAmount === 12, "12 bytes");
  }),
  web("bufferedAmount: counts bytes of UTF-8 without framing, and does not shrink within a task", async (t) => {
    const { socket } = await t.rawPair([], plain);
    await task();
    socket.send("ä€𝄞");
    socket.send(new Uint8Array(10));
    equal(socket.bufferedAmount, 19);
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    equal(socket.bufferedAmount, 19, "after microtasks");
    await eventually(() => socket.bufferedAmount === 0, "transmitted");
  }),
  web("bufferedAmount: what a peer does not read stays in it, and shrinks as it reads", async (t) => {
    const { socket, peer } = await t.rawPair([], plain);
    peer.socket.pause();
    const size = 1 << 20;
    for (let index = 0; index < 24; index++) socket.send(new Uint8Array(size));
    equal(socket.bufferedAmount, 24 * size);
    await delay(50, "the kernel takes its time");
    const stuck = socket.bufferedAmount;
    assert(stuck > 0 && stuck <= 24 * size, `some of it is left: ${stuck}`);
    peer.discard();
    await eventually(() => socket.bufferedAmount < stuck, "less");
    await eventually(() => socket.bufferedAmount === 0, "nothing");
  }),
  web("bufferedAmount: what was not transmitted when the connection was lost stays in it", async (t) => {
    const { socket, peer } = await t.rawPair([], plain);
    peer.socket.pause();
    socket.send(new Uint8Array(24 << 20));
    await delay(50, "the kernel takes its time");
    const closed = next(socket, "close");
    peer.reset();
    await closed;
    const left = socket.bufferedAmount;
    assert(left > 0, "something is left");
    await delay(20, "nothing follows");
    equal(socket.bufferedAmount, left);
  }),
  web("bufferedAmount: after a clean close it has what was sent too late, and no more", async (t) => {
    const { socket, peer } = await t.rawPair([], plain);
    socket.send("sent");
    socket.close();
    await peer.readFrame();
    const closed = next(socket, "close");
    await answerClose(peer);
    await closed;
    equal(socket.bufferedAmount, 0);
  }),
  web("ping: resolves with the round-trip time, and rejects when the connection is not open", async (t) => {
    const socket = t.socket(t.peers.ours);
    equal(await socket.ping().catch((error: Error) => error.name), "InvalidStateError");
    await next(socket, "open");
    const roundTrip = await socket.ping(new Uint8Array([1, 2, 3]));
    assert(roundTrip >= 0 && roundTrip < 5_000, String(roundTrip));
  }),
];
