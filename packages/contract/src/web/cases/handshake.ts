import type { WebSocketInstance } from "@ws/endpoint/web";

import { assert, equal } from "../../case.ts";
import { rawListen, unmasked } from "../../raw.ts";
import { next, recorded, throws, web, type WebCase, type WebTest } from "../case.ts";

/** Expects the connection to fail: error, then close with 1006, and no open. */
async function fails(socket: EventTarget & { readyState: number }): Promise<void> {
  const log = recorded(socket);
  const { code, reason, wasClean } = await next(socket, "close");
  equal([log, code, reason, wasClean, socket.readyState], [["error", "close"], 1006, "", false, 3]);
}

async function answering(t: WebTest, answer: string): Promise<string> {
  const { url } = await rawListen(t, async (peer) => {
    await peer.readHead();
    peer.write(answer);
    peer.socket.end();
  });
  return url;
}

export const handshake: readonly WebCase[] = [
  web("handshake: the request of the standard, with compression offered and no Origin", async (t) => {
    const { head } = await t.rawPair();
    const lines = head.split("\r\n");
    equal(lines[0], "GET / HTTP/1.1");
    const names = lines.slice(1, -2).map((line) => line.slice(0, line.indexOf(":")));
    equal(names, ["Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Extensions"]);
    equal(
      lines.find((line) => line.startsWith("Sec-WebSocket-Extensions")),
      "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
    );
  }),
  web("handshake: lenient waives a rule by its name, but an empty subprotocol is still none of those offered", async (t) => {
    const empty = ["Sec-WebSocket-Protocol:", "Sec-WebSocket-Extensions:"];
    const { socket } = await t.rawPair(empty, { lenient: { emptyHandshakeFields: true } });
    equal([socket.protocol, socket.extensions], ["", ""]);
    for (const options of [
      {},
      { lenient: { nonMinimalLengths: true } },
      { protocols: ["chat"], lenient: { emptyHandshakeFields: true } },
    ]) {
      const { url } = await t.rawServer(empty);
      await fails(t.socket(url, options));
    }
  }),
  web("handshake: no compression is offered with compress: false", async (t) => {
    const { head } = await t.rawPair([], { compress: false });
    assert(!head.includes("Sec-WebSocket-Extensions"), head);
  }),
  web("handshake: compress chooses the parameters that are offered", async (t) => {
    const { head } = await t.rawPair([], { compress: { serverNoContextTakeover: true, clientMaxWindowBits: 12 } });
    const offer = /^Sec-WebSocket-Extensions: (.*)\r$/m.exec(head)?.[1];
    equal(offer?.split("; ").sort(), ["client_max_window_bits=12", "permessage-deflate", "server_no_context_takeover"]);
  }),
  web("handshake: perMessageDeflate is another name of compress, in WebSocket alone", async (t) => {
    const { head } = await t.rawPair([], { perMessageDeflate: false });
    assert(!head.includes("Sec-WebSocket-Extensions"), head);
    for (const construct of [
      () => new t.api.WebSocket("ws://127.0.0.1:1/", { compress: true, perMessageDeflate: true }),
      () => new t.api.WebSocketStream("ws://127.0.0.1:1/", { perMessageDeflate: false } as object),
    ]) {
      const { message } = throws(construct, "TypeError");
      assert(message.includes("compress"), message);
    }
  }),
  web("handshake: path and query are asked for as they are", async (t) => {
    const { url, accepted } = await t.rawServer();
    t.socket(`${url}/a%20b/?c=d&e`);
    assert((await accepted).head.startsWith("GET /a%20b/?c=d&e HTTP/1.1\r\n"), "request line");
  }),
  web("handshake: credentials in the URL become an Authorization header, unless there is one", async (t) => {
    const { url, accepted } = await t.rawServer();
    const socket = t.socket(url.replace("ws://", "ws://f%C3%BC:b%40r@"));
    const { head } = await accepted;
    assert(head.includes(`Authorization: Basic ${Buffer.from("fü:b@r").toString("base64")}\r\n`), head);
    assert(/^Host: 127\.0\.0\.1:\d+\r$/m.test(head), head);
    assert(socket.url.startsWith("ws://f%C3%BC:b%40r@"), socket.url);
    const own = await t.rawServer();
    t.socket(own.url.replace("ws://", "ws://a:b@"), { headers: { authorization: "Bearer x" } });
    const request = (await own.accepted).head;
    assert(request.includes("authorization: Bearer x\r\n") && !request.includes("Basic"), request);
  }),
  web("handshake: credentials in the URL are percent-decoded octet by octet", async (t) => {
    for (const [userinfo, octets] of [
      ["%FF:%00%80", [0xff, 0x3a, 0x00, 0x80]],
      ["%zz:%4", [0x25, 0x7a, 0x7a, 0x3a, 0x25, 0x34]],
      ["a%2525:ü", [0x61, 0x25, 0x32, 0x35, 0x3a, 0xc3, 0xbc]],
      [":%41", [0x3a, 0x41]],
    ] as const) {
      const { url, accepted } = await t.rawServer();
      t.socket(url.replace("ws://", `ws://${userinfo}@`));
      const { head } = await accepted;
      assert(head.includes(`Authorization: Basic ${Buffer.from(octets).toString("base64")}\r\n`), `${userinfo}: ${head}`);
    }
  }),
  web("handshake: protocol and extensions are there when open fires, and not before", async (t) => {
    const { url } = await t.rawServer(["Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Extensions: permessage-deflate"]);
    const socket = t.socket(url, ["other", "chat"]);
    equal([socket.protocol, socket.extensions], ["", ""]);
    const event = await next(socket, "open");
    equal([event.type, event.bubbles, event.cancelable, event.target === socket], ["open", false, false, true]);
    equal([socket.readyState, socket.protocol, socket.extensions], [1, "chat", "permessage-deflate"]);
  }),
  web("handshake: a server that acknowledges none of the subprotocols offered fails the connection", async (t) => {
    const { url } = await t.rawServer([], unmasked(1, "early"));
    await fails(t.socket(url, "chat"));
  }),
  web("handshake: a server that chooses what was not offered fails the connection", async (t) => {
    const { url } = await t.rawServer(["Sec-WebSocket-Protocol: other"]);
    await fails(t.socket(url, "chat"));
    const none = await t.rawServer(["Sec-WebSocket-Protocol: other"]);
    await fails(t.socket(none.url));
    const extension = await t.rawServer(["Sec-WebSocket-Extensions: x-other"]);
    await fails(t.socket(extension.url));
  }),
  web("handshake: redirects are not followed and challenges not answered", async (t) => {
    await fails(t.socket(await answering(t, "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")));
    await fails(
      t.socket(await answering(t, 'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n')),
    );
    await fails(t.socket(await answering(t, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")));
  }),
  web("handshake: a server that is not there, or not one, fails the connection", async (t) => {
    await fails(t.socket("ws://127.0.0.1:1/"));
    await fails(t.socket(await answering(t, "SSH-2.0-OpenSSH_9.9\r\n\r\n")));
    await fails(t.socket(await answering(t, "")));
  }),
  web("handshake: the error event says why", async (t) => {
    const socket = t.socket(await answering(t, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"));
    const event = await next(socket, "error");
    const { error, message } = event;
    assert(error.name === "HandshakeError", error.name);
    equal([event.constructor === Event, error.kind, error.code, error.status], [true, "refused", "UNEXPECTED_STATUS", 403]);
    assert(message.includes("403"), message);
  }),
  web("error event: whatever went wrong, it carries an error with a kind", async (t) => {
    const kindOf = async (socket: WebSocketInstance): Promise<string[]> => {
      const { error } = await next(socket, "error");
      return [error.kind, error.code];
    };
    equal(await kindOf(t.socket("ws://127.0.0.1:1/")), ["lost", "TRANSPORT_LOST"], "nobody there");

    const none = await t.rawServer([]);
    equal(await kindOf(t.socket(none.url, "chat")), ["protocol", "SUBPROTOCOL_NOT_OFFERED"], "no subprotocol chosen");

    const early = t.socket(await answering(t, ""));
    early.close();
    equal(await kindOf(early), ["aborted", "ABORTED"], "closed before it was open");

    const late = await t.rawServer([]);
    const unaware = t.socket(late.url);
    await late.accepted;
    unaware.close();
    equal(await kindOf(unaware), ["aborted", "ABORTED"], "closed before it was told");

    const lost = await t.rawPair();
    const losing = kindOf(lost.socket);
    lost.peer.socket.destroy();
    equal(await losing, ["lost", "TRANSPORT_LOST"], "lost");

    const broken = await t.rawPair();
    const breaking = kindOf(broken.socket);
    broken.peer.write(Buffer.of(0xff, 0));
    equal(await breaking, ["protocol", "RESERVED_BITS"], "a broken frame");

    const unreadable = await t.rawPair();
    const failing = kindOf(unreadable.socket);
    const blob = new Blob(["x"]);
    blob.arrayBuffer = () => Promise.reject(new Error("the file is gone"));
    unreadable.socket.send(blob);
    equal(await failing, ["internal", "MESSAGE_BROKEN"], "a Blob that cannot be read");

    const full = await t.rawPair([], { maxBufferedBytes: 1000 });
    const filling = kindOf(full.socket);
    full.socket.send(new Blob(["x".repeat(1000)]));
    full.socket.send("behind it");
    equal(await filling, ["limit", "BUFFER_OVERFLOW"], "too much behind a Blob");
  }),
];
