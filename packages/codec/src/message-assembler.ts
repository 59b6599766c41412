// RFC 6455 §5.4, §5.6, §8.1: the pieces of one message, gathered. Used for messages that do not lie in one chunk, and for
// what an extension has made of a message's payload.

import { allocate, EMPTY } from "./empty.ts";
import { copyInto } from "./mask.ts";
import { Opcode } from "./opcode.ts";
import type { ProtocolErrorCode } from "./protocol-error.ts";
import { Utf8Validator } from "./utf8-validator.ts";
import { utf8, type Utf8 } from "./utf8.ts";

/** Options of {@link MessageAssembler}. */
export interface MessageAssemblerOptions {
  /** Most bytes in a message. Default 16 MiB. */
  readonly maxMessageBytes?: number | undefined;
  /** Default: {@link utf8}. */
  readonly utf8?: Utf8 | undefined;
}

/**
 * Gathers the pieces of a message: `begin`, any number of `write`, `finish`. Its buffer grows with what has been written, never
 * with what a peer announces, and is always smaller than twice that. Text is checked as it comes and fails at the first bad byte.
 * To stream instead of gathering, call `takeText` after each `write`.
 */
export class MessageAssembler {
  /** After `finish` of a text message: the text; after `takeText`: a piece of it. */
  text = "";
  /** After `finish` of a binary message: its bytes, the receiver's to keep. */
  payload: Uint8Array<ArrayBuffer> = EMPTY;
  /** The option, or its default. */
  readonly maxMessageBytes: number;
  /** The option, or its default. */
  readonly utf8: Utf8;
  /** Bytes written since `begin`. */
  size = 0;
  /** Of these, the bytes that `takeText` has already delivered. */
  #taken = 0;

  #buffer = EMPTY;
  /** Set while the message is text. */
  #validator: Pick<Utf8Validator, "write" | "pending"> | undefined;

  constructor(options: MessageAssemblerOptions = {}) {
    this.maxMessageBytes = options.maxMessageBytes ?? 0x100_0000;
    this.utf8 = options.utf8 ?? utf8;
  }

  /** Begins a message of `opcode` TEXT or BINARY; what was gathered before is dropped. */
  begin(opcode: number): void {
    this.size = 0;
    this.#taken = 0;
    this.#buffer = EMPTY;
    this.#validator = opcode === Opcode.TEXT ? (this.utf8.validator?.() ?? new Utf8Validator()) : undefined;
  }

  /**
   * Appends a copy of `source[start, end)`.
   *
   * @param expected how many bytes the whole message has, when that is known: the buffer grows no further
   * @returns the rule that is broken, or `undefined`
   */
  write(source: Uint8Array, start: number, end: number, expected: number = 2 ** 40): ProtocolErrorCode | undefined {
    const length = end - start;
    if (this.size + length > this.maxMessageBytes) return "MESSAGE_TOO_BIG";
    const used = this.size - this.#taken;
    const total = used + length;
    if (total > this.#buffer.length) {
      // By halves of what is expected, so that the last step is exact.
      let capacity = Math.max(total, expected);
      while (capacity >= 2 * total) capacity = Math.ceil(capacity / 2);
      const larger = allocate(capacity);
      if (larger === undefined) return "MESSAGE_TOO_BIG";
      larger.set(this.#buffer);
      this.#buffer = larger;
    }
    copyInto(source, start, end, this.#buffer, used);
    this.size += length;
    // §8.1: fail at the first byte that is not UTF-8, not at the end of the message.
    return this.#validator?.write(this.#buffer, used, total) === false ? "INVALID_UTF8" : undefined;
  }

  /**
   * Makes `text` what was written since the last call, up to the last whole character; the rest of a split one is kept for the next call.
   *
   * @returns the rule that is broken, or `undefined`
   */
  takeText(): ProtocolErrorCode | undefined {
    const pending = this.#validator!.pending;
    const used = this.size - this.#taken;
    try {
      this.text = this.utf8.decode(this.#buffer, 0, used - pending)!;
    } catch {
      // The host's longest string is shorter than the program's limit.
      return "MESSAGE_TOO_BIG";
    }
    this.#buffer = this.#buffer.slice(used - pending, used);
    this.#taken = this.size - pending;
    return undefined;
  }

  /**
   * Ends the message: `text` or `payload` is now there.
   *
   * @returns the rule that is broken, or `undefined`
   */
  finish(): ProtocolErrorCode | undefined {
    let broken: ProtocolErrorCode | undefined;
    if (this.#validator === undefined) this.payload = this.#buffer.subarray(0, this.size);
    else broken = this.#validator.pending ? "INVALID_UTF8" : this.takeText();
    this.#buffer = EMPTY;
    return broken;
  }
}
