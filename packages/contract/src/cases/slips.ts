import { assert, type Case, equal, local, rejects, thrownBy } from "../case.ts";

const handler = { message: (): void => undefined };
const nowhere = "ws://127.0.0.1:1/";

/** What a program gets wrong, and what the TypeError has to name. */
const LISTEN: readonly [string, readonly unknown[], string][] = [
  ["a port instead of options", [8080, handler], "{ port: 8080 }"],
  ["the handler alone", [handler.message], "did you mean listen({}, handler)?"],
  ["no handler", [{}], "second argument"],
  ["maxPayload", [{ port: 0, maxPayload: 5 }, handler], "maxMessageBytes"],
  ["perMessageDeflate", [{ port: 0, perMessageDeflate: true }, handler], "compress"],
  ["an unknown part of compress", [{ port: 0, compress: { treshold: 0 } }, handler], "threshold"],
  ["idleTimeOut", [{ port: 0, idleTimeOut: 5 }, handler], "idleTimeout"],
  ["host", [{ port: 0, host: "::" }, handler], "hostname"],
  ["an empty hostname, which would be every address", [{ port: 0, hostname: "" }, handler], "hostname must be a name or an address"],
  ["no name for a socket file", [{ unix: "" }, handler], "unix must be the path of a socket file"],
  ["a socket file and a port", [{ unix: "/tmp/x.sock", port: 0 }, handler], "unix and port"],
  ["a socket file and an address", [{ unix: "/tmp/x.sock", hostname: "::1" }, handler], "unix and hostname"],
  ["a port in a string", [{ port: "0" }, handler], "port"],
  ["a subprotocol in a string", [{ port: 0, subprotocols: "chat" }, handler], '["chat"]'],
  ["an origin in a string", [{ port: 0, allowedOrigins: "https://a.example" }, handler], '["https://a.example"]'],
  ["a number for keepAlive", [{ port: 0, keepAlive: 1000 }, handler], "{ interval: 1000 }"],
  ["an unknown part of keepAlive", [{ port: 0, keepAlive: { intervall: 5 } }, handler], "interval"],
  ["an extension by itself", [{ port: 0, extensions: {} }, handler], "array"],
  [
    "a leniency that a client has",
    [{ port: 0, lenient: { missingReasonSpace: true } }, handler],
    "there is no option lenient.missingReasonSpace",
  ],
  ["a leniency with a letter wrong", [{ port: 0, lenient: { strayKeyBit: true } }, handler], "did you mean strayKeyBits?"],
  ["a leniency by its name alone", [{ port: 0, lenient: "strayKeyBits" }, handler], "did you mean { strayKeyBits: true }?"],
  ["true for tls", [{ port: 0, tls: true }, handler], "tls"],
  ["a Response for fetch", [{ port: 0, fetch: {} }, handler], "fetch"],
  ["a controller for signal", [{ port: 0, signal: new AbortController() }, handler], "AbortSignal"],
  ["onmessage", [{ port: 0 }, { onmessage: handler.message }], "message"],
  [
    "onMessage of a class",
    [
      { port: 0 },
      new (class {
        onMessage(): void {}
      })(),
    ],
    "message",
  ],
  ["a handler that is text", [{ port: 0 }, { open: "x" }], "open"],
];

const CONNECT: readonly [string, unknown, string][] = [
  ["a subprotocol instead of options", "chat", '{ subprotocols: ["chat"] }'],
  ["maxPayload", { maxPayload: 5 }, "maxMessageBytes"],
  ["perMessageDeflate", { perMessageDeflate: true }, "compress"],
  ["a subprotocol in a string", { subprotocols: "chat" }, '["chat"]'],
  ["a number for keepAlive", { keepAlive: 1000 }, "{ interval: 1000 }"],
  ["the handlers instead of options", handler, "connect(url, {}, handler)"],
  ["a function instead of options", async () => Promise.resolve(), "connect(url, {}, handler)"],
  ["handlers among the options", { handlers: handler }, "connect(url, {}, handler)"],
  ["a context", { context: 1 }, "context"],
  ["a controller for signal", { signal: new AbortController() }, "AbortSignal"],
  ["a leniency that a server has", { lenient: { strayKeyBits: true } }, "there is no option lenient.strayKeyBits"],
  ["true for lenient", { lenient: true }, "nonMinimalLengths, emptyHandshakeFields and missingReasonSpace"],
  ["no name for a socket file", { unix: "" }, "unix must be the path of a socket file"],
  ["text for headers", { headers: "a: b" }, "headers"],
];

/** The call rejects, and does not throw; the message of the TypeError names `named`. */
async function slips(what: string, call: () => Promise<unknown>, named: string): Promise<void> {
  let promise: Promise<unknown> | undefined;
  try {
    promise = call();
  } catch {
    // Told below.
  }
  assert(promise !== undefined, `${what}: rejects, and does not throw`);
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert(error instanceof TypeError && error.message.includes(named), `${what}: ${String(error)}`);
}

const URLS: readonly [unknown, string][] = [
  ["/chat", "did you mean ws://host/chat?"],
  ["?room=1", "did you mean ws://host/?room=1?"],
  ["//127.0.0.1/chat", "did you mean ws://127.0.0.1/chat?"],
  ["localhost:8080", "did you mean ws://localhost:8080?"],
  ["example.com/chat", "did you mean ws://example.com/chat?"],
  ["127.0.0.1:8080/chat", "did you mean ws://127.0.0.1:8080/chat?"],
  ["not a url", '"not a url" is not an absolute URL'],
  ["ftp://127.0.0.1/", "ws or wss"],
  ["mailto:a@b", "ws or wss"],
  [undefined, "must be a string or a URL, not undefined"],
  [8080, "must be a string or a URL, not 8080"],
  [{ port: 8080 }, "must be a string or a URL, not an object"],
];

/** The message of the HandshakeError. */
async function whyNot(connecting: Promise<unknown>): Promise<string> {
  const { message } = await rejects(connecting, { name: "HandshakeError" });
  assert(!/\p{Cc}/u.test(message), `one line, with no control characters: ${JSON.stringify(message)}`);
  return message;
}

function says(message: string, part: string): void {
  assert(message.includes(part), `${JSON.stringify(part)} in ${JSON.stringify(message)}`);
}

export const slipCases: readonly Case[] = [
  local("slips of listen are a TypeError that says what was meant", async (t) => {
    const listen = t.adapter.listen as unknown as (...parameters: readonly unknown[]) => Promise<{ close(): Promise<void> }>;
    for (const [what, parameters, named] of LISTEN) await slips(what, () => listen(...parameters), named);
  }),
  local("slips of connect are a TypeError that says what was meant", async (t) => {
    for (const [what, options, named] of CONNECT) await slips(what, () => t.adapter.connect(nowhere, options as never), named);
    await slips("onmessage", () => t.adapter.connect(nowhere, {}, { onmessage: handler.message } as never), "message");
    await slips("text for a handler", () => t.adapter.connect(nowhere, {}, "chat" as never), "handler");
  }),
  local("an option that a class or a prototype gives counts like any other, and each is read once", async (t) => {
    let reads = 0;
    class Defaults {
      get maxMessageBytes(): number {
        reads++;
        return 1_000;
      }
    }
    const server = await t.adapter.listen(Object.assign(new Defaults(), { port: 0 }), { message: () => undefined });
    try {
      const far = await t.connect(server.url);
      far.send(new Uint8Array(1_001));
      equal([(await far.closed).code, reads], [1009, 1]);
      const origins = Object.create({ allowedOrigins: ["https://a.example"] }) as { allowedOrigins: string[] };
      const chosen = await t.adapter.listen(origins, { message: () => undefined });
      try {
        await rejects(t.adapter.connect(chosen.url, { origin: "https://b.example" }), { name: "HandshakeError", status: 403 });
        const options = Object.create({ origin: "https://a.example" }) as { origin: string };
        (await t.adapter.connect(chosen.url, options)).close(1000);
      } finally {
        await chosen.close();
      }
    } finally {
      await server.close();
    }
    await slips(
      "a name that does not exist",
      () => t.adapter.connect(nowhere, Object.create({ maxPayload: 5 }) as object),
      "maxMessageBytes",
    );
  }),
  local("slips of server.close are a TypeError, and close nothing", async (t) => {
    const server = await t.listen({ port: 0 }, handler);
    const close = server.close as (options: unknown) => Promise<void>;
    await slips("a number", () => close(500), "must be an object, not 500");
    await slips("an unknown option", () => close({ timeOut: 500 }), "timeout");
    await slips("text for the code", () => close({ code: "1001" }), "1001");
    await t.connect(server.url);
  }),
  local("errors of connections are for instanceof: a program makes none", async (t) => {
    const { ConnectionError, HandshakeError } = t.adapter;
    for (const Class of [ConnectionError, HandshakeError] as unknown as (new () => Error)[]) {
      const thrown = thrownBy(() => new Class());
      assert(thrown instanceof TypeError && thrown.message.includes(Class.name), String(thrown));
    }
    const error: unknown = await t.adapter
      .connect("ws://localhost/", { signal: AbortSignal.abort("mine") })
      .catch((error: unknown) => error);
    assert(error instanceof HandshakeError && error instanceof Error && error.stack!.includes(error.message), String(error));
    equal([error.name, error.kind, error.cause], ["HandshakeError", "aborted", "mine"]);
  }),
  local("slips of close are a TypeError, and close nothing", async (t) => {
    const server = await t.listen({ port: 0 }, handler);
    const connection = await t.connect(server.url);
    const close = (...parameters: readonly unknown[]): Promise<void> =>
      new Promise((resolve) => resolve(connection.close(...(parameters as [number, string]))));
    await slips("text for the code", () => close("1000"), 'a close code is a number, not "1000"');
    await slips("null for the code", () => close(null), "a close code is a number, not null");
    await slips("a number for the reason", () => close(1000, 5), "a reason is a string, not 5");
    await slips("null for the reason", () => close(1000, null), "a reason is a string, not null");
    equal(connection.state, "open");
  }),
  local("slips of beginMessage are a TypeError, and begin nothing", async (t) => {
    const server = await t.listen({ port: 0 }, handler);
    const connection = await t.connect(server.url);
    const begin = (...given: readonly unknown[]): Promise<unknown> =>
      new Promise((resolve) => resolve(connection.beginMessage(...(given as ["text"]))));
    await slips("no type", () => begin(), '"text" or "binary"');
    await slips("json", () => begin("json"), 'not "json"');
    assert(connection.beginMessage("text") !== undefined, "one begins");
  }),
  local("slips of sendStream are a TypeError, and break nothing that has not begun", async (t) => {
    const server = await t.listen({ port: 0 }, handler);
    const connection = await t.connect(server.url, { onError: () => undefined });
    const stream = (chunks: unknown): Promise<unknown> => connection.sendStream(chunks as string[]);
    await slips("bytes instead of pieces", () => stream(new Uint8Array(3)), "did you mean [bytes]");
    await slips("a number", () => stream(5), "an iterable of strings or bytes");
    await slips("a first piece that is none", () => stream([5]), "a view or a buffer");
    equal([connection.state, await connection.sendStream(["whole"])], ["open", "ready"]);
  }),
  local("slips of ping are a TypeError that says what was meant", async (t) => {
    const server = await t.listen({ port: 0 }, handler);
    const connection = await t.connect(server.url);
    const ping = (...parameters: readonly unknown[]): Promise<number> => connection.ping(...(parameters as []));
    await slips("a signal instead of options", () => ping(undefined, new AbortController().signal), "signal");
    await slips("a controller for signal", () => ping(undefined, { signal: new AbortController() }), "AbortSignal");
    await slips("an unknown option", () => ping(undefined, { sginal: undefined }), "signal");
    await slips("null for options", () => ping(undefined, null), "must be an object, not null");
  }),
  local("URLs that lead nowhere are a TypeError that says what was meant", async (t) => {
    for (const [url, named] of URLS) await slips(String(url), () => t.adapter.connect(url as string), named);
  }),
  local("a server that cannot be reached: the message says why, the same in each runtime", async (t) => {
    says(await whyNot(t.adapter.connect(nowhere)), "no connection to ws://127.0.0.1:1: the connection was refused");
    says(await whyNot(t.adapter.connect("wss://127.0.0.1:1/")), "no connection to wss://127.0.0.1:1: the connection was refused");
    const missing = `${t.setting.folder}/none.sock`;
    says(await whyNot(t.adapter.connect("ws://localhost/", { unix: missing })), "no such socket");
    const server = await t.listen({}, handler);
    says(await whyNot(t.adapter.connect(server.url.replace("ws:", "wss:"))), `speaks no TLS there; for one without, write ws://127.0.0.1`);
    const { key, cert } = t.setting.certificate;
    const secure = await t.listen({ tls: { key, cert } }, handler);
    says(await whyNot(t.adapter.connect(secure.url.replace("wss:", "ws:"))), `speaks TLS`);
    says(await whyNot(t.adapter.connect(secure.url.replace("wss:", "ws:"))), `write ${secure.url}`);
  }),
  local("a refusal: the message says why, with control characters shown", async (t) => {
    const server = await t.listen({ upgrade: ({ target }) => ({ status: 401, body: `log in first\u009b[2J: ${target}\nmore` }) }, handler);
    says(await whyNot(t.adapter.connect(`${server.url}/a`)), "401 Unauthorized instead of 101: log in first\\u{9b}[2J: /a");
    const here = await t.listen({}, handler);
    const message = await whyNot(t.adapter.connect(here.url, { origin: "https://elsewhere.example" }));
    says(message, "403 Forbidden");
    says(message, "https://elsewhere.example");
  }),
  local("`headers` may name the Host, for a virtual host", async (t) => {
    const hosts: string[] = [];
    const server = await t.listen({ upgrade: ({ host }) => (hosts.push(host), {}) }, handler);
    await t.connect(server.url, { headers: { Host: "virtual.example:8080" } });
    await t.connect(server.url, { headers: [["host", "other.example"]] });
    equal(hosts, ["virtual.example:8080", "other.example"]);
    await rejects(t.adapter.connect(server.url, { headers: { Host: "a b" } }), { name: "TypeError" });
  }),
  local("a function without a promise, as programs for `ws` have it: TypeError for `onError`, and 1011, in both roles", async (t) => {
    const clients = new Set<unknown>();
    const errors: unknown[] = [];
    const onError = (error: unknown): void => void errors.push(error);
    // What the types refuse.
    const add = ((connection: unknown) => void clients.add(connection)) as unknown as () => Promise<void>;
    const server = await t.listen({ onError }, add);
    equal((await (await t.connect(server.url)).closed).code, 1011, "of a server");
    const patient = await t.listen({}, handler);
    const client = await t.connect(patient.url, { onError }, add);
    equal((await client.closed).code, 1011, "of a client");
    equal(clients.size, 2, "calls");
    equal(errors.length, 2, "errors");
    for (const error of errors) {
      assert(error instanceof TypeError, String(error));
      says(error.message, "async (connection) => { … }");
      says(error.message, "{ open(connection) { … }");
    }
  }),
  local("an object of a class with state of its own is a handler", async (t) => {
    class Room {
      readonly members = new Set<unknown>();
      open(connection: unknown): void {
        this.members.add(connection);
      }
      broadcast(): void {}
    }
    const room = new Room();
    const server = await t.listen({ port: 0 }, room);
    const connection = await t.connect(server.url);
    connection.close();
    await connection.closed;
    equal(room.members.size, 1, "members");
  }),
];
