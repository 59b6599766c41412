/**
 * The Transport port over a `Deno.Conn`: one read and one write under way at a time, because each is a promise.
 */
import type { Transport, TransportSink } from "@ws/endpoint";
import { WriteQueue } from "@ws/endpoint/internal";

import { type ReadBuffer, readBuffers } from "./read-buffers.ts";

/** What is used of a `Deno.Conn`. */
export interface ByteConn {
  read(target: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  closeWrite(): Promise<void>;
  close(): void;
  readonly remoteAddr: { readonly transport: string; readonly hostname?: string };
}

export class ConnTransport implements Transport {
  readonly borrowed = true;
  readonly remoteAddress: string | undefined;
  readonly secure: boolean;
  readonly #conn: ByteConn;
  readonly #queue: WriteQueue = new WriteQueue(this);
  #sink: TransportSink | undefined;
  #paused = false;
  #reading = false;
  #writing = false;
  #readEnded = false;
  /** `end` was called. */
  #ending = false;
  #writeEnded = false;
  #closed = false;
  #error: unknown;

  /** Takes the connection over: from here on it is read, written and closed through this object only. */
  constructor(conn: ByteConn) {
    this.#conn = conn;
    // A TlsConn has this method, and nothing else that says so.
    this.secure = "handshake" in conn;
    this.remoteAddress = conn.remoteAddr.hostname;
  }

  get bufferedBytes(): number {
    return this.#queue.byteLength;
  }

  start(sink: TransportSink): void {
    const first = this.#sink === undefined;
    this.#sink = sink;
    if (!first) return;
    if (this.#closed) this.#reportClosed();
    else void this.#read();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    void this.#read();
  }

  async #read(): Promise<void> {
    if (this.#reading || this.#sink === undefined) return;
    this.#reading = true;
    let buffer: ReadBuffer = readBuffers.small();
    try {
      while (!this.#paused && !this.#readEnded && !this.#closed) {
        const length = await this.#conn.read(buffer.bytes);
        if (this.#isClosed()) break;
        if (length === null) {
          this.#peerEnded();
          break;
        }
        if (length > 0) this.#sink.received(buffer.bytes.subarray(0, length));
        buffer = readBuffers.next(buffer, length);
      }
    } catch (error) {
      // TLS without close_notify: TCP's FIN ends the stream, as in Node and Bun. A cut is seen all the same, by the missing Close frame.
      if (error instanceof Deno.errors.UnexpectedEof) this.#peerEnded();
      else this.#lost(error);
    } finally {
      readBuffers.release(buffer);
      this.#reading = false;
    }
  }

  #peerEnded(): void {
    if (this.#closed) return;
    this.#readEnded = true;
    this.#sink?.ended();
    this.#closeWhenBothEnded();
  }

  write(pieces: Uint8Array[]): void {
    if (this.#ending || this.#closed) return;
    this.#queue.add(pieces);
    if (!this.#writing) void this.#flush();
  }

  async #flush(): Promise<void> {
    this.#writing = true;
    try {
      while (!this.#closed) {
        const bytes = this.#queue.next();
        if (bytes === undefined) break;
        const length = await this.#conn.write(bytes);
        if (this.#isClosed()) break;
        this.#queue.written(length);
        if (this.#queue.byteLength === 0) this.#sink?.drained();
      }
      this.#writing = false;
      if (this.#ending && !this.#writeEnded && !this.#closed) {
        this.#writeEnded = true;
        await this.#conn.closeWrite();
        this.#closeWhenBothEnded();
      }
    } catch (error) {
      this.#writing = false;
      this.#lost(error);
    }
  }

  end(): void {
    if (this.#ending || this.#closed) return;
    this.#ending = true;
    if (!this.#writing) void this.#flush();
  }

  #closeWhenBothEnded(): void {
    if (this.#readEnded && this.#writeEnded) this.#lost(undefined);
  }

  // Deno has no way to ask for a reset (no SO_LINGER): the kernel sends one by itself when something was left unread.
  destroy(): void {
    this.#lost(undefined);
  }

  #lost(error: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#error = error;
    this.#queue.discard();
    // What is under way rejects, and finds the connection closed.
    this.#conn.close();
    if (this.#sink !== undefined) this.#reportClosed();
  }

  #reportClosed(): void {
    queueMicrotask(() => this.#sink?.closed(this.#error));
  }

  /** As it is after an `await`. */
  #isClosed(): boolean {
    return this.#closed;
  }
}
