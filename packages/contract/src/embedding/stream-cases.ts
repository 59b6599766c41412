/**
 * What a client over `@ws/endpoint/streams` has to do, against the servers of `serve.ts`: a host brings the streams. Runs in workers too.
 */
import { type Connection, HandshakeError, type OpenOptions } from "@ws/endpoint";
import { permessageDeflate } from "@ws/protocol/pako";

import { type Check, check, equal, Numbers } from "./check.ts";

export interface StreamSetting {
  /** For names that no other host uses. */
  readonly host: string;
  /** The servers. */
  readonly target: { readonly ws: string; readonly echo: string; readonly wss: string };
  /** Connects a `ws:` or `wss:` URL. */
  open(url: string, options?: OpenOptions): Promise<Connection>;
  /** Connects the Unix socket of the servers. */
  openUnix(): Promise<Connection>;
}

interface StreamCase {
  readonly name: string;
  run(setting: StreamSetting): Promise<void>;
}

function streamCase(name: string, run: StreamCase["run"]): StreamCase {
  return { name, run };
}

/** ms. Inside the host, so that one case that hangs is one result. */
const LIMIT = 10_000;

/** The cases as checks in one setting. */
export function streamChecks(setting: StreamSetting): Check[] {
  return streamCases.map(({ name, run }) =>
    check(name, async () => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`not within ${LIMIT} ms`)), LIMIT);
      });
      try {
        await Promise.race([run(setting), late]);
      } finally {
        clearTimeout(timer);
      }
    }),
  );
}

async function next(connection: Connection): Promise<string | Uint8Array> {
  for await (const message of connection) return message;
  throw new Error("the connection ended instead of a message");
}

function sameBytes(actual: unknown, expected: Uint8Array): void {
  if (!(actual instanceof Uint8Array) || actual.length !== expected.length) throw new Error(`${expected.length} bytes expected`);
  const wrong = expected.findIndex((byte, index) => byte !== actual[index]);
  if (wrong >= 0) throw new Error(`${expected.length} bytes expected, byte ${wrong} is wrong`);
}

async function closeClean(connection: Connection): Promise<void> {
  connection.close(1000);
  const { code, wasClean } = await connection.closed;
  equal([code, wasClean], [1000, true], "ending");
}

/** Text and bytes come back, and both sides end cleanly. */
export async function echoed(connection: Connection): Promise<void> {
  connection.send("Hello, 世界 🙂");
  equal(await next(connection), "Hello, 世界 🙂", "text");
  connection.send(Uint8Array.of(0, 255));
  sameBytes(await next(connection), Uint8Array.of(0, 255));
  await closeClean(connection);
}

export const streamCases: readonly StreamCase[] = [
  streamCase("text and binary of every size class are echoed", async ({ open, target }) => {
    const connection = await open(target.echo);
    for (const length of [0, 1, 125, 126, 127, 65_535, 65_536, 1 << 20]) {
      const bytes = new Numbers(length).bytes(length);
      connection.send(bytes);
      sameBytes(await next(connection), bytes);
      const text = "é".repeat(length / 2);
      connection.send(text);
      equal((await next(connection)) === text, true, `text of ${length} bytes`);
    }
    await closeClean(connection);
  }),
  streamCase("an 8 MiB message in pieces, with backpressure", async ({ open, target }) => {
    const connection = await open(target.echo);
    const piece = new Numbers(8).bytes(1 << 16);
    const sending = connection.sendStream(Array.from({ length: 128 }, () => piece));
    const message = (await next(connection)) as Uint8Array;
    equal([await sending, message.length], ["ready", 8 << 20], "length");
    for (let start = 0; start < message.length; start += piece.length) sameBytes(message.subarray(start, start + piece.length), piece);
    await closeClean(connection);
  }),
  streamCase("a thousand messages at once keep their order", async ({ open, target }) => {
    const connection = await open(target.echo);
    for (let index = 0; index < 1000; index++) connection.send(String(index));
    for (let index = 0; index < 1000; index++) equal(await next(connection), String(index), "message");
    await closeClean(connection);
  }),
  streamCase("a ping is answered", async ({ open, target }) => {
    const connection = await open(target.echo);
    equal((await connection.ping()) >= 0, true, "round trip");
    await closeClean(connection);
  }),
  streamCase("messages that arrive with the handshake are not lost", async ({ open, target }) => {
    const connection = await open(`${target.ws}/hello`);
    equal(await next(connection), "hello", "message");
    connection.abort();
  }),
  streamCase("§7.1 the server closes: its code and reason arrive", async ({ open, target }) => {
    for (const [query, code, reason] of [
      ["", 1005, ""],
      ["?code=1000", 1000, ""],
      ["?code=4999&reason=bye", 4999, "bye"],
    ] as const) {
      const connection = await open(`${target.ws}/close${query}`);
      const closed = await connection.closed;
      equal([closed.code, closed.reason, closed.wasClean, closed.initiator], [code, reason, true, "remote"], query);
    }
  }),
  streamCase("§7.1 the client closes: its code and reason arrive", async ({ open, target, host }) => {
    const id = `${host}-${new Numbers(Date.now()).next()}`;
    const connection = await open(`${target.ws}/wait?id=${id}`);
    connection.close(3001, "enough");
    equal((await connection.closed).wasClean, true, "clean");
    const asking = await open(`${target.ws}/ended?of=${id}`);
    const { code, reason, wasClean } = JSON.parse((await next(asking)) as string) as { code: number; reason: string; wasClean: boolean };
    equal([code, reason, wasClean], [3001, "enough", true], "seen by the server");
    asking.abort();
  }),
  streamCase("abort ends the TCP connection: the server learns it at once", async ({ open, target, host }) => {
    const id = `${host}-${new Numbers(Date.now()).next()}`;
    const connection = await open(`${target.ws}/wait?id=${id}`);
    connection.abort();
    const { code, error } = await connection.closed;
    equal([code, error?.code], [1006, "ABORTED"], "here");
    const asking = await open(`${target.ws}/ended?of=${id}`);
    equal((JSON.parse((await next(asking)) as string) as { code: number }).code, 1006, "seen by the server");
    asking.abort();
  }),
  streamCase("a subprotocol is agreed on, an extension that the server does not have is not", async ({ open, target }) => {
    const connection = await open(`${target.ws}/echo`, { subprotocols: ["chat"], extensions: [permessageDeflate({ threshold: 0 })] });
    equal([connection.subprotocol, connection.extensions], ["chat", ""], "agreed");
    await echoed(connection);
  }),
  streamCase("a refusal is a HandshakeError with its status", async ({ open, target }) => {
    try {
      await open(`${target.ws}/refuse?status=401`);
    } catch (error) {
      equal(error instanceof HandshakeError && error.status, 401, "status");
      return;
    }
    throw new Error("it was accepted");
  }),
  streamCase("a port where nobody listens is a HandshakeError", async ({ open }) => {
    try {
      await open("ws://127.0.0.1:1/");
    } catch (error) {
      equal(error instanceof HandshakeError && error.code, "TRANSPORT_LOST", "code");
      return;
    }
    throw new Error("it was accepted");
  }),
  streamCase("over TLS", async ({ open, target }) => {
    await echoed(await open(target.wss));
  }),
  streamCase("over a Unix socket", async ({ openUnix }) => {
    await echoed(await openUnix());
  }),
];
