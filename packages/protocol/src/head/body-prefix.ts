import type { Header } from "./head.ts";
import { headerValues } from "./head.ts";
import { equalsIgnoringCase, parseTokenList } from "./lists.ts";

/**
 * The beginning of a response's body (RFC 9112 §6.3, §7.1), so that a refusal can say why. What is beyond it is never
 * looked at: the connection ends with a refusal. A body whose framing is malformed ends where it stops making sense.
 */

/** How the rest of the body is delimited; what the next octets are. */
const State = { LENGTH: 0, UNTIL_END: 1, CHUNK_SIZE: 2, CHUNK_EXTENSION: 3, CHUNK: 4, AFTER_CHUNK: 5, COMPLETE: 6 } as const;
type State = (typeof State)[keyof typeof State];

const CR = 0x0d;
const LF = 0x0a;

export class BodyPrefix {
  readonly #bytes: Uint8Array;
  #length = 0;
  #state: State;
  /** Octets left of the body (LENGTH) or of the chunk (CHUNK), or the size that is being read (CHUNK_SIZE). */
  #left = 0;
  #sizeDigits = 0;

  constructor(status: number, headers: readonly Header[], maxLength: number) {
    this.#bytes = new Uint8Array(maxLength);
    this.#state = this.#delimitation(status, headers);
    if (this.#state === State.LENGTH && this.#left === 0) this.#state = State.COMPLETE;
  }

  /** There will be no more: the body has ended, or as much of it as is wanted is there. */
  get isComplete(): boolean {
    return this.#state === State.COMPLETE;
  }

  /** A copy. */
  get bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  receive(chunk: Uint8Array): void {
    let position = 0;
    while (position < chunk.length && this.#state !== State.COMPLETE) {
      switch (this.#state) {
        case State.UNTIL_END:
          position += this.#keep(chunk, position, Number.MAX_SAFE_INTEGER);
          break;
        case State.LENGTH:
          position += this.#keep(chunk, position, this.#left);
          if (this.#left === 0) this.#state = State.COMPLETE;
          break;
        case State.CHUNK:
          position += this.#keep(chunk, position, this.#left);
          if (this.#left === 0) this.#state = State.AFTER_CHUNK;
          break;
        default:
          this.#readFraming(chunk[position++]!);
      }
      if (this.#length === this.#bytes.length) this.#state = State.COMPLETE;
    }
  }

  /** RFC 9112 §6.3, in its order. */
  #delimitation(status: number, headers: readonly Header[]): State {
    if (status < 200 || status === 204 || status === 304) return State.COMPLETE;
    const codings = headerValues(headers, "transfer-encoding");
    if (codings.length > 0) {
      const chunked = equalsIgnoringCase(parseTokenList(codings)?.join() ?? "", "chunked");
      return chunked ? State.CHUNK_SIZE : State.UNTIL_END;
    }
    const lengths = headerValues(headers, "content-length");
    if (lengths.length === 1 && /^\d{1,15}$/.test(lengths[0]!)) {
      this.#left = Number(lengths[0]);
      return State.LENGTH;
    }
    return State.UNTIL_END;
  }

  /** Octets taken: at most `limit`, and at most what fits. */
  #keep(chunk: Uint8Array, position: number, limit: number): number {
    const taken = Math.min(chunk.length - position, limit, this.#bytes.length - this.#length);
    this.#bytes.set(chunk.subarray(position, position + taken), this.#length);
    this.#length += taken;
    this.#left -= taken;
    return taken;
  }

  /** One octet of RFC 9112 §7.1: chunk-size [ chunk-ext ] CRLF chunk-data CRLF. The last chunk has size 0. */
  #readFraming(octet: number): void {
    switch (this.#state) {
      case State.CHUNK_SIZE: {
        const digit = hexDigit(octet);
        if (digit >= 0 && this.#sizeDigits < MAXIMUM_SIZE_DIGITS) {
          this.#left = this.#left * 16 + digit;
          this.#sizeDigits++;
          break;
        }
        this.#state = this.#sizeDigits === 0 || digit >= 0 ? State.COMPLETE : State.CHUNK_EXTENSION;
        if (octet === LF) this.#state = State.COMPLETE;
        break;
      }
      case State.CHUNK_EXTENSION:
        if (octet !== LF) break;
        this.#state = this.#left === 0 ? State.COMPLETE : State.CHUNK;
        break;
      case State.AFTER_CHUNK:
        if (octet === CR) break;
        this.#sizeDigits = 0;
        this.#left = 0;
        this.#state = octet === LF ? State.CHUNK_SIZE : State.COMPLETE;
        break;
    }
  }
}

/** 2^40: far beyond what is kept of any body. */
const MAXIMUM_SIZE_DIGITS = 10;

function hexDigit(octet: number): number {
  if (octet >= 0x30 && octet <= 0x39) return octet - 0x30;
  const lowerCase = octet | 0x20;
  return lowerCase >= 0x61 && lowerCase <= 0x66 ? lowerCase - 0x57 : -1;
}
