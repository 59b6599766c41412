/**
 * Peers that speak bytes: a raw client that can send anything, and a raw server that can answer anything. On `node:net`, which every
 * runtime has; nothing of the endpoint is in them.
 */
import { createHash } from "node:crypto";
import { createServer, connect, type AddressInfo, type Socket } from "node:net";

import { applyMask, decodeFrameHeader, encodeFrame, type FrameHeader } from "@ws/codec";

import { AssertionError, type Test } from "./case.ts";

export interface RawFrame {
  readonly header: FrameHeader;
  /** Unmasked. */
  readonly payload: Uint8Array;
}

const encoder = new TextEncoder();
const latin1 = new TextDecoder("latin1");

/** One end of a TCP connection, read at will. */
export class RawPeer {
  readonly socket: Socket;
  /** What has come and was not read lies from `#start` to `#end`. */
  #room: Uint8Array = new Uint8Array(0);
  #start = 0;
  #end = 0;
  #ended = false;
  #closed = false;
  error: (Error & { code?: string }) | undefined;
  #wake: (() => void) | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Uint8Array) => {
      this.#keep(chunk);
      this.#wake?.();
    });
    socket.on("end", () => {
      this.#ended = true;
      this.#wake?.();
    });
    socket.on("error", (error: Error) => (this.error = error));
    socket.on("close", () => {
      this.#closed = true;
      this.#wake?.();
    });
  }

  get #bytes(): Uint8Array {
    return this.#room.subarray(this.#start, this.#end);
  }

  /** In room that doubles: some cases read many MiB. */
  #keep(chunk: Uint8Array): void {
    const bytes = this.#bytes;
    if (this.#end + chunk.length > this.#room.length) {
      this.#room = new Uint8Array(2 * (bytes.length + chunk.length));
      this.#room.set(bytes);
      [this.#start, this.#end] = [0, bytes.length];
    }
    this.#room.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** All of it at once, so that it may come in one segment. */
  write(...pieces: readonly (Uint8Array | string)[]): void {
    this.socket.write(Buffer.concat(pieces.map((piece) => (typeof piece === "string" ? encoder.encode(piece) : piece))));
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** From here on what comes is read and forgotten: keeping megabytes is what takes long. */
  discard(): void {
    this.socket.removeAllListeners("data");
    this.socket.on("data", () => undefined);
    this.socket.resume();
  }

  async #more(what: string): Promise<void> {
    if (this.#ended || this.#closed) throw new AssertionError(`the stream ended instead of ${what}`);
    await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  async read(length: number): Promise<Uint8Array> {
    while (this.#bytes.length < length) await this.#more(`${length} bytes`);
    const taken = this.#bytes.slice(0, length);
    this.#start += length;
    return taken;
  }

  /** A head, with the empty line. */
  async readHead(): Promise<string> {
    for (;;) {
      const text = latin1.decode(this.#bytes);
      const end = text.indexOf("\r\n\r\n");
      if (end >= 0) return latin1.decode(await this.read(end + 4));
      await this.#more("a head");
    }
  }

  async readFrame(): Promise<RawFrame> {
    let header: FrameHeader | undefined;
    while ((header = decodeFrameHeader(this.#bytes)) === undefined) await this.#more("a frame");
    await this.read(header.headerLength);
    const payload = await this.read(header.payloadLength);
    if (header.masked) applyMask(payload, header.maskingKey);
    return { header, payload };
  }

  /** Everything up to the peer's FIN. */
  async readAll(): Promise<Uint8Array> {
    while (!this.#ended && !this.#closed) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#bytes;
  }

  /** Resolves when the stream is gone, by FIN on both sides or by a reset. */
  async closed(): Promise<void> {
    while (!this.#closed) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}

const exampleKey = "dGhlIHNhbXBsZSBub25jZQ==";

export function requestHead(target = "/", lines: readonly string[] = [], key: string = exampleKey): string {
  const head = [
    "Host: 127.0.0.1",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${key}`,
    "Sec-WebSocket-Version: 13",
    ...lines,
  ];
  return `GET ${target} HTTP/1.1\r\n${head.join("\r\n")}\r\n\r\n`;
}

export function acceptHead(request: string, lines: readonly string[] = []): string {
  const key = /^sec-websocket-key: *(\S+)/im.exec(request)?.[1] ?? "";
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  return [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${accept}`,
    ...lines,
    "",
    "",
  ].join("\r\n");
}

/** A masked frame, as clients send them. */
export function masked(opcode: number, payload: Uint8Array | string, options: { fin?: boolean; rsv?: number } = {}): Uint8Array {
  return encodeFrame(opcode, typeof payload === "string" ? encoder.encode(payload) : payload, { ...options, maskingKey: 0x37fa213d });
}
/** An unmasked frame, as servers send them. */
export function unmasked(opcode: number, payload: Uint8Array | string, options: { fin?: boolean; rsv?: number } = {}): Uint8Array {
  return encodeFrame(opcode, typeof payload === "string" ? encoder.encode(payload) : payload, options);
}

export function closePayload(code: number, reason = ""): Uint8Array {
  const text = encoder.encode(reason);
  const payload = new Uint8Array(2 + text.length);
  payload[0] = code >> 8;
  payload[1] = code & 0xff;
  payload.set(text, 2);
  return payload;
}

/** Connects without a word. */
export async function rawConnect(t: Test, port: number): Promise<RawPeer> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
  const peer = new RawPeer(socket);
  t.defer(() => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  return peer;
}

/** Connects and completes the opening handshake. */
export async function rawOpen(t: Test, port: number, target = "/", lines: readonly string[] = []): Promise<RawPeer> {
  const peer = await rawConnect(t, port);
  peer.write(requestHead(target, lines));
  const head = await peer.readHead();
  if (!head.startsWith("HTTP/1.1 101 ")) throw new AssertionError(`not accepted: ${head}`);
  return peer;
}

/** A server that does with each connection what `serve` says. */
export async function rawListen(t: Test, serve: (peer: RawPeer) => unknown): Promise<{ port: number; url: string }> {
  const peers = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.allowHalfOpen = true;
    peers.add(socket);
    void Promise.resolve(serve(new RawPeer(socket))).catch(() => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.defer(() => {
    for (const socket of peers) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, url: `ws://127.0.0.1:${port}` };
}

export function portOf(url: string): number {
  return Number(new URL(url).port);
}
