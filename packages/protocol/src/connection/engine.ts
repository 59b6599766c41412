import { EMPTY, encodeClosePayload, MessageEvent, Opcode, type ProtocolError } from "@ws/codec";

import { DEFAULTS } from "../defaults.ts";
import type { MessageTransform, TransformFailure, TransformWork } from "../extension/transform.ts";
import { contentOf, type PreparedMessage } from "../prepared-message.ts";
import { InvalidStateError, requireAmount, requireBytes, requireControlPayload } from "../usage.ts";
import { Closing } from "./closing.ts";
import { assertRole, decodingOf, type EngineOptions } from "./engine-options.ts";
import { EngineEvent, EventFields, SendResult } from "./events.ts";
import { ConnectionFailure, type ConnectionFailureCode } from "./failure.ts";
import { IncomingMessages } from "./incoming-messages.ts";
import { KeepAlive } from "./keep-alive.ts";
import { Lifecycle } from "./lifecycle.ts";
import { Sending } from "./sending.ts";
import type { Writable } from "../writable.ts";

/**
 * An established WebSocket connection without I/O (RFC 6455 §5–§7): bytes, calls and time in; events and bytes pulled out.
 *
 * After every call except `send…` a driver does the same: `poll` until `NONE`, write `takeOutput`, then look at `wantsEnd`,
 * `wantsDestroy`, `wantsInput` and `nextDeadline`. With a transform it polls after sending too, since that may give `WORK`.
 * Whenever the transport holds nothing any more of what it was given to write, the driver calls `outputTaken`.
 *
 * What the peer does never throws here. What the caller does wrong is a TypeError, a RangeError or an InvalidStateError.
 */
export class ConnectionEngine extends EventFields {
  /** The clock's reading. The driver sets it before calls that it makes at a later time. */
  now: number;

  readonly #isServer: boolean;
  readonly #maxBufferedBytes: number;
  readonly #transform: MessageTransform | undefined;
  readonly #lifecycle: Lifecycle;
  readonly #keepAlive: KeepAlive | undefined;
  readonly #incoming: IncomingMessages;
  readonly #sending: Sending;
  readonly #closing: Closing;

  #paused = false;
  /** FAILED is to be reported. */
  #failed = false;

  /** @throws TypeError for a client without `randomUint32`, RangeError for limits and times that are none */
  constructor(options: EngineOptions) {
    assertRole(options);
    super();
    const { role, now, limits = {}, transform } = options;
    this.now = now;
    this.#isServer = role === "server";
    this.#maxBufferedBytes = requireAmount("maxBufferedBytes", limits.maxBufferedBytes ?? DEFAULTS.maxBufferedBytes);
    this.#lifecycle = new Lifecycle(requireAmount("closeTimeout", options.closeTimeout ?? DEFAULTS.closeTimeout));
    const { keepAlive } = options;
    const { interval = DEFAULTS.keepAliveInterval, timeout = DEFAULTS.keepAliveTimeout } = keepAlive || {};
    this.#keepAlive = keepAlive === false ? undefined : new KeepAlive(interval, timeout, now);
    let lastWorkId = 0;
    const nextWorkId = (): number => ++lastWorkId;
    this.#transform = transform;
    this.#incoming = new IncomingMessages(decodingOf(options), transform, nextWorkId);
    this.#sending = new Sending(options, nextWorkId);
    this.#closing = new Closing(this.#lifecycle, this.#incoming, this.#sending);
  }

  // ---- input ----

  /**
   * Bytes from the peer. They are unmasked in place, and are to be left alone until `poll` has said `NONE` and `wantsInput` is true:
   * what an engine that is held back has not looked at yet, it looks at later. After the peer's Close, and after failing, they are ignored.
   */
  receive(bytes: Uint8Array): void {
    this.#keepAlive?.heard(this.now);
    if (this.#lifecycle.receiving !== "receiving" || this.#closing.inputEnded) return;
    this.#incoming.receive(bytes);
    if (this.#incoming.unreadBytes > this.#maxBufferedBytes) this.fail("BUFFER_OVERFLOW");
  }

  /** Copies what was received and not looked at, so that its array may be reused while `wantsInput` is false. What the last event showed is over. */
  retain(): void {
    this.#incoming.retain();
  }

  /** The peer's FIN. It takes its turn behind what was received before. */
  receiveEnd(): void {
    this.#closing.inputEnded = true;
  }

  /** The transport is gone in both directions. What was received before is still delivered. */
  transportLost(reason?: unknown): void {
    if (!this.#lifecycle.isGone) this.#closing.lose(reason, this.now);
  }

  /** Acts on the deadlines that have passed. */
  handleTimeout(now: number): void {
    this.now = now;
    if (now < this.nextDeadline) return;
    if (now >= this.#lifecycle.deadline) {
      this.#closing.expire(now);
    } else {
      const action = this.#keepAlive!.act(now, !this.#paused && this.wantsInput);
      if (action === "ping") this.ping();
      else if (action === "fail") this.fail("KEEP_ALIVE_TIMEOUT");
    }
  }

  /**
   * When `handleTimeout` is due; Infinity: never. What was received before the transport was lost waits for its reader without a deadline,
   * save for an open work item. Receiving and sending messages leave it where it is, nearly always.
   */
  get nextDeadline(): number {
    const { isGone, deadline, state } = this.#lifecycle;
    if (isGone && (this.closed !== undefined || this.#incoming.transformed?.work === undefined)) return Infinity;
    return state === "open" && this.#keepAlive !== undefined ? this.#keepAlive.deadline : deadline;
  }

  /** Set while the driver does not read the transport: the peer's silence proves nothing then. */
  set paused(paused: boolean) {
    if (this.#paused && !paused) this.#keepAlive?.restart(this.now);
    this.#paused = paused;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Other evidence that the peer lives: a transport that was backed up has drained. */
  heardFrom(): void {
    this.#keepAlive?.heard(this.now);
  }

  /** The result of `work`. For an item that is not open any more, because the connection failed or ended, it is ignored. */
  completeWork(id: number, result: Uint8Array | TransformFailure): void {
    const done = this.#sending.complete(id, result);
    if (done === true) this.#closing.sendInTurn(this.now);
    else if (done === false) this.#failTransform();
    else if (this.#incoming.transformed?.work?.id === id) this.#incoming.transformed.complete(result);
  }

  // ---- events ----

  /** `TEXT`, `CHUNK` of a text message. */
  get text(): string {
    return this.#incoming.decoder.text;
  }

  /** `BINARY`, `CHUNK` of a binary message, `PING`, `PONG`. */
  get payload(): Uint8Array<ArrayBuffer> {
    return this.#incoming.decoder.payload;
  }

  /** Goes on to the next event. What the last one showed is over. */
  poll(): EngineEvent {
    if (this.#failed) {
      this.#failed = false;
      return EngineEvent.FAILED;
    }
    const work = this.#sending.takeWork();
    if (work !== undefined) return this.#showWork(work);
    return this.#lifecycle.receiving === "receiving" ? this.#pollMessages() : this.#pollEnd();
  }

  // ---- sending ----

  /** Sends a whole text message. Lone surrogates become U+FFFD. */
  sendText(text: string): SendResult {
    if (typeof text !== "string") throw new TypeError("text must be a string");
    return this.#maySendMessage() ? this.#accepted(this.#sending.text(text)) : SendResult.CLOSING;
  }

  /** Sends a whole binary message. The bytes must stay as they are until they are flushed, unless `copy`. */
  sendBinary(payload: Uint8Array, copy = false): SendResult {
    requireBytes(payload);
    return this.#maySendMessage() ? this.#accepted(this.#sending.binary(payload, copy)) : SendResult.CLOSING;
  }

  /** Sends a prepared message. @throws TypeError for what `prepareMessage` has not made */
  sendPrepared(message: PreparedMessage): SendResult {
    const content = contentOf(message);
    return this.#maySendMessage() ? this.#accepted(this.#sending.prepared(content)) : SendResult.CLOSING;
  }

  /**
   * Begins a message that is sent in fragments (§5.4), by `sendChunk`.
   *
   * @throws InvalidStateError while another one is being streamed; whole messages cannot be sent meanwhile either
   */
  beginMessage(opcode: typeof Opcode.TEXT | typeof Opcode.BINARY): SendResult {
    if (opcode !== Opcode.TEXT && opcode !== Opcode.BINARY) throw new TypeError("opcode must be TEXT or BINARY");
    if (!this.#maySendMessage()) return SendResult.CLOSING;
    this.#sending.streamed.begin(opcode);
    return SendResult.READY;
  }

  /**
   * Sends the next fragment: a string of a text message, where surrogate pairs may be cut, or bytes of a binary one.
   *
   * @throws InvalidStateError without `beginMessage`, TypeError for the other type
   */
  sendChunk(chunk: string | Uint8Array, last: boolean, copy = false): SendResult {
    if (!this.#maySend()) return SendResult.CLOSING;
    this.#sending.chunk(chunk, last, copy);
    return SendResult.READY;
  }

  /**
   * Sends a Ping, by default with its id as payload. It may go between the fragments of a message.
   *
   * @returns its id, above that of every earlier one; 0: not sent, as the connection is closing or `maxPendingPings` are unanswered
   */
  ping(payload?: Uint8Array): number {
    if (payload !== undefined) requireControlPayload(payload);
    return this.#lifecycle.maySendControl ? this.#sending.pings.send(payload) : 0;
  }

  /** Sends an unsolicited Pong (§5.5.3). Pings are answered without it. */
  pong(payload: Uint8Array = EMPTY): SendResult {
    requireControlPayload(payload);
    if (!this.#lifecycle.maySendControl || this.#isOverflowing()) return SendResult.CLOSING;
    this.#sending.pings.sendPong(payload);
    return SendResult.READY;
  }

  /**
   * Begins the closing handshake (§7.1.2): what was accepted before is sent before, save that a message being streamed stays
   * incomplete. Without effect when the closing has begun.
   *
   * @throws TypeError, RangeError for a code or a reason that must not be sent (§5.5.1, §7.4)
   */
  close(code?: number, reason?: string): void {
    this.#closing.begin(encodeClosePayload(code, reason), this.now);
  }

  /**
   * Fails the connection (§7.1.7) for something the driver watches, such as its transport's buffer. There is no Close frame when
   * the code says that none would arrive.
   */
  fail(code: ConnectionFailureCode, cause?: unknown): void {
    if (this.#lifecycle.transport === "connected") this.#fail(new ConnectionFailure(code, cause));
  }

  /** Notes why the ending is not clean, unless that is known. Its course stays: a closing handshake goes on as one. */
  markUnclean(code: ConnectionFailureCode, cause?: unknown): void {
    this.#closing.markUnclean(code, cause);
  }

  /** Ends the connection at once, without a closing handshake. */
  abort(reason?: unknown): void {
    this.#closing.abort(reason, this.now);
  }

  // ---- output ----

  /** Bytes of frames that `takeOutput` would return. */
  get pendingBytes(): number {
    return this.#sending.output.byteLength;
  }

  /** Bytes accepted that wait behind an open work item and are not frames yet. */
  get waitingBytes(): number {
    return this.#sending.waitingBytes;
  }

  /**
   * The frames in order, for one vectored write. To be left alone while the transport is backed up: Pongs are bounded that way.
   *
   * @returns a new list, the caller's, of VIEWS that must not be modified: into the arena, and of payloads given by reference
   * @throws TypeError when bytes given to `send…` have been transferred or resized since. The output is dropped: `fail` the connection
   */
  takeOutput(): Uint8Array[] {
    this.#sending.pings.release();
    return this.#sending.output.take();
  }

  /**
   * The transport holds nothing of what `takeOutput` gave: the operating system has all of it. Only then is a Close frame sent
   * (§7.1.4). Called at any other time too often it does no harm, as long as it is true.
   *
   * @returns true when the closing has come on by it: `poll` again
   */
  outputTaken(): boolean {
    if (this.#lifecycle.sending !== "closeEncoded" || this.pendingBytes > 0) return false;
    this.#lifecycle.move("closeTaken", this.now);
    return true;
  }

  /** Half-close the transport, behind what was given to it. */
  get wantsEnd(): boolean {
    return this.pendingBytes === 0 && this.#lifecycle.wantsEnd(this.#isServer);
  }

  /** The transport is to be torn down, or is lost. */
  get wantsDestroy(): boolean {
    return this.#lifecycle.isGone;
  }

  /** False while bytes wait to be looked at, because too much waits behind an open work item or `poll` was not called: read no more for now. */
  get wantsInput(): boolean {
    return !this.#incoming.isReading;
  }

  /** §7.1.3 and §7.1.4, derived. */
  get state(): "open" | "closing" | "closed" {
    return this.#lifecycle.state;
  }

  // ---- within ----

  #pollMessages(): EngineEvent {
    const { decoder } = this.#incoming;
    switch (this.#incoming.poll()) {
      case MessageEvent.TEXT:
        return EngineEvent.TEXT;
      case MessageEvent.BINARY:
        return EngineEvent.BINARY;
      case MessageEvent.CHUNK:
        (this as Writable<ConnectionEngine>).opcode = decoder.opcode;
        (this as Writable<ConnectionEngine>).first = decoder.first;
        (this as Writable<ConnectionEngine>).last = decoder.last;
        return EngineEvent.CHUNK;
      case MessageEvent.COMPRESSED:
        // Of a lost transport nothing else has a deadline.
        if (this.#lifecycle.isGone) this.#lifecycle.extend(this.now);
        return this.#showWork(this.#incoming.transformed!.work!);
      case MessageEvent.PING:
        // After our own Close it is not answered: the peer discards whatever follows a Close (§1.4), and bytes it has not read when it
        // closes its socket become a reset that can destroy its Close on the way.
        if (this.#lifecycle.maySendControl) this.#sending.pings.answer(decoder.payload);
        return EngineEvent.PING;
      case MessageEvent.PONG:
        (this as Writable<ConnectionEngine>).answeredPing = this.#sending.pings.answeredBy(decoder.payload);
        return EngineEvent.PONG;
      case MessageEvent.CLOSE:
        (this as Writable<ConnectionEngine>).closeCode = decoder.closeCode;
        (this as Writable<ConnectionEngine>).closeReason = decoder.closeReason;
        this.#closing.receive(this.closeCode, this.closeReason, this.now);
        return EngineEvent.CLOSING;
      case MessageEvent.FAILED:
        this.#fail(decoder.error!);
        this.#failed = false;
        return EngineEvent.FAILED;
      default:
        return this.#pollEnd();
    }
  }

  /** Whether another message can be accepted. Passing `maxBufferedBytes` ends the connection: nothing accepted is dropped silently. */
  #maySend(): boolean {
    return this.#lifecycle.sending === "sending" && !this.#isOverflowing();
  }

  #maySendMessage(): boolean {
    if (!this.#maySend()) return false;
    // §5.4: "The fragments of one message MUST NOT be interleaved between the fragments of another message".
    if (this.#sending.streamed.isOpen) throw new InvalidStateError("a message is being streamed");
    return true;
  }

  #isOverflowing(): boolean {
    if (this.pendingBytes + this.waitingBytes < this.#maxBufferedBytes) return false;
    this.fail("BUFFER_OVERFLOW");
    return true;
  }

  #accepted(done: boolean): SendResult {
    if (done) return SendResult.READY;
    this.#failTransform();
    return SendResult.CLOSING;
  }

  #failTransform(): void {
    this.#fail(new ConnectionFailure("TRANSFORM_FAILED", this.#sending.failure));
  }

  #fail(error: ProtocolError | ConnectionFailure): void {
    if (this.error !== undefined) return;
    (this as Writable<ConnectionEngine>).error = error;
    this.#failed = true;
    this.#closing.fail(error, this.now);
  }

  #showWork(work: TransformWork): EngineEvent {
    (this as Writable<ConnectionEngine>).work = work;
    return EngineEvent.WORK;
  }

  /** Nothing is left to show but, perhaps, the end. */
  #pollEnd(): EngineEvent {
    (this as Writable<ConnectionEngine>).work = undefined;
    this.#closing.endInput(this.now);
    const { transport, receiving } = this.#lifecycle;
    if (this.closed !== undefined || transport === "connected" || receiving === "receiving") return EngineEvent.NONE;
    try {
      this.#transform?.close?.();
    } catch (error) {
      this.markUnclean("TRANSFORM_FAILED", error);
    }
    (this as Writable<ConnectionEngine>).closed = this.#closing.outcome(this.closeCode, this.closeReason);
    this.#incoming.discard();
    return EngineEvent.CLOSED;
  }
}
