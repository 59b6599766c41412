/** WebSocketStream: how it is opened, and the ways in which it ends. */
import { assert, delay, equal } from "../../case.ts";
import { rawListen, unmasked } from "../../raw.ts";
import { answerClose, closeFrame, rejection, stateOf, throws, web, type WebCase } from "../case.ts";

const nowhere = "ws://127.0.0.1:1/";

export const stream: readonly WebCase[] = [
  web("stream: opened gives the streams, the subprotocol and the extensions", async (t) => {
    const { url } = await t.rawServer(["Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Extensions: permessage-deflate"]);
    const stream = t.stream(url.replace("ws:", "http:"), { protocols: ["other", "chat"] });
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
    const stream = t.stream(url);
    stream.close({ closeCode: 3000 });
    for (const error of [await rejection(stream.opened), await rejection(stream.closed)]) {
      assert(error instanceof t.api.WebSocketError, String(error));
    }
    equal((await rejection(stream.closed)).closeCode, 1006);
  }),
  web("stream: a handshake that fails rejects both promises with a WebSocketError", async (t) => {
    const stream = t.stream(nowhere);
    const error = await rejection(stream.closed);
    equal([error.name, error.closeCode, error.reason], ["WebSocketError", 1006, ""]);
    assert(error instanceof t.api.WebSocketError, String(error));
    equal([error.cause?.name, error.cause?.kind], ["HandshakeError", "lost"], "cause");
    equal((await rejection(stream.opened)).name, "WebSocketError");
    const refused = t.stream((await t.rawServer()).url, { protocols: ["chat"] });
    equal((await rejection(refused.opened)).name, "WebSocketError");
    // Looking at neither of the promises must not end the process.
    new t.api.WebSocketStream(nowhere);
    await delay(20, "nothing follows");
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
  web("stream: closing while messages wait drops them and does not wait for them to be read", async (t) => {
    const { stream, peer } = await t.rawStream();
    for (const text of ["one", "two", "three"]) peer.write(unmasked(1, text));
    await delay(20, "at another moment");
    stream.close();
    await answerClose(peer);
    equal((await stream.closed).closeCode, 1005);
    const reader = (await stream.opened).readable.getReader();
    // The first may have been enqueued already.
    const first = await reader.read();
    if (!first.done) equal([first.value, (await reader.read()).done], ["one", true]);
  }),
  web("stream: a signal that is aborted already rejects both promises with its reason, without connecting", async (t) => {
    let connected = false;
    const { url } = await rawListen(t, () => (connected = true));
    const reason = new Error("never mind");
    const stream = t.stream(url, { signal: AbortSignal.abort(reason) });
    assert((await rejection(stream.opened)) === reason && (await rejection(stream.closed)) === reason, "the reason");
    await delay(20, "nothing follows");
    assert(!connected, "connected");
    stream.close();
  }),
  web("stream: a signal aborts the handshake, and does nothing once it is over", async (t) => {
    const { url } = await rawListen(t, () => undefined);
    const controller = new AbortController();
    const stream = t.stream(url, { signal: controller.signal });
    await delay(20, "at another moment");
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
];
