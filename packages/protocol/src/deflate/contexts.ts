import type { History } from "./history.ts";
import type { DeflateStreamOptions, Zlib, ZlibStream } from "./zlib-port.ts";

/**
 * A small number of zlib streams for any number of connections.
 *
 * A stream costs 42 KiB (inflate) to 270 KiB (deflate), a history at most 32 KiB, so connections keep histories and share
 * streams. The connection that used a stream last finds it as it left it, which is the fastest case; otherwise the stream
 * is reset and shown the history first. docs/compression.md has the figures of both.
 */
export class DeflateContexts {
  readonly zlib: Zlib;
  readonly #limits: { readonly deflates: number; readonly inflates: number; readonly tasks: number };
  readonly #groups = new Map<number, ContextGroup>();
  /** What was done at once in this turn of the event loop, in bytes to compress. */
  #spent = 0;
  /** Somebody waits for the next turn. */
  #watching = false;
  /** Messages being handled bit by bit, and those that wait for one of them to end. */
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(zlib: Zlib, limits: ContextLimits = {}) {
    this.zlib = zlib;
    this.#limits = { deflates: limits.deflates ?? 32, inflates: limits.inflates ?? 16, tasks: limits.tasks ?? 4 };
    for (const [name, value] of Object.entries(this.#limits)) {
      if (!Number.isInteger(value) || value < 1) throw new RangeError(`${name} must be a positive integer, not ${value}`);
    }
  }

  /** The compressors of one kind. */
  deflate(options: DeflateStreamOptions): ContextGroup {
    return this.#group(options.windowBits + 16 * options.level + 256 * options.memLevel, this.#limits.deflates, () =>
      this.zlib.createDeflate(options),
    );
  }

  /** The decompressors of one window. */
  inflate(windowBits: number): ContextGroup {
    return this.#group(windowBits, this.#limits.inflates, () => this.zlib.createInflate({ windowBits }));
  }

  /**
   * Whether something may be done at once, which is then counted: many small messages in one turn would hold the loop as one large
   * one does. `false`: let it wait for `pause`.
   */
  admits(cost: number, most: number): boolean {
    if (this.zlib.pause === undefined) return true;
    if (this.#spent >= most) return false;
    this.#spent += cost;
    if (!this.#watching) {
      this.#watching = true;
      void this.#nextTurn();
    }
    return true;
  }

  async #nextTurn(): Promise<void> {
    await this.pause();
    this.#watching = false;
  }

  /** Fulfilled in a later turn, for one caller a turn. Only for hosts with `pause`. */
  async pause(): Promise<void> {
    await this.zlib.pause!();
    this.#spent = 0;
  }

  /** Waits until fewer than `tasks` large messages are in progress. `leave` must follow. */
  async enter(): Promise<void> {
    if (this.#running < this.#limits.tasks) this.#running++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running--;
    else next();
  }

  #group(key: number, size: number, create: () => ZlibStream): ContextGroup {
    let group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, (group = new ContextGroup(size, create)));
    return group;
  }
}

/** How much memory the streams of a `DeflateContexts` may take. */
export interface ContextLimits {
  /** Most compressors of one level and window that are kept. 32. */
  readonly deflates?: number | undefined;
  /** Most decompressors of one window that are kept. 16. */
  readonly inflates?: number | undefined;
  /** Most messages too large to be handled at once that are in progress; each has a stream of its own. 4: more of them drive each other out of the processor's cache. */
  readonly tasks?: number | undefined;
}

/** Streams that are alike. */
export class ContextGroup {
  readonly #size: number;
  readonly #create: () => ZlibStream;
  readonly #contexts: Context[] = [];
  /** Where each history's stream was last. Weak: a connection that is gone is forgotten. */
  readonly #places = new WeakMap<History, Context>();
  #plain: Context | undefined;
  #spare: ZlibStream | undefined;
  #random = 0x9e3779b9;

  constructor(size: number, create: () => ZlibStream) {
    this.#size = size;
    this.#create = create;
  }

  /** The stream that had this history last, else any other; `isAt` says whether it is still at its end. Without history the one that is always reset. */
  take(history: History | undefined): Context {
    if (history === undefined) return (this.#plain ??= new Context(this.#create()));
    let context = this.#places.get(history);
    if (context?.belongsTo(history) === true) return context;
    context = this.#replaceable();
    context.assign(history);
    this.#places.set(history, context);
    return context;
  }

  /** A stream for one task, in an unknown state, to be given back by `release`. */
  borrow(): ZlibStream {
    const stream = this.#spare ?? this.#create();
    this.#spare = undefined;
    return stream;
  }

  release(stream: ZlibStream): void {
    if (this.#spare === undefined) this.#spare = stream;
    else stream.close();
  }

  /**
   * Any at random: when more connections than streams are served in turn, the least recently used stream is the very one
   * that is needed next.
   */
  #replaceable(): Context {
    const contexts = this.#contexts;
    if (contexts.length < this.#size) {
      const context = new Context(this.#create());
      contexts.push(context);
      return context;
    }
    // xorshift32: cheap, and the same in every run.
    let random = this.#random;
    random ^= random << 13;
    random ^= random >>> 17;
    random ^= random << 5;
    this.#random = random;
    return contexts[(random >>> 0) % contexts.length]!;
  }
}

/** A stream, and whose history it has seen up to where. */
export class Context {
  readonly stream: ZlibStream;
  #owner: History | undefined;
  /** -1: nobody's, the stream has to be reset. */
  #position = -1;

  constructor(stream: ZlibStream) {
    this.stream = stream;
  }

  belongsTo(history: History): boolean {
    return this.#owner === history;
  }

  /** Whether the stream has seen exactly this history, so that it can go on without being shown it. */
  isAt(history: History): boolean {
    return this.#owner === history && this.#position === history.position;
  }

  /** Gives the stream to another history, of which it has seen nothing. */
  assign(history: History): void {
    this.#owner = history;
    this.#position = -1;
  }

  /** The stream has seen its history and is at its end once `added` more bytes have been appended to that. */
  advance(history: History, added: number): void {
    this.#position = history.position + added;
  }

  /** The stream is in a state that nobody can use. */
  spoil(): void {
    this.#position = -1;
  }
}
