/**
 * The Transport port over a connected `net.Socket` or `tls.TLSSocket`: @ws/node's transport, and that of @ws/deno and @ws/bun
 * where a connection shares its port with the runtime's HTTP server.
 */
import { Socket } from "node:net";
import process from "node:process";
import type { Duplex } from "node:stream";

import type { Transport, TransportSink } from "../ports/transport.ts";
import { WriteQueue } from "../transports/write-queue.ts";
import { readDirectly } from "./direct-reads.ts";

const nothing = new Uint8Array(0);

/**
 * Bun 1.4 copies all of a corked or large write before it returns, and the loop waits for that: writes go in parts of this size, each given when the
 * one before has left (packages/bun/test/parts.test.ts).
 */
const PART = 262_144;
const writesParts = "bun" in process.versions;
const transportOf: unique symbol = Symbol("transport");

type TransportSocket = Socket & { [transportOf]: SocketTransport };

export class SocketTransport implements Transport {
  /** Reads come in the buffer that all sockets share where {@link readDirectly} is possible, else each in memory of its own. */
  borrowed = false;
  /** What a socket has nothing left of is in the kernel, or encrypted. Another stream may hand on the very bytes. */
  readonly copies: boolean;
  readonly remoteAddress: string | undefined;
  readonly secure: boolean;
  readonly #socket: TransportSocket;
  #sink: TransportSink | undefined;
  /**
   * Bytes that the socket has not passed on. Counted here, since a socket forgets what it holds when it is lost: only what was passed on
   * is subtracted.
   */
  bufferedBytes = 0;
  /** Lengths of the writes whose callbacks are awaited, in order. */
  readonly #pending: number[] = [];
  #written: ((error?: Error | null) => void) | undefined;
  /** Where writes go in parts. */
  // v8 ignore next -- Bun only, where V8 counts nothing; the contract suite runs it there
  readonly #queue: WriteQueue | undefined = writesParts ? new WriteQueue(this) : undefined;
  #ended = false;
  #destroyed = false;
  #paused = false;
  #error: unknown;

  /**
   * Takes over a connected socket, or another duplex stream of bytes: from here on it is read, written and ended through this
   * object only.
   */
  constructor(stream: Duplex) {
    const socket = stream as TransportSocket;
    this.#socket = socket;
    this.remoteAddress = socket.remoteAddress;
    // The sockets of Bun's HTTP server have it whatever they speak.
    this.secure = (socket as { encrypted?: unknown }).encrypted === true;
    this.copies = stream instanceof Socket;
    socket[transportOf] = this;
    // §7.1.1: the server closes first, so each side ends its own direction. A documented property of every duplex stream.
    socket.allowHalfOpen = true;
    // One listener function for all sockets, not one closure each: 1 KiB less per idle connection.
    socket.on("error", onError);
    socket.on("close", onClose);
  }

  start(sink: TransportSink): void {
    const first = this.#sink === undefined;
    this.#sink = sink;
    if (!first) return;
    const socket = this.#socket;
    if (socket.closed) {
      queueMicrotask(() => sink.closed(this.#error));
      return;
    }
    // A FIN that nothing came before is told at once, whether anybody listens or not.
    if (socket.readableEnded) queueMicrotask(() => SocketTransport.peerEnded(socket));
    socket.on("data", onData);
    socket.on("end", onEnd);
    this.#readDirectly();
    if (!this.#paused) socket.resume();
  }

  /** On TLS it is the cipher that costs. A pause that has begun holds for the stream's own way of reading only. */
  #readDirectly(): void {
    if (this.borrowed || this.secure || this.#paused || this.#socket.readableLength > 0) return;
    this.borrowed = readDirectly(this.#socket, onRead);
  }

  write(pieces: Uint8Array[]): void {
    if (this.#ended) return;
    // v8 ignore next -- Bun only, where V8 counts nothing; the contract suite runs it there
    if (this.#queue !== undefined) {
      this.#queue.add(pieces);
      this.#writeParts(this.#queue);
      return;
    }
    const socket = this.#socket;
    const counted = this.secure || this.bufferedBytes > 0;
    const written = counted ? this.#callback : undefined;
    const last = pieces.length - 1;
    let length = pieces[last]!.length;
    if (last === 0) socket.write(pieces[0]!, written);
    else {
      // One writev for all of them.
      socket.cork();
      for (let index = 0; index < last; index++) {
        length += pieces[index]!.length;
        socket.write(pieces[index]!);
      }
      socket.write(pieces[last]!, written);
      socket.uncork();
    }
    if (counted) this.#await(length);
    else if (!socket.writable) this.bufferedBytes = length;
    else if (socket.writableLength > 0) {
      // Written without a callback: an empty write queues up behind it. (On TLS that fails in Deno 2.9, with EPERM.)
      this.#await(socket.writableLength);
      socket.write(nothing, this.#callback);
    }
  }

  /** Made when first needed: most sockets on TCP never do. */
  get #callback(): (error?: Error | null) => void {
    return (this.#written ??= (error) => this.#wasWritten(error));
  }

  #await(length: number): void {
    this.bufferedBytes += length;
    this.#pending.push(length);
  }

  /** One part at a time, and the end behind the last. */
  // v8 ignore next -- Bun only, where V8 counts nothing; the contract suite runs it there
  #writeParts(queue: WriteQueue): void {
    const socket = this.#socket;
    while (this.#pending.length === 0 && socket.writable) {
      const next = queue.next();
      if (next === undefined) break;
      const part = next.length > PART ? next.subarray(0, PART) : next;
      socket.write(part, this.secure ? this.#callback : undefined);
      if (!socket.writable) break;
      if (this.secure || socket.writableLength > 0) {
        this.#pending.push(part.length);
        if (!this.secure) socket.write(nothing, this.#callback);
      } else queue.written(part.length);
    }
    this.bufferedBytes = queue.byteLength;
    if (this.#ended && queue.byteLength === 0) socket.end();
  }

  #wasWritten(error: Error | null | undefined): void {
    const length = this.#pending.shift() ?? 0;
    if (this.#destroyed || (error !== undefined && error !== null)) return;
    // v8 ignore next -- the other way is Bun's, as above
    if (this.#queue === undefined) this.bufferedBytes -= length;
    else {
      this.#queue.written(length);
      this.#writeParts(this.#queue);
    }
    if (this.bufferedBytes === 0) this.#sink?.drained();
  }

  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#paused = false;
    if (this.#sink !== undefined) this.#socket.resume();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    // v8 ignore next -- Bun only, as above
    if (this.bufferedBytes === 0 || this.#queue === undefined) this.#socket.end();
  }

  destroy(): void {
    const socket = this.#socket;
    this.#destroyed = true;
    this.#queue?.discard();
    if (socket.destroyed) return;
    // A reset exists on TCP alone, and not behind our own FIN: libuv refuses it there (EINVAL), and Node then loses the handle with the
    // connection still open. Closing resets as well when the peer has sent what was not read.
    if (!this.#ended && isPlainTcp(socket)) socket.resetAndDestroy();
    else socket.destroy();
    this.#ended = true;
  }

  static received(socket: TransportSocket, chunk: Buffer): void {
    const transport = socket[transportOf];
    if (transport.#destroyed) return;
    // Not the Buffer itself: its `slice` is a view, that of the Uint8Array programs are promised is a copy.
    transport.#sink?.received(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    transport.#readDirectly();
  }

  static read(socket: TransportSocket, buffer: Uint8Array, length: number): void {
    const transport = socket[transportOf];
    if (!transport.#destroyed) transport.#sink?.received(buffer.subarray(0, length));
  }

  static peerEnded(socket: TransportSocket): void {
    const transport = socket[transportOf];
    if (!transport.#destroyed) transport.#sink?.ended();
  }

  static failed(socket: TransportSocket, error: Error): void {
    socket[transportOf].#error = error;
    socket[transportOf].#ended = true;
  }

  static closed(socket: TransportSocket): void {
    const transport = socket[transportOf];
    transport.#ended = true;
    transport.#queue?.discard();
    transport.#sink?.closed(transport.#error);
  }
}

function isPlainTcp(socket: Socket): boolean {
  // `remotePort` is unset for pipes.
  return !("encrypted" in socket) && socket.remotePort !== undefined && typeof socket.resetAndDestroy === "function";
}

function onData(this: Socket, chunk: Buffer): void {
  SocketTransport.received(this as TransportSocket, chunk);
}
function onRead(this: Socket, length: number, buffer: Uint8Array): void {
  SocketTransport.read(this as TransportSocket, buffer, length);
}
function onEnd(this: Socket): void {
  SocketTransport.peerEnded(this as TransportSocket);
}
function onError(this: Socket, error: Error): void {
  SocketTransport.failed(this as TransportSocket, error);
}
function onClose(this: Socket): void {
  SocketTransport.closed(this as TransportSocket);
}
