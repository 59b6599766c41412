/**
 * RFC 6455 §5–§8 and RFC 7692 §6–§7, read from the receiver's side: what a byte stream means to an endpoint that follows every
 * sentence. The oracle reads the fuzzer's own bytes with it, the judge the target's answer.
 */
import { readBegunFrame } from "../wire/begun-frame.ts";
import { concatBytes } from "../wire/bytes.ts";
import { type ReadFrame, readFrames, RSV1 } from "../wire/frame.ts";
import type { MessageInflater } from "../wire/message-inflater.ts";
import { isUtf8, Utf8Reader } from "../wire/utf8.ts";
import { type Agreement, inflaterFor } from "./agreement.ts";
import { closeViolation, headerViolation } from "./frame-rules.ts";
import type { ViolationKind } from "./violations.ts";

export type ReceivedEvent =
  | {
      readonly kind: "message";
      readonly opcode: number;
      readonly payload: Uint8Array;
      readonly compressed: boolean;
      readonly fragments: number;
      readonly end: number;
    }
  | { readonly kind: "ping"; readonly payload: Uint8Array; readonly end: number }
  | { readonly kind: "pong"; readonly payload: Uint8Array; readonly end: number }
  | { readonly kind: "close"; readonly code: number | undefined; readonly reason: Uint8Array; readonly end: number }
  /** `optional`: the offending frame is not complete, so nobody has to have noticed yet. */
  | { readonly kind: "violation"; readonly violation: ViolationKind; readonly optional: boolean; readonly end: number };

export interface Receipt {
  readonly events: ReceivedEvent[];
  readonly frames: ReadFrame[];
  /** The stream ends inside a frame. */
  readonly partial: boolean;
  /** A fragmented message was begun and not ended. */
  readonly unfinished: boolean;
  /** Bytes behind a Close frame or a violation: nobody may act on them. */
  readonly ignored: number;
  /** A message inflates to more than was looked at. */
  readonly tooBig: boolean;
}

export interface ReceiveOptions {
  /** Who receives: "server" wants masked frames. */
  readonly receiver: "client" | "server";
  readonly agreement: Agreement;
  /** Tolerated violations that this receiver lets pass. */
  readonly lenient?: ReadonlySet<ViolationKind> | undefined;
  /** Inflated messages stop here. */
  readonly maxMessage?: number | undefined;
  /** Offsets at which the sender paused to see what happens: what could be known there has to be. */
  readonly pauses?: readonly number[] | undefined;
}

/** Follows the RFC through a byte stream until its end, a Close frame or the first violation. */
export function receiveStream(bytes: Uint8Array, options: ReceiveOptions): Receipt {
  const { frames, rest } = readFrames(bytes);
  const receiver = new Receiver(options);
  for (const frame of frames) if (!receiver.take(frame)) return receiver.receipt(frames, !frame.complete, bytes.length - frame.end);
  // Of a header that is not complete, the bytes that are there may be wrong already.
  if (rest.length > 0) receiver.takeHeader(readBegunFrame(bytes, bytes.length - rest.length, options.receiver === "server"));
  return receiver.receipt(frames, rest.length > 0 || frames[frames.length - 1]?.complete === false, 0);
}

/** A message of which some fragments have come. */
interface BegunMessage {
  opcode: number;
  compressed: boolean;
  pieces: Uint8Array[];
  /** Bytes before the frame at hand. */
  length: number;
  text: Utf8Reader;
}

class Receiver {
  readonly #options: ReceiveOptions;
  readonly #lenient: ReadonlySet<ViolationKind>;
  readonly #inflater: MessageInflater | undefined;
  readonly #events: ReceivedEvent[] = [];
  #message: BegunMessage | undefined;
  #tooBig = false;

  constructor(options: ReceiveOptions) {
    const { receiver, agreement } = options;
    this.#options = options;
    this.#lenient = options.lenient ?? new Set();
    this.#inflater =
      agreement.deflate === undefined ? undefined : inflaterFor(receiver === "server" ? "client" : "server", agreement.deflate);
  }

  receipt(frames: ReadFrame[], partial: boolean, ignored: number): Receipt {
    return { events: this.#events, frames, partial, unfinished: this.#message !== undefined, ignored, tooBig: this.#tooBig };
  }

  /** false: nothing behind this frame is read. */
  take(frame: ReadFrame): boolean {
    if (!this.takeHeader(frame)) return false;
    if (frame.opcode < 8) return this.#takeData(frame);
    return frame.complete ? this.#takeControl(frame) : true;
  }

  takeHeader(frame: ReadFrame): boolean {
    const violation = headerViolation(frame, {
      receiver: this.#options.receiver,
      deflate: this.#inflater !== undefined,
      inMessage: this.#message !== undefined,
      lenient: this.#lenient,
    });
    return violation === undefined || this.#fail(violation, frame.end, !frame.complete);
  }

  #fail(violation: ViolationKind, end: number, optional = false): false {
    this.#events.push({ kind: "violation", violation, optional, end });
    return false;
  }

  #takeControl(frame: ReadFrame): boolean {
    const { payload, end } = frame;
    if (frame.opcode !== 8) {
      this.#events.push({ kind: frame.opcode === 9 ? "ping" : "pong", payload, end });
      return true;
    }
    const violation = closeViolation(payload, this.#lenient);
    if (violation !== undefined) return this.#fail(violation, end);
    const code = payload.length === 0 ? undefined : payload[0]! * 256 + payload[1]!;
    this.#events.push({ kind: "close", code, reason: payload.slice(2), end });
    return false;
  }

  #takeData(frame: ReadFrame): boolean {
    if (frame.opcode !== 0)
      this.#message = { opcode: frame.opcode, compressed: (frame.rsv & RSV1) !== 0, pieces: [], length: 0, text: new Utf8Reader() };
    const message = this.#message!;
    message.pieces.push(frame.payload);
    const isLast = frame.complete && frame.fin;
    if (message.opcode === 1 && !message.compressed && !this.#takeText(message, frame, isLast)) return false;
    if (!isLast) return true;
    this.#message = undefined;
    return this.#takeMessage(message, frame.end);
  }

  /** §8.1 on what is there of a text message. */
  #takeText(message: BegunMessage, frame: ReadFrame, isLast: boolean): boolean {
    const before = message.length;
    message.length += frame.payload.length;
    message.text.read(frame.payload);
    const { badAt } = message.text;
    if (badAt === undefined || this.#lenient.has("utf8-late")) return true;
    const at = frame.start + frame.headerLength + badAt - before + 1;
    if (this.#options.pauses?.some((pause) => pause >= at && pause < frame.end) === true) return this.#fail("utf8-late", at);
    return isLast || this.#fail("utf8-late", frame.end);
  }

  #takeMessage({ opcode, compressed, pieces, text }: BegunMessage, end: number): boolean {
    let payload = concatBytes(pieces);
    if (compressed) {
      const { output, problem } = this.#inflater!.message(payload, this.#options.maxMessage);
      if (problem === "truncated" && !this.#lenient.has("deflate-truncated")) return this.#fail("deflate-truncated", end);
      if (problem !== undefined && problem !== "truncated" && problem !== "too-big") return this.#fail("deflate-data", end);
      payload = output;
      this.#tooBig ||= problem === "too-big";
    }
    if (opcode === 1 && (compressed ? !isUtf8(payload) : text.badAt !== undefined || text.incomplete)) return this.#fail("utf8", end);
    this.#events.push({ kind: "message", opcode, payload, compressed, fragments: pieces.length, end });
    return true;
  }
}
