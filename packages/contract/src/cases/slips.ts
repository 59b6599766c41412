import { assert, type Case, equal, local } from "../case.ts";

const handler = { message: (): void => undefined };
const nowhere = "ws://127.0.0.1:1/";

/** What a program gets wrong, and what the TypeError has to name. */
const LISTEN: readonly [string, readonly unknown[], string][] = [
  ["a port instead of options", [8080, handler], "{ port: 8080 }"],
  ["the handler alone", [handler.message], "second argument"],
  ["no handler", [{}], "second argument"],
  ["maxPayload", [{ port: 0, maxPayload: 5 }, handler], "maxMessageSize"],
  ["perMessageDeflate", [{ port: 0, perMessageDeflate: true }, handler], "permessageDeflate()"],
  ["idleTimeOut", [{ port: 0, idleTimeOut: 5 }, handler], "idleTimeout"],
  ["host", [{ port: 0, host: "::" }, handler], "hostname"],
  ["a port in a string", [{ port: "0" }, handler], "port"],
  ["a subprotocol in a string", [{ port: 0, subprotocols: "chat" }, handler], '["chat"]'],
  ["an origin in a string", [{ port: 0, origin: "https://a.example" }, handler], '["https://a.example"]'],
  ["a number for keepAlive", [{ port: 0, keepAlive: 1000 }, handler], "{ interval: 1000 }"],
  ["an unknown part of keepAlive", [{ port: 0, keepAlive: { intervall: 5 } }, handler], "interval"],
  ["an extension by itself", [{ port: 0, extensions: {} }, handler], "array"],
  ["true for tls", [{ port: 0, tls: true }, handler], "tls"],
  ["a Response for fetch", [{ port: 0, fetch: {} }, handler], "fetch"],
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
  ["maxPayload", { maxPayload: 5 }, "maxMessageSize"],
  ["perMessageDeflate", { perMessageDeflate: true }, "permessageDeflate()"],
  ["a subprotocol in a string", { subprotocols: "chat" }, '["chat"]'],
  ["a number for keepAlive", { keepAlive: 1000 }, "{ interval: 1000 }"],
  ["onmessage among the handlers", { handlers: { onmessage: handler.message } }, "message"],
  ["a controller for signal", { signal: new AbortController() }, "AbortSignal"],
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

export const slipCases: readonly Case[] = [
  local("slips of listen are a TypeError that says what was meant", async (t) => {
    const listen = t.adapter.listen as unknown as (...parameters: readonly unknown[]) => Promise<{ close(): Promise<void> }>;
    for (const [what, parameters, named] of LISTEN) await slips(what, () => listen(...parameters), named);
  }),
  local("slips of connect are a TypeError that says what was meant", async (t) => {
    for (const [what, options, named] of CONNECT) await slips(what, () => t.adapter.connect(nowhere, options as never), named);
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
