// The root of @ws/endpoint: connections over a transport in memory, with time that passes when it is told to.
import {
  acceptConnection,
  type AcceptOptions,
  type Clock,
  type Closed,
  type Connection,
  type ConnectionHandler,
  createHost,
  memoryTransportPair,
  openConnection,
  type OpenOptions,
  type PipeOptions,
} from "@ws/endpoint";
import { permessageDeflate } from "@ws/protocol/pako";

import { type Check, check, equal, Numbers } from "./check.ts";

/** Turns of the host's promise jobs that let everything happen that is on its way. */
async function settle(turns = 2_000): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await undefined;
}

/** All that a host without timers and without `queueMicrotask` can offer: promise jobs, and time that the test moves on. */
class ManualClock implements Clock {
  #now = 0;
  #timers: { at: number; callback: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  setTimer(callback: () => void, delay: number): unknown {
    const timer = { at: this.#now + delay, callback };
    this.#timers.push(timer);
    return timer;
  }

  clearTimer(timer: unknown): void {
    this.#timers = this.#timers.filter((other) => other !== timer);
  }

  microtask(callback: () => void): void {
    void Promise.resolve().then(callback);
  }

  turn(callback: () => void): void {
    this.setTimer(callback, 0);
  }

  get pending(): number {
    return this.#timers.length;
  }

  async advance(time: number): Promise<void> {
    const end = this.#now + time;
    for (;;) {
      await settle();
      const [next] = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#now = Math.max(this.#now, next.at);
      this.clearTimer(next);
      next.callback();
    }
    this.#now = end;
  }
}

interface Opened {
  readonly clock: ManualClock;
  readonly client: Connection;
  readonly server: Connection;
  /** What went wrong in handlers. */
  readonly errors: unknown[];
}

async function open(
  handler: ConnectionHandler | undefined,
  { accept = {}, opening = {}, pipe = {} }: { accept?: AcceptOptions; opening?: OpenOptions; pipe?: PipeOptions } = {},
): Promise<Opened> {
  const clock = new ManualClock();
  const numbers = new Numbers(42);
  const errors: unknown[] = [];
  const host = createHost({
    clock,
    fillRandom: (bytes) => {
      bytes.set(numbers.bytes(bytes.length));
    },
    printError: (error) => {
      errors.push(error);
    },
  });
  const [near, far] = memoryTransportPair(clock, pipe);
  const accepted = acceptConnection(host, far, accept, handler);
  const opened = openConnection(host, { host: "example.com", target: "/" }, () => near, opening);
  // The request and the answer take their time.
  await clock.advance(2 * (pipe.delay ?? 0));
  return { clock, client: await opened, server: await accepted, errors };
}

const echo: ConnectionHandler = async (connection) => {
  for await (const message of connection) {
    connection.send(message);
    await connection.ready;
  }
};

async function take(connection: Connection, count: number): Promise<(string | Uint8Array)[]> {
  const taken: (string | Uint8Array)[] = [];
  if (count > 0) for await (const message of connection) if (taken.push(message) === count) break;
  return taken;
}

const summary = ({ code, reason, wasClean, initiator }: Closed): unknown[] => [code, reason, wasClean, initiator];

export const endpointChecks: readonly Check[] = [
  check("an echo by iteration, in chunks of every kind, and a clean end", async () => {
    for (const pipe of [{}, { chunkSize: () => 1 }, { chunkSize: (available: number) => 1 + (available % 7), borrowed: true }]) {
      const { client, server, clock, errors } = await open(echo, { pipe });
      const messages = ["Hello", "", "世界 🙂".repeat(30), new Uint8Array(0), new Numbers(9).bytes(1000)];
      for (const message of messages) client.send(message);
      equal(await take(client, messages.length), messages, "messages");
      client.close(1000, "bye");
      equal(
        [summary(await client.closed), summary(await server.closed)],
        [
          [1000, "bye", true, "local"],
          [1000, "bye", true, "remote"],
        ],
        "endings",
      );
      await clock.advance(10_000);
      equal([clock.pending, errors], [0, []], "nothing is left");
    }
  }),
  check("`Symbol.asyncDispose` is there where the host has it, and ends a connection", async () => {
    const { client, server, clock } = await open(echo);
    const symbol = Symbol.asyncDispose as typeof Symbol.asyncDispose | undefined;
    if (symbol === undefined) equal("undefined" in client, false, "a method by another name");
    else await client[symbol]();
    client.close(1000);
    equal([summary(await client.closed), (await server.closed).code], [[1000, "", true, "local"], 1000], "endings");
    await clock.advance(10_000);
    equal(clock.pending, 0, "nothing is left");
  }),
  check("an echo by handlers, in the order of the documentation", async () => {
    const events: string[] = [];
    const { client } = await open({
      open: () => void events.push("open"),
      message: (connection, message) => {
        events.push(`message ${String(message)}`);
        connection.send(message);
      },
      close: (_, { code }) => void events.push(`close ${code}`),
    });
    for (const text of ["a", "b", "c"]) client.send(text);
    equal(await take(client, 3), ["a", "b", "c"], "messages");
    client.close(1001);
    await client.closed;
    await settle();
    equal(events, ["open", "message a", "message b", "message c", "close 1001"], "order");
  }),
  check("subprotocol and compression are agreed on", async () => {
    const extensions = [permessageDeflate({ threshold: 0 })];
    const { client, server } = await open(echo, {
      accept: { subprotocols: ["b", "a"], extensions },
      opening: { subprotocols: ["a", "b"], extensions },
    });
    equal([client.subprotocol, server.subprotocol, client.extensions], ["a", "a", "permessage-deflate"], "agreed");
    const text = "compressible ".repeat(500);
    client.send(text);
    equal(await take(client, 1), [text], "message");
    client.close();
    equal((await client.closed).wasClean, true, "clean");
  }),
  check('a peer that does not read makes send answer "full", and ready resolves when it does', async () => {
    const { client, server } = await open(undefined, {
      opening: { sendHighWaterMark: 1000 },
      accept: { receiveHighWaterMark: 1000 },
      pipe: { capacity: 1000 },
    });
    let sent = 0;
    let state: string;
    do {
      state = client.send(new Uint8Array(500));
      sent++;
      await settle(50);
    } while (state === "ready" && sent < 100);
    equal([state, sent < 20], ["full", true], "backpressure");
    let ready = false;
    void client.ready.then(() => (ready = true));
    await settle();
    equal(ready, false, "while nothing is read");
    equal((await take(server, sent)).length, sent, "received");
    await settle();
    equal(ready, true, "when all is read");
  }),
  check("a message larger than what is held at once is sent and received in pieces", async () => {
    const { client, server } = await open(undefined, { accept: { streaming: true }, pipe: { capacity: 2_000 } });
    const numbers = new Numbers(3);
    const pieces = Array.from({ length: 20 }, () => numbers.bytes(1_500));
    const sending = client.sendStream(pieces);
    let received = 0;
    for await (const message of server.incoming()) {
      for await (const piece of message) received += piece.length;
      break;
    }
    equal([await sending, received], ["ready", 30_000], "bytes");
  }),
  check("deadlines are the host's clock: keep-alive fails a silent peer, and closing ends by itself", async () => {
    const { client, server, clock } = await open(undefined, {
      opening: { keepAlive: { interval: 1_000, timeout: 500 } },
      pipe: { delay: 400 },
    });
    equal(client.state, "open", "before");
    // The answer to a ping takes 800 ms.
    await clock.advance(3_000);
    equal([(await client.closed).code, (await client.closed).error?.code], [1006, "KEEP_ALIVE_TIMEOUT"], "client");
    await clock.advance(20_000);
    equal([(await server.closed).wasClean, clock.pending], [false, 0], "server");
  }),
  check("a handler that throws closes with 1011 and is reported", async () => {
    const error = new Error("of the handler");
    const { client, errors } = await open(() => {
      throw error;
    });
    equal((await client.closed).code, 1011, "code");
    equal(errors.length === 1 && errors[0] === error, true, "reported");
  }),
];
