/** WebSocketStream: what is read and written, in order, and what waits for a reader. */
import { assert, delay, equal, eventually } from "../../case.ts";
import { unmasked } from "../../raw.ts";
import { closeFrame, rejection, stateOf, web, type WebCase } from "../case.ts";

export const streamMessages: readonly WebCase[] = [
  web("stream: reads strings and Uint8Arrays in order", async (t) => {
    const { url } = await t.rawServer([], unmasked(1, "one"), unmasked(2, new Uint8Array([1, 2])), unmasked(1, ""));
    const stream = t.stream(url);
    const reader = (await stream.opened).readable.getReader();
    const chunks = [await reader.read(), await reader.read(), await reader.read()].map(({ value }) => value);
    equal(chunks, ["one", new Uint8Array([1, 2]), ""]);
    equal(Object.prototype.toString.call(chunks[1]), "[object Uint8Array]");
    stream.close();
  }),
  web("stream: writes strings, buffers and views, and what else there is as a string", async (t) => {
    const { stream, peer } = await t.rawStream({ compress: false });
    const writer = (await stream.opened).writable.getWriter();
    const bytes = new Uint8Array([1, 2, 3, 4]);
    const chunks: [unknown, number, string][] = [
      ["ä\ud800", 1, "c3a4efbfbd"],
      [bytes.subarray(1, 3), 2, "0203"],
      [bytes.buffer, 2, "01020304"],
      [new DataView(bytes.buffer, bytes.byteOffset + 3, 1), 2, "04"],
      [7, 1, "37"],
      [null, 1, "6e756c6c"],
    ];
    for (const [chunk, opcode, hex] of chunks) {
      await writer.write(chunk as string);
      const { header, payload } = await peer.readFrame();
      equal([header.opcode, Buffer.from(payload).toString("hex")], [opcode, hex]);
    }
    stream.close();
  }),
  web("stream: writing copies, and what cannot be converted rejects and errors the writable", async (t) => {
    const { stream, peer } = await t.rawStream({ compress: false });
    const writer = (await stream.opened).writable.getWriter();
    const bytes = new Uint8Array([1, 2, 3]);
    const written = writer.write(bytes);
    await Promise.resolve();
    bytes.fill(0);
    await written;
    equal((await peer.readFrame()).payload, new Uint8Array([1, 2, 3]));
    const error = await rejection(writer.write(new Uint8Array(new SharedArrayBuffer(4)) as never));
    equal(error.name, "TypeError");
  }),
  web("stream: a binary message is alone in its buffer, however it came", async (t) => {
    const { stream, peer } = await t.rawStream();
    const long = "x".repeat(70_000);
    peer.write(
      Buffer.concat([unmasked(2, long, { fin: false }), unmasked(0, "de", { fin: false }), unmasked(0, "f"), unmasked(2, "whole")]),
    );
    const reader = (await stream.opened).readable.getReader();
    for (const text of [`${long}def`, "whole"]) {
      const { value } = await reader.read();
      assert(value instanceof Uint8Array && value.buffer.byteLength === text.length, "a buffer of its own");
      assert(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString() === text, "the bytes");
    }
    stream.close();
  }),
  web("stream: not reading slows the peer down; the message after the one that waits is not taken", async (t) => {
    const count = 400;
    const frame = unmasked(2, new Uint8Array(65_536));
    const { stream, peer } = await t.rawStream();
    const reader = (await stream.opened).readable.getReader();
    for (let index = 0; index < count; index++) peer.write(frame);
    await delay(300, "the kernel takes its time");
    // The system's buffers hold some megabytes.
    assert(peer.socket.writableLength > 8 << 20, `the peer cannot write all of it: ${peer.socket.writableLength}`);
    for (let index = 0; index < count; index++) equal((await reader.read()).value?.length, 65_536);
    stream.close();
  }),
  web("stream: what was received before the peer's Close is read before it is closed", async (t) => {
    const { stream, peer } = await t.rawStream();
    for (const text of ["one", "two", "three"]) peer.write(unmasked(1, text));
    peer.write(closeFrame(3000));
    await delay(20, "nothing follows");
    equal(await stateOf(stream.closed), "pending");
    const reader = (await stream.opened).readable.getReader();
    for (const text of ["one", "two", "three"]) equal((await reader.read()).value, text);
    peer.socket.end();
    equal((await reader.read()).done, true);
    equal((await stream.closed).closeCode, 3000);
  }),
  web("stream: a message before a violation in one segment is read, and its answer leaves first", async (t) => {
    const { url, accepted } = await t.rawServer([], unmasked(1, "one"), unmasked(1, "two"), Uint8Array.of(0xc1, 0x00));
    const stream = t.stream(url, { compress: false });
    const { readable, writable } = await stream.opened;
    const [reader, writer] = [readable.getReader(), writable.getWriter()];
    const echo = (async () => {
      for (const text of ["one", "two"]) {
        equal((await reader.read()).value, text);
        await writer.write(`answer to ${text}`);
      }
    })();
    const { peer } = await accepted;
    for (const text of ["one", "two"]) equal(Buffer.from((await peer.readFrame()).payload).toString(), `answer to ${text}`);
    await echo;
    equal((await peer.readFrame()).header.opcode, 8);
    peer.socket.end();
    equal((await rejection(stream.closed)).closeCode, 1006);
  }),
  web("stream: writing waits for a peer that does not read", async (t) => {
    const { stream, peer } = await t.rawStream({ compress: false });
    peer.socket.pause();
    const writer = (await stream.opened).writable.getWriter();
    const chunk = new Uint8Array(1 << 20);
    let written = 0;
    const writing = (async () => {
      for (; written < 24; written++) await writer.write(chunk);
    })();
    await delay(100, "the kernel takes its time");
    const stuck = written;
    assert(stuck < 24, "it waits");
    equal(writer.desiredSize, 0);
    peer.discard();
    await eventually(() => written === 24, "all written");
    await writing;
    stream.close();
  }),
  web("stream: a write is not done while the peer reads nothing, the first one neither", async (t) => {
    const { stream, peer } = await t.rawStream({ compress: false });
    peer.socket.pause();
    const writer = (await stream.opened).writable.getWriter();
    const writing = writer.write(new Uint8Array(16 << 20));
    await delay(100, "nothing follows");
    equal(await stateOf(writing), "pending");
    peer.discard();
    await writing;
    stream.close();
  }),
  web("stream: the peer's Close with data unwritten is not clean: its code, and the write rejects", async (t) => {
    const { stream, peer } = await t.rawStream({ compress: false, closeTimeout: 300 });
    const { readable, writable } = await stream.opened;
    peer.socket.pause();
    const writer = writable.getWriter();
    const writing = rejection(writer.write(new Uint8Array(16 << 20)));
    peer.write(closeFrame(4567, "enough"));
    const error = await rejection(stream.closed);
    assert(error instanceof t.api.WebSocketError, String(error));
    equal([error.closeCode, error.reason], [4567, "enough"]);
    assert((await writing) === error, "the write");
    assert((await rejection(readable.getReader().read())) === error, "reading");
    assert((await rejection(writer.closed)) === error, "the writable");
  }),
  web("stream: a write that waits when the connection is lost rejects with the same error", async (t) => {
    const { stream, peer } = await t.rawStream({ compress: false });
    const { writable } = await stream.opened;
    peer.socket.pause();
    const writing = rejection(writable.getWriter().write(new Uint8Array(16 << 20)));
    await delay(20, "at another moment");
    peer.reset();
    const error = await rejection(stream.closed);
    equal(error.closeCode, 1006);
    assert((await writing) === error, "the same error");
  }),
  web("stream: what is written before the peer's Close has been answered is sent, when the peer reads on", async (t) => {
    const size = 4 << 20;
    const { stream, peer } = await t.rawStream({ compress: false, closeTimeout: 14_000 });
    const writing = (await stream.opened).writable.getWriter().write(new Uint8Array(size));
    peer.write(closeFrame(4567));
    equal((await peer.readFrame()).payload.length, size);
    equal((await peer.readFrame()).header.opcode, 8);
    peer.socket.end();
    equal((await stream.closed).closeCode, 4567);
    await writing;
  }),
  web("stream: aborting the writable does not wait for the write that waits", async (t) => {
    const { stream, peer } = await t.rawStream({ compress: false, closeTimeout: 200 });
    peer.socket.pause();
    const writer = (await stream.opened).writable.getWriter();
    const chunk = new Uint8Array(1 << 20);
    const writing = rejection(
      (async () => {
        for (;;) await writer.write(chunk);
      })(),
    );
    await delay(50, "the kernel takes its time");
    const reason = new Error("enough");
    await writer.abort(reason);
    assert((await writing) === reason, "the reason");
    equal((await rejection(stream.closed)).closeCode, 1006);
  }),
  web("stream: can be piped through, both ways", async (t) => {
    const { WebSocketStream } = t.api;
    const stream = new WebSocketStream(`${t.peers.ours}/echo`);
    const { readable, writable } = await stream.opened;
    const words = ["a", "b", "c"];
    const source = new ReadableStream<string>({
      pull: (controller) => {
        const word = words.shift();
        if (word === undefined) controller.close();
        else controller.enqueue(word);
      },
    });
    const upper = new TransformStream<string, string>({ transform: (chunk, controller) => controller.enqueue(chunk.toUpperCase()) });
    const reader = readable.getReader();
    const sent = source.pipeThrough(upper).pipeTo(writable, { preventClose: true });
    const received = [await reader.read(), await reader.read(), await reader.read()].map(({ value }) => value);
    equal(received, ["A", "B", "C"]);
    await sent;
    stream.close();
    await stream.closed;
  }),
];
