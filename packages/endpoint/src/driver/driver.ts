/**
 * The driver: binds one engine to a transport and the group's clock. All I/O, timing and order of events is here, once for every runtime.
 *
 * Order. One read is one run of the engine: its events are delivered one after the other, and everything sent meanwhile leaves in one
 * `Transport.write` when the run is over. What is sent at other times leaves in the microtask that the group's connections share.
 * No handler is called from within `send`, `close`, `abort`, `ping` or `flush`.
 *
 * Reading is held (the engine not polled, the transport paused after the next chunk) while the program is behind: iterator style
 * with more than `receiveHighWaterMark` waiting, handler style while a handler's promise is pending. From our Close on it is never
 * held: no message is delivered any more, only the end is awaited.
 */
import { CloseCode, encodeClosePayload, Opcode } from "@ws/codec";
import {
  ConnectionEngine,
  EngineEvent,
  InvalidStateError,
  SendResult,
  type MessageTransform,
  type PreparedMessage,
  type TransformFailure,
  type TransformWork,
} from "@ws/protocol";

import type { Closed } from "../connection/closed.ts";
import type { Connection } from "../connection/connection.ts";
import type { DeadlineEntry } from "./deadlines.ts";
import type { DriverGroup } from "./driver-group.ts";
import { ConnectionError } from "../connection/errors.ts";
import { Inbox } from "./inbox.ts";
import type { ConnectionHandlers } from "../connection/options.ts";
import { Pings } from "./pings.ts";
import { isPromiseLike } from "./promise-like.ts";
import type { Settings } from "../connection/settings.ts";
import { StreamedSending } from "./streamed-sending.ts";
import type { Transport, TransportSink } from "../ports/transport.ts";

/** What `send` answers. */
export type SendState = "ready" | "full" | "closing";

/** A piece of a streamed message. */
export interface Chunk {
  readonly chunk: string | Uint8Array;
  readonly first: boolean;
  readonly last: boolean;
}

/** What iteration takes: whole messages, or with `streaming` pieces. */
export type Received = string | Uint8Array | Chunk;

export interface DriverOptions {
  readonly group: DriverGroup;
  readonly transport: Transport;
  readonly role: "client" | "server";
  readonly settings: Settings;
  /** Undefined: iterator style. */
  readonly handlers: ConnectionHandlers<unknown> | undefined;
  readonly transform: MessageTransform | undefined;
  readonly onError: ((error: unknown, connection: Connection<unknown> | undefined) => void) | undefined;
  /** Called once, when the connection is over and the transport released. */
  readonly onReleased: ((connection: Connection<unknown>) => void) | undefined;
}

/** A promise, made only when somebody asks for it, and what settles it. */
interface Deferred<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
}

const READY: Promise<void> = /* @__PURE__ */ Promise.resolve();
const POISON = 0xdd;

/** What waits this long (ms) waits for the peer, not for the runtime. */
const STUCK = 100;

export class Driver implements TransportSink, DeadlineEntry {
  readonly engine: ConnectionEngine;
  readonly transport: Transport;
  /** Iterator style: what waits for the program. */
  readonly inbox: Inbox<Received> | undefined;
  /** Set right after construction: each needs the other. */
  connection!: Connection<unknown>;
  wakeAt = 0;
  heapIndex = -1;

  readonly #group: DriverGroup;
  readonly #settings: Settings;
  readonly #handlers: ConnectionHandlers<unknown> | undefined;
  readonly #transform: MessageTransform | undefined;
  readonly #onError: DriverOptions["onError"];
  readonly #onReleased: DriverOptions["onReleased"];

  /** Events are being delivered: what is sent leaves when that is done. */
  #running = false;
  /** The group is going to call `endTurn`. */
  #turnAsked = false;
  /** Promises of handlers that are pending. */
  #busy = 0;
  /** The engine is not polled, because the program or an extension is behind. */
  #held = false;
  /** The transport is paused: a chunk arrived while held. */
  #paused = false;
  /** A work item for an outgoing message has been begun and not been completed. */
  #encoding = false;
  /** No message is delivered any more. */
  #discarding = false;

  /** Our half of the transport was ended; all of it was destroyed. */
  #ended = false;
  #destroyed = false;
  /** The transport has reported `closed`. */
  #gone = false;
  #released = false;
  #outcome: Closed | undefined = undefined;
  /** When the last message went in either direction. Kept only with an idle timeout. */
  #lastMessageAt: number;

  /** `transport.bufferedBytes` at the last look: between two writes it only shrinks, so this is an upper bound that costs nothing. */
  #written = 0;
  /** Since when something written waits for the operating system. Infinity: nothing does. */
  #stuckSince = Infinity;
  /** "full" was answered, or `ready` asked for while full. */
  #owesDrain = false;
  #readyWaiter: Deferred<undefined> | undefined = undefined;
  #closedWaiter: Deferred<Closed> | undefined = undefined;
  #pings: Pings | undefined = undefined;
  #streamed: StreamedSending | undefined = undefined;

  constructor(options: DriverOptions) {
    const { group, settings } = options;
    this.#group = group;
    this.#settings = settings;
    this.transport = options.transport;
    this.#handlers = options.handlers;
    this.#transform = options.transform;
    this.#onError = options.onError;
    this.#onReleased = options.onReleased;
    this.inbox = options.handlers === undefined ? new Inbox(this) : undefined;
    this.#lastMessageAt = group.clock.now();
    const { inspect } = settings;
    this.engine = new ConnectionEngine({
      role: options.role,
      now: this.#lastMessageAt,
      randomUint32: group.randomUint32,
      limits: settings.limits,
      transform: options.transform,
      keepAlive: settings.keepAlive,
      closeTimeout: settings.closeTimeout,
      utf8: group.utf8,
      mask: group.mask,
      streaming: settings.streaming,
      borrow: settings.borrow,
      arena: group.arena,
      onHeader: inspect && ((header, direction): void => inspect(header, direction, this.connection)),
    });
  }

  /**
   * Takes over the transport. `open` comes first, then what came with the handshake.
   *
   * @param rest bytes behind the handshake's head, to be modified as any that are received
   * @param run function style: what runs when the connection is open
   */
  begin(rest: Uint8Array, run: ((connection: Connection<unknown>) => unknown) | undefined): void {
    this.#running = true;
    if (rest.length > 0) this.engine.receive(rest);
    this.transport.start(this);
    if (run !== undefined) this.#runFunction(run);
    else if (this.#handlers?.open !== undefined) {
      try {
        this.#await(this.#handlers.open(this.connection));
      } catch (error) {
        this.#handlerFailed(error);
      }
    }
    this.#running = false;
    this.#lend(rest);
    this.#run();
    this.#group.borrowedBuffer = undefined;
  }

  // ---- what the transport reports ----

  received(bytes: Uint8Array): void {
    const { engine } = this;
    if (this.#outcome !== undefined) return;
    engine.now = this.#group.clock.now();
    if (this.#running || this.#held) {
      engine.receive(this.transport.borrowed ? bytes.slice() : bytes);
      this.#pause();
      return;
    }
    engine.receive(bytes);
    this.#lend(bytes);
    this.#run();
    this.#group.borrowedBuffer = undefined;
  }

  #lend(bytes: Uint8Array): void {
    if (this.#settings.borrow && this.transport.borrowed) this.#group.borrowedBuffer = bytes.buffer;
  }

  drained(): void {
    this.#written = this.transport.bufferedBytes;
    const now = this.#group.clock.now();
    this.engine.now = now;
    // What was stuck has moved: the peer reads, so it lives, even if it has nothing to say. What merely took a turn proves nothing: on TLS
    // and in Deno every write does, a Ping's included.
    if (now - this.#stuckSince >= STUCK) this.engine.heardFrom();
    this.#stuckSince = Infinity;
    this.#write();
    this.#settleDrain();
  }

  ended(): void {
    this.engine.now = this.#group.clock.now();
    this.engine.receiveEnd();
    this.#run();
  }

  closed(error?: unknown): void {
    this.#gone = true;
    this.#written = 0;
    this.engine.now = this.#group.clock.now();
    this.engine.transportLost(error);
    this.#run();
  }

  // ---- time ----

  get deadline(): number {
    const { nextDeadline } = this.engine;
    return this.#settings.idleTimeout === Infinity ? nextDeadline : Math.min(nextDeadline, this.#idleDeadline);
  }

  get #idleDeadline(): number {
    return this.#discarding ? Infinity : this.#lastMessageAt + this.#settings.idleTimeout;
  }

  handleTimeout(now: number): void {
    const { engine } = this;
    engine.now = now;
    // A transport that is still backed up, but less than before, has been heard from as well.
    const buffered = this.#gone ? 0 : this.transport.bufferedBytes;
    if (buffered > 0 && buffered < this.#written) engine.heardFrom();
    this.#written = buffered;
    if (engine.nextDeadline <= now) engine.handleTimeout(now);
    if (this.#idleDeadline <= now) this.close(CloseCode.GOING_AWAY, "idle for too long");
    // When it is over there is no point in holding back what leads to the end.
    if (engine.state !== "open") this.#discarding = true;
    this.#run();
  }

  /** The group's microtask. */
  endTurn(): void {
    this.#turnAsked = false;
    // Nothing has been received: only an extension at work or an ending has something to show, and a broadcast sends on many idle
    // connections, whose decoders and deadlines need not be fetched into the cache for that.
    if (this.#transform === undefined && !this.#held && !this.#gone && this.engine.state === "open") {
      this.#writeOutput();
      this.#settleDrain();
    } else {
      this.#run();
    }
  }

  #askTurn(): void {
    if (this.#running || this.#turnAsked) return;
    this.#turnAsked = true;
    this.#group.atEndOfTurn(this);
  }

  // ---- one run: events in, one write out ----

  #run(): void {
    if (this.#running) return;
    this.#running = true;
    this.#deliverEvents();
    this.#running = false;
    if (this.#gone) {
      if (this.#outcome === undefined) this.#group.deadlines.update(this);
      else this.#release();
    } else {
      this.#write();
      this.#settleDrain();
    }
  }

  #deliverEvents(): void {
    const { engine } = this;
    while (this.#outcome === undefined) {
      // A message of ours that waits for its transformation does not wait for the program as well: poll() shows its work first.
      if (this.#isBehind() && (this.#encoding || engine.waitingBytes === 0)) {
        this.#hold();
        return;
      }
      switch (engine.poll()) {
        case EngineEvent.NONE:
          if (!engine.wantsInput) {
            this.#hold();
            return;
          }
          this.#letGo();
          return;
        case EngineEvent.TEXT:
          this.#deliver(engine.text);
          break;
        case EngineEvent.BINARY:
          this.#deliver(engine.payload);
          break;
        case EngineEvent.CHUNK:
          this.#deliverChunk();
          break;
        case EngineEvent.PONG:
          this.#pings?.answered(engine.answeredPing, engine.now);
          break;
        case EngineEvent.WORK:
          this.#startWork();
          break;
        case EngineEvent.CLOSED:
          this.#finish();
          break;
        // The engine has answered or noted these; CLOSED follows the last two.
        case EngineEvent.PING:
          break;
        case EngineEvent.CLOSING:
        case EngineEvent.FAILED:
          this.#closingBegan();
          break;
      }
    }
  }

  #isBehind(): boolean {
    if (this.#discarding) return false;
    return this.#busy > 0 || (this.inbox !== undefined && this.inbox.bytes >= this.#settings.receiveHighWaterMark);
  }

  #hold(): void {
    if (this.#held) return;
    this.#held = true;
    // What is left of the chunk is looked at later, when the transport will have reused it.
    if (this.transport.borrowed) this.engine.retain();
  }

  #letGo(): void {
    this.#held = false;
    if (!this.#paused) return;
    this.#paused = false;
    if (!this.#gone) this.transport.resume();
  }

  /** One more chunk arrived than could be taken: no further one is read. A program that is only briefly behind costs no pause. */
  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.transport.pause();
  }

  /**
   * Everything that was sent, in one write. While the transport is backed up nothing is added: `drained` comes back to it. What the engine holds
   * meanwhile is counted by `bufferedBytes`, and it keeps only as many Pongs as are needed (§5.5.3).
   */
  #writeOutput(): void {
    const { engine, transport } = this;
    if (engine.pendingBytes === 0 || !this.#transportHasRoom()) return;
    const pieces = engine.takeOutput();
    const last = pieces[pieces.length - 1]!;
    transport.write(pieces);
    this.#written = transport.bufferedBytes;
    if (this.#written === 0) {
      if (transport.copies === true) this.#group.arena.free(last);
    } else if (this.#stuckSince === Infinity) {
      this.#stuckSince = this.#group.clock.now();
    }
  }

  /** And what follows from the state: the end of the transport, and a deadline. */
  #write(): void {
    const { engine } = this;
    if (this.#gone) return;
    this.#writeOutput();
    if (this.#written === 0 && engine.outputTaken()) this.#askTurn();
    if (engine.wantsDestroy) this.#destroy();
    else if (engine.wantsEnd) this.#end();
    if (!this.#gone) this.#group.deadlines.update(this);
  }

  #transportHasRoom(): boolean {
    const { highWaterMark } = this.#settings;
    if (this.#written === 0 || this.#written < highWaterMark) return true;
    this.#written = this.transport.bufferedBytes;
    return this.#written === 0 || this.#written < highWaterMark;
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.transport.end();
  }

  #destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = this.#ended = true;
    this.transport.destroy();
  }

  /** §7.1.3: by the peer's Close, or by failing. */
  #closingBegan(): void {
    if (this.#handlers?.closing === undefined) return;
    try {
      this.#await(this.#handlers.closing(this.connection));
    } catch (error) {
      this.#handlerFailed(error);
    }
  }

  /** §7.1.4: the connection is closed. */
  #finish(): void {
    const { code, reason, wasClean, initiator, error } = this.engine.closed!;
    const failure = error && new ConnectionError(error);
    const outcome: Closed = { code, reason, wasClean, initiator, error: failure };
    this.#outcome = outcome;
    this.#discarding = true;
    this.inbox?.end(failure);
    this.#pings?.failed(failure ?? new InvalidStateError("the connection was closed before the Pong came"));
    this.#streamed?.abandon();
    this.#owesDrain = false;
    this.#readyWaiter?.resolve(undefined);
    this.#closedWaiter?.resolve(outcome);
    if (this.#handlers?.close !== undefined) {
      try {
        this.#await(this.#handlers.close(this.connection, outcome));
      } catch (error) {
        this.#handlerFailed(error);
      }
    }
    this.#letGo();
  }

  /** The connection is over and the transport released. */
  #release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#group.deadlines.remove(this);
    this.#onReleased?.(this.connection);
  }

  // ---- delivery to the program ----

  #deliver(message: string | Uint8Array): void {
    if (this.#discarding) return;
    if (this.#settings.idleTimeout !== Infinity) this.#lastMessageAt = this.engine.now;
    const handlers = this.#handlers;
    if (handlers === undefined) {
      this.inbox!.push(message);
    } else if (handlers.message !== undefined) {
      try {
        const result = handlers.message(this.connection, message);
        if (result !== undefined) this.#await(result);
      } catch (error) {
        this.#handlerFailed(error);
      }
      if (this.#group.poisonBorrowed) this.#poison(message);
    }
  }

  #deliverChunk(): void {
    if (this.#discarding) return;
    const { engine } = this;
    if (this.#settings.idleTimeout !== Infinity) this.#lastMessageAt = engine.now;
    const chunk = engine.opcode === Opcode.TEXT ? engine.text : engine.payload;
    const handlers = this.#handlers;
    if (handlers === undefined) {
      this.inbox!.push({ chunk, first: engine.first, last: engine.last });
      return;
    }
    try {
      const result = handlers.chunk!(this.connection, chunk, engine.first, engine.last);
      if (result !== undefined) this.#await(result);
    } catch (error) {
      this.#handlerFailed(error);
    }
    if (this.#group.poisonBorrowed) this.#poison(chunk);
  }

  /** The handler has returned: a view that was lent to it is over. */
  #poison(lent: string | Uint8Array): void {
    if (typeof lent !== "string" && this.#isBorrowed(lent)) lent.fill(POISON);
  }

  /** A view into a read buffer that is sent on, here or to others, would change before it has left. */
  #isBorrowed(bytes: Uint8Array): boolean {
    const { borrowedBuffer } = this.#group;
    if (borrowedBuffer === undefined) return false;
    // The very message that was lent, behind its header; an array of its own begins at 0. Asking for `buffer` takes engines 8 to 12 ns.
    return (bytes === this.engine.payload && bytes.byteOffset > 0) || bytes.buffer === borrowedBuffer;
  }

  /** A handler's promise holds reading until it is settled. */
  #await(result: unknown): void {
    if (!isPromiseLike(result)) return;
    this.#busy++;
    const settled = (): void => {
      this.#busy--;
      if (this.#held) this.#run();
    };
    Promise.resolve(result).then(settled, (error: unknown) => {
      this.#handlerFailed(error);
      settled();
    });
  }

  /** Function style: closed with 1000 when the function returns while the connection is open, with 1011 when it throws. */
  #runFunction(run: (connection: Connection<unknown>) => unknown): void {
    const returned = (): void => this.close(CloseCode.NORMAL);
    try {
      const result = run(this.connection);
      if (isPromiseLike(result)) Promise.resolve(result).then(returned, (error: unknown) => this.#handlerFailed(error));
      else returned();
    } catch (error) {
      this.#handlerFailed(error);
    }
  }

  #handlerFailed(error: unknown): void {
    // Iteration throws what `closed` says anyway: a loop that does not catch it has not failed.
    if (error instanceof ConnectionError && error === this.#outcome?.error) return;
    this.#report(error);
    this.close(CloseCode.INTERNAL_ERROR);
  }

  #report(error: unknown): void {
    try {
      if (this.#onError === undefined) this.#group.printError(error);
      else this.#onError(error, this.connection);
    } catch (second) {
      this.#group.printError(second);
    }
  }

  inboxSize(item: Received): number {
    return typeof item === "string" || item instanceof Uint8Array ? item.length : item.chunk.length;
  }

  inboxTaken(): void {
    // Reads again from half the mark on, so that it is not paused and resumed at every message.
    if (this.#held && this.inbox!.bytes * 2 <= this.#settings.receiveHighWaterMark) this.#run();
  }

  // ---- extensions that need time ----

  #startWork(): void {
    const work = this.engine.work!;
    if (work.direction === "encode") this.#encoding = true;
    Promise.resolve(this.#transform!.run(work)).then(
      (result) => this.#completeWork(work, result),
      (error: unknown) => {
        this.#report(error);
        this.#completeWork(work, { failure: "INVALID_COMPRESSED_PAYLOAD" });
      },
    );
  }

  #completeWork(work: TransformWork, result: Uint8Array | TransformFailure): void {
    if (work.direction === "encode") this.#encoding = false;
    if (this.#outcome !== undefined) return;
    this.engine.now = this.#group.clock.now();
    this.engine.completeWork(work.id, result);
    this.#run();
  }

  // ---- sending ----

  /** Accepted for sending, and not yet taken by the operating system. */
  get bufferedBytes(): number {
    if (!this.#gone) this.#written = this.transport.bufferedBytes;
    return this.#queuedBytes;
  }

  /** The same by the last look at the transport: an upper bound. */
  get #queuedBytes(): number {
    const { engine } = this;
    const waiting = this.#streamed === undefined ? 0 : this.#streamed.waitingBytes;
    return engine.pendingBytes + engine.waitingBytes + waiting + this.#written;
  }

  send(message: string | Uint8Array | PreparedMessage, copy: boolean): SendState {
    if (this.#streamed?.claimed === true) return this.#sendBehind(this.#streamed, message, copy);
    if (!this.#hasRoom()) return "closing";
    return this.#sent(this.#give(message, copy));
  }

  #give(message: string | Uint8Array | PreparedMessage, copy: boolean): SendResult {
    if (typeof message === "string") return this.engine.sendText(message);
    if (message instanceof Uint8Array) return this.engine.sendBinary(message, copy || this.#isBorrowed(message));
    return this.engine.sendPrepared(message);
  }

  #sendBehind(streamed: StreamedSending, message: string | Uint8Array | PreparedMessage, copy: boolean): SendState {
    if (streamed.close !== undefined || this.engine.state !== "open" || !this.#hasRoom()) return "closing";
    streamed.wait(message instanceof Uint8Array && (copy || this.#isBorrowed(message)) ? message.slice() : message);
    return this.#fullness();
  }

  /** False: nothing more is accepted. Passing `maxBufferedBytes` fails the connection, so that nothing accepted is dropped silently. */
  #hasRoom(): boolean {
    if (this.#gone) return false;
    const { maxBufferedBytes } = this.#settings.limits;
    if (this.#queuedBytes < maxBufferedBytes || this.bufferedBytes < maxBufferedBytes) return true;
    this.engine.now = this.#group.clock.now();
    this.engine.fail("BUFFER_OVERFLOW");
    this.#discarding = true;
    this.#askTurn();
    return false;
  }

  #sent(result: SendResult): SendState {
    if (result === SendResult.CLOSING) return "closing";
    if (this.#settings.idleTimeout !== Infinity) this.#lastMessageAt = this.#group.clock.now();
    this.#askTurn();
    return this.#fullness();
  }

  #fullness(): SendState {
    const { highWaterMark } = this.#settings;
    if (this.#queuedBytes < highWaterMark || this.bufferedBytes < highWaterMark) return "ready";
    this.#owesDrain = true;
    return "full";
  }

  #settleDrain(): void {
    if (!this.#owesDrain || this.bufferedBytes >= this.#settings.highWaterMark) return;
    this.#owesDrain = false;
    this.#readyWaiter?.resolve(undefined);
    this.#readyWaiter = undefined;
    if (this.#handlers?.drain === undefined) return;
    try {
      this.#await(this.#handlers.drain(this.connection));
    } catch (error) {
      this.#handlerFailed(error);
    }
  }

  get ready(): Promise<void> {
    if (this.#outcome !== undefined || this.#fullness() === "ready") return READY;
    this.#readyWaiter ??= deferred<undefined>();
    return this.#readyWaiter.promise;
  }

  /**
   * Takes the turn to send a message piece by piece, to be given back by `releaseMessage`. What is sent from here on waits behind it.
   *
   * @returns a promise when others come first; "closing" when nothing is accepted any more
   */
  claimMessage(): Promise<void> | undefined | "closing" {
    if (this.state !== "open") return "closing";
    const streamed = (this.#streamed ??= new StreamedSending());
    if (streamed.claimed) return streamed.waitForTurn();
    streamed.claimed = true;
    return undefined;
  }

  get messageClaimed(): boolean {
    return this.#streamed?.claimed === true;
  }

  /** Whoever has the turn begins the message. */
  beginMessage(opcode: typeof Opcode.TEXT | typeof Opcode.BINARY): SendState {
    if (!this.#hasRoom() || this.engine.beginMessage(opcode) === SendResult.CLOSING) return "closing";
    return this.#fullness();
  }

  sendChunk(chunk: string | Uint8Array, last: boolean, copy: boolean): SendState {
    if (!this.#hasRoom()) return "closing";
    return this.#sent(this.engine.sendChunk(chunk, last, copy || (typeof chunk !== "string" && this.#isBorrowed(chunk))));
  }

  /** The message has ended, or was never begun: what waited goes on, up to the next that needs the turn. */
  releaseMessage(): void {
    const streamed = this.#streamed!;
    for (let next = streamed.take(); next !== undefined; next = streamed.take()) {
      if (typeof next === "function") {
        next();
        return;
      }
      this.#sent(this.#give(next, false));
    }
    streamed.claimed = false;
    if (streamed.close === undefined) return;
    this.engine.now = this.#group.clock.now();
    this.engine.close(streamed.close.code, streamed.close.reason);
    this.#askTurn();
  }

  /** The message cannot be completed. Nothing but closing is left then: §5.4 has no way to give a message up. */
  breakMessage(): void {
    this.engine.now = this.#group.clock.now();
    this.engine.close(CloseCode.INTERNAL_ERROR);
    this.#discarding = true;
    this.#streamed!.abandon();
    this.#askTurn();
  }

  ping(payload: Uint8Array | undefined): Promise<number> {
    this.#pings ??= new Pings();
    const now = (this.engine.now = this.#group.clock.now());
    const id = this.#gone ? 0 : this.engine.ping(payload);
    if (id === 0) {
      const reason = this.engine.state === "open" && !this.#gone ? "too many pings wait for their Pong" : "the connection is closing";
      return this.#pings.refused(new InvalidStateError(reason));
    }
    this.#askTurn();
    return this.#pings.add(id, now);
  }

  close(code?: number, reason?: string): void {
    if (this.#streamed?.claimed === true) {
      // Throws what the engine would throw, now rather than later.
      encodeClosePayload(code, reason);
      this.#streamed.close ??= { code, reason };
    } else {
      this.engine.now = this.#group.clock.now();
      this.engine.close(code, reason);
    }
    this.#discarding = true;
    this.#askTurn();
  }

  abort(reason: unknown): void {
    this.engine.now = this.#group.clock.now();
    this.engine.abort(reason);
    this.#discarding = true;
    this.#write();
    this.#askTurn();
  }

  /** Writes now what would be written at the end of the turn. */
  flush(): void {
    this.#write();
  }

  // ---- the end ----

  get state(): "open" | "closing" | "closed" {
    if (this.#outcome !== undefined) return "closed";
    if (this.engine.state !== "open") return this.engine.state;
    return this.#gone || this.#streamed?.close !== undefined ? "closing" : "open";
  }

  get streaming(): boolean {
    return this.#settings.streaming;
  }

  get outcome(): Promise<Closed> {
    if (this.#outcome !== undefined) return Promise.resolve(this.#outcome);
    this.#closedWaiter ??= deferred<Closed>();
    return this.#closedWaiter.promise;
  }
}

function deferred<Value>(): Deferred<Value> {
  let resolve!: (value: Value) => void;
  const promise = new Promise<Value>((settle) => (resolve = settle));
  return { promise, resolve };
}
