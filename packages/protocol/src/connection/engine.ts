import { CloseCode, encodeClosePayload, firstByte, MessageDecoder, MessageEvent, Opcode, utf8 } from "@ws/codec";
import type { FrameHeader, Mask, MessageDecoderOptions, ProtocolError, Role, Utf8 } from "@ws/codec";

import { DEFAULTS, type Limits } from "../defaults.ts";
import { SendArena } from "./arena.ts";
import { EngineEvent, SendResult } from "./events.ts";
import { ConnectionFailure, type Closed, type ConnectionFailureCode } from "./failure.ts";
import { KeepAlive } from "./keep-alive.ts";
import { OutgoingMessages } from "./outgoing-messages.ts";
import { Output } from "./output.ts";
import { PendingPings } from "./pending-pings.ts";
import type { PreparedMessage } from "../prepared-message.ts";
import { Queue } from "../queue.ts";
import { RECEIVING, SENDING, TRANSPORT, type Receiving, type Sending, type TransportState, type Trigger } from "./state.ts";
import { StreamedMessage } from "./streamed-message.ts";
import type { MessageTransform, TransformFailure, TransformWork } from "../extension/transform.ts";
import { TransformedMessages } from "./transformed-messages.ts";
import { InvalidStateError, requireAmount, requireBytes } from "../usage.ts";

/** Options of {@link ConnectionEngine}. Times are milliseconds. `undefined` means the default of DEFAULTS. */
export interface EngineOptions {
  /** The role of this endpoint. */
  readonly role: Role;
  /** The clock's reading. Monotonic; where it starts does not matter. */
  readonly now: number;
  /** A masking key: 32 bits from a strong source of entropy (§5.3). A client must have it, a server does not ask. */
  readonly randomUint32?: (() => number) | undefined;
  readonly limits?: { readonly [Name in keyof Limits]?: Limits[Name] | undefined } | undefined;
  /** What the opening handshake agreed on, for this connection only. */
  readonly transform?: MessageTransform | undefined;
  /** `interval: undefined`: no keep-alive. */
  readonly keepAlive?: { readonly interval: number | undefined; readonly timeout?: number | undefined } | undefined;
  /** How long each step of the closing may take. */
  readonly closeTimeout?: number | undefined;
  /** The host's faster UTF-8. */
  readonly utf8?: Utf8 | undefined;
  /** The host's faster masking. */
  readonly mask?: Mask | undefined;
  /** Messages are delivered in pieces, as `CHUNK`. */
  readonly streaming?: boolean | undefined;
  /** Binary messages are VIEWS into the received bytes where they can be, valid until the next `poll`. */
  readonly borrow?: boolean | undefined;
  /** Shared by all connections of one driver. */
  readonly arena?: SendArena | undefined;
  /** Sees the header of each frame. The object is reused. Costs nothing when unset. */
  readonly onHeader?: ((header: FrameHeader, direction: "received" | "sent") => void) | undefined;
}

const EMPTY: Uint8Array = /* @__PURE__ */ new Uint8Array(0);
const TEXT_FRAME = /* @__PURE__ */ firstByte(Opcode.TEXT);
const BINARY_FRAME = /* @__PURE__ */ firstByte(Opcode.BINARY);
const CLOSE_FRAME = /* @__PURE__ */ firstByte(Opcode.CLOSE);
const PING_FRAME = /* @__PURE__ */ firstByte(Opcode.PING);
const PONG_FRAME = /* @__PURE__ */ firstByte(Opcode.PONG);

/** §5.5: the most a control frame carries. */
const MAX_CONTROL_PAYLOAD = 125;

/**
 * An established WebSocket connection without I/O (RFC 6455 §5–§7): bytes, calls and time in; events and bytes pulled out.
 *
 * After every call except `send…` a driver does the same: `poll` until `NONE`, write `takeOutput`, then look at `wantsEnd`,
 * `wantsDestroy`, `wantsInput` and `nextDeadline`. With a transform it polls after sending too, since that may give `WORK`.
 * Whenever the transport holds nothing any more of what it was given to write, the driver calls `outputTaken`.
 *
 * What the peer does never throws here. What the caller does wrong is a TypeError, a RangeError or an InvalidStateError.
 */
export class ConnectionEngine {
  /** The clock's reading. The driver sets it before calls that it makes at a later time. */
  now: number;

  /** `CHUNK`: TEXT or BINARY. */
  opcode = 0;
  /** `CHUNK`: the piece begins its message. */
  first = false;
  /** `CHUNK`: the piece ends its message. */
  last = false;
  /** `PONG`: the highest id of a ping that it answers; 0: it was unsolicited. */
  answeredPing = 0;
  /** `WORK`: the item. */
  work: TransformWork | undefined = undefined;
  /** From `CLOSING` on: the status code of the peer's Close; 1005 when it had none. 1006 before. */
  closeCode: number = CloseCode.ABNORMAL;
  /** From `CLOSING` on: the reason in the peer's Close. */
  closeReason = "";
  /** From `FAILED` on: why we failed the connection. */
  error: ProtocolError | ConnectionFailure | undefined = undefined;
  /** From `CLOSED` on. */
  closed: Closed | undefined = undefined;

  readonly #role: Role;
  readonly #maxBufferedBytes: number;
  readonly #maxPendingPings: number;
  readonly #closeTimeout: number;
  readonly #transform: MessageTransform | undefined;

  // The three parts of the state: see state.ts. Only #move writes them.
  #sending: Sending = "sending";
  #receiving: Receiving = "receiving";
  #transport: TransportState = "connected";
  #initiator: Closed["initiator"] | undefined = undefined;
  /** Why the ending is not clean; `undefined` to the end if it is. */
  #cause: ProtocolError | ConnectionFailure | undefined = undefined;
  #closeDeadline = Infinity;
  #keepAlive: KeepAlive | undefined = undefined;
  #paused = false;
  /** FAILED is to be reported. */
  #failed = false;

  // Receiving.
  readonly #messages: MessageDecoder | TransformedMessages;
  /** `#messages` when there is a transform. */
  readonly #transformed: TransformedMessages | undefined;
  /** `#messages` has a chunk that is not used up. */
  #reading = false;
  /** Chunks received meanwhile. */
  #unread: Queue<Uint8Array> | undefined = undefined;
  #unreadBytes = 0;
  /** No further bytes will come: the peer's FIN, or the transport is lost. */
  #inputEnded = false;
  #lossReason: unknown = undefined;

  // Sending.
  readonly #output: Output;
  /** When there is a transform. */
  readonly #outgoing: OutgoingMessages | undefined;
  /** `#outgoing.work` was reported. */
  #reportedWork: TransformWork | undefined = undefined;
  #closePayload = EMPTY;
  readonly #streamed = new StreamedMessage();
  readonly #pings = new PendingPings();
  /** Pongs in the output. */
  #pongs = 0;
  /** The answer to the latest ping, when the output holds too many. */
  #heldPong: Uint8Array | undefined = undefined;

  /** @throws TypeError for a client without `randomUint32`, RangeError for limits and times that are none */
  constructor(options: EngineOptions) {
    const { role, now, randomUint32, limits = {}, transform, onHeader, streaming = false, borrow = false } = options;
    if (role !== "client" && role !== "server") throw new TypeError(`role must be "client" or "server", not ${String(role)}`);
    // §5.3: the key "MUST be derived from a strong source of entropy", which only the host has.
    if (role === "client" && typeof randomUint32 !== "function") throw new TypeError("a client needs randomUint32 (RFC 6455 §5.3)");
    const encoding = options.utf8 ?? utf8;
    this.now = now;
    this.#role = role;
    this.#maxBufferedBytes = requireAmount("maxBufferedBytes", limits.maxBufferedBytes ?? DEFAULTS.maxBufferedBytes);
    this.#maxPendingPings = requireAmount("maxPendingPings", limits.maxPendingPings ?? DEFAULTS.maxPendingPings);
    this.#closeTimeout = requireAmount("closeTimeout", options.closeTimeout ?? DEFAULTS.closeTimeout);
    const { interval, timeout = DEFAULTS.keepAliveTimeout } = options.keepAlive ?? { interval: DEFAULTS.keepAliveInterval };
    if (interval !== undefined) this.#keepAlive = new KeepAlive(interval, timeout, now);

    const decoding: MessageDecoderOptions & { maxMessageSize: number } = {
      role,
      streaming,
      borrow,
      utf8: encoding,
      mask: options.mask,
      maxMessageSize: requireAmount("maxMessageSize", limits.maxMessageSize ?? DEFAULTS.maxMessageSize),
      maxFragments: requireAmount("maxFragments", limits.maxFragments ?? DEFAULTS.maxFragments),
      onHeader: onHeader && ((header: FrameHeader) => onHeader(header, "received")),
    };
    if (limits.maxFramePayload !== undefined) decoding.maxFramePayload = requireAmount("maxFramePayload", limits.maxFramePayload);
    this.#output = new Output(options.arena ?? new SendArena(), role === "client" ? randomUint32 : undefined, encoding, onHeader);
    this.#transform = transform;
    if (transform === undefined) {
      this.#messages = new MessageDecoder(decoding);
    } else {
      let lastWorkId = 0;
      const nextWorkId = (): number => ++lastWorkId;
      this.#messages = this.#transformed = new TransformedMessages(decoding, transform, nextWorkId);
      this.#outgoing = new OutgoingMessages(transform, this.#output, encoding, nextWorkId);
    }
  }

  // ---- input ----

  /**
   * Bytes from the peer. They are unmasked in place, and are to be left alone until `poll` has said `NONE` and `wantsInput` is true:
   * what an engine that is held back has not looked at yet, it looks at later. After the peer's Close, and after failing, they are ignored.
   */
  receive(bytes: Uint8Array): void {
    this.#keepAlive?.heard(this.now);
    if (this.#receiving !== "receiving" || this.#inputEnded) return;
    if (this.#reading) {
      this.#unread ??= new Queue();
      this.#unread.push(bytes);
      this.#unreadBytes += bytes.length;
      if (this.#unreadBytes > this.#maxBufferedBytes) this.fail("BUFFER_OVERFLOW");
    } else {
      this.#reading = true;
      this.#messages.receive(bytes);
    }
  }

  /** Copies what was received and not looked at, so that its array may be reused while `wantsInput` is false. What the last event showed is over. */
  retain(): void {
    if (this.#reading) this.#messages.retain();
    const unread = this.#unread;
    if (unread === undefined) return;
    for (let { length } = unread; length > 0; length--) unread.push(unread.shift()!.slice());
  }

  /** The peer's FIN. It takes its turn behind what was received before. */
  receiveEnd(): void {
    this.#inputEnded = true;
  }

  /** The transport is gone in both directions. What was received before is still delivered. */
  transportLost(reason?: unknown): void {
    if (this.#transport === "gone") return;
    this.#inputEnded = true;
    this.#lossReason = reason;
    this.#move("lose");
    this.#discardOutput();
  }

  /** Acts on the deadlines that have passed. */
  handleTimeout(now: number): void {
    this.now = now;
    if (now < this.nextDeadline) return;
    if (now >= this.#closeDeadline) {
      if (this.#inputEnded && this.#receiving === "receiving") this.#end("TRANSPORT_LOST", this.#lossReason, "remote");
      else this.#end("CLOSE_TIMEOUT", undefined, "local");
      this.#destroy();
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
    if (this.#transport === "gone" && (this.closed !== undefined || this.#transformed?.work === undefined)) return Infinity;
    return Math.min(this.#closeDeadline, this.#keepAliveDeadline);
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
    const outgoing = this.#outgoing;
    if (outgoing?.work?.id === id) {
      if (outgoing.complete(result)) this.#sendCloseInTurn();
      else this.#fail(new ConnectionFailure("TRANSFORM_FAILED", outgoing.failure));
    } else if (this.#transformed?.work?.id === id) {
      this.#transformed.complete(result);
    }
  }

  // ---- events ----

  /** `TEXT`, `CHUNK` of a text message. */
  get text(): string {
    return this.#messages.text;
  }

  /** `BINARY`, `CHUNK` of a binary message, `PING`, `PONG`. */
  get payload(): Uint8Array {
    return this.#messages.payload;
  }

  /** Goes on to the next event. What the last one showed is over. */
  poll(): EngineEvent {
    if (this.#failed) {
      this.#failed = false;
      return EngineEvent.FAILED;
    }
    if (this.#outgoing !== undefined && this.#outgoing.work !== this.#reportedWork) {
      this.#reportedWork = this.#outgoing.work;
      if (this.#reportedWork !== undefined) return this.#showWork(this.#reportedWork);
    }
    const messages = this.#messages;
    while (this.#receiving === "receiving") {
      switch (messages.poll()) {
        case MessageEvent.TEXT:
          return EngineEvent.TEXT;
        case MessageEvent.BINARY:
          return EngineEvent.BINARY;
        case MessageEvent.CHUNK:
          this.opcode = messages.opcode;
          this.first = messages.first;
          this.last = messages.last;
          return EngineEvent.CHUNK;
        case MessageEvent.COMPRESSED:
          if (this.#transport === "gone") this.#closeDeadline = this.now + this.#closeTimeout;
          return this.#showWork(this.#transformed!.work!);
        case MessageEvent.PING:
          this.#answerPing(messages.payload);
          return EngineEvent.PING;
        case MessageEvent.PONG:
          this.answeredPing = this.#pings.answer(messages.payload);
          return EngineEvent.PONG;
        case MessageEvent.CLOSE:
          this.#receiveClose();
          return EngineEvent.CLOSING;
        case MessageEvent.FAILED:
          this.#fail(messages.error!);
          this.#failed = false;
          return EngineEvent.FAILED;
        default:
          if (!this.#nextChunk()) return this.#pollEnd();
      }
    }
    return this.#pollEnd();
  }

  // ---- sending ----

  /** Sends a whole text message. Lone surrogates become U+FFFD. */
  sendText(text: string): SendResult {
    if (typeof text !== "string") throw new TypeError("text must be a string");
    if (!this.#maySendMessage()) return SendResult.CLOSING;
    const outgoing = this.#outgoing;
    if (outgoing === undefined) this.#output.writeText(TEXT_FRAME, text);
    else if (!outgoing.sendText(text)) return this.#failTransform();
    return SendResult.READY;
  }

  /** Sends a whole binary message. The bytes must stay as they are until they are flushed, unless `copy`. */
  sendBinary(payload: Uint8Array, copy = false): SendResult {
    requireBytes(payload);
    if (!this.#maySendMessage()) return SendResult.CLOSING;
    const outgoing = this.#outgoing;
    if (outgoing === undefined) this.#output.writeBytes(BINARY_FRAME, payload, copy);
    else if (!outgoing.sendBinary(payload, copy)) return this.#failTransform();
    return SendResult.READY;
  }

  /** Sends a prepared message. */
  sendPrepared(message: PreparedMessage): SendResult {
    if (!this.#maySendMessage()) return SendResult.CLOSING;
    const outgoing = this.#outgoing;
    if (outgoing === undefined) this.#output.writePrepared(message);
    else if (!outgoing.sendPrepared(message)) return this.#failTransform();
    return SendResult.READY;
  }

  /**
   * Begins a message that is sent in fragments (§5.4), by `sendChunk`.
   *
   * @throws InvalidStateError while another one is being streamed; whole messages cannot be sent meanwhile either
   */
  beginMessage(opcode: typeof Opcode.TEXT | typeof Opcode.BINARY): SendResult {
    if (opcode !== Opcode.TEXT && opcode !== Opcode.BINARY) throw new TypeError("opcode must be TEXT or BINARY");
    if (!this.#maySendMessage()) return SendResult.CLOSING;
    this.#streamed.begin(opcode);
    return SendResult.READY;
  }

  /**
   * Sends the next fragment: a string of a text message, where surrogate pairs may be cut, or bytes of a binary one.
   *
   * @throws InvalidStateError without `beginMessage`, TypeError for the other type
   */
  sendChunk(chunk: string | Uint8Array, last: boolean, copy = false): SendResult {
    if (!this.#maySend()) return SendResult.CLOSING;
    const streamed = this.#streamed;
    const content = streamed.contentOf(chunk, last);
    const first = streamed.first(last);
    if (this.#outgoing !== undefined) this.#outgoing.sendFragment(first, content, copy);
    else if (typeof content === "string") this.#output.writeText(first, content);
    else this.#output.writeBytes(first, content, copy);
    streamed.sent(chunk, last);
    return SendResult.READY;
  }

  /**
   * Sends a Ping, by default with its id as payload. It may go between the fragments of a message.
   *
   * @returns its id, above that of every earlier one; 0: not sent, as the connection is closing or `maxPendingPings` are unanswered
   */
  ping(payload?: Uint8Array): number {
    if (payload !== undefined) requireControlPayload(payload);
    if (!this.#maySendControl() || this.#pings.size >= this.#maxPendingPings) return 0;
    const id = this.#pings.nextId;
    const content = payload?.slice() ?? Uint8Array.of(id >>> 24, id >>> 16, id >>> 8, id);
    this.#output.writeBytes(PING_FRAME, content, true);
    return this.#pings.add(content);
  }

  /** Sends an unsolicited Pong (§5.5.3). Pings are answered without it. */
  pong(payload: Uint8Array = EMPTY): SendResult {
    requireControlPayload(payload);
    if (!this.#maySendControl() || this.#isOverflowing()) return SendResult.CLOSING;
    this.#output.writeBytes(PONG_FRAME, payload, true);
    return SendResult.READY;
  }

  /**
   * Begins the closing handshake (§7.1.2): what was accepted before is sent before, save that a message being streamed stays
   * incomplete. Without effect when the closing has begun.
   *
   * @throws TypeError, RangeError for a code or a reason that must not be sent (§5.5.1, §7.4)
   */
  close(code?: number, reason?: string): void {
    const payload = encodeClosePayload(code, reason);
    if (this.#sending !== "sending") return;
    this.#initiator = "local";
    this.#sendClose(payload);
  }

  /**
   * Fails the connection (§7.1.7) for something the driver watches, such as its transport's buffer. There is no Close frame when
   * the code says that none would arrive.
   */
  fail(code: ConnectionFailureCode, cause?: unknown): void {
    if (this.#transport === "connected") this.#fail(new ConnectionFailure(code, cause));
  }

  /** Notes why the ending is not clean, unless that is known. Its course stays: a closing handshake goes on as one. */
  markUnclean(code: ConnectionFailureCode, cause?: unknown): void {
    this.#cause ??= new ConnectionFailure(code, cause);
  }

  /** Ends the connection at once, without a closing handshake. */
  abort(reason?: unknown): void {
    this.#end("ABORTED", reason, "local");
    this.#destroy();
  }

  // ---- output ----

  /** Bytes of frames that `takeOutput` would return. */
  get pendingBytes(): number {
    return this.#output.byteLength;
  }

  /** Bytes accepted that wait behind an open work item and are not frames yet. */
  get waitingBytes(): number {
    return this.#outgoing?.waitingBytes ?? 0;
  }

  /**
   * The frames in order, for one vectored write. To be left alone while the transport is backed up: Pongs are bounded that way.
   *
   * @returns a new list, the caller's, of VIEWS that must not be modified: into the arena, and of payloads given by reference
   */
  takeOutput(): Uint8Array[] {
    this.#writeHeldPong();
    this.#pongs = 0;
    return this.#output.take();
  }

  /**
   * The transport holds nothing of what `takeOutput` gave: the operating system has all of it. Only then is a Close frame sent
   * (§7.1.4). Called at any other time too often it does no harm, as long as it is true.
   *
   * @returns true when the closing has come on by it: `poll` again
   */
  outputTaken(): boolean {
    if (this.#sending !== "closeEncoded" || this.#output.byteLength > 0) return false;
    this.#move("closeTaken");
    return true;
  }

  /** Half-close the transport, behind what was given to it. */
  get wantsEnd(): boolean {
    if (this.#output.byteLength > 0 || this.#transport === "gone") return false;
    if (this.#transport === "halfEnded") return true;
    // §7.1.7 after failing; §7.1.1: after the handshake, the server first.
    return this.#receiving === "ignoring" || (this.#role === "server" && this.#receiving === "closeReceived" && !this.#maySendControl());
  }

  /** The transport is to be torn down, or is lost. */
  get wantsDestroy(): boolean {
    return this.#transport === "gone";
  }

  /** False while bytes wait to be looked at, because too much waits behind an open work item or `poll` was not called: read no more for now. */
  get wantsInput(): boolean {
    return !this.#reading;
  }

  /** §7.1.3 and §7.1.4, derived. */
  get state(): "open" | "closing" | "closed" {
    if (this.#transport !== "connected") return "closed";
    return this.#sending === "sending" && this.#receiving === "receiving" ? "open" : "closing";
  }

  // ---- within ----

  /** All transitions: see state.ts. Each step of the closing gets `closeTimeout`. */
  #move(trigger: Trigger): void {
    const sending = SENDING[this.#sending][trigger] ?? this.#sending;
    const receiving = RECEIVING[this.#receiving][trigger] ?? this.#receiving;
    const transport = TRANSPORT[this.#transport][trigger] ?? this.#transport;
    if (sending === this.#sending && receiving === this.#receiving && transport === this.#transport) return;
    this.#sending = sending;
    this.#receiving = receiving;
    this.#transport = transport;
    this.#closeDeadline = this.now + this.#closeTimeout;
  }

  get #handshakeComplete(): boolean {
    return this.#sending === "closeSent" && this.#receiving === "closeReceived";
  }

  /** The peer's Close came and our answer has not left, but still may: its FIN waits for that. */
  get #owesClose(): boolean {
    return this.#receiving === "closeReceived" && (this.#sending === "closeWaiting" || this.#sending === "closeEncoded");
  }

  get #keepAliveDeadline(): number {
    return this.#keepAlive !== undefined && this.state === "open" ? this.#keepAlive.deadline : Infinity;
  }

  /** Whether another message can be accepted. Passing `maxBufferedBytes` ends the connection: nothing accepted is dropped silently. */
  #maySend(): boolean {
    return this.#sending === "sending" && !this.#isOverflowing();
  }

  #maySendMessage(): boolean {
    if (!this.#maySend()) return false;
    // §5.4: "The fragments of one message MUST NOT be interleaved between the fragments of another message".
    if (this.#streamed.isOpen) throw new InvalidStateError("a message is being streamed");
    return true;
  }

  #maySendControl(): boolean {
    return this.#sending === "sending" || this.#sending === "closeWaiting";
  }

  #isOverflowing(): boolean {
    if (this.#output.byteLength + this.waitingBytes < this.#maxBufferedBytes) return false;
    this.fail("BUFFER_OVERFLOW");
    return true;
  }

  #failTransform(): SendResult {
    this.#fail(new ConnectionFailure("TRANSFORM_FAILED", this.#outgoing!.failure));
    return SendResult.CLOSING;
  }

  /**
   * §5.5.2: a Ping is answered "as soon as is practical". After our own Close it is not: the peer discards whatever follows a Close
   * (§1.4), and bytes it has not read when it closes its socket become a reset that can destroy its Close on the way.
   */
  #answerPing(payload: Uint8Array): void {
    if (!this.#maySendControl()) return;
    if (this.#pongs < this.#maxPendingPings) {
      this.#pongs++;
      this.#output.writeBytes(PONG_FRAME, payload, true);
    } else {
      // §5.5.3: "only the most recently processed Ping" needs an answer when there are many.
      this.#heldPong = payload.slice();
    }
  }

  #writeHeldPong(): void {
    if (this.#heldPong === undefined) return;
    this.#output.writeBytes(PONG_FRAME, this.#heldPong, true);
    this.#heldPong = undefined;
  }

  #receiveClose(): void {
    this.#initiator ??= "remote";
    this.closeCode = this.#messages.closeCode;
    this.closeReason = this.#messages.closeReason;
    this.#discardInput();
    this.#move("closeArrived");
    // §5.5.1: "the endpoint typically echos the status code it received"; 1005 stands for none and is never sent. A browser shows its
    // page the reason of the Close it receives last, so that is returned as well.
    const code = this.closeCode === CloseCode.NO_STATUS ? undefined : this.closeCode;
    if (this.#sending === "sending") this.#sendClose(encodeClosePayload(code, this.closeReason));
  }

  #sendClose(payload: Uint8Array): void {
    this.#closePayload = payload;
    this.#move("close");
    this.#sendCloseInTurn();
  }

  /** §5.5.1: Close is the last frame, so what was accepted before goes first. */
  #sendCloseInTurn(): void {
    if (this.#sending !== "closeWaiting" || this.#outgoing?.idle === false) return;
    this.#writeClose(this.#closePayload);
    this.#move("closeEncoded");
  }

  #writeClose(payload: Uint8Array): void {
    this.#writeHeldPong();
    this.#output.writeBytes(CLOSE_FRAME, payload, true);
  }

  /** §7.1.7 "Fail the WebSocket Connection". */
  #fail(error: ProtocolError | ConnectionFailure): void {
    if (this.error !== undefined) return;
    this.#initiator ??= "local";
    this.#cause = this.error = error;
    this.#failed = true;
    // "An endpoint SHOULD send a Close frame with an appropriate status code", except where it would not arrive.
    if (error.closeCode === CloseCode.ABNORMAL) {
      this.#destroy();
      return;
    }
    this.#discardInput();
    this.#outgoing?.discard();
    if (this.#maySendControl()) this.#writeClose(encodeClosePayload(error.closeCode, error.code));
    this.#move("fail");
  }

  /** Notes why the connection ends, unless that is known. */
  #end(code: ConnectionFailureCode, cause: unknown, initiator: Closed["initiator"]): void {
    this.#initiator ??= initiator;
    if (!this.#handshakeComplete) this.#cause ??= new ConnectionFailure(code, cause);
  }

  #destroy(): void {
    this.#discardOutput();
    this.#move("destroy");
  }

  #discardInput(): void {
    this.#transformed?.discard();
    this.#unread = undefined;
    this.#unreadBytes = 0;
    this.#reading = false;
  }

  #discardOutput(): void {
    this.#outgoing?.discard();
    this.#output.discard();
    this.#heldPong = undefined;
  }

  #showWork(work: TransformWork): EngineEvent {
    this.work = work;
    return EngineEvent.WORK;
  }

  /** The decoder has nothing more to show. False: neither is there another chunk, or the engine is held back. */
  #nextChunk(): boolean {
    if (this.#transformed?.drained === false) return false;
    const chunk = this.#unread?.shift();
    this.#reading = chunk !== undefined;
    if (chunk === undefined) return false;
    this.#unreadBytes -= chunk.length;
    this.#messages.receive(chunk);
    return true;
  }

  /** Nothing is left to show but, perhaps, the end. */
  #pollEnd(): EngineEvent {
    this.work = undefined;
    if (this.#inputEnded && !this.#owesClose && (this.#receiving !== "receiving" || this.#transformed?.idle !== false)) {
      this.#end("TRANSPORT_LOST", this.#lossReason, "remote");
      this.#move("end");
    }
    if (this.closed !== undefined || this.#transport === "connected" || this.#receiving === "receiving") return EngineEvent.NONE;
    try {
      this.#transform?.close?.();
    } catch (error) {
      this.markUnclean("TRANSFORM_FAILED", error);
    }
    this.closed = {
      code: this.closeCode,
      reason: this.closeReason,
      wasClean: this.#cause === undefined,
      initiator: this.#initiator!,
      error: this.#cause,
    };
    this.#discardInput();
    return EngineEvent.CLOSED;
  }
}

function requireControlPayload(payload: Uint8Array): void {
  if (requireBytes(payload).length > MAX_CONTROL_PAYLOAD) throw new RangeError("a control frame carries at most 125 bytes (RFC 6455 §5.5)");
}
