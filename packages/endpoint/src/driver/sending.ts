/**
 * The sending side: the one place that knows how many bytes wait, and where. A message is in turn in the queue behind a streamed message, behind an
 * extension's work, encoded in the engine's output, written to the transport, and taken by the operating system. Sent means taken.
 *
 * While the transport is backed up nothing is written to it: `drained` comes back to it.
 */
import { encodeClosePayload, type Opcode } from "@ws/codec";
import { type ConnectionEngine, InvalidStateError, SendResult } from "@ws/protocol";

import type { Outgoing, SendState } from "../connection/carrier.ts";
import type { Settings } from "../connection/settings.ts";
import type { Transport } from "../ports/transport.ts";
import { deferred, type Deferred } from "./deferred.ts";
import type { DriverGroup } from "./driver-group.ts";
import { Pings } from "./pings.ts";
import { type Message, StreamedMessages } from "./streamed-messages.ts";

/** The driver, as its sending side sees it. */
export interface SendingOwner {
  /** Something was sent: it is to be written at the end of the turn. */
  askTurn(): void;
  /** The program waits for something that comes behind the messages. */
  awaits(): void;
  /** A message was accepted. */
  messageSent(): void;
  /** `deadline` is earlier than it was. */
  deadlineMoved(): void;
  /** The connection fails, by a fault of this side. */
  failed(): void;
  /** For `onError`. */
  report(error: unknown): void;
}

const READY: Promise<void> = /* @__PURE__ */ Promise.resolve();

/** A write pending this long (ms) is held up by the peer, not by the runtime. */
const STUCK = 100;

export class Sending implements Outgoing {
  readonly #engine: ConnectionEngine;
  readonly #transport: Transport;
  readonly #settings: Settings;
  readonly #group: DriverGroup;
  readonly #owner: SendingOwner;

  /** `transport.bufferedBytes` at the last look: between two writes it only shrinks, so this is an upper bound that costs nothing. */
  #written = 0;
  /** Since when the transport holds something of which it has taken nothing. Infinity: it holds nothing. */
  #stuckSince = Infinity;
  /** It has taken something since `#stuckSince`. */
  #moved = false;
  /** From the end on: what never left. */
  #left: number | undefined = undefined;
  /** "full" was answered, or `ready` asked for while full. */
  #owesDrain = false;
  #readyWaiter: Deferred<undefined> | undefined = undefined;
  #pieceWaiter: Deferred<undefined> | undefined = undefined;
  #pings: Pings | undefined = undefined;
  #streamed: StreamedMessages | undefined = undefined;

  constructor(engine: ConnectionEngine, transport: Transport, settings: Settings, group: DriverGroup, owner: SendingOwner) {
    this.#engine = engine;
    this.#transport = transport;
    this.#settings = settings;
    this.#group = group;
    this.#owner = owner;
  }

  // ---- how much waits ----

  get bufferedBytes(): number {
    if (this.#left !== undefined) return this.#left;
    this.#look();
    return this.#queuedBytes;
  }

  #look(): void {
    const buffered = this.#transport.bufferedBytes;
    if (buffered < this.#written) this.#moved = true;
    this.#written = buffered;
  }

  /** The same by the last look at the transport: an upper bound. */
  get #queuedBytes(): number {
    const { pendingBytes, waitingBytes } = this.#engine;
    return pendingBytes + waitingBytes + (this.#streamed === undefined ? 0 : this.#streamed.waitingBytes) + this.#written;
  }

  /** Looks only at what may have gone meanwhile when it matters. */
  #isBelow(mark: number): boolean {
    if (this.#left !== undefined) return false;
    return this.#queuedBytes < mark || this.bufferedBytes < mark;
  }

  /** False: nothing more is accepted. Passing `maxBufferedBytes` fails the connection, so that nothing accepted is dropped silently. */
  #hasRoom(): boolean {
    if (this.#left !== undefined) return false;
    if (this.#isBelow(this.#settings.limits.maxBufferedBytes)) return true;
    this.#fail("BUFFER_OVERFLOW");
    return false;
  }

  #fail(code: "BUFFER_OVERFLOW" | "BUFFER_STALLED" | "MESSAGE_BROKEN", cause?: unknown): void {
    this.#engine.now = this.#group.clock.now();
    // No Close frame would arrive, nor anything else.
    if (code !== "MESSAGE_BROKEN") this.cutOff();
    this.#engine.fail(code, cause);
    this.#owner.failed();
  }

  #fullness(mark: number = this.#settings.sendHighWaterMark): SendState {
    if (this.#isBelow(mark)) return "ready";
    this.#owesDrain = true;
    return "full";
  }

  get ready(): Promise<void> {
    if (this.#left !== undefined || this.#fullness() === "ready") return READY;
    this.#readyWaiter ??= deferred<undefined>();
    return this.#readyWaiter.promise;
  }

  /** What waits behind the message that is open is no reason to wait with its pieces: it waits for them. */
  get #pieceMark(): number {
    return this.#settings.sendHighWaterMark + (this.#streamed?.waitingBytes ?? 0);
  }

  get pieceReady(): Promise<void> {
    if (this.#left !== undefined || this.#fullness(this.#pieceMark) === "ready") return READY;
    this.#pieceWaiter ??= deferred<undefined>();
    return this.#pieceWaiter.promise;
  }

  /** True once for each time that "full" was answered: there is room again. */
  settleDrain(): boolean {
    if (!this.#owesDrain) return false;
    if (this.#pieceWaiter !== undefined && this.#isBelow(this.#pieceMark)) this.#settlePieceWaiter();
    if (!this.#isBelow(this.#settings.sendHighWaterMark)) return false;
    this.#owesDrain = false;
    this.#readyWaiter?.resolve(undefined);
    this.#readyWaiter = undefined;
    return true;
  }

  #settlePieceWaiter(): void {
    this.#pieceWaiter?.resolve(undefined);
    this.#pieceWaiter = undefined;
  }

  // ---- to the transport ----

  /** Everything that was sent, in one write, unless the transport is backed up. */
  write(): void {
    const engine = this.#engine;
    if (engine.pendingBytes === 0 || !this.#transportHasRoom()) return;
    let pieces: Uint8Array[];
    try {
      pieces = engine.takeOutput();
    } catch (error) {
      this.#giveUp(error);
      return;
    }
    const last = pieces[pieces.length - 1]!;
    const transport = this.#transport;
    transport.write(pieces);
    this.#written = transport.bufferedBytes;
    if (this.#written === 0) {
      engine.outputTaken();
      if (transport.copies === true) this.#group.arena.free(last);
    } else if (this.#stuckSince === Infinity) {
      this.#stuckSince = this.#group.clock.now();
      this.#moved = false;
      this.#owner.deadlineMoved();
    }
  }

  /** What was lent to `send` is not what its header announces any more: instead of all this only a Close is sent. */
  #giveUp(cause: unknown): void {
    this.#fail("MESSAGE_BROKEN", cause);
    this.#streamed?.abandon();
    this.write();
  }

  #transportHasRoom(): boolean {
    const { sendHighWaterMark } = this.#settings;
    if (this.#written === 0 || this.#written < sendHighWaterMark) return true;
    this.#look();
    return this.#written === 0 || this.#written < sendHighWaterMark;
  }

  flush(): void {
    if (this.#left === undefined) this.write();
  }

  /** The transport has taken all, or some, of what it held. */
  drained(now: number): void {
    const engine = this.#engine;
    this.#look();
    // What was stuck has moved: the peer reads, so it lives, even if it has nothing to say. What merely took a turn proves nothing: on TLS
    // and in Deno every write does, a Ping's included.
    if (now - this.#stuckSince >= STUCK) engine.heardFrom();
    this.#stuckSince = this.#written === 0 ? Infinity : now;
    this.#moved = false;
    if (this.#written === 0) engine.outputTaken();
  }

  // ---- time ----

  /** When `handleTimeout` is due. */
  get deadline(): number {
    const stalled = this.#stuckSince + this.#settings.stallTimeout;
    return this.#streamed === undefined || stalled < this.#streamed.deadline ? stalled : this.#streamed.deadline;
  }

  handleTimeout(now: number): void {
    if (this.#left !== undefined) return;
    this.#look();
    // A transport that is still backed up, but less than before, has been heard from as well.
    if (this.#moved && this.#written > 0) {
      this.#engine.heardFrom();
      this.#stuckSince = now;
    }
    this.#moved = false;
    if (this.#written === 0) this.#stuckSince = Infinity;
    if (now >= this.#stuckSince + this.#settings.stallTimeout) this.#fail("BUFFER_STALLED");
    // Close has waited long enough for the message that is open.
    else if (this.#streamed !== undefined && now >= this.#streamed.deadline) this.breakMessage(undefined);
  }

  // ---- whole messages ----

  send(message: Message, copy: boolean): SendState {
    if (this.#streamed?.claimed === true) return this.#sendBehind(this.#streamed, message, copy);
    if (!this.#hasRoom()) return "closing";
    return this.#sent(this.#give(message, copy));
  }

  #give(message: Message, copy: boolean): SendResult {
    if (typeof message === "string") return this.#engine.sendText(message);
    if (message instanceof Uint8Array) return this.#engine.sendBinary(message, copy || this.#isBorrowed(message));
    return this.#engine.sendPrepared(message);
  }

  #sendBehind(streamed: StreamedMessages, message: Message, copy: boolean): SendState {
    if (streamed.close !== undefined || this.#engine.state !== "open" || !this.#hasRoom()) return "closing";
    streamed.wait(message instanceof Uint8Array && (copy || this.#isBorrowed(message)) ? message.slice() : message);
    return this.#fullness();
  }

  #sent(result: SendResult): SendState {
    if (result === SendResult.CLOSING) return "closing";
    this.#owner.messageSent();
    this.#owner.askTurn();
    return this.#fullness();
  }

  #isBorrowed(bytes: Uint8Array): boolean {
    return this.#group.isBorrowed(bytes, this.#engine);
  }

  // ---- messages in pieces ----

  get messageClaimed(): boolean {
    return this.#streamed?.claimed === true;
  }

  claimMessage(): Promise<void> | undefined | "closing" {
    if (this.#left !== undefined || this.closeWaits || this.#engine.state !== "open") return "closing";
    const streamed = (this.#streamed ??= new StreamedMessages());
    if (streamed.claimed) return streamed.waitForTurn();
    streamed.claimed = true;
    return undefined;
  }

  beginMessage(opcode: typeof Opcode.TEXT | typeof Opcode.BINARY): SendState {
    if (!this.#hasRoom() || this.#engine.beginMessage(opcode) === SendResult.CLOSING) return "closing";
    return this.#fullness();
  }

  sendChunk(chunk: string | Uint8Array, last: boolean, copy: boolean): SendState {
    if (!this.#hasRoom()) return "closing";
    const result = this.#engine.sendChunk(chunk, last, copy || (typeof chunk !== "string" && this.#isBorrowed(chunk)));
    return this.#sent(result) === "closing" ? "closing" : this.#fullness(this.#pieceMark);
  }

  /** What waited goes on, up to the next that needs the turn. */
  releaseMessage(): void {
    const streamed = this.#streamed!;
    if (!streamed.claimed) return;
    streamed.ended = undefined;
    for (let next = streamed.take(); next !== undefined; next = streamed.take()) {
      if (typeof next === "function") {
        next();
        return;
      }
      this.#sent(this.#give(next, false));
    }
    streamed.claimed = false;
    streamed.deadline = Infinity;
    if (streamed.close === undefined) return;
    this.#engine.now = this.#group.clock.now();
    this.#engine.close(streamed.close.code, streamed.close.reason);
    this.#owner.askTurn();
  }

  breakMessage(cause: unknown): void {
    if (this.#engine.state === "open") this.#fail("MESSAGE_BROKEN", cause);
    // Something else has broken it first, which the end goes by.
    else this.ended();
    this.#streamed!.abandon();
  }

  unlessEnded<Value>(wait: PromiseLike<Value>): Promise<Value | "closing"> {
    return new Promise((resolve, reject) => {
      const streamed = this.#streamed!;
      streamed.ended = () => resolve("closing");
      if (this.#left !== undefined || this.#engine.state !== "open") streamed.ended();
      wait.then(resolve, reject);
    });
  }

  report(error: unknown): void {
    this.#owner.report(error);
  }

  // ---- control frames ----

  ping(payload: Uint8Array | undefined): Promise<number> {
    const now = (this.#engine.now = this.#group.clock.now());
    const isOpen = this.#left === undefined && this.#engine.state === "open";
    const id = this.#left === undefined ? this.#engine.ping(payload) : 0;
    if (id === 0) return Promise.reject(new InvalidStateError(isOpen ? "too many pings wait for their Pong" : "the connection is closing"));
    this.#owner.askTurn();
    this.#owner.awaits();
    this.#pings ??= new Pings();
    return this.#pings.add(id, now);
  }

  pongReceived(): void {
    this.#pings?.answered(this.#engine.answeredPing, this.#engine.now);
  }

  /** Close waits behind a streamed message. */
  get closeWaits(): boolean {
    return this.#streamed?.close !== undefined;
  }

  /** @throws TypeError, RangeError for a code or reason that must not be sent */
  close(code: number | undefined, reason: string | undefined): void {
    const now = (this.#engine.now = this.#group.clock.now());
    const streamed = this.#streamed;
    if (streamed?.claimed === true) {
      // Throws what the engine would throw, now rather than later.
      encodeClosePayload(code, reason);
      if (streamed.close !== undefined) return;
      streamed.close = { code, reason };
      streamed.deadline = now + this.#settings.closeTimeout;
      this.#owner.deadlineMoved();
    } else {
      this.#engine.close(code, reason);
    }
    this.#owner.askTurn();
  }

  // ---- the end ----

  /** No further message is accepted: by the peer's Close, or by failing. */
  ended(): void {
    if (this.#streamed?.abandon() === true) this.#engine.markUnclean("MESSAGES_UNSENT");
  }

  /** The transport is lost or torn down. To be called before the engine learns of it, which then drops its output. */
  cutOff(left: number = this.bufferedBytes): void {
    this.#left ??= left;
    this.#stuckSince = Infinity;
  }

  /** The connection is over. */
  finish(failure: Error | undefined): void {
    this.cutOff();
    this.#pings?.failed(failure ?? new InvalidStateError("the connection was closed before the Pong came"));
    this.#streamed?.abandon();
    this.#owesDrain = false;
    this.#readyWaiter?.resolve(undefined);
    this.#readyWaiter = undefined;
    this.#settlePieceWaiter();
  }
}
