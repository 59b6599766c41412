import { assert, delay, equal, eventually } from "../../case.ts";
import { acceptHead, rawListen, unmasked } from "../../raw.ts";
import { answerClose, closeFrame, next, recorded, throws, web, type WebCase } from "../case.ts";

export const closing: readonly WebCase[] = [
  web("close: while CONNECTING fails the connection: CLOSING at once, then error and close with 1006, and no open", async (t) => {
    const { url } = await t.rawServer();
    const socket = t.socket(url);
    const log = recorded(socket);
    socket.close(3000, "ignored");
    equal(socket.readyState, 2);
    const { code, reason, wasClean } = await next(socket, "close");
    equal([log, code, reason, wasClean, socket.readyState], [["error", "close"], 1006, "", false, 3]);
    await delay(20, "nothing follows");
    equal(log.length, 2, "nothing follows");
  }),
  web("close: without arguments sends a Close frame without a body, and gives 1005", async (t) => {
    const { socket, peer } = await t.rawPair();
    socket.close();
    equal(socket.readyState, 2);
    const closed = next(socket, "close");
    equal((await answerClose(peer)).length, 0, "body");
    const event = await closed;
    equal([event.code, event.reason, event.wasClean, socket.readyState], [1005, "", true, 3]);
  }),
  web("close: sends code and reason, and gives the peer's", async (t) => {
    const { socket, peer } = await t.rawPair();
    socket.close(3456, "pizza \ud83c\udf55 \ud800");
    const { payload } = await peer.readFrame();
    equal([payload[0]! * 256 + payload[1]!, Buffer.from(payload.subarray(2)).toString()], [3456, "pizza \ud83c\udf55 \ufffd"]);
    peer.write(closeFrame(4321, "pasta"));
    peer.socket.end();
    const event = await next(socket, "close");
    equal([event.code, event.reason, event.wasClean], [4321, "pasta", true]);
  }),
  web("close: a reason alone goes with 1000; an empty one with nothing", async (t) => {
    for (const [reason, body] of [
      ["why", "03e8776879"],
      ["", ""],
    ] as const) {
      const { socket, peer } = await t.rawPair();
      socket.close(undefined, reason);
      equal(Buffer.from(await answerClose(peer)).toString("hex"), body);
    }
  }),
  web("close: checks code and reason in every state, before anything else", async (t) => {
    const { socket, peer } = await t.rawPair();
    const connecting = t.socket((await t.rawServer()).url);
    const checks = (target: WebSocket, state: number): void => {
      for (const code of [0, 999, 1001, 1005, 1006, 1015, 2999, 5000, -1, 65_536, NaN, Infinity, null]) {
        throws(() => target.close(code as number), "InvalidAccessError", `close(${String(code)})`);
      }
      throws(() => target.close(1000, "x".repeat(124)), "SyntaxError");
      throws(() => target.close(1000, "é".repeat(62)), "SyntaxError");
      throws(() => target.close(999, "x".repeat(124)), "InvalidAccessError", "the code first");
      throws(() => target.close(999, Symbol("x") as never), "TypeError", "conversions first");
      throws(() => target.close(Symbol("x") as never), "TypeError");
      throws(() => target.close(1000n as never), "TypeError");
      equal(target.readyState, state, "state");
    };
    checks(connecting as never, 0);
    checks(socket as never, 1);
    socket.close(1000, "x".repeat(123));
    checks(socket as never, 2);
    const closed = next(socket, "close");
    await answerClose(peer);
    await closed;
    checks(socket as never, 3);
  }),
  web("close: the code is clamped and rounded to the even one, as Web IDL says", async (t) => {
    for (const [code, sent] of [
      [2999.5, 3000],
      [3000.4, 3000],
      [3000.5, 3000],
      [3001.5, 3002],
      ["4000", 4000],
    ] as const) {
      const { socket, peer } = await t.rawPair();
      socket.close(code as number);
      const payload = await answerClose(peer);
      equal(payload[0]! * 256 + payload[1]!, sent, String(code));
    }
  }),
  web("close: a second time, or when closed, does nothing", async (t) => {
    const { socket, peer } = await t.rawPair();
    const log = recorded(socket);
    socket.close(3001);
    socket.close(3002);
    const closed = next(socket, "close");
    equal(Buffer.from(await answerClose(peer)).toString("hex"), "0bb9");
    await closed;
    socket.close(3003);
    equal(socket.readyState, 3);
    await delay(10, "nothing follows");
    equal(log, ["close"]);
  }),
  web("close: what was sent before leaves before, and what arrives after is not delivered", async (t) => {
    const { socket, peer } = await t.rawPair();
    const log = recorded(socket);
    socket.send("before");
    socket.close();
    equal(Buffer.from((await peer.readFrame()).payload).toString(), "before");
    peer.write(unmasked(1, "late"));
    await answerClose(peer);
    await next(socket, "close");
    equal(log, ["close"]);
  }),
  web("closing by the peer: CLOSING while the connection is still there, then CLOSED", async (t) => {
    const { socket, peer } = await t.rawPair();
    const log = recorded(socket);
    peer.write(closeFrame(3999, "enough"));
    await eventually(() => socket.readyState === 2, "CLOSING");
    equal(log, []);
    equal(Buffer.from((await peer.readFrame()).payload.subarray(0, 2)).toString("hex"), "0f9f", "the code comes back");
    const closed = next(socket, "close");
    peer.socket.end();
    const { code, reason, wasClean } = await closed;
    equal([log, code, reason, wasClean, socket.readyState], [["close"], 3999, "enough", true, 3]);
  }),
  web("closing by the peer: a Close without a body gives 1005", async (t) => {
    const { socket, peer } = await t.rawPair();
    peer.write(unmasked(8, ""));
    peer.socket.end();
    const { code, reason, wasClean } = await next(socket, "close");
    equal([code, reason, wasClean], [1005, "", true]);
  }),
  web("closing: a connection that is lost gives error, then close with 1006 (RFC 6455 §7.2.1)", async (t) => {
    for (const end of ["end", "reset"] as const) {
      const { socket, peer } = await t.rawPair();
      const log = recorded(socket);
      if (end === "end") peer.socket.end();
      else peer.reset();
      const { code, reason, wasClean } = await next(socket, "close");
      equal([log, code, reason, wasClean], [["error", "close"], 1006, "", false], end);
    }
  }),
  web("closing: failing the connection sends a Close frame with its code, and gives error and close with 1006", async (t) => {
    const cases = [
      [unmasked(3, "reserved opcode"), 1002],
      [unmasked(1, Buffer.from([0xff])), 1007],
      [unmasked(2, new Uint8Array(17)), 1009],
    ] as const;
    for (const [bytes, sent] of cases) {
      const { socket, peer } = await t.rawPair([], { maxMessageBytes: 16 });
      const log = recorded(socket);
      const closed = next(socket, "close");
      peer.write(bytes);
      const { header, payload } = await peer.readFrame();
      equal([header.opcode, payload[0]! * 256 + payload[1]!], [8, sent]);
      peer.socket.end();
      const { code, wasClean } = await closed;
      equal([log, code, wasClean], [["error", "close"], 1006, false]);
    }
  }),
  web("closing: passing maxBufferedBytes flags the WebSocket as full: error, close", async (t) => {
    const { socket } = await t.rawPair([], { maxBufferedBytes: 1 << 20, compress: false });
    const log = recorded(socket);
    const closed = next(socket, "close");
    let sent = 0;
    const chunk = new Uint8Array(1 << 20);
    for (; sent < 32 && socket.readyState === 1; sent++) socket.send(chunk);
    const { code, wasClean } = await closed;
    equal([log, code, wasClean], [["error", "close"], 1006, false]);
    const left = socket.bufferedAmount;
    assert(left > 0, "what was not transmitted stays in bufferedAmount");
    await delay(20, "nothing follows");
    equal(socket.bufferedAmount, left, "for good");
  }),
  web("terminate: ends at once, with 1006 and no error", async (t) => {
    const { socket, peer } = await t.rawPair();
    const log = recorded(socket);
    socket.terminate();
    equal(socket.readyState, 2);
    const { code, wasClean } = await next(socket, "close");
    equal([log, code, wasClean], [["close"], 1006, false]);
    await peer.readAll();
    socket.terminate();
  }),
  web("closing: a server that never answers the Close is left after closeTimeout", async (t) => {
    const { url } = await rawListen(t, async (peer) => {
      peer.write(acceptHead(await peer.readHead()));
    });
    const socket = t.socket(url, { closeTimeout: 50 });
    await next(socket, "open");
    socket.close(1000);
    const { code, wasClean } = await next(socket, "close");
    equal([code, wasClean], [1006, false]);
  }),
];
