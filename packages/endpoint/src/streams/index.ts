/**
 * The Transport port over any pair of WHATWG byte streams: `connect()` sockets of workers, TLS streams, pipes, `TransformStream`s.
 * Not imported by the root export.
 */
import { concatenate } from "@ws/protocol/internal";

import type { Transport, TransportSink } from "../ports/transport.ts";

/** Two directions of one byte stream. */
export interface StreamPair {
  /** Its chunks become the connection's, which modifies them: do not `tee` it. */
  readonly readable: ReadableStream<Uint8Array>;
  /** Gets chunks of its own, which it may keep or transfer. */
  readonly writable: WritableStream<Uint8Array<ArrayBuffer>>;
}

export interface StreamTransportOptions {
  readonly remoteAddress?: string | undefined;
  /** The streams carry TLS. */
  readonly secure?: boolean | undefined;
  /** Tears the connection below down, in addition to cancelling `readable` and aborting `writable`. */
  readonly destroy?: (() => unknown) | undefined;
}

/** @throws TypeError when a stream is locked */
export function streamTransport(streams: StreamPair, options: StreamTransportOptions = {}): Transport {
  return new StreamTransport(streams, options);
}

class StreamTransport implements Transport {
  readonly borrowed = false;
  readonly remoteAddress: string | undefined;
  readonly secure: boolean | undefined;
  bufferedBytes = 0;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #destroyBelow: (() => unknown) | undefined;
  #sink: TransportSink | undefined = undefined;
  #paused = false;
  /** A `read()` has not been answered. */
  #reading = false;
  #readEnded = false;
  #ending = false;
  #writeEnded = false;
  /** Everything was given up; `closed` is or will be reported. */
  #tornDown = false;
  #closed = false;
  #error: unknown = undefined;

  constructor(streams: StreamPair, options: StreamTransportOptions) {
    this.#reader = streams.readable.getReader();
    this.#writer = streams.writable.getWriter();
    this.#destroyBelow = options.destroy;
    this.remoteAddress = options.remoteAddress;
    this.secure = options.secure;
    // Failures are seen by reading and writing; these promises are not to be reported as unhandled besides.
    this.#reader.closed.catch(ignore);
    this.#writer.closed.catch((error: unknown) => this.#fail(error));
    this.#writer.ready.catch(ignore);
  }

  start(sink: TransportSink): void {
    this.#sink = sink;
    if (this.#closed) queueMicrotask(() => sink.closed(this.#error));
    else this.#read();
  }

  write(pieces: Uint8Array[]): void {
    if (this.#ending) return;
    // One chunk for all, and always a copy: a byte stream on the other side detaches the buffers that it is given.
    const chunk = concatenate(pieces);
    const { length } = chunk;
    this.bufferedBytes += length;
    this.#writer.write(chunk).then(
      () => {
        if (this.#tornDown) return;
        this.bufferedBytes -= length;
        if (this.bufferedBytes === 0) this.#sink?.drained();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#read();
  }

  end(): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#writer.close().then(
      () => {
        this.#writeEnded = true;
        if (this.#readEnded) this.#close(undefined);
      },
      (error: unknown) => this.#fail(error),
    );
  }

  destroy(): void {
    if (this.#tornDown || this.#closed) return;
    this.#tearDown(new Error("the connection was torn down"));
    queueMicrotask(() => this.#close(undefined));
  }

  /** One `read()` at a time: a chunk that is there when `pause` comes is still delivered. */
  #read(): void {
    if (this.#reading || this.#paused || this.#readEnded || this.#sink === undefined) return;
    this.#reading = true;
    this.#reader.read().then(
      ({ done, value }) => {
        this.#reading = false;
        if (this.#tornDown) return;
        if (done) this.#end();
        else if (value.length > 0) this.#sink!.received(value);
        this.#read();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  #end(): void {
    this.#readEnded = true;
    this.#sink!.ended();
    if (this.#writeEnded) this.#close(undefined);
  }

  #fail(error: unknown): void {
    if (this.#tornDown || this.#closed) return;
    this.#tearDown(error);
    this.#close(error ?? new Error("the stream failed"));
  }

  #tearDown(reason: unknown): void {
    this.#tornDown = true;
    this.#ending = true;
    this.#readEnded = true;
    this.#reader.cancel(reason).catch(ignore);
    this.#writer.abort(reason).catch(ignore);
    // The program's own, which may throw or reject: the streams tell what matters.
    new Promise((resolve) => resolve(this.#destroyBelow?.())).then(ignore, ignore);
  }

  #close(error: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#error = error;
    this.#sink?.closed(error);
  }
}

function ignore(): void {
  // Reported elsewhere.
}
