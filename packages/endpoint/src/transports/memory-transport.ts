/**
 * Two transports joined in memory: for tests, and for talking to a server in the same process.
 *
 * What one side writes the other reads, copied, in order, in later turns (never from within `write`). Each direction is a pipe with a
 * capacity like that of a socket's kernel buffers: what it does not hold counts as the writer's `bufferedBytes`.
 */
import type { Clock } from "../ports/clock.ts";
import type { Transport, TransportSink } from "../ports/transport.ts";

/** How one direction behaves. */
export interface PipeOptions {
  /** Bytes that are taken at once, as by kernel buffers. 64 KiB. */
  readonly capacity?: number | undefined;
  /** Size of the next chunk read, given how many bytes there are (at least 1). Default: everything, up to 64 KiB. */
  readonly chunkSize?: ((available: number) => number) | undefined;
  /** Milliseconds on the way. 0: delivered in a microtask. */
  readonly delay?: number | undefined;
  /** The reader uses one read buffer, overwritten after each delivery. */
  readonly borrowed?: boolean | undefined;
  /** What the capacity holds is copied when it is written, as by a kernel. */
  readonly copies?: boolean | undefined;
}

const LARGEST_READ = 65536;
/** What a reused read buffer holds after delivery, so that a view kept too long is noticed. */
const POISON = 0xdd;

/** One end, with what tests look at. */
export interface MemoryTransport extends Transport {
  /** Calls of `write` so far. */
  writes: number;
  /** The stream is gone in both directions. */
  readonly closed: boolean;
  /** Reading is wanted. */
  readonly reading: boolean;
  /** As `destroy`, for tests: both sides lose the stream, this one with `error`. */
  reset(error: unknown): void;
}

/** Joins two transports. `backward` describes the direction from the second to the first; the same as `forward` by default. */
export function memoryTransportPair(
  clock: Clock,
  forward: PipeOptions = {},
  backward: PipeOptions = forward,
): [MemoryTransport, MemoryTransport] {
  const toSecond = new Pipe(clock, forward);
  const toFirst = new Pipe(clock, backward);
  const first = new PipeEnd(clock, toFirst, toSecond);
  const second = new PipeEnd(clock, toSecond, toFirst);
  toFirst.connect(second, first);
  toSecond.connect(first, second);
  return [first, second];
}

class PipeEnd implements MemoryTransport {
  readonly borrowed: boolean;
  readonly copies: boolean;
  readonly remoteAddress = "memory";
  writes = 0;
  readonly #clock: Clock;
  readonly #incoming: Pipe;
  readonly #outgoing: Pipe;
  #sink: TransportSink | undefined;
  #paused = true;
  #peerEnded = false;
  #closed = false;

  constructor(clock: Clock, incoming: Pipe, outgoing: Pipe) {
    this.#clock = clock;
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    this.borrowed = incoming.borrowed;
    this.copies = outgoing.copies;
  }

  get bufferedBytes(): number {
    return this.#outgoing.excess;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get reading(): boolean {
    return !this.#paused && !this.#closed;
  }

  start(sink: TransportSink): void {
    const first = this.#sink === undefined;
    this.#sink = sink;
    if (first) this.resume();
  }

  write(pieces: Uint8Array[]): void {
    this.writes++;
    if (!this.#closed) this.#outgoing.write(pieces);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#incoming.schedule();
  }

  end(): void {
    if (!this.#closed) this.#outgoing.end();
  }

  destroy(): void {
    this.reset(undefined);
  }

  reset(error: unknown): void {
    if (this.#closed) return;
    this.#outgoing.discard();
    this.#close(error);
    this.#clock.microtask(() => this.#outgoing.reader.lost());
  }

  /** The other side destroyed the stream. */
  lost(): void {
    if (this.#closed) return;
    this.#outgoing.discard();
    this.#close(new Error("the stream was reset by the peer"));
  }

  /** From the pipe: a chunk arrived. */
  received(bytes: Uint8Array): void {
    this.#sink!.received(bytes);
    if (this.borrowed) bytes.fill(POISON);
  }

  /** From the pipe: what was written is on its way. */
  drained(): void {
    if (!this.#closed) this.#sink?.drained();
  }

  /** From the pipe: everything has been read and nothing follows. */
  ended(): void {
    if (this.#closed) return;
    this.#peerEnded = true;
    this.#sink!.ended();
    this.finished();
  }

  /** Closes when both directions have been read to their ends. */
  finished(): void {
    if (this.#peerEnded && this.#outgoing.endDelivered) this.#close(undefined);
  }

  #close(error: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#clock.microtask(() => this.#sink?.closed(error));
  }
}

/** One direction. */
class Pipe {
  readonly borrowed: boolean;
  readonly copies: boolean;
  /** Nothing follows what was written. */
  ended = false;
  /** The reader knows that nothing follows. */
  endDelivered = false;
  reader!: PipeEnd;
  #writer!: PipeEnd;
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #chunkSize: (available: number) => number;
  readonly #delay: number;
  readonly #readBuffer: Uint8Array | undefined;
  readonly #deliver = (): void => this.#delivered();
  /** Pieces not yet read; the first from `#offset` on. */
  #pieces: Uint8Array[] = [];
  #offset = 0;
  #queuedBytes = 0;
  /** What the capacity did not hold when the pipe was broken. */
  #lostBytes = 0;
  #scheduled = false;

  constructor(clock: Clock, options: PipeOptions) {
    this.#clock = clock;
    this.#capacity = options.capacity ?? 65536;
    this.#chunkSize = options.chunkSize ?? ((available): number => available);
    this.#delay = options.delay ?? 0;
    this.borrowed = options.borrowed ?? false;
    this.copies = options.copies ?? false;
    this.#readBuffer = this.borrowed ? new Uint8Array(LARGEST_READ) : undefined;
  }

  connect(writer: PipeEnd, reader: PipeEnd): void {
    this.#writer = writer;
    this.reader = reader;
  }

  /** Bytes beyond the capacity; those that stay behind when the pipe is broken. */
  get excess(): number {
    return Math.max(this.#lostBytes, this.#queuedBytes - this.#capacity);
  }

  write(pieces: Uint8Array[]): void {
    if (this.ended) return;
    const before = this.#pieces.length;
    for (const piece of pieces) {
      if (piece.length === 0) continue;
      this.#pieces.push(piece);
      this.#queuedBytes += piece.length;
    }
    if (this.copies && this.excess === 0) this.#pieces = this.#pieces.map((piece, index) => (index < before ? piece : piece.slice()));
    this.schedule();
  }

  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.schedule();
  }

  discard(): void {
    this.#lostBytes = this.excess;
    this.#pieces = [];
    this.#offset = 0;
    this.#queuedBytes = 0;
    this.ended = true;
    this.endDelivered = true;
  }

  schedule(): void {
    if (this.#scheduled || !this.reader.reading) return;
    if (this.#queuedBytes === 0 && (!this.ended || this.endDelivered)) return;
    this.#scheduled = true;
    if (this.#delay === 0) this.#clock.microtask(this.#deliver);
    else this.#clock.setTimer(this.#deliver, this.#delay);
  }

  #delivered(): void {
    this.#scheduled = false;
    if (!this.reader.reading) return;
    if (this.#queuedBytes > 0) {
      const wasOver = this.excess > 0;
      const chunk = this.#read();
      this.reader.received(chunk);
      if (wasOver && this.excess === 0) this.#writer.drained();
    } else if (this.ended && !this.endDelivered) {
      this.endDelivered = true;
      this.reader.ended();
      this.#writer.finished();
    }
    this.schedule();
  }

  /** The next chunk: a copy. */
  #read(): Uint8Array {
    const available = Math.min(this.#queuedBytes, LARGEST_READ);
    const size = Math.min(Math.max(1, Math.trunc(this.#chunkSize(available))), available);
    const chunk = this.#readBuffer === undefined ? new Uint8Array(size) : this.#readBuffer.subarray(0, size);
    let filled = 0;
    let used = 0;
    while (filled < size) {
      const piece = this.#pieces[used]!;
      const part = piece.subarray(this.#offset, this.#offset + size - filled);
      chunk.set(part, filled);
      filled += part.length;
      this.#offset += part.length;
      if (this.#offset === piece.length) {
        this.#offset = 0;
        used++;
      }
    }
    this.#pieces.splice(0, used);
    this.#queuedBytes -= size;
    return chunk;
  }
}
