// RFC 6455 §5.4 (fragmentation), §5.5 (control frames), §5.6 and §8.1 (text is UTF-8): a stream of bytes as messages.
//
// A message that lies in one chunk, in one frame, is delivered straight from the chunk. All others go through a
// MessageAssembler, or out piece by piece when they are streamed or compressed.

import { allocate, EMPTY } from "./empty.ts";
import { decodeClosePayload } from "./close-payload.ts";
import { FrameDecoder, FrameEvent, type FrameDecoderOptions } from "./frame-decoder.ts";
import type { FrameHeader } from "./frame-header.ts";
import { MessageAssembler } from "./message-assembler.ts";
import { Opcode } from "./opcode.ts";
import { ProtocolError, type ProtocolErrorCode } from "./protocol-error.ts";
import type { Utf8 } from "./utf8.ts";
import type { Writable } from "./writable.ts";

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
  readonly maxMessageBytes?: number | undefined;
  /** Most fragments in a message, empty ones included. Default 131 072. */
  readonly maxFragments?: number | undefined;
  /** Default: `utf8`, which needs nothing of its host. */
  readonly utf8?: Utf8 | undefined;
  /** Deliver every message as `CHUNK`s, in the pieces it arrives in. Default false. */
  readonly streaming?: boolean | undefined;
  /** Payloads that lie in one chunk are VIEWS into it, valid until the next poll. Default false: they are copies, the receiver's to keep. */
  readonly borrow?: boolean | undefined;
  /** Sees every header that is legal on its own, before its payload. */
  readonly onHeader?: ((header: FrameHeader) => void) | undefined;
}

/** RSV1, which RFC 7692 §6 defines as "compressed". */
const RSV1 = 4;

/**
 * Decodes and validates messages (RFC 6455 §5). Pulled: `receive(chunk)`, then `poll()` until it says `NONE`. Between two polls the
 * caller may do anything, or stop and go on later. What an event shows is valid until the next poll.
 */
export class MessageDecoder {
  /** `TEXT`, and `CHUNK` of a text message: the text. */
  readonly text: string = "";
  /** The bytes of all other events: a COPY, the receiver's to keep; with `borrow`, where they lie in one chunk, a VIEW of it until the next poll. */
  readonly payload: Uint8Array<ArrayBuffer> = EMPTY;
  /** `CHUNK`, `COMPRESSED`: TEXT or BINARY. */
  readonly opcode: number = Opcode.CONTINUATION;
  /** `CHUNK`, `COMPRESSED`: the piece begins its message. */
  readonly first: boolean = false;
  /** `CHUNK`, `COMPRESSED`: the piece ends its message. */
  readonly last: boolean = false;
  /** `CLOSE`: the status code; 1005 when there was none. */
  readonly closeCode: number = 0;
  /** `CLOSE`: the reason. */
  readonly closeReason: string = "";
  /** The header of the frame that was decoded last; one reused object. */
  readonly header: FrameHeader;

  readonly #frames: FrameDecoder;
  readonly #assembler: MessageAssembler;
  readonly #options: MessageDecoderOptions;
  readonly #maxFragments: number;
  /** Opcode of the message that is being received; CONTINUATION when there is none. */
  #message: number = Opcode.CONTINUATION;
  #compressed = false;
  /** Sum of the payload lengths of the message's frames so far. */
  #size = 0;
  #fragments = 0;
  /** The payload of the control frame that is being received, which may come between the fragments of a message. */
  #control = EMPTY;

  /** @param options read at every message: not to be changed while the decoder is in use */
  constructor(options: MessageDecoderOptions) {
    this.#frames = new FrameDecoder(options);
    this.#assembler = new MessageAssembler(options);
    this.#options = options;
    this.#maxFragments = options.maxFragments ?? 131_072;
    this.header = this.#frames.header;
  }

  /** `FAILED`: why. */
  get error(): ProtocolError | undefined {
    return this.#frames.error;
  }

  /**
   * Takes the next bytes from the peer, any number of them and any view; they are read, and unmasked in place unless `unmask` is "copy", until `poll` says
   * `NONE`. After `FAILED`, they are ignored.
   *
   * @throws Error when the chunk before it has not been polled to its end
   */
  receive(chunk: Uint8Array): void {
    this.#frames.receive(chunk);
  }

  /** Copies what is left of the chunk, so that its array may be reused before `poll` says `NONE`. What the last event showed is over. */
  retain(): void {
    this.#frames.retain();
  }

  /** Goes on to the next event, and never throws for what the peer sent. What the last one showed is over. */
  poll(): MessageEvent {
    const frames = this.#frames;
    const { header } = frames;
    for (;;) {
      const found = frames.pollFrame();
      if (found === FrameEvent.NONE) {
        // An idle connection holds no message.
        (this as Writable<MessageDecoder>).text = "";
        (this as Writable<MessageDecoder>).payload = EMPTY;
        return MessageEvent.NONE;
      }
      if (found === FrameEvent.FAILED) return MessageEvent.FAILED;
      if (found !== FrameEvent.PAYLOAD) {
        this.#options.onHeader?.(header);
        const broken = this.#begin(header);
        if (broken) return this.#fail(broken);
        if (found === FrameEvent.HEADER) continue;
      }
      const event = header.opcode >= Opcode.CLOSE ? this.#takeControl(frames) : this.#takeData(frames);
      if (event !== MessageEvent.NONE) return event;
    }
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
      this.#size = 0;
      this.#fragments = 0;
    }
    if (++this.#fragments > this.#maxFragments) return "TOO_MANY_FRAGMENTS";
    this.#size += header.payloadLength;
    // A message at the limit that does not compress is a little longer on the wire: RFC 7692 §7.2.1 adds blocks of 5 bytes.
    const { maxMessageBytes } = this.#assembler;
    const limit = this.#compressed ? maxMessageBytes * 1.001 + 64 : maxMessageBytes;
    if (this.#size > limit) return "MESSAGE_TOO_BIG";
    return undefined;
  }

  #takeData(frames: FrameDecoder): MessageEvent {
    const { header } = frames;
    const { streaming } = this.#options;
    const opcode = this.#message;
    const first = this.#fragments === 1 && frames.payloadOffset === 0;
    const last = frames.last && header.fin;
    (this as Writable<MessageDecoder>).opcode = opcode;
    (this as Writable<MessageDecoder>).first = first;
    (this as Writable<MessageDecoder>).last = last;
    if (last) this.#message = Opcode.CONTINUATION;
    if (this.#compressed || (streaming && opcode === Opcode.BINARY))
      return this.#takePayload(frames, this.#compressed ? MessageEvent.COMPRESSED : MessageEvent.CHUNK);
    if (first && last && !streaming) return this.#deliver(frames, opcode);

    const assembler = this.#assembler;
    if (first) assembler.begin(opcode);
    // How large the message will be is known in its last frame. A streamed piece is all there is to hold.
    const expected = streaming ? 0 : header.fin ? this.#size : undefined;
    // Unmasking where the bytes were just read, then copying, is faster than the other way round.
    frames.unmask();
    let broken = assembler.write(frames.bytes, frames.start, frames.end, expected);
    if (streaming) broken ??= assembler.takeText();
    if (streaming) (this as Writable<MessageDecoder>).text = assembler.text;
    if (last) broken ??= assembler.finish();
    if (broken) return this.#fail(broken);
    if (streaming) return MessageEvent.CHUNK;
    if (!last) return MessageEvent.NONE;
    (this as Writable<MessageDecoder>).text = assembler.text;
    (this as Writable<MessageDecoder>).payload = assembler.payload;
    assembler.text = "";
    assembler.payload = EMPTY;
    return opcode === Opcode.TEXT ? MessageEvent.TEXT : MessageEvent.BINARY;
  }

  /** A message that lies in the chunk as a whole. */
  #deliver(frames: FrameDecoder, opcode: number): MessageEvent {
    if (opcode === Opcode.BINARY) return this.#takePayload(frames, MessageEvent.BINARY);
    frames.unmask();
    let text: string | undefined;
    try {
      text = this.#assembler.utf8.decode(frames.bytes, frames.start, frames.end);
    } catch {
      // The host's longest string is shorter than the program's limit.
      return this.#fail("MESSAGE_TOO_BIG");
    }
    if (text === undefined) return this.#fail("INVALID_UTF8");
    (this as Writable<MessageDecoder>).text = text;
    return MessageEvent.TEXT;
  }

  #takeControl(frames: FrameDecoder): MessageEvent {
    const { header } = frames;
    if (frames.payloadOffset === 0) this.#control = new Uint8Array(header.payloadLength);
    frames.copyPayload(this.#control, frames.payloadOffset);
    if (!frames.last) return MessageEvent.NONE;
    (this as Writable<MessageDecoder>).payload = this.#control;
    if (header.opcode !== Opcode.CLOSE) return header.opcode === Opcode.PING ? MessageEvent.PING : MessageEvent.PONG;
    const close = decodeClosePayload(this.payload, this.#assembler.utf8);
    if (close instanceof ProtocolError) return this.#fail(close.code, close.received);
    (this as Writable<MessageDecoder>).closeCode = close.code;
    (this as Writable<MessageDecoder>).closeReason = close.reason;
    return MessageEvent.CLOSE;
  }

  #takePayload(frames: FrameDecoder, event: MessageEvent): MessageEvent {
    if (this.#options.borrow) {
      (this as Writable<MessageDecoder>).payload = frames.takePayload();
      return event;
    }
    const copy = allocate(frames.end - frames.start);
    if (copy === undefined) return this.#fail("MESSAGE_TOO_BIG");
    frames.copyPayload(copy, 0);
    (this as Writable<MessageDecoder>).payload = copy;
    return event;
  }

  #fail(code: ProtocolErrorCode, received: string | undefined = this.#received(code)): MessageEvent {
    this.#frames.fail(code, received);
    return MessageEvent.FAILED;
  }

  /** What came, where the header does not say it. */
  #received(code: ProtocolErrorCode): string | undefined {
    const size = this.#size;
    const limit = this.#assembler.maxMessageBytes;
    // Within the limit, it was the host that had no room.
    if (code === "MESSAGE_TOO_BIG") return `${size} > ${size > limit ? limit : "what this host can hold"}`;
    if (code === "TOO_MANY_FRAGMENTS") return `${this.#fragments} > ${this.#maxFragments}`;
    return undefined;
  }
}
