/**
 * The driver: binds one engine to a transport and the group's clock. Events in, one write out; what it decides by stands in the files beside it.
 *
 * Order. One read is one run of the engine: its events are delivered one after the other, and everything sent meanwhile leaves in one
 * `Transport.write` when the run is over. What is sent at other times leaves in the microtask that the group's connections share.
 * No handler is called from within `send`, `close`, `abort`, `ping` or `flush`.
 *
 * While the program is behind (delivery.ts) the engine is not polled (reading.ts), unless it is so for long (patience.ts). From our own Close on, and
 * once the connection is closing, nothing is held.
 */
import { CloseCode, Opcode } from "@ws/codec";
import { type ConnectionEngine, EngineEvent, type TransformFailure, type TransformWork } from "@ws/protocol";

import type { Carrier, Incoming } from "../connection/carrier.ts";
import type { Closed } from "../connection/closed.ts";
import type { Connection } from "../connection/connection.ts";
import type { Settings } from "../connection/settings.ts";
import type { Transport, TransportSink } from "../ports/transport.ts";
import type { DeadlineEntry } from "./deadlines.ts";
import type { Delivery, DeliveryOwner } from "./delivery.ts";
import type { DriverGroup } from "./driver-group.ts";
import { type DriverOptions, engineOf } from "./engine-of.ts";
import { type ExtensionOwner, ExtensionWork } from "./extension-work.ts";
import { callGuarded } from "./guarded.ts";
import { HandlerDelivery } from "./handler-delivery.ts";
import { Idle } from "./idle.ts";
import { Inbox } from "./inbox.ts";
import { Outcome } from "./outcome.ts";
import { Patience } from "./patience.ts";
import { Reading, SHARE } from "./reading.ts";
import { Sending, type SendingOwner } from "./sending.ts";
import { TransportSide } from "./transport-side.ts";

export class Driver implements TransportSink, DeadlineEntry, Carrier, DeliveryOwner, SendingOwner, ExtensionOwner {
  readonly engine: ConnectionEngine;
  readonly transport: Transport;
  readonly sending: Sending;
  readonly incoming: Incoming | undefined;
  readonly streaming: boolean;
  readonly remoteAddress: string | undefined;
  /** Set right after construction: each needs the other. */
  connection!: Connection<unknown>;
  wakeAt = 0;
  heapIndex = -1;

  readonly #options: DriverOptions;
  readonly #group: DriverGroup;
  readonly #settings: Settings;
  readonly #delivery: Delivery;
  readonly #side: TransportSide;
  readonly #reading: Reading;
  readonly #patience: Patience;
  readonly #idle: Idle;
  readonly #work: ExtensionWork | undefined;

  readonly #outcome = new Outcome();
  /** Events are being delivered: what is sent leaves when that is done. */
  #running = false;
  /** The group is going to call `endTurn`. */
  #turnAsked = false;
  /** No message is delivered any more. */
  #discarding = false;

  constructor(options: DriverOptions) {
    const { group, settings, program, transport } = options;
    this.#options = options;
    this.#group = group;
    this.#settings = settings;
    this.transport = transport;
    const now = group.clock.now();
    this.#idle = new Idle(settings.idleTimeout, now);
    this.remoteAddress = transport.remoteAddress;
    this.streaming = settings.streaming;
    const inbox = program.handlers === undefined ? new Inbox(this, program) : undefined;
    this.incoming = inbox;
    this.#delivery = inbox ?? new HandlerDelivery(this, program, settings.closeTimeout);
    this.engine = engineOf(options, now, this);
    this.sending = new Sending(this.engine, transport, settings, group, this);
    this.#side = new TransportSide(this.engine, transport, this.sending);
    this.#reading = new Reading(this.engine, transport);
    this.#patience = new Patience(this.#delivery);
    this.#work = options.transform && new ExtensionWork(options.transform, this);
  }

  /**
   * Takes over the transport. `open` comes first, then what came with the handshake.
   *
   * @param rest bytes behind the handshake's head, to be modified as any that are received
   * @param run function style: what runs when the connection is open
   */
  begin(rest: Uint8Array, run: ((connection: Connection<unknown>) => unknown) | undefined): void {
    this.#running = true;
    if (rest.length > 0) this.#reading.receive(rest);
    this.transport.start(this);
    this.#delivery.open(run);
    this.#running = false;
    this.#runLending(rest);
  }

  // ---- what the transport reports ----

  received(bytes: Uint8Array): void {
    if (this.#outcome.closed !== undefined) return;
    this.engine.now = this.now;
    if (this.#running || this.#reading.state !== "flowing") {
      this.#reading.receiveBehind(bytes);
      return;
    }
    this.#reading.receive(bytes);
    this.#runLending(bytes);
  }

  /** Views into `bytes` may be lent to handlers meanwhile. */
  #runLending(bytes: Uint8Array): void {
    if (this.#settings.borrow && this.transport.borrowed) this.#group.borrowedBuffer = bytes.buffer;
    this.#run();
    this.#group.borrowedBuffer = undefined;
  }

  drained(): void {
    const now = (this.engine.now = this.now);
    this.sending.drained(now);
    if (this.engine.state !== "open") return this.#run();
    this.#side.write();
    this.#settleDrain();
  }

  ended(): void {
    this.engine.now = this.now;
    this.engine.receiveEnd();
    this.#run();
  }

  closed(error?: unknown): void {
    this.engine.now = this.now;
    this.sending.cutOff();
    this.#side.move("lost");
    this.engine.transportLost(error);
    // A transport may not report from within a call. Should one do so, the program is called when the call has returned all the same.
    this.askTurn();
  }

  get now(): number {
    return this.#group.clock.now();
  }

  get deadline(): number {
    if (this.#outcome.closed !== undefined && this.#side.phase !== "connected" && this.#side.phase !== "ended")
      return this.#delivery.deadline;
    return Math.min(this.engine.nextDeadline, this.#idle.deadline, this.#patience.deadline, this.sending.deadline, this.#delivery.deadline);
  }

  handleTimeout(now: number): void {
    const { engine } = this;
    engine.now = now;
    this.sending.handleTimeout(now);
    const buffered = this.sending.bufferedBytes;
    if (engine.nextDeadline <= now)
      callGuarded(
        () => engine.handleTimeout(now),
        (error) => this.#broken(error),
      );
    if (engine.wantsDestroy) this.sending.cutOff(buffered);
    if (this.#idle.deadline <= now) this.close(CloseCode.GOING_AWAY, "idle for too long");
    this.#patience.handleTimeout(now);
    this.#delivery.handleTimeout(now);
    this.#run();
  }

  /** The group's microtask. */
  endTurn(): void {
    this.#turnAsked = false;
    // Nothing has been received: only an extension at work or an ending has something to show, and a broadcast sends on many idle
    // connections, whose decoders and deadlines need not be fetched into the cache for that.
    if (this.#work === undefined && !this.#patience.isUp && this.#side.phase === "connected" && this.engine.state === "open") {
      this.sending.write();
      this.#settleDrain();
    } else this.#run();
  }

  askTurn(): void {
    if (this.#running || this.#turnAsked) return;
    this.#turnAsked = true;
    this.#group.atEndOfTurn(this);
  }

  /** The group's next turn of the loop. */
  nextTurn(): void {
    this.#reading.nextTurn();
    this.#run();
  }

  // ---- one run: events in, one write out ----

  #run(): void {
    if (this.#running) return;
    this.#running = true;
    this.#deliverEvents();
    // What was encoded last may complete the closing handshake once it is taken.
    this.#side.write();
    if (this.engine.state === "closed") this.#deliverEvents();
    this.#running = false;
    this.#settleDrain();
    if (this.#outcome.closed !== undefined && this.#side.move("release")) this.#options.onReleased?.(this.connection, this.#delivery.done);
    this.#schedule();
  }

  #schedule(): void {
    const { deadlines } = this.#group;
    if (this.#side.phase === "released" && this.deadline === Infinity) deadlines.remove(this);
    else deadlines.update(this);
  }

  #settleDrain(): void {
    if (this.sending.settleDrain()) this.#delivery.drain();
  }

  #deliverEvents(): void {
    try {
      this.#pollEvents();
    } catch (error) {
      this.#broken(error);
    }
  }

  /** A port of the host's, or an extension, has thrown, which none may. */
  #broken(error: unknown): void {
    this.report(error);
    this.abort(error);
  }

  #pollEvents(): void {
    const { engine } = this;
    const delivery = this.#delivery;
    const reading = this.#reading;
    if (!delivery.behind) this.#patience.restore();
    while (this.#outcome.closed === undefined) {
      // A message of ours that waits for its transformation does not wait for the program as well: poll() shows its work first.
      if (delivery.behind && this.#isHeldByProgram() && (this.#work?.encoding === true || engine.waitingBytes === 0)) {
        reading.hold();
        return;
      }
      if (reading.spent++ >= SHARE) {
        reading.yield(this.#group, this);
        return;
      }
      switch (engine.poll()) {
        case EngineEvent.NONE:
          if (engine.wantsInput) reading.letGo(this.#side.phase === "gone");
          else reading.hold();
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
          this.#work!.start(engine.work!);
          break;
        case EngineEvent.CLOSED:
          this.#finish();
          break;
        // The engine has answered a PING, and noted these; CLOSED follows.
        case EngineEvent.CLOSING:
        case EngineEvent.FAILED:
          this.sending.ended();
          this.#delivery.closing(engine.now);
          break;
      }
    }
  }

  /** Of a program that is behind: what comes behind its turn waits. */
  #isHeldByProgram(): boolean {
    if (this.#discarding) return false;
    if (this.#side.phase === "gone") {
      // What was received before the loss waits in the backlog: bounded by bytes, not by time.
      if (this.#delivery.backlogBytes >= this.#settings.limits.maxBufferedBytes) this.#discarding = true;
      return false;
    }
    if (this.engine.state !== "open") return false;
    return !this.#patience.isOver(this.engine.now) || this.#delivery.backlogBytes >= this.#settings.receiveHighWaterMark;
  }

  /** §7.1.4: the connection is closed. */
  #finish(): void {
    const closed = this.#outcome.settle(this.engine.closed!);
    this.#discarding = true;
    this.#idle.stop();
    this.sending.finish(closed.error);
    this.#delivery.closed(closed, this.engine.now);
    this.#reading.letGo(this.#side.phase === "gone");
  }

  // ---- delivery to the program, and extensions that need time ----

  #deliver(message: string | Uint8Array<ArrayBuffer>): void {
    if (this.#discarding) return;
    if (this.#idle.isWatched) this.#idle.messageAt(this.engine.now);
    this.#delivery.message(message);
    this.#group.endLoan(message, this.engine);
  }

  #deliverChunk(): void {
    if (this.#discarding) return;
    const { engine } = this;
    if (this.#idle.isWatched) this.#idle.messageAt(engine.now);
    const chunk = engine.opcode === Opcode.TEXT ? engine.text : engine.payload;
    this.#delivery.chunk(chunk, engine.first, engine.last);
    this.#group.endLoan(chunk, engine);
  }

  /** A loop asks for its next message here: what it has sent leaves at the end of the turn, so that nothing but the message is looked for. */
  turnTaken(): void {
    if (this.#running) return;
    const looked = this.#patience.deadline;
    this.#running = true;
    if (this.#reading.state === "held") this.#deliverEvents();
    this.#running = false;
    if (this.#work !== undefined || this.#side.phase !== "connected" || this.engine.state !== "open") this.#run();
    else if (this.engine.pendingBytes > 0) this.askTurn();
    if (this.#patience.deadline < looked) this.#schedule();
  }

  programFailed(): void {
    this.close(CloseCode.INTERNAL_ERROR);
  }

  functionReturned(): void {
    this.close(CloseCode.NORMAL);
  }

  delivered(): void {
    this.#options.onDelivered?.(this.connection);
  }

  workDone(work: TransformWork, result: Uint8Array | TransformFailure): void {
    if (this.#outcome.closed !== undefined) return;
    this.engine.now = this.now;
    this.engine.completeWork(work.id, result);
    this.#run();
  }

  report(error: unknown): void {
    this.#options.program.report(error, this.connection);
  }

  // ---- what a connection does with its carrier ----

  get state(): "open" | "closing" | "closed" {
    if (this.#outcome.closed !== undefined) return "closed";
    if (this.engine.state !== "open") return this.engine.state;
    return this.sending.closeWaits ? "closing" : "open";
  }

  /** A program that asks for the end in its turn waits for that, and not for the next message. */
  get outcome(): Promise<Closed> {
    if (this.#outcome.closed === undefined) this.awaits();
    return this.#outcome.promise;
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
    this.#side.write();
    this.askTurn();
  }

  #discard(): void {
    this.#discarding = true;
    this.#idle.stop();
    this.#delivery.discard();
  }

  // ---- what the sending side tells ----

  awaits(): void {
    this.#patience.end();
    if (this.#delivery.behind) this.askTurn();
  }

  messageSent(): void {
    if (this.#idle.isWatched) this.#idle.messageAt(this.now);
  }

  deadlineMoved(): void {
    this.#schedule();
  }

  failed(): void {
    this.#discard();
    this.askTurn();
  }
}
