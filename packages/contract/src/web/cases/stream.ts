import { assert, delay, equal, eventually } from "../../case.ts";
import { rawListen, unmasked } from "../../raw.ts";
import { answerClose, drain, rejection, throws, web, type WebCase } from "../case.ts";

const nowhere = "ws://127.0.0.1:1/";

function closeFrame(code: number, reason = ""): Uint8Array {
  return unmasked(8, Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]));
}

/** "pending", or how the promise was settled. */
async function stateOf(promise: Promise<unknown>): Promise<string> {
  return await Promise.race([
    promise.then(
      () => "fulfilled",
      () => "rejected",
    ),
    delay(20).then(() => "pending"),
  ]);
}

export const stream: readonly WebCase[] = [
  web("stream: opened gives the streams, the subprotocol and the extensions", async (t) => {
    const { url } = await t.rawServer(["Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Extensions: permessage-deflate"]);
    const stream = new t.api.WebSocketStream(url.replace("ws:", "http:"), { protocols: ["other", "chat"] });
    equal(stream.url, `${url}/`);
    assert(stream.opened === stream.opened && stream.closed === stream.closed, "the same promises");
    const info = await stream.opened;
    equal(Object.keys(info).sort(), ["extensions", "protocol", "readable", "writable"]);
    equal([info.protocol, info.extensions], ["chat", "permessage-deflate"]);
    assert(info.readable instanceof ReadableStream && info.writable instanceof WritableStream, "streams");
    stream.close();
  }),
  web("stream: the constructor's checks, in their order", ({ api: { WebSocketStream } }) => {
    throws(() => new WebSocketStream("no url"), "SyntaxError");
    throws(() => new WebSocketStream(`${nowhere}#`), "SyntaxError");
    throws(() => new WebSocketStream(nowhere, { protocols: ["a", "a"] }), "SyntaxError");
    throws(() => new WebSocketStream(nowhere, { protocols: "chat" as never }), "TypeError");
    throws(() => new WebSocketStream(nowhere, { signal: {} as never }), "TypeError");
    throws(() => new WebSocketStream("no url", { signal: 1 as never }), "TypeError");
    throws(() => new WebSocketStream(nowhere, true as never), "TypeError");
    throws(() => new WebSocketStream(Symbol("x") as never), "TypeError");
  }),
  web("stream: reads strings and Uint8Arrays in order", async (t) => {
    const { url } = await t.rawServer([], unmasked(1, "one"), unmasked(2, new Uint8Array([1, 2])), unmasked(1, ""));
    const stream = new t.api.WebSocketStream(url);
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
  web("stream: closing sends code and reason, and closed gives the peer's", async (t) => {
    const { stream, peer } = await t.rawStream();
    stream.close({ closeCode: 3456, reason: "pizza" });
    equal(Buffer.from((await peer.readFrame()).payload).toString("latin1"), "\x0d\x80pizza");
    peer.write(closeFrame(4000, "pasta"));
    peer.socket.end();
    equal(await stream.closed, { closeCode: 4000, reason: "pasta" });
  }),
  web("stream: closing without a code sends none, a reason alone goes with 1000", async (t) => {
    for (const [info, hex, code] of [
      [undefined, "", 1005],
      [{}, "", 1005],
      [{ reason: "" }, "", 1005],
      [{ reason: "why" }, "03e8776879", 1000],
      [{ closeCode: undefined }, "", 1005],
      [null, "", 1005],
    ] as const) {
      const { stream, peer } = await t.rawStream();
      stream.close(info as never);
      equal(Buffer.from(await answerClose(peer)).toString("hex"), hex);
      equal((await stream.closed).closeCode, code);
    }
  }),
  web("stream: close checks its argument", async (t) => {
    const { stream } = await t.rawStream();
    for (const closeCode of [0, 999, 1001, 2999, 5000]) throws(() => stream.close({ closeCode }), "InvalidAccessError", String(closeCode));
    for (const closeCode of [-1, 65_536, NaN]) throws(() => stream.close({ closeCode }), "TypeError", String(closeCode));
    throws(() => stream.close({ reason: "x".repeat(124) }), "SyntaxError");
    throws(() => stream.close(true as never), "TypeError");
    stream.close();
    throws(() => stream.close({ closeCode: 999 }), "InvalidAccessError");
  }),
  web("stream: closing during the handshake rejects both promises with a WebSocketError", async (t) => {
    const { url } = await t.rawServer();
    const stream = new t.api.WebSocketStream(url);
    stream.close({ closeCode: 3000 });
    for (const error of [await rejection(stream.opened), await rejection(stream.closed)]) {
      assert(error instanceof t.api.WebSocketError, String(error));
    }
    equal((await rejection(stream.closed)).closeCode, 1006);
  }),
  web("stream: a handshake that fails rejects both promises with a WebSocketError", async (t) => {
    const stream = new t.api.WebSocketStream(nowhere);
    const error = await rejection(stream.closed);
    equal([error.name, error.closeCode, error.reason], ["WebSocketError", 1006, ""]);
    assert(error instanceof t.api.WebSocketError, String(error));
    equal([error.cause?.name, error.cause?.kind], ["HandshakeError", "lost"], "cause");
    equal((await rejection(stream.opened)).name, "WebSocketError");
    const refused = new t.api.WebSocketStream((await t.rawServer()).url, { protocols: ["chat"] });
    equal((await rejection(refused.opened)).name, "WebSocketError");
    // Looking at neither of the promises must not end the process.
    new t.api.WebSocketStream(nowhere);
    await delay(20);
  }),
  web("stream: a closing by the peer closes the readable and errors the writable", async (t) => {
    const { stream, peer } = await t.rawStream();
    const { readable, writable } = await stream.opened;
    const writer = writable.getWriter();
    peer.write(closeFrame(3001, "bye"));
    peer.socket.end();
    equal(await stream.closed, { closeCode: 3001, reason: "bye" });
    equal((await readable.getReader().read()).done, true);
    equal((await rejection(writer.write("x"))).name, "InvalidStateError");
    equal((await rejection(writer.closed)).name, "InvalidStateError");
  }),
  web("stream: a connection that is lost errors everything with a WebSocketError", async (t) => {
    const { stream, peer } = await t.rawStream();
    const { readable, writable } = await stream.opened;
    const reader = readable.getReader();
    const reading = rejection(reader.read());
    peer.reset();
    const error = await rejection(stream.closed);
    assert(error instanceof t.api.WebSocketError, String(error));
    equal([error.closeCode, error.reason], [1006, ""]);
    assert((await reading) === error, "the same error for reading");
    assert((await rejection(writable.getWriter().write("x"))) === error, "and for writing");
  }),
  web("stream: closing the writable closes the connection, and resolves with the closing handshake", async (t) => {
    const { stream, peer } = await t.rawStream();
    const writer = (await stream.opened).writable.getWriter();
    const writing = writer.write("last words");
    const closing = writer.close();
    await writing;
    await peer.readFrame();
    equal((await peer.readFrame()).payload.length, 0);
    equal(await stateOf(closing), "pending");
    peer.write(unmasked(8, ""));
    peer.socket.end();
    await closing;
    equal(await stream.closed, { closeCode: 1005, reason: "" });
  }),
  web("stream: closing the writable rejects when the connection is lost instead", async (t) => {
    const { stream, peer } = await t.rawStream();
    const closing = rejection((await stream.opened).writable.getWriter().close());
    await peer.readFrame();
    peer.reset();
    const error = await rejection(stream.closed);
    assert((await closing) === error, "the same error");
    equal([error.name, error.closeCode], ["WebSocketError", 1006]);
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
  web("stream: aborting the writable or cancelling the readable closes, with what a WebSocketError says", async (t) => {
    const { WebSocketError } = t.api;
    const reasons: [unknown, string][] = [
      [undefined, ""],
      [{ closeCode: 3456, reason: "set" }, ""],
      [new WebSocketError("", { closeCode: 3333, reason: "obsolete" }), "0d056f62736f6c657465"],
      [new WebSocketError("", { reason: "just so" }), "03e86a75737420736f"],
      [new WebSocketError(""), ""],
    ];
    for (const [reason, hex] of reasons) {
      for (const side of ["abort", "cancel"] as const) {
        const { stream, peer } = await t.rawStream();
        const { readable, writable } = await stream.opened;
        const done = side === "abort" ? writable.abort(reason) : readable.cancel(reason);
        equal(Buffer.from(await answerClose(peer)).toString("hex"), hex, side);
        await done;
        await stream.closed;
      }
    }
  }),
  web("stream: an error received from the peer cannot be sent back: its code is discarded", async (t) => {
    const lost = await t.rawStream();
    lost.peer.reset();
    const error = await rejection(lost.stream.closed);
    const { stream, peer } = await t.rawStream();
    void (await stream.opened).readable.cancel(error);
    equal((await answerClose(peer)).length, 0);
    await stream.closed;
  }),
  web("stream: not reading slows the peer down; the message after the one that waits is not taken", async (t) => {
    const count = 400;
    const frame = unmasked(2, new Uint8Array(65_536));
    const { stream, peer } = await t.rawStream();
    const reader = (await stream.opened).readable.getReader();
    for (let index = 0; index < count; index++) peer.write(frame);
    await delay(300);
    // The system's buffers hold some megabytes.
    assert(peer.socket.writableLength > 8 << 20, `the peer cannot write all of it: ${peer.socket.writableLength}`);
    for (let index = 0; index < count; index++) equal((await reader.read()).value?.length, 65_536);
    stream.close();
  }),
  web("stream: what was received before the peer's Close is read before it is closed", async (t) => {
    const { stream, peer } = await t.rawStream();
    for (const text of ["one", "two", "three"]) peer.write(unmasked(1, text));
    peer.write(closeFrame(3000));
    await delay(20);
    equal(await stateOf(stream.closed), "pending");
    const reader = (await stream.opened).readable.getReader();
    for (const text of ["one", "two", "three"]) equal((await reader.read()).value, text);
    peer.socket.end();
    equal((await reader.read()).done, true);
    equal((await stream.closed).closeCode, 3000);
  }),
  web("stream: a message before a violation in one segment is read, and its answer leaves first", async (t) => {
    const { url, accepted } = await t.rawServer([], unmasked(1, "one"), unmasked(1, "two"), Uint8Array.of(0xc1, 0x00));
    const stream = new t.api.WebSocketStream(url, { compress: false });
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
  web("stream: closing while messages wait drops them and does not wait for them to be read", async (t) => {
    const { stream, peer } = await t.rawStream();
    for (const text of ["one", "two", "three"]) peer.write(unmasked(1, text));
    await delay(20);
    stream.close();
    await answerClose(peer);
    equal((await stream.closed).closeCode, 1005);
    const reader = (await stream.opened).readable.getReader();
    // The first may have been enqueued already.
    const first = await reader.read();
    if (!first.done) equal([first.value, (await reader.read()).done], ["one", true]);
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
    await delay(100);
    const stuck = written;
    assert(stuck < 24, "it waits");
    equal(writer.desiredSize, 0);
    drain(peer);
    await eventually(() => written === 24, "all written", 10_000);
    await writing;
    stream.close();
  }),
  web("stream: a write is not done while the peer reads nothing, the first one neither", async (t) => {
    const { stream, peer } = await t.rawStream({ compress: false });
    peer.socket.pause();
    const writer = (await stream.opened).writable.getWriter();
    const writing = writer.write(new Uint8Array(16 << 20));
    await delay(100);
    equal(await stateOf(writing), "pending");
    drain(peer);
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
    await delay(20);
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
    await delay(50);
    const reason = new Error("enough");
    await writer.abort(reason);
    assert((await writing) === reason, "the reason");
    equal((await rejection(stream.closed)).closeCode, 1006);
  }),
  web("stream: a signal that is aborted already rejects both promises with its reason, without connecting", async (t) => {
    let connected = false;
    const { url } = await rawListen(t, () => (connected = true));
    const reason = new Error("never mind");
    const stream = new t.api.WebSocketStream(url, { signal: AbortSignal.abort(reason) });
    assert((await rejection(stream.opened)) === reason && (await rejection(stream.closed)) === reason, "the reason");
    await delay(20);
    assert(!connected, "connected");
    stream.close();
  }),
  web("stream: a signal aborts the handshake, and does nothing once it is over", async (t) => {
    const { url } = await rawListen(t, () => undefined);
    const controller = new AbortController();
    const stream = new t.api.WebSocketStream(url, { signal: controller.signal });
    await delay(20);
    controller.abort();
    for (const promise of [stream.opened, stream.closed]) equal((await rejection(promise)).name, "AbortError");
    const late = new AbortController();
    const open = await t.rawStream({ signal: late.signal });
    late.abort();
    equal(await stateOf(open.stream.closed), "pending");
    open.stream.close();
    await answerClose(open.peer);
    equal((await open.stream.closed).closeCode, 1005);
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
