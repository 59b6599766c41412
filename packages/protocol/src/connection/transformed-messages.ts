import { EMPTY, MessageAssembler, MessageDecoder, MessageEvent, Opcode, ProtocolError } from "@ws/codec";
import type { ProtocolErrorCode, Utf8 } from "@ws/codec";

import type { DecodingOptions } from "./engine-options.ts";
import { ConnectionFailure } from "./failure.ts";
import { WAITING_OVERHEAD } from "./outgoing-messages.ts";
import { Queue } from "../queue.ts";
import type { MessageTransform, TransformFailure, TransformWork } from "../extension/transform.ts";

/** What waits behind an open work item. Of Close and a broken rule, behind which nothing is read, the decoder still knows more. */
interface Waiting {
  readonly event: MessageEvent;
  readonly opcode: number;
  readonly first: boolean;
  readonly last: boolean;
  readonly text: string;
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly size: number;
}

/** From this many waiting bytes on no further frame is decoded: flow control then slows the peer down. */
const HOLD_BACK_FROM = 65_536;

/**
 * A MessageDecoder whose messages pass through a transform (RFC 6455 §5.8). Same calls, same events, in the same order as without one,
 * except that COMPRESSED now says: `work` is to be done. Until its result is there, messages, Close and a broken rule wait in
 * order behind it, and Pings and Pongs pass.
 */
export class TransformedMessages {
  text = "";
  payload: Uint8Array<ArrayBuffer> = EMPTY;
  opcode = 0;
  first = false;
  last = false;
  error: ProtocolError | ConnectionFailure | undefined = undefined;
  /** The open item. */
  work: TransformWork | undefined = undefined;
  /** The chunk is used up. While this is false after `NONE`, the result of `work` is what is missing. */
  drained = true;

  readonly #decoder: MessageDecoder;
  readonly #assembler = new MessageAssembler({ maxMessageBytes: Infinity });
  readonly #transform: MessageTransform;
  readonly #nextWorkId: () => number;
  readonly #maxMessageBytes: number;
  readonly #utf8: Utf8;
  readonly #streaming: boolean;
  readonly #borrow: boolean;
  /** Opcode of the message that `work` is part of. */
  #workOpcode = 0;
  #result: Uint8Array | TransformFailure | undefined = undefined;
  /** COMPRESSED: the payload of the whole message. */
  #gathered: Uint8Array<ArrayBuffer> = EMPTY;
  readonly #waiting = new Queue<Waiting>();
  #waitingBytes = 0;
  /** Close or a broken rule was read. */
  #readLast = false;

  constructor(options: DecodingOptions, transform: MessageTransform, nextWorkId: () => number) {
    this.#decoder = new MessageDecoder({ ...options, rsv: transform.rsv });
    this.#transform = transform;
    this.#nextWorkId = nextWorkId;
    this.#maxMessageBytes = options.maxMessageBytes;
    this.#utf8 = options.utf8;
    this.#streaming = options.streaming;
    this.#borrow = options.borrow;
  }

  get closeCode(): number {
    return this.#decoder.closeCode;
  }

  get closeReason(): string {
    return this.#decoder.closeReason;
  }

  /** Everything received has been shown. */
  get idle(): boolean {
    return this.drained && this.work === undefined && this.#waiting.length === 0;
  }

  receive(chunk: Uint8Array): void {
    this.drained = false;
    this.#decoder.receive(chunk);
  }

  /** As that of the decoder. */
  retain(): void {
    this.#decoder.retain();
  }

  /** The result of `work`. */
  complete(result: Uint8Array | TransformFailure): void {
    this.#result = result;
  }

  /** The connection is over. */
  discard(): void {
    this.#readLast = true;
    this.work = this.#result = undefined;
    this.#waiting.clear();
    this.#waitingBytes = 0;
  }

  poll(): MessageEvent {
    const result = this.#result;
    if (result !== undefined) {
      this.work = this.#result = undefined;
      return this.#show(this.#workOpcode, result);
    }
    if (this.work === undefined && this.#waiting.length > 0) return this.#showWaiting(this.#waiting.shift()!);
    while (!this.#readLast && this.#waitingBytes < HOLD_BACK_FROM) {
      let event = this.#decoder.poll();
      if (event === MessageEvent.NONE) {
        this.drained = true;
        this.text = "";
        this.payload = EMPTY;
        return event;
      }
      if (event === MessageEvent.COMPRESSED) event = this.#gather();
      if (event === MessageEvent.NONE) continue;
      if (event === MessageEvent.CLOSE || event === MessageEvent.FAILED) {
        this.#readLast = true;
        this.error = this.#decoder.error ?? this.error;
      }
      if (this.work === undefined || event === MessageEvent.PING || event === MessageEvent.PONG) return this.#showNow(event);
      this.#wait(event);
    }
    return MessageEvent.NONE;
  }

  /** What the decoder has just come upon. */
  #showNow(event: MessageEvent): MessageEvent {
    const decoder = this.#decoder;
    if (event === MessageEvent.COMPRESSED) return this.#decode(decoder.opcode, this.#gathered);
    this.text = decoder.text;
    this.payload = decoder.payload;
    this.opcode = decoder.opcode;
    this.first = decoder.first;
    this.last = decoder.last;
    return event;
  }

  /** The same, put off. */
  #wait(event: MessageEvent): void {
    const { text, opcode, first, last, payload } = this.#decoder;
    const isText = event === MessageEvent.TEXT || (event === MessageEvent.CHUNK && opcode === Opcode.TEXT);
    const own = event === MessageEvent.COMPRESSED ? this.#gathered : isText ? EMPTY : this.#borrow ? payload.slice() : payload;
    const size = WAITING_OVERHEAD + (isText ? text.length : own.length);
    this.#waiting.push({ event, opcode, first, last, text: isText ? text : "", payload: own, size });
    this.#waitingBytes += size;
  }

  #showWaiting(waiting: Waiting): MessageEvent {
    this.#waitingBytes -= waiting.size;
    if (waiting.event === MessageEvent.COMPRESSED) return this.#decode(waiting.opcode, waiting.payload);
    this.text = waiting.text;
    this.payload = waiting.payload;
    this.opcode = waiting.opcode;
    this.first = waiting.first;
    this.last = waiting.last;
    return waiting.event;
  }

  /** RFC 7692 §6.2: the payload of a message is that of all its frames, joined. The decoder has checked its size. NONE: it goes on. */
  #gather(): MessageEvent {
    const { first, last, payload } = this.#decoder;
    if (first && last) {
      // A borrowed view ends with the next poll: what is put off needs bytes of its own.
      this.#gathered = this.#borrow && this.work !== undefined ? payload.slice() : payload;
      return MessageEvent.COMPRESSED;
    }
    const assembler = this.#assembler;
    if (first) assembler.begin(Opcode.BINARY);
    if (assembler.write(payload, 0, payload.length) !== undefined) return this.#break("MESSAGE_TOO_BIG", hostLimit(assembler.size));
    if (!last) return MessageEvent.NONE;
    assembler.finish();
    this.#gathered = assembler.payload;
    assembler.payload = EMPTY;
    return MessageEvent.COMPRESSED;
  }

  #decode(opcode: number, payload: Uint8Array): MessageEvent {
    let result: Uint8Array | TransformFailure | undefined;
    try {
      result = this.#transform.decode(payload, this.#maxMessageBytes);
    } catch (cause) {
      return this.#fail(new ConnectionFailure("TRANSFORM_FAILED", cause));
    }
    this.#gathered = EMPTY;
    if (result !== undefined) return this.#show(opcode, result);
    this.#workOpcode = opcode;
    this.work = {
      id: this.#nextWorkId(),
      direction: "decode",
      payload: this.#borrow ? payload.slice() : payload,
      maxLength: this.#maxMessageBytes,
      prepared: undefined,
    };
    return MessageEvent.COMPRESSED;
  }

  /** A message after its transformation: the limit and UTF-8 (§8.1) hold for what came out. */
  #show(opcode: number, result: Uint8Array | TransformFailure): MessageEvent {
    if ("failure" in result) return this.#break(result.failure);
    if (result.length > this.#maxMessageBytes) return this.#break("MESSAGE_TOO_BIG", `${result.length} > ${this.#maxMessageBytes}`);
    this.opcode = opcode;
    this.first = this.last = true;
    if (opcode === Opcode.BINARY) {
      this.payload = result as Uint8Array<ArrayBuffer>;
      return this.#streaming ? MessageEvent.CHUNK : MessageEvent.BINARY;
    }
    let text: string | undefined;
    try {
      text = this.#utf8.decode(result, 0, result.length);
    } catch {
      return this.#break("MESSAGE_TOO_BIG", hostLimit(result.length));
    }
    if (text === undefined) return this.#break("INVALID_UTF8");
    this.text = text;
    return this.#streaming ? MessageEvent.CHUNK : MessageEvent.TEXT;
  }

  #break(code: ProtocolErrorCode, received?: string): MessageEvent {
    return this.#fail(new ProtocolError(code, received));
  }

  #fail(error: ProtocolError | ConnectionFailure): MessageEvent {
    this.error = error;
    return MessageEvent.FAILED;
  }
}

/** The program's limit was kept, the host's was not. */
function hostLimit(size: number): string {
  return `${size} > what this host can hold`;
}
