/**
 * The driver: binds one engine to a transport and the group's clock. Events in, one write out; what it decides by stands in the files beside it.
 *
 * Order. One read is one run of the engine: its events are delivered one after the other, and everything sent meanwhile leaves in one
 * `Transport.write` when the run is over. What is sent at other times leaves in the microtask that the group's connections share.
 * No handler is called from within `send`, `close`, `abort`, `ping` or `flush`.
 *
 * While the program is behind (delivery.ts) the engine is not polled, and the transport is paused with the next chunk. A program that stays
 * behind for {@link PATIENCE} is passed: the engine is polled on, up to a bound, so that pings are answered, and the peer's Close, its FIN and its
 * silence are seen. From our own Close on, and once the connection is closing, nothing is held.
 */
import { CloseCode, Opcode } from "@ws/codec";
import { ConnectionEngine, EngineEvent, type MessageTransform, type TransformFailure, type TransformWork } from "@ws/protocol";

import type { Carrier, Incoming } from "../connection/carrier.ts";
import type { Closed } from "../connection/closed.ts";
import type { Connection } from "../connection/connection.ts";
import { ConnectionError } from "../connection/errors.ts";
import type { Settings } from "../connection/settings.ts";
import type { Transport, TransportSink } from "../ports/transport.ts";
import type { DeadlineEntry } from "./deadlines.ts";
import { deferred, type Deferred } from "./deferred.ts";
import type { Delivery, DeliveryOwner } from "./delivery.ts";
import type { DriverGroup } from "./driver-group.ts";
import { HandlerDelivery } from "./handler-delivery.ts";
import { Inbox } from "./inbox.ts";
import { type Phase, type PhaseTrigger, PHASES } from "./phase.ts";
import { FAILED, type Program } from "./program.ts";
import { Sending, type SendingOwner } from "./sending.ts";

export interface DriverOptions {
  readonly group: DriverGroup;
  readonly transport: Transport;
  readonly role: "client" | "server";
  readonly settings: Settings;
  readonly program: Program;
  readonly transform: MessageTransform | undefined;
  /** Called once, when the connection is over and the transport released. `isDelivered`: the program has been told, too. */
  readonly onReleased?: ((connection: Connection<unknown>, isDelivered: boolean) => void) | undefined;
  /** Called once, when the program has been told of the end and the promise of its handler is settled. */
  readonly onDelivered?: ((connection: Connection<unknown>) => void) | undefined;
}

/** A program that is behind for this long (ms) is passed. One that asks for the end, or for the answer to a Ping, is passed at once. */
const PATIENCE = 1000;

/** Events of one connection in one turn of the loop; then the others have theirs. */
const SHARE = 512;

const POISON = 0xdd;

export class Driver implements TransportSink, DeadlineEntry, Carrier, DeliveryOwner, SendingOwner {
  readonly engine: ConnectionEngine;
  readonly transport: Transport;
  readonly sending: Sending;
  /** Set right after construction: each needs the other. */
  connection!: Connection<unknown>;
  wakeAt = 0;
  heapIndex = -1;

  readonly #options: DriverOptions;
  readonly #group: DriverGroup;
  readonly #settings: Settings;
  readonly #delivery: Delivery;

  #phase: Phase = "connected";
  #outcome: Closed | undefined = undefined;
  #closedWaiter: Deferred<Closed> | undefined = undefined;
  /** Events are being delivered: what is sent leaves when that is done. */
  #running = false;
  /** The group is going to call `endTurn`. */
  #turnAsked = false;
  /** No message is delivered any more. */
  #discarding = false;
  /** When the last message went in either direction. Kept only with an idle timeout. */
  #lastMessageAt: number;
  /** A work item for an outgoing message has been begun and not been completed. */
  #encoding = false;

  // Reading.
  /** The engine is not polled: the program, an extension or the other connections have their turn. */
  #held = false;
  /** The transport is paused: a chunk arrived while held. */
  #paused = false;
  /** The engine has bytes that the transport will overwrite. */
  #lent = false;
  /** When to look whether the program is still behind; Infinity: it was not. */
  #lookAt = Infinity;
  /** How many turns the program had finished at the last look. */
  #turnsSeen = 0;
  /** The program is being passed. */
  #passing = false;
  /** Events since the connection's share of a turn began. */
  #spent = 0;
  /** The share is used up: the group is going to call `nextTurn`. */
  #yielded = false;

  constructor(options: DriverOptions) {
    const { group, settings, program, transport } = options;
    this.#options = options;
    this.#group = group;
    this.#settings = settings;
    this.transport = transport;
    this.#lastMessageAt = group.clock.now();
    this.#delivery = program.handlers === undefined ? new Inbox(this) : new HandlerDelivery(this, program, settings.closeTimeout);
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
      onHeader: program.inspects ? (header, direction): void => program.inspect(header, direction, this.connection) : undefined,
    });
    this.sending = new Sending(this.engine, transport, settings, group, this);
  }

  /**
   * Takes over the transport. `open` comes first, then what came with the handshake.
   *
   * @param rest bytes behind the handshake's head, to be modified as any that are received
   * @param run function style: what runs when the connection is open
   */
  begin(rest: Uint8Array, run: ((connection: Connection<unknown>) => unknown) | undefined): void {
    this.#running = true;
    if (rest.length > 0) this.#receive(rest, this.transport.borrowed);
    this.transport.start(this);
    if (run === undefined) this.#delivery.open();
    else this.#runFunction(run);
    this.#running = false;
    this.#lend(rest);
    this.#run();
    this.#group.borrowedBuffer = undefined;
  }

  /** Function style: closed with 1000 when the function returns while the connection is open, with 1011 when it throws. */
  #runFunction(run: (connection: Connection<unknown>) => unknown): void {
    const called = this.#options.program.run(run, this.connection, (error) => error !== undefined && error === this.#outcome?.error);
    const returned = (result: unknown): void => (result === FAILED ? this.programFailed() : this.close(CloseCode.NORMAL));
    if (typeof called === "object") void called.then(returned);
    else returned(called);
  }

  // ---- what the transport reports ----

  received(bytes: Uint8Array): void {
    if (this.#outcome !== undefined) return;
    this.engine.now = this.#group.clock.now();
    const { borrowed } = this.transport;
    if (this.#running || this.#held) {
      this.#receive(borrowed ? bytes.slice() : bytes, false);
      this.#pause();
      return;
    }
    this.#spent = 0;
    this.#receive(bytes, borrowed);
    this.#lend(bytes);
    this.#run();
    this.#group.borrowedBuffer = undefined;
  }

  #receive(bytes: Uint8Array, lent: boolean): void {
    this.engine.receive(bytes);
    this.#lent = lent;
  }

  #lend(bytes: Uint8Array): void {
    if (this.#settings.borrow && this.transport.borrowed) this.#group.borrowedBuffer = bytes.buffer;
  }

  drained(): void {
    const now = (this.engine.now = this.#group.clock.now());
    this.sending.drained(now);
    if (this.engine.state === "open") {
      this.#write();
      this.#settleDrain();
    } else {
      this.#run();
    }
  }

  ended(): void {
    this.engine.now = this.#group.clock.now();
    this.engine.receiveEnd();
    this.#run();
  }

  closed(error?: unknown): void {
    this.engine.now = this.#group.clock.now();
    this.sending.cutOff();
    this.#move("close");
    this.engine.transportLost(error);
    // A transport may not report from within a call. Should one do so, the program is called when the call has returned all the same.
    this.askTurn();
  }

  // ---- time ----

  get now(): number {
    return this.#group.clock.now();
  }

  get deadline(): number {
    if (this.#outcome !== undefined && this.#phase !== "connected" && this.#phase !== "ended") return this.#delivery.deadline;
    return Math.min(this.engine.nextDeadline, this.#idleDeadline, this.#lookAt, this.sending.deadline, this.#delivery.deadline);
  }

  get #idleDeadline(): number {
    return this.#discarding ? Infinity : this.#lastMessageAt + this.#settings.idleTimeout;
  }

  handleTimeout(now: number): void {
    const { engine } = this;
    engine.now = now;
    this.sending.handleTimeout(now);
    const buffered = this.sending.bufferedBytes;
    if (engine.nextDeadline <= now) engine.handleTimeout(now);
    if (engine.wantsDestroy) this.sending.cutOff(buffered);
    if (this.#idleDeadline <= now) this.close(CloseCode.GOING_AWAY, "idle for too long");
    if (this.#lookAt <= now) this.#look(now);
    this.#delivery.handleTimeout(now);
    this.#run();
  }

  /** The program has finished no turn since the last look, and is behind: it is passed. */
  #look(now: number): void {
    const { turns, behind } = this.#delivery;
    if (behind && turns === this.#turnsSeen) this.#passing = true;
    this.#turnsSeen = turns;
    this.#lookAt = behind && !this.#passing ? now + PATIENCE : Infinity;
  }

  /** The group's microtask. */
  endTurn(): void {
    this.#turnAsked = false;
    // Nothing has been received: only an extension at work or an ending has something to show, and a broadcast sends on many idle
    // connections, whose decoders and deadlines need not be fetched into the cache for that.
    if (this.#options.transform === undefined && !this.#held && this.#phase === "connected" && this.engine.state === "open") {
      this.sending.write();
      this.#settleDrain();
    } else {
      this.#run();
    }
  }

  askTurn(): void {
    if (this.#running || this.#turnAsked) return;
    this.#turnAsked = true;
    this.#group.atEndOfTurn(this);
  }

  /** The group's next turn of the loop. */
  nextTurn(): void {
    this.#spent = 0;
    this.#yielded = false;
    this.#run();
  }

  // ---- one run: events in, one write out ----

  #run(): void {
    if (this.#running) return;
    this.#running = true;
    this.#deliverEvents();
    // What was encoded last may complete the closing handshake once it is taken.
    if (this.#write()) this.#deliverEvents();
    this.#running = false;
    this.#settleDrain();
    if (this.#outcome !== undefined && this.#phase === "gone") this.#release();
    this.#schedule();
  }

  #schedule(): void {
    const { deadlines } = this.#group;
    if (this.#phase === "released" && this.deadline === Infinity) deadlines.remove(this);
    else deadlines.update(this);
  }

  #settleDrain(): void {
    if (this.sending.settleDrain()) this.#delivery.drain();
  }

  #deliverEvents(): void {
    const { engine } = this;
    while (this.#outcome === undefined) {
      // A message of ours that waits for its transformation does not wait for the program as well: poll() shows its work first.
      if (this.#isHeldByProgram() && (this.#encoding || engine.waitingBytes === 0)) {
        this.#hold();
        return;
      }
      if (this.#spent === SHARE) {
        this.#hold();
        if (!this.#yielded) this.#group.atNextTurn(this);
        this.#yielded = true;
        return;
      }
      this.#spent++;
      switch (engine.poll()) {
        case EngineEvent.NONE:
          if (engine.wantsInput) this.#letGo();
          else this.#hold();
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
          this.sending.pongReceived();
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
          this.sending.ended();
          this.#delivery.closing(engine.now);
          break;
      }
    }
  }

  #isHeldByProgram(): boolean {
    const delivery = this.#delivery;
    if (!delivery.behind) {
      this.#passing = false;
      return false;
    }
    if (this.#discarding) return false;
    if (this.#phase === "gone") {
      // What was received before the loss is there, and waits for the program in the backlog instead: bounded by bytes, not by time.
      if (delivery.backlogBytes >= this.#settings.limits.maxBufferedBytes) this.#discarding = true;
      return false;
    }
    if (this.engine.state !== "open") return false;
    if (this.#passing) return delivery.backlogBytes >= this.#settings.receiveHighWaterMark;
    if (this.#lookAt === Infinity) {
      this.#turnsSeen = delivery.turns;
      this.#lookAt = this.engine.now + PATIENCE;
    }
    return true;
  }

  #hold(): void {
    this.#held = true;
    if (!this.#lent) return;
    // What is left of the chunk is looked at later, when the transport will have reused it.
    this.#lent = false;
    this.engine.retain();
  }

  #letGo(): void {
    this.#held = this.#lent = false;
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#phase !== "gone") this.transport.resume();
  }

  /** One more chunk arrived than could be taken: no further one is read. A program that is only briefly behind costs no pause. */
  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.transport.pause();
  }

  /**
   * Writes, and does what follows from the engine's state.
   *
   * @returns whether the engine may have another event to show for it
   */
  #write(): boolean {
    const { engine } = this;
    if (this.#phase === "gone" || this.#phase === "released") return false;
    this.sending.write();
    if (engine.wantsDestroy) this.#destroy();
    else if (engine.wantsEnd && this.#move("end")) this.transport.end();
    return this.#outcome === undefined && engine.state === "closed";
  }

  #destroy(): void {
    if (this.#phase === "destroyed") return;
    this.sending.cutOff();
    this.#move("destroy");
    this.transport.destroy();
  }

  #move(trigger: PhaseTrigger): boolean {
    const next = PHASES[this.#phase][trigger];
    if (next === undefined) return false;
    this.#phase = next;
    return true;
  }

  /** §7.1.4: the connection is closed. */
  #finish(): void {
    const { code, reason, wasClean, initiator, error } = this.engine.closed!;
    const failure = error && new ConnectionError(error);
    this.#outcome = { code, reason, wasClean, initiator, error: failure };
    this.#discarding = true;
    this.sending.finish(failure);
    this.#closedWaiter?.resolve(this.#outcome);
    this.#delivery.closed(this.#outcome, this.engine.now);
    this.#letGo();
  }

  /** The connection is over and the transport released. */
  #release(): void {
    this.#move("release");
    this.#options.onReleased?.(this.connection, this.#delivery.done);
  }

  // ---- delivery to the program ----

  #deliver(message: string | Uint8Array): void {
    if (this.#discarding) return;
    if (this.#settings.idleTimeout !== Infinity) this.#lastMessageAt = this.engine.now;
    this.#delivery.message(message);
    if (this.#group.poisonBorrowed) this.#poison(message);
  }

  #deliverChunk(): void {
    if (this.#discarding) return;
    const { engine } = this;
    if (this.#settings.idleTimeout !== Infinity) this.#lastMessageAt = engine.now;
    const chunk = engine.opcode === Opcode.TEXT ? engine.text : engine.payload;
    this.#delivery.chunk(chunk, engine.first, engine.last);
    if (this.#group.poisonBorrowed) this.#poison(chunk);
  }

  /** The handler has returned: a view that was lent to it is over. */
  #poison(lent: string | Uint8Array): void {
    if (typeof lent !== "string" && this.#group.isBorrowed(lent, this.engine)) lent.fill(POISON);
  }

  turnTaken(): void {
    if (this.#held && !this.#yielded) this.#run();
    else this.#schedule();
  }

  programFailed(): void {
    this.close(CloseCode.INTERNAL_ERROR);
  }

  delivered(): void {
    this.#options.onDelivered?.(this.connection);
  }

  // ---- extensions that need time ----

  #startWork(): void {
    const work = this.engine.work!;
    if (work.direction === "encode") this.#encoding = true;
    const failed = (error: unknown): void => {
      this.#options.program.report(error, this.connection);
      this.#completeWork(work, { failure: "INVALID_COMPRESSED_PAYLOAD" });
    };
    try {
      Promise.resolve(this.#options.transform!.run(work)).then((result) => this.#completeWork(work, result), failed);
    } catch (error) {
      this.#group.clock.microtask(() => failed(error));
    }
  }

  #completeWork(work: TransformWork, result: Uint8Array | TransformFailure): void {
    if (work.direction === "encode") this.#encoding = false;
    if (this.#outcome !== undefined) return;
    this.engine.now = this.#group.clock.now();
    this.engine.completeWork(work.id, result);
    this.#run();
  }

  // ---- what a connection does with its carrier ----

  get state(): "open" | "closing" | "closed" {
    if (this.#outcome !== undefined) return "closed";
    if (this.engine.state !== "open") return this.engine.state;
    return this.sending.closeWaits ? "closing" : "open";
  }

  get remoteAddress(): string | undefined {
    return this.transport.remoteAddress;
  }

  get streaming(): boolean {
    return this.#settings.streaming;
  }

  get incoming(): Incoming | undefined {
    return this.#delivery instanceof Inbox ? this.#delivery : undefined;
  }

  /** A program that asks for the end in its turn waits for that, and not for the next message. */
  get outcome(): Promise<Closed> {
    if (this.#outcome !== undefined) return Promise.resolve(this.#outcome);
    this.awaits();
    this.#closedWaiter ??= deferred<Closed>();
    return this.#closedWaiter.promise;
  }

  close(code?: number, reason?: string): void {
    this.sending.close(code, reason);
    this.#discard();
  }

  abort(reason: unknown): void {
    this.engine.now = this.now;
    this.sending.cutOff();
    this.engine.abort(reason);
    this.#discard();
    this.#write();
    this.askTurn();
  }

  #discard(): void {
    this.#discarding = true;
    this.#delivery.discard();
  }

  // ---- what the sending side tells ----

  awaits(): void {
    // Of a handler that has not returned yet it is not known whether it will be behind: if not, the next event forgets this.
    this.#passing = true;
    if (this.#delivery.behind) this.askTurn();
  }

  messageSent(): void {
    if (this.#settings.idleTimeout !== Infinity) this.#lastMessageAt = this.now;
  }

  deadlineMoved(): void {
    this.#schedule();
  }

  failed(): void {
    this.#discard();
    this.askTurn();
  }
}
