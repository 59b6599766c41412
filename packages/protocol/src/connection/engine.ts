import type { FrameHeader, Opcode, ProtocolError, Role, Utf8 } from "@ws/codec";

import type { Limits } from "../defaults.ts";
import type { SendArena } from "./arena.ts";
import type { EngineEvent, SendResult } from "./events.ts";
import type { Closed, ConnectionFailure, ConnectionFailureCode } from "./failure.ts";
import type { PreparedMessage } from "./prepared.ts";
import type { MessageTransform, TransformFailure, TransformWork } from "./transform.ts";

/** Options of {@link ConnectionEngine}. Times are milliseconds. */
export interface ConnectionOptions {
  /** The role of this endpoint. */
  readonly role: Role;
  /** The clock's reading now. Monotonic; where it starts does not matter. */
  readonly now: number;
  /** A masking key: 32 bits from a strong source of entropy (§5.3). A client must have it. */
  readonly randomUint32?: (() => number) | undefined;
  readonly limits?: { readonly [Name in keyof Limits]?: Limits[Name] | undefined } | undefined;
  /** What the opening handshake agreed on. For this connection only. */
  readonly transform?: MessageTransform | undefined;
  /** `interval: undefined` means no keep-alive; without the option it is as in DEFAULTS. */
  readonly keepAlive?: { readonly interval: number | undefined; readonly timeout?: number | undefined } | undefined;
  readonly closeTimeout?: number | undefined;
  /** The host's faster UTF-8. */
  readonly utf8?: Utf8 | undefined;
  /** Messages come in pieces, as `CHUNK`. */
  readonly streaming?: boolean | undefined;
  /** Binary messages are views into the received bytes where they can be, valid until the next `poll`. */
  readonly borrow?: boolean | undefined;
  /** Shared by all connections of one driver. */
  readonly arena?: SendArena | undefined;
  /** Sees the header of each frame. The object may be reused. Costs nothing when unset. */
  readonly onHeader?: ((header: FrameHeader, direction: "received" | "sent") => void) | undefined;
}

/**
 * An established WebSocket connection without I/O (RFC 6455 §5–§7): bytes, calls and time in; events and bytes pulled out.
 *
 * The driver's loop, after every call that is not a mere `send`: `poll` until `NONE`, then write `takeOutput`, then look at
 * `wantsEnd`, `wantsDestroy`, `wantsInput` and `nextDeadline`. With a transform, `poll` after sending too: it may say `WORK`.
 *
 * Nothing here throws for what the peer does. What the caller gets wrong is a TypeError, a RangeError or an InvalidStateError.
 */
export declare class ConnectionEngine {
  constructor(options: ConnectionOptions);

  /** The clock. The driver sets it before calls that it makes at a later time. */
  now: number;

  // ---- input ----

  /**
   * Bytes from the peer. They are unmasked in place, and must stay untouched until `poll` has said `NONE` while `wantsInput`
   * is true: what a held-back engine has not looked at yet, it looks at later. After the peer's Close, and after failing, bytes are ignored.
   */
  receive(bytes: Uint8Array): void;
  /** The peer's FIN. It takes its turn behind what was received before. */
  receiveEnd(): void;
  /** The transport is gone in both directions. What was received before is still delivered. */
  transportLost(reason?: unknown): void;
  /** Acts on every deadline that has passed. */
  handleTimeout(now: number): void;
  /** When `handleTimeout` is due; Infinity: never. Moves only by calls that are not `receive`, `poll`-as-`NONE` or `send…`. */
  readonly nextDeadline: number;
  /** While the driver does not read, the peer's silence proves nothing. */
  set paused(paused: boolean);
  /** Other evidence that the peer lives: a transport that was backed up has drained. */
  heardFrom(): void;
  /** The result of `work`. One that comes too late, after the connection failed, is ignored. */
  completeWork(id: number, result: Uint8Array | TransformFailure): void;

  // ---- events ----

  /** Goes on to the next event. What the last one showed is over. */
  poll(): EngineEvent;
  readonly text: string;
  readonly payload: Uint8Array;
  readonly opcode: Opcode;
  readonly first: boolean;
  readonly last: boolean;
  readonly answeredPing: number;
  readonly closeCode: number;
  readonly closeReason: string;
  readonly work: TransformWork | undefined;
  readonly error: ProtocolError | ConnectionFailure | undefined;
  readonly closed: Closed | undefined;

  // ---- sending ----

  /** A whole text message. Lone surrogates become U+FFFD. */
  sendText(text: string): SendResult;
  /** A whole binary message. The bytes must stay as they are until they are flushed, unless `copy`. */
  sendBinary(payload: Uint8Array, copy?: boolean): SendResult;
  /** A prepared message. */
  sendPrepared(message: PreparedMessage): SendResult;
  /** Begins a message sent in fragments (§5.4). Until its last chunk no other message can be sent: InvalidStateError. */
  beginMessage(opcode: typeof Opcode.TEXT | typeof Opcode.BINARY): SendResult;
  /** Its next fragment: a string in a text message (surrogate pairs may be split), bytes in a binary one. */
  sendChunk(chunk: string | Uint8Array, last: boolean, copy?: boolean): SendResult;
  /**
   * Sends a Ping, by default with its id as payload.
   *
   * @returns its id, above 0 and rising; 0: not sent, because the connection is closing or `maxPendingPings` are unanswered
   */
  ping(payload?: Uint8Array): number;
  /** An unsolicited Pong (§5.5.3). */
  pong(payload?: Uint8Array): SendResult;
  /** Begins the closing handshake; without effect when it has begun. Throws for a code or reason that must not be sent (§7.4). */
  close(code?: number, reason?: string): void;
  /** For limits that the driver watches: fails the connection, without a Close frame since none would arrive. */
  fail(code: ConnectionFailureCode, cause?: unknown): void;
  /** Ends the connection at once, without a closing handshake. */
  abort(reason?: unknown): void;

  // ---- output ----

  /** Bytes of frames that `takeOutput` would return. */
  readonly pendingBytes: number;
  /** Bytes accepted that wait behind an open work item, before they become frames. */
  readonly waitingBytes: number;
  /** The frames in order, for one vectored write. The list is the caller's; the bytes are not to be modified (views of the arena and of large payloads). */
  takeOutput(): Uint8Array[];
  /** After `takeOutput` is written, half-close the transport (§7.1.1). Stays true. */
  readonly wantsEnd: boolean;
  /** Tear the transport down now. Stays true. */
  readonly wantsDestroy: boolean;
  /** False while too much waits behind an open work item: read no more for now. */
  readonly wantsInput: boolean;
  /** §7.1.3, §7.1.4: derived from the two half-machines. */
  readonly state: "open" | "closing" | "closed";
}
