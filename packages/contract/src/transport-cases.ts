/** The Transport port, held against a raw peer: what every adapter's transports do, over TCP, TLS and Unix sockets. */
import type { Socket } from "node:net";

import type { Transport, TransportSink } from "@ws/endpoint";

import { assert, delay, equal, eventually, pattern } from "./case.ts";

/** Everything a transport reported, in order. */
export class Recorder implements TransportSink {
  readonly log: string[] = [];
  readonly #chunks: Uint8Array[] = [];
  drains = 0;
  error: unknown;

  get bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#chunks));
  }
  get byteLength(): number {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }
  get text(): string {
    return Buffer.concat(this.#chunks).toString("latin1");
  }
  get plain(): boolean {
    return this.#chunks.every((chunk) => Object.getPrototypeOf(chunk) === Uint8Array.prototype);
  }
  received(bytes: Uint8Array): void {
    this.#chunks.push(bytes.slice());
    // The bytes may be modified: what is borrowed is overwritten here.
    bytes.fill(0xdd);
    if (this.log.at(-1) !== "received") this.log.push("received");
  }
  drained(): void {
    this.drains++;
  }
  ended(): void {
    this.log.push("ended");
  }
  closed(error?: unknown): void {
    this.error = error;
    this.log.push("closed");
  }
}

export type Kind = "TCP" | "TLS" | "Unix socket";

export interface TransportPair {
  readonly transport: Transport;
  /** The other end. */
  readonly peer: Socket;
}

export interface TransportCase {
  readonly name: string;
  run(kind: Kind, pair: () => Promise<TransportPair>, canReset: boolean): Promise<void>;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Collects what the peer gets. */
function collect(peer: Socket): { bytes: Uint8Array; ended: boolean; closed: boolean } {
  const got = { bytes: new Uint8Array(0) as Uint8Array, ended: false, closed: false };
  const chunks: Uint8Array[] = [];
  peer.on("data", (chunk: Uint8Array) => {
    chunks.push(chunk);
  });
  Object.defineProperty(got, "bytes", { get: () => new Uint8Array(Buffer.concat(chunks)) });
  peer.on("end", () => (got.ended = true));
  peer.on("close", () => (got.closed = true));
  return got;
}

export const transportCases: readonly TransportCase[] = [
  {
    name: "reads nothing before start, then delivers plain Uint8Arrays in order",
    async run(_, pair) {
      const { peer, transport } = await pair();
      const record = new Recorder();
      peer.write("one ");
      peer.write("two");
      await delay(20);
      equal(record.log, []);
      transport.start(record);
      await eventually(() => record.text === "one two", "everything is delivered");
      assert(record.plain, "Uint8Array, not a subclass");
    },
  },
  {
    name: "writes pieces in order",
    async run(_, pair) {
      const { peer, transport } = await pair();
      transport.start(new Recorder());
      const got = collect(peer);
      transport.write([bytes("a")]);
      transport.write([bytes("b"), bytes("c"), bytes("d")]);
      transport.write([pattern(100_000, 1), bytes("e"), pattern(200_000, 2)]);
      transport.end();
      await eventually(() => got.ended, "FIN");
      equal(Buffer.from(got.bytes.subarray(0, 4)).toString(), "abcd");
      equal(got.bytes.subarray(4, 100_004), pattern(100_000, 1));
      equal(got.bytes.subarray(100_005), pattern(200_000, 2));
    },
  },
  {
    name: "half-closes after what is written and goes on reading; closed comes once, last, without an error",
    async run(_, pair) {
      const { peer, transport } = await pair();
      const record = new Recorder();
      transport.start(record);
      const got = collect(peer);
      transport.write([pattern(1 << 20)]);
      transport.end();
      await eventually(() => got.ended, "FIN");
      equal(got.bytes, pattern(1 << 20));
      peer.end("after your FIN");
      await eventually(() => record.log.includes("closed"), "closed");
      equal([record.text, record.log, record.error], ["after your FIN", ["received", "ended", "closed"], undefined]);
    },
  },
  {
    name: "writes on after the peer's FIN",
    async run(_, pair) {
      const { peer, transport } = await pair();
      const record = new Recorder();
      transport.start(record);
      const got = collect(peer);
      peer.end("bye");
      await eventually(() => record.log.includes("ended"), "ended");
      await delay(20);
      transport.write([bytes("still "), bytes("here")]);
      transport.end();
      await eventually(() => record.log.includes("closed") && got.ended, "closed");
      equal([Buffer.from(got.bytes).toString(), record.log, record.error], ["still here", ["received", "ended", "closed"], undefined]);
    },
  },
  {
    name: "counts what a peer that does not read leaves behind, and says when it has gone",
    async run(_, pair) {
      const { peer, transport } = await pair();
      const record = new Recorder();
      peer.pause();
      transport.start(record);
      const size = 32 << 20;
      transport.write([new Uint8Array(size)]);
      transport.write([new Uint8Array(10)]);
      await delay(50);
      assert(transport.bufferedBytes > 0 && transport.bufferedBytes <= size + 10, `bufferedBytes: ${transport.bufferedBytes}`);
      equal(record.drains, 0);
      let length = 0;
      peer.on("data", (chunk: Uint8Array) => {
        length += chunk.length;
      });
      peer.resume();
      await eventually(() => record.drains > 0 && length === size + 10, "drained");
      equal(transport.bufferedBytes, 0);
    },
  },
  {
    name: "many writes of several pieces arrive whole and in order at a peer that reads late; what was taken may be overwritten",
    async run(_, pair) {
      const { peer, transport } = await pair();
      peer.pause();
      transport.start(new Recorder());
      const expected: Uint8Array[] = [];
      for (let index = 0; index < 200; index++) {
        const pieces = [pattern(4 + index, index), pattern((index * 7919) % 70_000, index), pattern(index % 3, index)];
        expected.push(...pieces.map((piece) => piece.slice()));
        transport.write([...pieces]);
        if (transport.copies === true && transport.bufferedBytes === 0) for (const piece of pieces) piece.fill(0xdd);
      }
      assert(transport.bufferedBytes > 0, "more than the kernel takes");
      transport.end();
      const got = collect(peer);
      peer.resume();
      await eventually(() => got.ended, "FIN");
      const all = Buffer.concat(expected);
      equal(got.bytes.length, all.length);
      assert(all.equals(got.bytes), "the same bytes");
    },
  },
  {
    name: "stops a sender while paused, and loses nothing",
    async run(_, pair) {
      const { peer, transport } = await pair();
      const record = new Recorder();
      transport.start(record);
      transport.pause();
      const size = 32 << 20;
      peer.write(new Uint8Array(size));
      await delay(100);
      // What was on its way when reading stopped.
      assert(record.byteLength <= 512 << 10, `read ${record.byteLength} bytes`);
      assert(peer.writableLength > 0, "the peer is stuck");
      transport.resume();
      await eventually(() => record.byteLength === size, "everything arrived");
    },
  },
  {
    name: "pause and resume at random lose and repeat nothing",
    async run(_, pair) {
      const { peer, transport } = await pair();
      const record = new Recorder();
      transport.start(record);
      const sent = pattern(3 << 20);
      peer.end(sent);
      let paused = false;
      for (let step = 0; !record.log.includes("ended") && step < 2_000; step++) {
        if (paused) transport.resume();
        else transport.pause();
        paused = !paused;
        if (step % 3 === 0) await delay(0);
      }
      transport.resume();
      await eventually(() => record.log.includes("ended"), "FIN");
      equal(record.bytes, sent);
    },
  },
  {
    name: "reports a peer that vanishes once",
    async run(kind, pair) {
      const { peer, transport } = await pair();
      const record = new Recorder();
      transport.start(record);
      peer.write("x");
      await eventually(() => record.text === "x", "x");
      if (kind === "TCP") peer.resetAndDestroy();
      else peer.destroy();
      await eventually(() => record.log.includes("closed") || record.log.includes("ended"), "reported");
      transport.destroy();
      await eventually(() => record.log.includes("closed"), "closed");
      await delay(20);
      equal([record.log.filter((event) => event === "closed").length, record.log.at(-1)], [1, "closed"]);
      if (kind === "TCP") equal((record.error as { code?: unknown }).code, "ECONNRESET");
    },
  },
  {
    name: "destroy forgets what is buffered; what is done to it afterwards is ignored",
    async run(_, pair) {
      const { peer, transport } = await pair();
      const record = new Recorder();
      peer.pause();
      transport.start(record);
      transport.write([new Uint8Array(32 << 20)]);
      transport.destroy();
      equal(transport.bufferedBytes, 0);
      transport.write([bytes("ignored")]);
      transport.end();
      transport.pause();
      transport.resume();
      transport.destroy();
      await eventually(() => record.log.includes("closed"), "closed");
      await delay(20);
      equal(record.log, ["closed"]);
    },
  },
  {
    name: "destroy after end, while a peer reads nothing and after both FINs",
    async run(_, pair) {
      for (const full of [true, false]) {
        const { peer, transport } = await pair();
        const record = new Recorder();
        if (full) peer.pause();
        const got = collect(peer);
        if (full) peer.pause();
        transport.start(record);
        transport.write([new Uint8Array(full ? 32 << 20 : 1)]);
        transport.end();
        if (!full) await eventually(() => got.ended, "FIN");
        transport.destroy();
        peer.resume();
        await eventually(() => record.log.includes("closed"), "closed");
        await eventually(() => got.ended || got.closed, "the peer sees the end");
        equal(record.log, ["closed"]);
      }
    },
  },
  {
    name: "a second start moves delivery to the new sink and repeats nothing",
    async run(_, pair) {
      const { peer, transport } = await pair();
      const [first, second] = [new Recorder(), new Recorder()];
      transport.start(first);
      peer.write("first");
      await eventually(() => first.text === "first", "first");
      transport.start(second);
      peer.end("second");
      await eventually(() => second.log.includes("ended"), "second");
      equal([first.text, second.text], ["first", "second"]);
    },
  },
  {
    name: "never calls the sink from within write, pause, resume or end",
    async run(_, pair) {
      const { peer, transport } = await pair();
      let inside = false;
      let broken: string | undefined;
      const record = new Recorder();
      const watch = (name: string): void => {
        if (inside) broken = name;
      };
      transport.start({
        received: (chunk) => {
          watch("received");
          record.received(chunk);
        },
        drained: () => watch("drained"),
        ended: () => {
          watch("ended");
          record.ended();
        },
        closed: (error) => {
          watch("closed");
          record.closed(error);
        },
      });
      const call = (action: () => void): void => {
        inside = true;
        action();
        inside = false;
      };
      peer.end("x".repeat(100_000));
      peer.resume();
      for (let step = 0; step < 50; step++) {
        call(() => transport.pause());
        call(() => transport.write([new Uint8Array(10_000), new Uint8Array(100_000)]));
        call(() => transport.resume());
        await delay(0);
      }
      call(() => transport.end());
      await eventually(() => record.log.includes("closed"), "closed");
      equal(broken, undefined);
      equal(record.log, ["received", "ended", "closed"]);
    },
  },
  {
    name: "destroy behind an end that has left does not reset",
    async run(_, pair) {
      const { peer, transport } = await pair();
      const record = new Recorder();
      transport.start(record);
      const got = collect(peer);
      let error: unknown;
      peer.on("error", (thrown) => (error = thrown));
      transport.write([bytes("bye")]);
      transport.end();
      transport.destroy();
      await eventually(() => got.ended, "FIN");
      equal([error, record.log], [undefined, ["closed"]]);
    },
  },
  {
    name: "destroy resets a TCP connection where the runtime can",
    async run(kind, pair, canReset) {
      if (kind !== "TCP" || !canReset) return;
      const { peer, transport } = await pair();
      transport.start(new Recorder());
      let error: { code?: unknown } | undefined;
      peer.on("error", (thrown: Error & { code?: unknown }) => (error = thrown));
      let closed = false;
      peer.on("close", () => (closed = true));
      transport.destroy();
      await eventually(() => closed, "closed");
      equal(error?.code, "ECONNRESET");
    },
  },
];

/** Runs all of them in this runtime and prints a line of JSON for each. `pair` makes a fresh pair and says how to get rid of it. */
export async function runTransportCases(
  kinds: readonly Kind[],
  pair: (kind: Kind, defer: (step: () => unknown) => void) => Promise<TransportPair>,
  canReset: boolean,
): Promise<void> {
  for (const kind of kinds) {
    for (const one of transportCases) {
      const cleanup: (() => unknown)[] = [];
      let error: string | undefined;
      try {
        await Promise.race([
          one.run(kind, () => pair(kind, (step) => cleanup.push(step)), canReset),
          delay(10_000).then(() => Promise.reject(new Error("not within 10 s"))),
        ]);
      } catch (thrown) {
        error = thrown instanceof Error ? `${thrown.message}\n${thrown.stack ?? ""}` : String(thrown);
      }
      for (const step of cleanup.reverse()) await step();
      process.stdout.write(`${JSON.stringify({ kind, name: one.name, ok: error === undefined, error })}\n`);
    }
  }
}
