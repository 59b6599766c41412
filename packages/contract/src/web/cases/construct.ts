import { assert, equal } from "../../case.ts";
import { next, throws, web, type WebCase } from "../case.ts";

const nowhere = "ws://127.0.0.1:9/";

export const construct: readonly WebCase[] = [
  web("constructor: needs an argument, and converts it to a string", (t) => {
    const { WebSocket } = t.api;
    throws(() => new (WebSocket as unknown as new () => void)(), "TypeError");
    throws(() => new WebSocket(Symbol("x") as never), "TypeError");
    throws(() => new WebSocket(null as never), "SyntaxError");
    equal(t.socket(new URL(nowhere)).url, nowhere);
    equal(t.socket({ toString: () => nowhere } as never).url, nowhere);
    equal(t.socket("ws://127.0.0.1:9/\ud800").url, "ws://127.0.0.1:9/%EF%BF%BD");
  }),
  web("constructor: http and https become ws and wss, with the ports of these", (t) => {
    const url = (text: string): string => t.socket(text).url;
    equal(url("http://127.0.0.1:80/a?b"), "ws://127.0.0.1/a?b");
    equal(url("https://127.0.0.1:443/"), "wss://127.0.0.1/");
    equal(url("https://127.0.0.1:80/"), "wss://127.0.0.1:80/");
    equal(url("WS://127.0.0.1:9/a b"), "ws://127.0.0.1:9/a%20b");
  }),
  web("constructor: refuses what is no URL, other schemes and fragments with a SyntaxError", ({ api: { WebSocket } }) => {
    for (const url of [
      "",
      "127.0.0.1",
      "ws://",
      "ws://a b",
      "http://",
      "ftp://127.0.0.1",
      "mailto:a",
      "about:blank",
      "javascript:1",
      "wss:///",
      `${nowhere}#a`,
      `${nowhere}#`,
    ]) {
      throws(() => new WebSocket(url), "SyntaxError", url);
    }
  }),
  web(
    "constructor: relative URLs need a base, and are resolved against it",
    (t) => {
      throws(() => new t.api.WebSocket("/chat"), "SyntaxError");
      const before = Object.getOwnPropertyDescriptor(globalThis, "location");
      Object.defineProperty(globalThis, "location", { value: { href: "https://127.0.0.1:9/page/index.html?q#f" }, configurable: true });
      try {
        equal(t.socket("chat?room=1").url, "wss://127.0.0.1:9/page/chat?room=1");
        equal(t.socket("//127.0.0.1:8/x").url, "wss://127.0.0.1:8/x");
        equal(t.socket("ws:x").url, "ws://x/");
        throws(() => new t.api.WebSocket("#top"), "SyntaxError");
      } finally {
        if (before === undefined) Reflect.deleteProperty(globalThis, "location");
        else Object.defineProperty(globalThis, "location", before);
      }
    },
    { alone: true },
  ),
  web("constructor: refuses subprotocols that are no tokens, or are there twice", ({ api: { WebSocket } }) => {
    for (const protocols of [
      "",
      "a b",
      "a,b",
      "é",
      "a\n",
      "a/b",
      "a;",
      '"a"',
      "{}",
      ["a", "b", "a"],
      ["echo", "Echo"],
      [""],
      ["ok", "no/"],
    ]) {
      throws(() => new WebSocket(nowhere, protocols), "SyntaxError", JSON.stringify(protocols));
    }
  }),
  web("constructor: converts the subprotocols: any iterable is a sequence, null a string, undefined none", async (t) => {
    const offered = async (protocols: unknown): Promise<string | undefined> => {
      const { url, accepted } = await t.rawServer();
      t.socket(url, protocols as never);
      return /^Sec-WebSocket-Protocol: (.*)\r$/m.exec((await accepted).head)?.[1];
    };
    equal(await offered("chat"), "chat");
    equal(await offered(["chat", "super.chat"]), "chat, super.chat");
    equal(await offered(new Set(["a", "b"])), "a, b");
    equal(await offered(new String("xy")), "x, y");
    equal(await offered([1, null]), "1, null");
    equal(await offered(null), "null");
    equal(await offered(undefined), undefined);
    equal(await offered([]), undefined);
  }),
  web("constructor: conversions come first, then the URL, then the subprotocols", ({ api: { WebSocket } }) => {
    throws(() => new WebSocket("no url", Symbol("x") as never), "TypeError");
    throws(() => new WebSocket("no url", { [Symbol.iterator]: 1 } as never), "TypeError");
    throws(() => new WebSocket("no url", ["a", "a"]), "SyntaxError");
    let message = "";
    try {
      new WebSocket("no url", ["a", "a"]);
    } catch (error) {
      message = (error as Error).message;
    }
    equal(message.includes("URL"), true, `the URL is complained of: ${message}`);
    throws(() => new WebSocket(Symbol("x") as never, { [Symbol.iterator]: 1 } as never), "TypeError");
  }),
  web("constructor: starts CONNECTING, with everything empty", (t) => {
    const socket = t.socket(nowhere);
    equal(
      [
        socket.readyState,
        socket.bufferedAmount,
        socket.extensions,
        socket.protocol,
        socket.binaryType,
        socket.onopen,
        socket.onmessage,
        socket.onerror,
        socket.onclose,
      ],
      [0, 0, "", "", "blob", null, null, null, null],
    );
  }),
  web("options: instead of the subprotocols, with those among them", async (t) => {
    const { head, socket } = await t.rawPair(["Sec-WebSocket-Protocol: b"], {
      protocols: ["a", "b"],
      headers: { "X-Test": "1", Cookie: ["a=1", "b=2"], "X-None": undefined },
    });
    equal(socket.protocol, "b");
    equal(/^Sec-WebSocket-Protocol: a, b\r$/m.test(head), true, head);
    equal(/^X-Test: 1\r$/m.test(head), true, head);
    equal(head.includes("X-None"), false, head);
    equal(/^Cookie: a=1\r\nCookie: b=2\r$/m.test(head), true, head);
  }),
  web("options: headers may be pairs or a Headers", async (t) => {
    for (const headers of [[["X-Test", "2"]] as const, new Headers({ "X-Test": "2" })]) {
      const { head } = await t.rawPair([], { headers });
      equal(/^X-Test: 2\r$/im.test(head), true, head);
    }
  }),
  web("options: what cannot be sent or meant is thrown from the constructor", ({ api: { WebSocket } }) => {
    throws(() => new WebSocket(nowhere, { headers: { "no name": "x" } }), "TypeError");
    throws(() => new WebSocket(nowhere, { headers: { a: "b\r\nc: d" } }), "TypeError");
    throws(() => new WebSocket(nowhere, { headers: { Upgrade: "h2c" } }), "TypeError");
    throws(() => new WebSocket(nowhere, { maxMessageBytes: -1 }), "RangeError");
    throws(() => new WebSocket(nowhere, { protocols: ["a", "a"] }), "SyntaxError");
  }),
  web("options: signal gives up connecting, and does nothing once the connection is open", async (t) => {
    const { url } = await t.rawServer();
    const gone = t.socket(url, { signal: AbortSignal.abort() });
    const closed = await next(gone, "close");
    equal([closed.code, closed.wasClean, gone.readyState], [1006, false, 3]);
    const controller = new AbortController();
    const { socket, peer } = await t.rawPair([], { signal: controller.signal });
    controller.abort();
    socket.send("still here");
    equal(Buffer.from((await peer.readFrame()).payload).toString(), "still here");
  }),
  web("options: TLS, with an authority of the program's own", async (t) => {
    const { ca, key, cert } = t.setting.certificate;
    const server = await t.adapter.listen({ port: 0, tls: { key, cert } }, { message: (connection, message) => connection.send(message) });
    t.defer(() => server.close({ timeout: 1 }));
    const socket = t.socket(`wss://localhost:${server.port}/`, { tls: { ca } } as never);
    await next(socket, "open");
    socket.send("over TLS");
    equal((await next(socket, "message")).data, "over TLS");
    const distrusted = t.socket(`wss://localhost:${server.port}/`);
    equal((await next(distrusted, "close")).code, 1006);
  }),
  web("constructor: an unknown option, or a value of the wrong kind, is a TypeError that says what was meant", ({ api }) => {
    const slips: readonly [object, string][] = [
      [{ maxPayload: 5 }, "maxMessageBytes"],
      [{ idleTimeOut: 5 }, "idleTimeout"],
      [{ dispatcher: {} }, "createConnection"],
      [{ compres: true }, "compress"],
      [{ rejectUnauthorized: false }, "tls"],
      [{ handlers: {} }, "headers"],
      [{ keepAlive: 1000 }, "{ interval: 1000 }"],
      [{ headers: "a: b" }, "headers"],
      [{ compress: "yes" }, "true, false or an object"],
      [{ compress: { treshold: 1 } }, "threshold"],
    ];
    for (const Class of [api.WebSocket, api.WebSocketStream]) {
      for (const [options, named] of slips) {
        const { message } = throws(() => new Class(nowhere, options), "TypeError", JSON.stringify(options));
        assert(message.includes(named), `${JSON.stringify(options)}: ${message}`);
      }
    }
  }),
];
