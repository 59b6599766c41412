import { once } from "node:events";
import { createServer, connect, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls, type ConnectionOptions, createServer as createTlsServer } from "node:tls";

import type { Transport, TransportSink } from "@ws/endpoint";
import { SocketTransport } from "@ws/endpoint/node-http";
import { afterEach, describe, expect, test } from "vitest";

import { certificate } from "./certificate.ts";

/** Everything a transport reported, in order. */
class Recorder implements TransportSink {
  readonly log: string[] = [];
  readonly chunks: Uint8Array[] = [];
  drains = 0;
  error: unknown;
  #wake: (() => void)[] = [];

  get byteLength(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }
  get text(): string {
    return Buffer.concat(this.chunks).toString("latin1");
  }
  received(bytes: Uint8Array): void {
    this.chunks.push(bytes);
    this.#changed("received");
  }
  drained(): void {
    this.drains++;
    this.#changed("drained");
  }
  ended(): void {
    this.#changed("ended");
  }
  closed(error?: unknown): void {
    this.error = error;
    this.#changed("closed");
  }
  #changed(event: string): void {
    if (this.log.at(-1) !== event || event === "closed") this.log.push(event);
    for (const wake of this.#wake.splice(0)) wake();
  }
  async until(condition: (record: Recorder) => boolean): Promise<void> {
    while (!condition(this)) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }
}

const cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanup.splice(0).reverse()) await step();
});

type Kind = "TCP" | "TLS" | "Unix socket";

/** A raw peer socket and the transport on the other end. */
async function pair(kind: Kind): Promise<{ peer: Socket; transport: Transport; record: Recorder; server: Server; socket: Socket }> {
  const options = { allowHalfOpen: true, noDelay: true };
  const server = kind === "TLS" ? createTlsServer({ ...options, ...(await certificate()) }) : createServer(options);
  const accepted = once(server, kind === "TLS" ? "secureConnection" : "connection") as Promise<[Socket]>;
  server.listen(kind === "Unix socket" ? { path: join(tmpdir(), `ws-${process.pid}-${Math.random()}.sock`) } : { port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  cleanup.push(() => server.close());
  const address = server.address() as AddressInfo | string;
  const where = typeof address === "string" ? { path: address } : { port: address.port, host: "127.0.0.1" };
  const peer =
    kind === "TLS"
      ? connectTls({ ...where, allowHalfOpen: true, ca: (await certificate()).cert } as ConnectionOptions)
      : connect({ ...where, allowHalfOpen: true });
  peer.on("error", () => undefined);
  cleanup.push(() => peer.destroy());
  const connected = once(peer, kind === "TLS" ? "secureConnect" : "connect");
  const [[socket]] = await Promise.all([accepted, connected]);
  const transport = new SocketTransport(socket);
  cleanup.push(() => transport.destroy());
  return { peer, transport, record: new Recorder(), server, socket };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe.each<Kind>(["TCP", "TLS", "Unix socket"])("a transport over %s", (kind) => {
  test("reads nothing before start, then delivers in order, and copies nothing into a Buffer's view", async () => {
    const { peer, transport, record } = await pair(kind);
    peer.write("one ");
    peer.write("two");
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(record.log).toEqual([]);
    transport.start(record);
    await record.until(({ text }) => text === "one two");
    expect(Object.getPrototypeOf(record.chunks[0])).toBe(Uint8Array.prototype);
  });

  test("writes pieces in order", async () => {
    const { peer, transport, record } = await pair(kind);
    transport.start(record);
    const received: Buffer[] = [];
    peer.on("data", (chunk: Buffer) => received.push(chunk));
    transport.write([bytes("a")]);
    transport.write([bytes("b"), bytes("c"), bytes("d")]);
    transport.end();
    await once(peer, "end");
    expect(Buffer.concat(received).toString()).toBe("abcd");
  });

  test("half-closes after what is written and goes on reading; closed comes once, last, without an error", async () => {
    const { peer, transport, record } = await pair(kind);
    transport.start(record);
    const size = 1 << 20;
    transport.write([new Uint8Array(size)]);
    transport.end();
    let received = 0;
    peer.on("data", (chunk: Buffer) => (received += chunk.length));
    await once(peer, "end");
    expect(received).toBe(size);
    peer.end("after your FIN");
    await record.until(({ log }) => log.includes("closed"));
    expect(record.text).toBe("after your FIN");
    expect(record.log.filter((event) => event !== "drained")).toEqual(["received", "ended", "closed"]);
    expect(record.error).toBeUndefined();
  });

  test("writes on after the peer's FIN", async () => {
    const { peer, transport, record } = await pair(kind);
    transport.start(record);
    peer.resume();
    peer.end("bye");
    await record.until(({ log }) => log.includes("ended"));
    const reply = once(peer, "data");
    transport.write([bytes("still here")]);
    expect(String((await reply)[0])).toBe("still here");
    transport.end();
    await record.until(({ log }) => log.includes("closed"));
    expect(record.error).toBeUndefined();
  });

  test("counts what a peer that does not read leaves behind, and says when it has gone", async () => {
    const { peer, transport, record } = await pair(kind);
    peer.pause();
    transport.start(record);
    const size = 32 << 20;
    transport.write([new Uint8Array(size)]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(transport.bufferedBytes).toBeGreaterThan(0);
    expect(transport.bufferedBytes).toBeLessThanOrEqual(size);
    expect(record.drains).toBe(0);
    peer.resume();
    await record.until(({ drains }) => drains > 0);
    expect(transport.bufferedBytes).toBe(0);
  });

  test("stops a sender while paused, and loses nothing", async () => {
    const { peer, transport, record } = await pair(kind);
    transport.start(record);
    transport.pause();
    const size = 32 << 20;
    peer.write(new Uint8Array(size));
    await new Promise((resolve) => setTimeout(resolve, 100));
    // What was on its way when reading stopped.
    expect(record.byteLength).toBeLessThanOrEqual(256 << 10);
    expect(peer.writableLength).toBeGreaterThan(0);
    transport.resume();
    await record.until(({ byteLength }) => byteLength === size);
  });

  test("reports a peer that vanishes once", async () => {
    const { peer, transport, record } = await pair(kind);
    transport.start(record);
    peer.write("x");
    await record.until(({ text }) => text === "x");
    if (kind === "TCP") peer.resetAndDestroy();
    else peer.destroy();
    await record.until(({ log }) => log.some((event) => event === "closed" || event === "ended"));
    transport.destroy();
    await record.until(({ log }) => log.includes("closed"));
    expect(record.log.filter((event) => event === "closed")).toHaveLength(1);
    expect(record.log.at(-1)).toBe("closed");
    if (kind === "TCP") expect(record.error).toMatchObject({ code: "ECONNRESET" });
  });

  test("destroy forgets what is buffered; writes and ends after it are ignored", async () => {
    const { peer, transport, record } = await pair(kind);
    peer.pause();
    transport.start(record);
    transport.write([new Uint8Array(32 << 20)]);
    transport.destroy();
    expect(transport.bufferedBytes).toBe(0);
    transport.write([bytes("ignored")]);
    transport.end();
    transport.destroy();
    await record.until(({ log }) => log.includes("closed"));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(record.log.filter((event) => event === "closed")).toHaveLength(1);
  });

  test("a second start moves delivery to the new sink and repeats nothing", async () => {
    const { peer, transport, record } = await pair(kind);
    transport.start(record);
    peer.write("first");
    await record.until(({ text }) => text === "first");
    const second = new Recorder();
    transport.start(second);
    peer.end("second");
    await second.until(({ log }) => log.includes("ended"));
    expect(record.text).toBe("first");
    expect(second.text).toBe("second");
  });

  test("leaves no listener of its own on a released socket", async () => {
    const { transport, record, socket } = await pair(kind);
    const names = ["data", "end", "error", "close", "drain", "readable", "finish"] as const;
    const before = await (async () => {
      const fresh = await pair(kind);
      return names.map((name) => fresh.socket.listenerCount(name) - (name === "error" || name === "close" ? 1 : 0));
    })();
    transport.start(record);
    (transport as SocketTransport).release();
    expect(names.map((name) => socket.listenerCount(name))).toEqual(before);
  });
});

test("a destroyed TCP connection is reset", async () => {
  const { peer, transport, record } = await pair("TCP");
  transport.start(record);
  const closed = new Promise((resolve) => peer.on("close", resolve));
  transport.destroy();
  await closed;
  expect(peer.errored).toMatchObject({ code: "ECONNRESET" });
});
