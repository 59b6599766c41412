import fc from "fast-check";
import { acceptConnection, listenWith, memoryTransportPair, openConnection } from "@ws/endpoint";
import { takeConnectOptions, takeListenOptions, openOptions, serverOptions } from "@ws/endpoint/internal";
import { describe, expect, test } from "vitest";

import { connectOptions, listenOptions } from "../../node/src/known-options.ts";
import { checkHandler } from "../src/connection/known-options.ts";
import { ELSEWHERE, nearestName } from "../src/connection/nearest-name.ts";
import { manualHost } from "./support/pair.ts";

const handlers = { message: () => undefined };

class Room {
  open(): void {}
}

function message(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return (error as Error).message;
  }
  return "nothing was thrown";
}

describe("slips of listen", () => {
  test.each<[unknown, string]>([
    [8080, "the options must be an object, not 8080: did you mean { port: 8080 }?"],
    ["8080", 'the options must be an object, not "8080": did you mean { port: 8080 }?'],
    ["/tmp/x", 'the options must be an object, not "/tmp/x": did you mean { unix: "/tmp/x" }?'],
    [handlers.message, "the options must be an object, not a function: did you mean listen({}, handler)?"],
    [handlers, "message is a handler and no option: did you mean listen({}, handler)?"],
    [new Room(), "open is a handler and no option: did you mean listen({}, handler)?"],
    [undefined, "the options must be an object, not undefined"],
    [null, "the options must be an object, not null"],
    [[], "the options must be an object, not []"],
    [{ maxPayload: 5 }, "there is no option maxPayload: did you mean maxMessageBytes?"],
    [{ maxPayload: undefined }, "there is no option maxPayload: did you mean maxMessageBytes?"],
    [{ perMessageDeflate: true }, "there is no option perMessageDeflate: did you mean compress?"],
    [{ idleTimeOut: 5 }, "there is no option idleTimeOut: did you mean idleTimeout?"],
    [{ idle_timeout: 5 }, "there is no option idle_timeout: did you mean idleTimeout?"],
    [{ host: "::" }, "there is no option host: did you mean hostname?"],
    [{ prot: 1 }, "there is no option prot: did you mean port?"],
    [{ onerror: handlers.message }, "there is no option onerror: did you mean onError?"],
    [{ cert: "x" }, "there is no option cert: did you mean tls: { cert }?"],
    [{ port: "8080" }, 'port must be a number, not "8080": did you mean 8080?'],
    [{ subprotocols: "chat" }, 'subprotocols must be an array of strings, not "chat": did you mean ["chat"]?'],
    [{ subprotocols: ["chat", 5] }, "subprotocols must be an array of strings, not an array"],
    [{ subprotocolOrder: "mine" }, 'subprotocolOrder must be "client" or "server", not "mine"'],
    [{ origin: "https://a" }, "there is no option origin: did you mean allowedOrigins?"],
    [{ path: "/chat" }, "there is no option path: did you mean unix for a socket file, or upgrade, which sees the URL?"],
    [
      { allowedOrigins: "https://a" },
      'allowedOrigins must be "same", "any", an array of origins or a function, not "https://a": did you mean ["https://a"]?',
    ],
    [{ allowedOrigins: "*" }, 'allowedOrigins must be "same", "any", an array of origins or a function, not "*": did you mean "any"?'],
    [{ keepAlive: 1000 }, "keepAlive must be { interval, timeout } or false, not 1000: did you mean { interval: 1000 }?"],
    [{ keepAlive: true }, "keepAlive must be { interval, timeout } or false, not true: did you mean {}?"],
    [{ keepAlive: "a".repeat(70) }, `keepAlive must be { interval, timeout } or false, not "${"a".repeat(60)}…"`],
    [{ keepAlive: 0 }, "keepAlive must be { interval, timeout } or false, not 0: did you mean false?"],
    [{ idleTimeout: null }, "idleTimeout must be a number of milliseconds, or false for none, not null: did you mean false?"],
    [{ idleTimeout: "5000" }, 'idleTimeout must be a number of milliseconds, or false for none, not "5000": did you mean 5000?'],
    [{ stallTimeout: true }, "stallTimeout must be a number of milliseconds, or false for none, not true"],
    [{ closeTimeout: false }, "closeTimeout must be a number of milliseconds, not false"],
    [{ handshakeTimeout: false }, "handshakeTimeout must be a number of milliseconds, not false"],
    [{ keepAlive: { intervall: 5 } }, "there is no option keepAlive.intervall: did you mean interval?"],
    [{ keepAlive: { interval: "5" } }, 'keepAlive.interval must be a number of milliseconds, not "5": did you mean 5?'],
    [{ extensions: { name: "x" } }, "extensions must be an array of extensions, not an object: did you mean the same in an array?"],
    [{ extensions: ["permessage-deflate"] }, 'extensions must be an array of extensions, not ["permessage-deflate"]'],
    [{ streaming: "yes" }, 'streaming must be true or false, not "yes"'],
    [{ upgrade: {} }, "upgrade must be a function, not an object"],
    [{ tls: true }, "tls must be an object, not true"],
    [{ maxMessageBytes: null }, "maxMessageBytes must be a number, not null"],
    [{ lenient: { strayKeybits: true } }, "there is no option lenient.strayKeybits: did you mean strayKeyBits?"],
    [{ lenient: { allowNonMinimalLength: true } }, "there is no option lenient.allowNonMinimalLength: did you mean nonMinimalLengths?"],
    [{ lenient: { strayKeyBits: 1 } }, "lenient.strayKeyBits must be true or false, not 1"],
    [
      { lenient: { missingReasonSpace: true } },
      "there is no option lenient.missingReasonSpace: there are nonMinimalLengths, emptyHandshakeFields, strayKeyBits and leadingEmptyLines",
    ],
    [
      { lenient: ["strayKeyBits", "nonMinimalLengths"] },
      "lenient must be an object with nonMinimalLengths, emptyHandshakeFields, strayKeyBits and leadingEmptyLines, not " +
        '["strayKeyBits","nonMinimalLengths"]: did you mean { strayKeyBits: true, nonMinimalLengths: true }?',
    ],
    [{ insecureHTTPParser: true }, "there is no option insecureHTTPParser: did you mean lenient?"],
  ])("listen(%j, handler)", (options, expected) => {
    expect(message(() => takeListenOptions(options, handlers, listenOptions))).toBe(expected);
  });

  test("a name that is like no other lists those that there are", () => {
    expect(message(() => takeListenOptions({ zzzzzz: 1 }, handlers, listenOptions))).toMatch(
      /^there is no option zzzzzz: there are maxMessageBytes, .* and fetch$/,
    );
  });

  test.each<[unknown, string]>([
    [
      undefined,
      "the second argument is missing: async (connection) => { … }, or an object with the handlers open, message, chunk, drain, closing and close",
    ],
    [null, "the handler must be a function or an object with handlers, not null"],
    ["x", 'the handler must be a function or an object with handlers, not "x"'],
    [[], "the handler must be a function or an object with handlers, not []"],
    [{ onmessage: () => 0 }, "there is no handler onmessage: did you mean message?"],
    [{ onMessage: () => 0 }, "there is no handler onMessage: did you mean message?"],
    [{ messsage: () => 0 }, "there is no handler messsage: did you mean message?"],
    [{ data: () => 0 }, "there is no handler data: did you mean message?"],
    [{ error: () => 0 }, "there is no handler error: there are open, message, chunk, drain, closing and close"],
    [{ message: "x" }, 'message must be a function, not "x"'],
    [
      new (class Chat {
        onMessage(): void {}
      })(),
      "there is no handler onMessage: did you mean message?",
    ],
    [
      new (class Chat {
        onclose = (): void => undefined;
      })(),
      "there is no handler onclose: did you mean close?",
    ],
  ])("the handler %j", (handler, expected) => {
    expect(message(() => takeListenOptions({ port: 0 }, handler, listenOptions))).toBe(expected);
  });

  test("an object of a class may have more to it than handlers", () => {
    class Base {
      readonly rooms = new Map<string, unknown>();
      message(): void {}
      onmessage(): void {}
      broadcast(): void {}
      get size(): number {
        return this.rooms.size;
      }
    }
    class Chat extends Base {
      close(): void {}
      end(): void {}
    }
    checkHandler(new Chat());
    checkHandler(Object.assign(Object.create(handlers) as object, { rooms: 1 }));
    checkHandler(Object.assign(Object.create(null) as object, handlers));
    checkHandler({});
    checkHandler({ open: undefined });
  });
});

describe("slips of connect", () => {
  test.each<[unknown, string]>([
    ["chat", 'the options must be an object, not "chat": did you mean { subprotocols: ["chat"] }?'],
    [["a", "b"], 'the options must be an object, not ["a","b"]: did you mean { subprotocols: ["a","b"] }?'],
    [handlers.message, "the options must be an object, not a function: did you mean connect(url, {}, handler)?"],
    [{ maxMessageBytes: 5, ...handlers }, "message is a handler and no option: did you mean connect(url, {}, handler)?"],
    [new Room(), "open is a handler and no option: did you mean connect(url, {}, handler)?"],
    [{ protocols: ["a"] }, "there is no option protocols: did you mean subprotocols?"],
    [{ agent: {} }, "there is no option agent: did you mean createConnection?"],
    [{ rejectUnauthorized: false }, "there is no option rejectUnauthorized: did you mean tls: { rejectUnauthorized }?"],
    [{ headers: "a: b" }, 'headers must be an object or a list of pairs of name and value, not "a: b"'],
    [{ origin: ["https://a"] }, 'origin must be a string, not ["https://a"]'],
    [{ signal: new AbortController() }, "signal must be an AbortSignal, not an object"],
    [{ handlers }, "there is no option handlers: did you mean connect(url, {}, handler)?"],
    [
      { lenient: { leadingEmptyLines: true } },
      "there is no option lenient.leadingEmptyLines: there are nonMinimalLengths, emptyHandshakeFields",
    ],
    [{ context: 1 }, "there is no option context: there are"],
  ])("connect(url, %j)", (options, expected) => {
    expect(message(() => takeConnectOptions(options, undefined, connectOptions)).slice(0, expected.length)).toBe(expected);
  });

  test.each<[unknown, string]>([
    [{ onmessage: () => 0 }, "there is no handler onmessage: did you mean message?"],
    ["chat", 'the handler must be a function or an object with handlers, not "chat"'],
    [null, "the handler must be a function or an object with handlers, not null"],
  ])("connect(url, {}, %j)", (handler, expected) => {
    expect(message(() => takeConnectOptions({}, handler, connectOptions))).toBe(expected);
  });
});

test("the endpoint's own functions look as well; those that are asynchronous only reject", async () => {
  const { host, group } = manualHost();
  const binding = { open: () => expect.unreachable() };
  await expect(listenWith(host, binding, { maxPayload: 5 } as never, handlers)).rejects.toThrow("maxMessageBytes");
  await expect(listenWith(host, binding, {}, undefined as never)).rejects.toThrow("second argument");
  await expect(listenWith(host, binding, {}, { onmessage: () => 0 } as never)).rejects.toThrow("did you mean message");
  const accept = (...parameters: unknown[]) => acceptConnection(host, memoryTransportPair(group.clock)[0], ...(parameters as []));
  await expect(accept({ maxConnections: 5 })).rejects.toThrow("there is no option maxConnections");
  await expect(accept({}, { onmessage: () => 0 })).rejects.toThrow("did you mean message");
  const [near] = memoryTransportPair(group.clock);
  await expect(openConnection(host, { host: "a", target: "/" }, () => near, { protocols: ["a"] } as never)).rejects.toThrow("subprotocols");
  await expect(openConnection(host, { host: "a", target: "/" }, () => near, handlers as never)).rejects.toThrow("dial, {}, handler)");
});

test("every name that is proposed for one from elsewhere exists", () => {
  const lenient = { ...listenOptions.lenient.names, ...connectOptions.lenient.names };
  const tables = [listenOptions, connectOptions, lenient, { open: 0, message: 0, close: 0 }].map((table) => Object.keys(table));
  for (const [from, { name }] of Object.entries(ELSEWHERE)) {
    const having = tables.filter((known) => known.includes(name));
    expect(having, from).not.toHaveLength(0);
    expect(from).toBe(from.toLowerCase());
    for (const known of having) expect(known, `${from} is a name itself`).not.toContain(from);
  }
});

test("a known name with one letter wrong is found again; the known names find themselves", () => {
  const known = [...new Set([...Object.keys(serverOptions), ...Object.keys(openOptions)])].filter((name) => name.length > 5);
  fc.assert(
    fc.property(fc.constantFrom(...known), fc.nat(), fc.constantFrom("drop", "double", "swap", "exchange"), (name, at, how) => {
      const index = at % (name.length - 1);
      const [before, letter, after] = [name.slice(0, index), name[index]!, name.slice(index + 1)];
      const wrong = {
        drop: before + after,
        double: before + letter + letter + after,
        swap: before + after[0]! + letter + after.slice(1),
        exchange: `${before}#${after}`,
      }[how];
      expect([name, wrong]).toContain(nearestName(wrong, known));
      expect(nearestName(name, known)).toBe(name);
    }),
  );
});
