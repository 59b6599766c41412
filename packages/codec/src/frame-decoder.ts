// RFC 6455 §5: a stream of bytes as frames. Incremental: a payload is handed out in the pieces it arrives in, so a frame
// of any length passes in constant memory. Messages (fragmentation, UTF-8) are message-decoder.ts.

import { EMPTY } from "./empty.ts";
import { describeHeader, emptyFrameHeader, readFrameHeader, type FrameHeader } from "./frame-header.ts";
import { validateFrameHeader, type FrameRules } from "./frame-rules.ts";
import { applyMask, copyInto, maskWords, rotate, wordsOf, type Mask } from "./mask.ts";
import type { Role } from "./opcode.ts";
import { ProtocolError, type ProtocolErrorCode } from "./protocol-error.ts";
import type { Writable } from "./writable.ts";

/** What {@link FrameDecoder.poll} came upon. */
export const FrameEvent = {
  /** The chunk is used up: `receive` the next one. */
  NONE: 0,
  /** A frame begins: `header`. */
  HEADER: 1,
  /** A piece of its payload: `bytes`, `start`, `end`, `last`, `payloadOffset`. */
  PAYLOAD: 2,
  /** The peer broke a rule: `error`. Every later poll says so again. */
  FAILED: 3,
  /** From `pollFrame` alone: a frame and all of its payload, as `HEADER` and `PAYLOAD` show them. */
  FRAME: 4,
} as const;

/** One of the values of {@link FrameEvent}. */
export type FrameEvent = (typeof FrameEvent)[keyof typeof FrameEvent];

/** Options of {@link FrameDecoder}. */
export interface FrameDecoderOptions extends FrameRules {
  /** The role of this endpoint: a server receives masked frames. */
  readonly role: Role;
  /** Whether chunks may be modified ("in-place", the default) or must stay as they are ("copy"). */
  readonly unmask?: "in-place" | "copy" | undefined;
  /** A host's faster masking, for chunks that are unmasked in place. */
  readonly mask?: Mask | undefined;
}

/**
 * Decodes and validates frames (RFC 6455 §5). Pulled: `receive(chunk)`, then `poll()` until it says `NONE`.
 * Every frame gives `HEADER` and then one or more `PAYLOAD`; an empty frame gives one empty piece. Nothing is allocated per frame.
 */
export class FrameDecoder {
  /** One reused object: valid from `HEADER` to the next `HEADER`. */
  readonly header: FrameHeader = emptyFrameHeader();
  /** `PAYLOAD`: the array in which the piece lies, the chunk itself until {@link unmask} says otherwise. */
  readonly bytes: Uint8Array = EMPTY;
  /** `PAYLOAD`: index in `bytes` of the piece's first byte. */
  readonly start: number = 0;
  /** `PAYLOAD`: index in `bytes` after the piece's last byte. */
  readonly end: number = 0;
  /** `PAYLOAD`: this piece ends its frame. */
  readonly last: boolean = false;
  /** `PAYLOAD`: index of the piece within the frame's payload. */
  readonly payloadOffset: number = 0;
  /** `FAILED`: why. */
  readonly error: ProtocolError | undefined;

  readonly #options: FrameDecoderOptions;
  /** The second byte of a short frame that is masked as it must be, less the length; 256 where none takes the short way. */
  readonly #shortMask: number;
  #chunk: Uint8Array = EMPTY;
  /** The chunk's buffer as words, once they are needed. */
  #words: Int32Array | undefined;
  /** The buffer of `bytes`, once it is needed: asking for it takes engines 8 to 12 ns. */
  #buffer: ArrayBuffer | undefined;
  #position = 0;
  #inPayload = false;
  /** The piece is still masked. */
  #masked = false;
  /** The beginning of a header that the last chunk cut off. */
  #cut: Uint8Array | undefined;
  #cutLength = 0;

  /** @param options read at every frame: not to be changed while the decoder is in use */
  constructor(options: FrameDecoderOptions) {
    this.#options = options;
    this.#shortMask = options.maxFrameBytes! < 125 ? 256 : options.role === "server" ? 128 : 0;
  }

  /**
   * Takes the next bytes from the peer, any number of them and any view. The decoder reads `chunk` (and, with `unmask: "in-place"`, modifies it) until `poll`
   * says `NONE`, then lets go of it. After `FAILED`, bytes are ignored. What the last event showed is over.
   *
   * @throws Error when the chunk before it has not been polled to its end
   */
  receive(chunk: Uint8Array): void {
    if (this.error) return;
    if (this.#position < this.#chunk.length) throw new Error("poll first");
    this.#release();
    this.#chunk = chunk;
  }

  /** Copies what is left of the chunk, so that its array may be reused before `poll` says `NONE`. What the last event showed is over. */
  retain(): void {
    const rest = this.#chunk.slice(this.#position);
    this.#release();
    this.#chunk = rest;
  }

  /** Goes on to the next event, and never throws for what the peer sent. What the last one showed is over. */
  poll(): FrameEvent {
    return this.#inPayload ? this.#pollPayload() : this.#pollHeader();
  }

  /**
   * {@link poll}, but a frame that lies in the chunk as a whole takes one step, `FRAME`. The short messages that make up most traffic
   * take a short way: their first two bytes say that the frame keeps every rule (`npm run bench -- --only codec`).
   */
  pollFrame(): FrameEvent {
    const chunk = this.#chunk;
    const position = this.#position;
    const shortMask = this.#shortMask;
    const first = chunk[position]!;
    const length = chunk[position + 1]! ^ shortMask;
    const start = position + (shortMask === 0 ? 2 : 6);
    if ((first === 0x81 || first === 0x82) && length < 126 && start + length <= chunk.length && !this.#inPayload && !this.#cutLength) {
      readFrameHeader(this.header, chunk, position, start);
      this.#position = start;
      this.#rewind();
    } else {
      const found = this.poll();
      if (found !== FrameEvent.HEADER || this.header.payloadLength > chunk.length - this.#position) return found;
    }
    this.#pollPayload();
    return FrameEvent.FRAME;
  }

  #pollHeader(): FrameEvent {
    if (this.error) return FrameEvent.FAILED;
    const complete = this.#readHeader();
    // What the first two bytes break is reported when these are there: the rest may never come.
    const broken = validateFrameHeader(this.header, this.#options.role, this.#options);
    if (broken)
      return this.fail(broken, broken === "FRAME_TOO_BIG" ? `${this.header.payloadLength} > ${this.#options.maxFrameBytes}` : undefined);
    if (!complete) return this.#release();
    this.#inPayload = true;
    this.#rewind();
    return FrameEvent.HEADER;
  }

  /**
   * Fails, also for rules that this layer does not know: from now on `poll` says `FAILED`, and bytes are ignored.
   *
   * @param received what came; default: the frame's header
   */
  fail(code: ProtocolErrorCode, received: string = describeHeader(this.header)): FrameEvent {
    (this as Writable<FrameDecoder>).error = new ProtocolError(code, received);
    this.#inPayload = false;
    this.#release();
    return FrameEvent.FAILED;
  }

  /** Makes `bytes[start, end)` unmasked: in the chunk, or with `unmask: "copy"` in a copy of the piece that `bytes` then is. */
  unmask(): void {
    if (!this.#masked) return;
    const { maskingKey } = this.header;
    if (this.#options.unmask === "copy") {
      (this as Writable<FrameDecoder>).bytes = new Uint8Array(this.bytes.subarray(this.start, this.end));
      this.#buffer = undefined;
      (this as Writable<FrameDecoder>).end -= this.start;
      (this as Writable<FrameDecoder>).start = 0;
      applyMask(this.bytes, maskingKey, this.payloadOffset);
    } else if (!this.#options.mask?.(this.bytes, this.start, this.end, rotate(maskingKey, this.payloadOffset))) {
      this.#words ??= wordsOf(this.bytes);
      maskWords(this.bytes, this.#words, maskingKey, this.payloadOffset, this.start, this.end);
    }
    this.#masked = false;
  }

  /**
   * The piece, unmasked.
   *
   * @returns a VIEW into the chunk, which is unmasked in place; with `unmask: "copy"` a view into a copy if the frame is masked. Its type says
   * `ArrayBuffer`, which holds unless the chunk itself lies in a `SharedArrayBuffer`
   */
  takePayload(): Uint8Array<ArrayBuffer> {
    this.unmask();
    const { bytes, start, end } = this;
    return new Uint8Array((this.#buffer ??= bytes.buffer as ArrayBuffer), bytes.byteOffset + start, end - start);
  }

  /**
   * Copies the piece, unmasked, to `target` at `offset`. With `unmask: "copy"` the chunk stays as it is.
   *
   * @throws RangeError when `target` is too small
   */
  copyPayload(target: Uint8Array, offset: number): void {
    // Unmasking where the bytes were just read, then copying, is faster than the other way round.
    this.unmask();
    copyInto(this.bytes, this.start, this.end, target, offset);
  }

  /** A payload begins. */
  #rewind(): void {
    const shown = this as Writable<FrameDecoder>;
    shown.start = shown.end = shown.payloadOffset = 0;
  }

  #pollPayload(): FrameEvent {
    const { header } = this;
    const chunk = this.#chunk;
    (this as Writable<FrameDecoder>).payloadOffset += this.end - this.start;
    const remaining = header.payloadLength - this.payloadOffset;
    const available = chunk.length - this.#position;
    const last = remaining <= available;
    // A store that changes nothing costs V8's write barrier all the same.
    if (this.bytes !== chunk) (this as Writable<FrameDecoder>).bytes = chunk;
    (this as Writable<FrameDecoder>).start = this.#position;
    (this as Writable<FrameDecoder>).end = this.#position += last ? remaining : available;
    (this as Writable<FrameDecoder>).last = last;
    this.#masked = header.masked;
    this.#inPayload = !last;
    return last || available ? FrameEvent.PAYLOAD : this.#release();
  }

  /** Reads the next header, gathering one that is split over chunks. False when it is not complete. */
  #readHeader(): boolean {
    const { header } = this;
    const chunk = this.#chunk;
    if (!this.#cutLength && readFrameHeader(header, chunk, this.#position, chunk.length)) {
      this.#position += header.headerLength;
      return true;
    }
    while (this.#position < chunk.length) {
      this.#cut ??= new Uint8Array(14);
      this.#cut[this.#cutLength++] = chunk[this.#position++]!;
      if (readFrameHeader(header, this.#cut, 0, this.#cutLength)) {
        this.#cutLength = 0;
        this.#cut = undefined;
        return true;
      }
    }
    return false;
  }

  /** Lets go of a chunk that is used up, so that an idle decoder holds none. */
  #release(): typeof FrameEvent.NONE {
    this.#chunk = (this as Writable<FrameDecoder>).bytes = EMPTY;
    this.#words = this.#buffer = undefined;
    this.#position = 0;
    return FrameEvent.NONE;
  }
}
