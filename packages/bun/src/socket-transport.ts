/**
 * The Transport port over a `Bun.Socket`, whose writes take what the kernel takes at once and leave the rest to the caller.
 */
import type { Transport, TransportSink } from "@ws/endpoint";
import { WriteQueue } from "@ws/endpoint/internal";
import type { Socket, SocketHandler } from "bun";

/**
 * Reads up to this long are moved. Engines look at the `buffer` of what they are given, which JavaScriptCore makes when it is first asked
 * for: 190 ns, as much as copying 4 KiB. Echoes of 64 B with one in flight cost 7 % less.
 */
const SHORT = 4096;
const shared = new Uint8Array(new ArrayBuffer(SHORT));

/**
 * Bun writes one array at a time. Up to this many bytes, copying header and payload together costs less than a second system call and its
 * packet: echoes of 64 KiB take a tenth less processor time.
 */
const GATHERED = 131_072;
let scratch: Uint8Array | undefined;

/** The pieces in a row, in memory that the next call overwrites; undefined when they are too long. */
function gather(pieces: readonly Uint8Array[]): Uint8Array | undefined {
  let total = 0;
  for (const piece of pieces) total += piece.length;
  if (total > GATHERED) return undefined;
  scratch ??= new Uint8Array(GATHERED);
  let offset = 0;
  for (const piece of pieces) {
    scratch.set(piece, offset);
    offset += piece.length;
  }
  return scratch.subarray(0, total);
}

export class BunTransport implements Transport {
  /** Bun gives each read memory of its own; short ones are moved to the buffer that all sockets share. */
  borrowed = false;
  // What is not in the queue is in the kernel, or encrypted.
  readonly copies = true;
  readonly remoteAddress: string | undefined;
  readonly secure: boolean;
  readonly #socket: Socket<BunTransport>;
  readonly #queue: WriteQueue = new WriteQueue(this);
  #sink: TransportSink | undefined;
  /** Read before `start`. */
  #early: Uint8Array[] | undefined;
  #ending = false;
  #writeEnded = false;
  #readEnded = false;
  #destroyed = false;
  #closed = false;
  /** `closed` has been called. */
  #reported = false;
  #error: unknown;

  /** Takes the socket over: from here on it is read, written and closed through this object only. */
  constructor(socket: Socket<BunTransport>, secure: boolean) {
    this.#socket = socket;
    this.secure = secure;
    // Undefined for a Unix socket.
    this.remoteAddress = socket.remoteAddress as string | undefined;
    socket.setNoDelay(true);
  }

  get bufferedBytes(): number {
    return this.#queue.byteLength;
  }

  start(sink: TransportSink): void {
    const first = this.#sink === undefined;
    this.#sink = sink;
    if (!first) return;
    const early = this.#early;
    this.#early = undefined;
    if (early === undefined && !this.#readEnded && !this.#closed) return;
    queueMicrotask(() => {
      for (const bytes of early ?? []) if (!this.#destroyed) this.#sink?.received(bytes);
      if (this.#readEnded && !this.#destroyed) this.#sink?.ended();
      if (this.#closed) this.#reportClosed();
    });
  }

  pause(): void {
    if (!this.#closed) this.#socket.pause();
  }

  resume(): void {
    if (!this.#closed) this.#socket.resume();
  }

  write(pieces: Uint8Array[]): void {
    if (this.#ending || this.#closed || this.#destroyed) return;
    const whole = this.#queue.byteLength > 0 ? undefined : pieces.length === 1 ? pieces[0]! : gather(pieces);
    if (whole === undefined) {
      this.#queue.add(pieces);
      this.#flush();
      return;
    }
    const written = this.#socket.write(whole);
    if (written < 0) this.#cannotLeave(pieces);
    else if (written < whole.length) this.#queue.add([pieces.length === 1 ? whole.subarray(written) : whole.slice(written)]);
  }

  /** Writes until the kernel takes no more; `drained` then calls again. */
  #flush(): void {
    for (let bytes = this.#queue.next(); bytes !== undefined; bytes = this.#queue.next()) {
      const written = this.#socket.write(bytes);
      if (written < 0) {
        this.#cannotLeave([]);
        return;
      }
      this.#queue.written(written);
      if (written < bytes.length) return;
    }
    if (this.#ending) this.#endWriting();
  }

  /** The socket is closing; `closed` follows. */
  #cannotLeave(pieces: readonly Uint8Array[]): void {
    this.#queue.add(pieces);
    this.#queue.discard();
  }

  end(): void {
    if (this.#ending || this.#closed || this.#destroyed) return;
    this.#ending = true;
    if (this.#queue.byteLength === 0) this.#endWriting();
  }

  #endWriting(): void {
    if (this.#writeEnded || this.#closed || this.#destroyed) return;
    this.#writeEnded = true;
    // Not `end()`, which closes both directions. May report `close` before it returns, hence the turn in `closed`.
    this.#socket.shutdown();
  }

  destroy(): void {
    this.#queue.discard();
    // What closes now is not the peer's FIN.
    this.#destroyed = true;
    if (this.#closed) return;
    // `terminate` resets, also behind a FIN; `end` closes both directions.
    if (this.#writeEnded) this.#socket.end();
    else this.#socket.terminate();
  }

  received(bytes: Uint8Array): void {
    if (this.#destroyed) return;
    if (this.#sink === undefined) (this.#early ??= []).push(bytes);
    else if (bytes.length > SHORT) {
      this.borrowed = false;
      this.#sink.received(bytes);
    } else {
      this.borrowed = true;
      shared.set(bytes);
      this.#sink.received(shared.subarray(0, bytes.length));
    }
  }

  drained(): void {
    const before = this.#queue.byteLength;
    // Bun also calls this after `pause` and `resume`.
    if (before === 0 || this.#closed || this.#destroyed) return;
    this.#flush();
    if (this.#queue.byteLength === 0) this.#sink?.drained();
  }

  ended(): void {
    if (this.#readEnded || this.#closed || this.#destroyed) return;
    this.#readEnded = true;
    this.#sink?.ended();
  }

  closed(error: unknown): void {
    if (this.#closed) return;
    // After our own FIN, Bun reports the peer's by closing only.
    const ended = this.#writeEnded && error === undefined && !this.#readEnded && !this.#destroyed;
    this.#closed = true;
    this.#error = error;
    this.#queue.discard();
    if (this.#sink === undefined) return;
    queueMicrotask(() => {
      if (ended) this.#sink?.ended();
      this.#reportClosed();
    });
  }

  #reportClosed(): void {
    if (this.#reported) return;
    this.#reported = true;
    this.#sink?.closed(this.#error);
  }
}

/** One set of handlers for all sockets: each carries its transport as `data`. */
export const socketHandlers: SocketHandler<BunTransport, "uint8array"> = {
  binaryType: "uint8array",
  data: (socket, bytes) => {
    socket.data.received(bytes);
  },
  drain: (socket) => {
    socket.data.drained();
  },
  end: (socket) => {
    socket.data.ended();
  },
  // Of an established TLS session; `close` follows.
  error: () => undefined,
  close: (socket, error) => {
    // Undefined when a TLS handshake of a server failed before `open`.
    (socket.data as BunTransport | undefined)?.closed(error);
  },
};

/** What we speak, for ALPN (RFC 7301). In its wire form: Bun takes a plain string for that form too, and agrees with nobody then. */
export const http11: Uint8Array = new TextEncoder().encode("\bhttp/1.1");
