// RFC 6455 §5.4 (fragmentation), §5.5 (control frames), §5.6 and §8.1 (text is UTF-8): a stream of bytes as messages.
//
// A message that lies in one chunk, in one frame, is delivered straight from the chunk. All others go through a
// MessageAssembler, or out piece by piece when they are streamed or compressed.

import { decodeClosePayload } from "./close-payload.ts";
import { FrameDecoder, FrameEvent, type FrameDecoderOptions } from "./frame-decoder.ts";
import type { FrameHeader } from "./frame-header.ts";
import { MAX_MESSAGE_SIZE, MessageAssembler } from "./message-assembler.ts";
import { Opcode } from "./opcode.ts";
import { ProtocolError, type ProtocolErrorCode } from "./protocol-error.ts";
import { Utf8Validator } from "./utf8-validator.ts";
import { utf8, type Utf8 } from "./utf8.ts";

/** What {@link MessageDecoder.poll} came upon. */
export const MessageEvent = {
  /** The chunk is used up: `receive` the next one. */
  NONE: 0,
  /** A text message: `text`. */
  TEXT: 1,
  /** A binary message: `payload`. */
  BINARY: 2,
  /** With `streaming`, a piece of a message: `opcode`, `first`, `last`, and `text` or `payload` by the opcode. */
  CHUNK: 3,
  /** A piece of a message whose first frame had RSV1 set: `opcode`, `first`, `last`, `payload`, as it was received. */
  COMPRESSED: 4,
  /** A Ping: `payload`. */
  PING: 5,
  /** A Pong: `payload`. */
  PONG: 6,
  /** A Close: `closeCode`, `closeReason`, `payload`. */
  CLOSE: 7,
  /** The peer broke a rule: `error`. Every later poll says so again. */
  FAILED: 8,
} as const;

/** One of the values of {@link MessageEvent}. */
export type MessageEvent = (typeof MessageEvent)[keyof typeof MessageEvent];

/** Options of {@link MessageDecoder}. */
export interface MessageDecoderOptions extends FrameDecoderOptions {
  /** Most bytes in a message, summed over its fragments. Default 16 MiB. */
  maxMessageSize?: number | undefined;
  /** Most fragments in a message, empty ones included. Default 131 072. */
  maxFragments?: number | undefined;
  /** Default: {@link utf8}. */
  utf8?: Utf8 | undefined;
  /** Deliver every message as `CHUNK`s, in the pieces it arrives in. Default false. */
  streaming?: boolean | undefined;
  /** Payloads that lie in one chunk are VIEWS into it, valid until the next poll. Default false: they are copies, the receiver's to keep. */
  borrow?: boolean | undefined;
  /** Sees every header that is legal on its own, before its payload. */
  onHeader?: ((header: FrameHeader) => void) | undefined;
}

/** Default of `maxFragments`. */
export const MAX_FRAGMENTS = 131_072;

const EMPTY: Uint8Array = /* @__PURE__ */ new Uint8Array(0);

/** RSV1, which RFC 7692 §6 defines as "compressed". */
const RSV1 = 4;

/**
 * Decodes and validates messages (RFC 6455 §5). Pulled: `receive(chunk)`, then `poll()` until it says `NONE`. Between two polls the
 * caller may do anything, or stop and go on later. What an event shows is valid until the next poll.
 */
export class MessageDecoder {
  /** `TEXT`, and `CHUNK` of a text message: the text. */
  text = "";
  /** The bytes of all other events. */
  payload: Uint8Array = EMPTY;
  /** `CHUNK`, `COMPRESSED`: TEXT or BINARY. */
  opcode: number = Opcode.CONTINUATION;
  /** `CHUNK`, `COMPRESSED`: the piece begins its message. */
  first = false;
  /** `CHUNK`, `COMPRESSED`: the piece ends its message. */
  last = false;
  /** `CLOSE`: the status code; 1005 when there was none. */
  closeCode = 0;
  /** `CLOSE`: the reason. */
  closeReason = "";
  /** `FAILED`: why. */
  error: ProtocolError | undefined = undefined;
  /** The header of the frame that was decoded last; one reused object. */
  readonly header: FrameHeader;
  /** Sees every header that is legal on its own, before its payload. */
  onHeader: ((header: FrameHeader) => void) | undefined;

  readonly #frames: FrameDecoder;
  readonly #assembler: MessageAssembler;
  readonly #utf8: Utf8;
  readonly #maxMessageSize: number;
  readonly #maxFragments: number;
  readonly #streaming: boolean;
  readonly #borrow: boolean;
  /** Opcode of the message that is being received; CONTINUATION when there is none. */
  #message: number = Opcode.CONTINUATION;
  #compressed = false;
  /** No piece of the message has been taken yet. */
  #fresh = true;
  /** Sum of the payload lengths of the message's frames so far. */
  #size = 0;
  #fragments = 0;
  /** A control frame's payload that came in pieces. */
  #control = EMPTY;
  /** For streamed text. */
  #validator: Utf8Validator | undefined = undefined;
  /** The unfinished character at the end of the last piece of streamed text. */
  #carry = EMPTY;

  constructor(options: MessageDecoderOptions) {
    this.#frames = new FrameDecoder(options);
    this.#assembler = new MessageAssembler(options);
    this.#utf8 = options.utf8 ?? utf8;
    this.#maxMessageSize = options.maxMessageSize ?? MAX_MESSAGE_SIZE;
    this.#maxFragments = options.maxFragments ?? MAX_FRAGMENTS;
    this.#streaming = options.streaming ?? false;
    this.#borrow = options.borrow ?? false;
    this.onHeader = options.onHeader;
    this.header = this.#frames.header;
  }

  /**
   * Takes the next bytes from the peer; they are read, and unmasked in place unless `unmask` is "copy", until `poll` says `NONE`.
   *
   * @throws Error when the chunk before it has not been polled to its end
   */
  receive(chunk: Uint8Array): void {
    this.#frames.receive(chunk);
  }

  /** Goes on to the next event. What the last one showed is over. */
  poll(): MessageEvent {
    const frames = this.#frames;
    while (this.error === undefined) {
      const found = frames.poll();
      if (found === FrameEvent.NONE) return MessageEvent.NONE;
      if (found === FrameEvent.FAILED) {
        this.error = frames.error;
      } else if (found === FrameEvent.HEADER) {
        this.onHeader?.(frames.header);
        const broken = this.#begin(frames.header);
        if (broken !== undefined) return this.#fail(broken);
      } else {
        const event = frames.header.opcode >= Opcode.CLOSE ? this.#takeControl(frames) : this.#takeData(frames);
        if (event !== MessageEvent.NONE) return event;
      }
    }
    return MessageEvent.FAILED;
  }

  /** The rules over several frames, at each header: fragmentation (§5.4) and the limits, before anything is stored. */
  #begin(header: FrameHeader): ProtocolErrorCode | undefined {
    const { opcode } = header;
    // §5.5: control frames may appear between fragments and change nothing about the message.
    if (opcode >= Opcode.CLOSE) return undefined;
    if (opcode === Opcode.CONTINUATION) {
      if (this.#message === Opcode.CONTINUATION) return "CONTINUATION_UNEXPECTED";
    } else {
      if (this.#message !== Opcode.CONTINUATION) return "CONTINUATION_EXPECTED";
      this.#message = opcode;
      this.#compressed = (header.rsv & RSV1) !== 0;
      this.#fresh = true;
      this.#size = 0;
      this.#fragments = 0;
    }
    if (++this.#fragments > this.#maxFragments) return "TOO_MANY_FRAGMENTS";
    this.#size += header.payloadLength;
    if (this.#size > this.#maxMessageSize) return "MESSAGE_TOO_BIG";
    return undefined;
  }

  #takeData(frames: FrameDecoder): MessageEvent {
    const { header, last: endsFrame } = frames;
    const opcode = this.#message;
    const first = this.#fresh;
    const last = endsFrame && header.fin;
    this.#fresh = false;
    if (last) this.#message = Opcode.CONTINUATION;
    if (this.#compressed || this.#streaming) {
      this.opcode = opcode;
      this.first = first;
      this.last = last;
      return this.#compressed ? this.#takeCompressed(frames) : this.#takeChunk(frames);
    }
    if (first && last) {
      if (opcode === Opcode.BINARY) {
        this.payload = this.#takePayload(frames);
        return MessageEvent.BINARY;
      }
      frames.unmask();
      const text = this.#utf8.decode(frames.bytes, frames.start, frames.end);
      if (text === undefined) return this.#fail("INVALID_UTF8");
      this.text = text;
      return MessageEvent.TEXT;
    }
    return this.#assemble(frames, opcode, first, last);
  }

  /** A message that does not lie in one piece. */
  #assemble(frames: FrameDecoder, opcode: number, first: boolean, last: boolean): MessageEvent {
    const assembler = this.#assembler;
    const { header } = frames;
    if (first) assembler.begin(opcode);
    const broken =
      assembler.write(
        frames.bytes,
        frames.start,
        frames.end,
        header.maskingKey,
        frames.payloadOffset,
        header.fin ? this.#size : undefined,
      ) ?? (last ? assembler.finish() : undefined);
    if (broken !== undefined) return this.#fail(broken);
    if (!last) return MessageEvent.NONE;
    if (opcode === Opcode.TEXT) {
      this.text = assembler.text;
      return MessageEvent.TEXT;
    }
    this.payload = assembler.payload;
    assembler.payload = EMPTY;
    return MessageEvent.BINARY;
  }

  #takeCompressed(frames: FrameDecoder): MessageEvent {
    this.payload = this.#takePayload(frames);
    return MessageEvent.COMPRESSED;
  }

  #takeChunk(frames: FrameDecoder): MessageEvent {
    if (this.opcode === Opcode.BINARY) {
      this.payload = this.#takePayload(frames);
      return MessageEvent.CHUNK;
    }
    if (this.first) this.#validator = new Utf8Validator();
    frames.unmask();
    const validator = this.#validator!;
    const text = validator.write(frames.bytes, frames.start, frames.end) ? this.#wholeCharacters(frames, validator.pending) : undefined;
    if (text === undefined || (this.last && validator.pending !== 0)) return this.#fail("INVALID_UTF8");
    this.text = text;
    return MessageEvent.CHUNK;
  }

  /** The text of carry and piece up to the last whole character; the `pending` bytes behind it are the next carry. */
  #wholeCharacters(frames: FrameDecoder, pending: number): string | undefined {
    let { bytes, start, end } = frames;
    const carried = this.#carry.length;
    if (carried > 0) {
      const joined = new Uint8Array(carried + end - start);
      joined.set(this.#carry);
      joined.set(bytes.subarray(start, end), carried);
      bytes = joined;
      start = 0;
      end = joined.length;
    }
    this.#carry = pending === 0 ? EMPTY : bytes.slice(end - pending, end);
    return this.#utf8.decode(bytes, start, end - pending);
  }

  #takeControl(frames: FrameDecoder): MessageEvent {
    const { header } = frames;
    if (frames.last && frames.payloadOffset === 0) {
      this.payload = this.#takePayload(frames);
    } else {
      if (frames.payloadOffset === 0) this.#control = new Uint8Array(header.payloadLength);
      frames.copyPayload(this.#control, frames.payloadOffset);
      if (!frames.last) return MessageEvent.NONE;
      this.payload = this.#control;
      this.#control = EMPTY;
    }
    if (header.opcode === Opcode.PING) return MessageEvent.PING;
    if (header.opcode === Opcode.PONG) return MessageEvent.PONG;
    const close = decodeClosePayload(this.payload, this.#utf8);
    if (typeof close === "string") return this.#fail(close);
    this.closeCode = close.code;
    this.closeReason = close.reason;
    return MessageEvent.CLOSE;
  }

  #takePayload(frames: FrameDecoder): Uint8Array {
    if (this.#borrow) return frames.takePayload();
    const copy = new Uint8Array(frames.end - frames.start);
    frames.copyPayload(copy, 0);
    return copy;
  }

  #fail(code: ProtocolErrorCode): typeof MessageEvent.FAILED {
    this.error = new ProtocolError(code);
    return MessageEvent.FAILED;
  }
}
