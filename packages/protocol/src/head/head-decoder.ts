import { EMPTY, type Utf8 } from "@ws/codec";

import { DEFAULTS } from "../defaults.ts";
import { CHARACTER_CLASSES, CR, DIGIT, FIELD, LF, SP, TOKEN, trimWhitespace, VISIBLE } from "./characters.ts";
import { HandshakeFailure } from "../handshake-failure.ts";
import type { HandshakeFailureCode } from "../handshake-failure.ts";
import type { Header, RequestHead, ResponseHead } from "./head.ts";
import { type HeadDecoderOptions, type HeadLeniencies, requireLimit } from "./head-options.ts";
import { headerList } from "./header-list.ts";
import { decodeLatin1 } from "./latin1.ts";

/**
 * The head of an HTTP/1.1 message (RFC 9112 §2–§5), read octet by octet as it arrives.
 *
 * Stricter than RFC 9112 demands of recipients, where it lets them be lenient: lines end in CRLF only (§2.2), single
 * spaces separate the start line (§3, §4), and there is no empty line before it (§2.2), on the first head of a connection and on every later one.
 * Two of these can be waived by name: {@link HeadLeniencies}. Each octet is looked at once, however the bytes are cut, and the first one
 * that cannot belong to a head fails.
 *
 * It judges the form only: what the fields mean is read elsewhere, and so is any body.
 */

export const HeadEvent = {
  /** Needs more bytes. */
  NONE: 0,
  /** `head`, `headBytes` and `rest` are there. */
  HEAD: 1,
  /** `error` says why. */
  FAILED: 2,
} as const;
export type HeadEvent = (typeof HeadEvent)[keyof typeof HeadEvent];

/** What the next octet belongs to. */
const State = {
  METHOD: 0,
  TARGET: 1,
  REQUEST_VERSION: 2,
  RESPONSE_VERSION: 3,
  STATUS: 4,
  REASON: 5,
  /** Of an empty line before the request line. */
  LEADING_LF: 6,
  START_LINE_LF: 7,
  /** The first octet of a line: a field name, or the CR of the final empty line. */
  LINE_START: 8,
  NAME: 9,
  VALUE: 10,
  VALUE_LF: 11,
  END_LF: 12,
  HEAD: 13,
  FAILED: 14,
} as const;
type State = (typeof State)[keyof typeof State];

/** The characters that a part consists of, for the parts that are as long as they like. By state. */
const RUNS: readonly number[] = /* @__PURE__ */ runsByState();

function runsByState(): number[] {
  const runs = Array.from(Object.keys(State), () => 0);
  runs[State.METHOD] = TOKEN;
  runs[State.TARGET] = VISIBLE;
  runs[State.REASON] = FIELD;
  runs[State.NAME] = TOKEN;
  runs[State.VALUE] = FIELD;
  return runs;
}

const COLON = 0x3a;
const DOT = 0x2e;
const HTTP = "HTTP/";
/** Index in the list of parts. */
const FIELDS_FROM = 6;

export class HeadDecoder<Kind extends "request" | "response" = "request" | "response"> {
  readonly #kind: Kind;
  readonly #maxHeadBytes: number;
  /** Octets of heads before this one that share its limit. */
  readonly #spent: number;
  readonly #maxHeaders: number;
  readonly #lenient: HeadLeniencies;
  readonly #utf8: Pick<Utf8, "decode"> | undefined;

  /** The head so far: the chunk itself while there was only one, then an own, growing copy. */
  #bytes: Uint8Array = EMPTY;
  #end = 0;
  #owned = false;
  /** The chunk that was received last, and the index in the head of its first octet. */
  #chunk: Uint8Array = EMPTY;
  #chunkStart = 0;
  #isUnread = false;

  #state: State;
  /** Where the head begins: behind the empty lines before it. */
  #headStart = 0;
  #position = 0;
  /** Where the part that is being read begins. */
  #partStart = 0;

  /** Where each part begins and ends: three of the start line, then name and value of each field. */
  #parts: number[] = [];
  #text = "";
  #head: RequestHead | ResponseHead | undefined;
  #error: HandshakeFailure | undefined;

  constructor(kind: Kind, options: HeadDecoderOptions = {}) {
    this.#kind = kind;
    this.#utf8 = options.utf8;
    this.#lenient = options.lenient ?? {};
    this.#maxHeadBytes = requireLimit("maxHeadBytes", options.maxHeadBytes ?? DEFAULTS.maxHeadBytes);
    this.#spent = options.spent ?? 0;
    this.#maxHeaders = requireLimit("maxHeaders", options.maxHeaders ?? DEFAULTS.maxHeaders);
    this.#state = kind === "request" ? State.METHOD : State.RESPONSE_VERSION;
  }

  /** The chunk is read until `poll()` gives NONE, and may be reused after that. What follows the head stays in it. */
  receive(chunk: Uint8Array): void {
    if (this.#state === State.HEAD) throw new Error("The head is complete: these bytes belong to what follows it.");
    if (this.#state === State.FAILED) return;
    if (this.#isUnread) throw new Error("The chunk before has not been read: call poll() until it gives NONE.");
    this.#isUnread = true;
    this.#chunk = chunk;
    this.#chunkStart = this.#end;
    if (this.#end === 0) {
      this.#bytes = chunk;
      this.#end = chunk.length;
      this.#owned = false;
    } else {
      this.#append(chunk);
    }
  }

  poll(): HeadEvent {
    if (this.#state < State.HEAD) this.#read();
    if (this.#state === State.HEAD) return HeadEvent.HEAD;
    if (this.#state === State.FAILED) return HeadEvent.FAILED;
    if (!this.#owned) this.#own();
    this.#isUnread = false;
    return HeadEvent.NONE;
  }

  /** Octets of the head have come, and not merely empty lines before it. */
  get hasBegun(): boolean {
    return this.#state !== State.LEADING_LF && this.#end > this.#headStart;
  }

  /** From HEAD on. */
  get head(): Kind extends "request" ? RequestHead : ResponseHead {
    if (this.#head === undefined) throw new Error("There is no head before HEAD.");
    return this.#head as Kind extends "request" ? RequestHead : ResponseHead;
  }

  /** From HEAD on: the head's own octets, to hand them on. A view: of the chunk, or of the decoder's copy. */
  get headBytes(): Uint8Array {
    if (this.#head === undefined) throw new Error("There is no head before HEAD.");
    return this.#bytes.subarray(this.#headStart, this.#position);
  }

  /** From HEAD on: `headBytes` as text, each octet the character of the same number. */
  get headText(): string {
    if (this.#head === undefined) throw new Error("There is no head before HEAD.");
    return this.#text.slice(this.#headStart);
  }

  /** From HEAD on: what followed the head in the same chunk. A view of it, empty when nothing did. */
  get rest(): Uint8Array {
    if (this.#head === undefined) throw new Error("There is no head before HEAD.");
    return this.#chunk.subarray(this.#position - this.#chunkStart);
  }

  /** From FAILED on. */
  get error(): HandshakeFailure | undefined {
    return this.#error;
  }

  /** Octets that the head may have. */
  get #left(): number {
    return this.#maxHeadBytes - this.#spent;
  }

  #read(): void {
    const bytes = this.#bytes;
    // Octets past the limit are not looked at: the limit decides first, however the bytes are cut.
    const end = Math.min(this.#end, this.#left);
    let position = this.#position;
    let partStart = this.#partStart;
    let state = this.#state;
    // Each turn ends a part of the head: `position` is at the octet behind it.
    while (position < end) {
      if (RUNS[state] !== 0) {
        position = endOfRun(bytes, position, end, RUNS[state]!);
        if (position === end) break;
      }
      const octet = bytes[position]!;
      switch (state) {
        case State.METHOD:
          if (octet === CR && position === partStart && this.#lenient.leadingEmptyLines === true) {
            state = State.LEADING_LF;
            break;
          }
          if (octet !== SP || position === partStart) return this.#malformed(state, position, "a method, which is a token, and one space");
          this.#parts.push(partStart, position);
          partStart = position + 1;
          state = State.TARGET;
          break;
        case State.TARGET:
          if (octet !== SP || position === partStart)
            return this.#malformed(state, position, "a request-target without whitespace, and one space");
          this.#parts.push(partStart, position);
          partStart = position + 1;
          state = State.REQUEST_VERSION;
          break;
        case State.REQUEST_VERSION:
          if (isVersionOctet(position - partStart, octet)) break;
          if (octet !== CR || position - partStart !== 8)
            return this.#malformed(state, position, "an HTTP-version such as HTTP/1.1, and CRLF");
          this.#parts.push(partStart + HTTP.length, position);
          state = State.START_LINE_LF;
          break;
        case State.RESPONSE_VERSION:
          if (isVersionOctet(position, octet)) break;
          if (octet !== SP || position !== 8) return this.#malformed(state, position, "an HTTP-version such as HTTP/1.1, and one space");
          this.#parts.push(HTTP.length, position);
          partStart = position + 1;
          state = State.STATUS;
          break;
        case State.STATUS:
          if (isDigit(octet) && position - partStart < 3) break;
          if (position - partStart === 3 && octet === CR && this.#lenient.missingReasonSpace === true) {
            this.#parts.push(partStart, position, position, position);
            state = State.START_LINE_LF;
            break;
          }
          if (octet !== SP || position - partStart !== 3)
            return this.#malformed(state, position, "a status code of three digits, and one space");
          this.#parts.push(partStart, position);
          partStart = position + 1;
          state = State.REASON;
          break;
        case State.REASON:
          if (octet !== CR) return this.#malformed(state, position, "a reason phrase, and CRLF");
          this.#parts.push(partStart, position);
          state = State.START_LINE_LF;
          break;
        case State.LINE_START:
          if (octet === CR) {
            state = State.END_LF;
            break;
          }
          // Line folding (RFC 9112 §5.2) begins with whitespace, which is not a token character either.
          if ((CHARACTER_CLASSES[octet]! & TOKEN) === 0)
            return this.#malformed(state, position, "a field name, which is a token, or the empty line");
          if (this.#parts.length === FIELDS_FROM + this.#maxHeaders * 4) {
            return this.#fail(
              "TOO_MANY_HEADERS",
              `The head has more than ${this.#maxHeaders} header fields. Send fewer, or raise maxHeaders.`,
            );
          }
          partStart = position;
          state = State.NAME;
          break;
        case State.NAME:
          // RFC 9112 §5.1: "No whitespace is allowed between the field name and colon."
          if (octet !== COLON) return this.#malformed(state, position, "a colon directly after the field name");
          this.#parts.push(partStart, position);
          partStart = position + 1;
          state = State.VALUE;
          break;
        case State.VALUE:
          if (octet !== CR) return this.#malformed(state, position, "a field value, and CRLF");
          this.#parts.push(partStart, position);
          state = State.VALUE_LF;
          break;
        case State.LEADING_LF:
          if (octet !== LF) return this.#malformed(state, position, "LF after CR");
          this.#headStart = partStart = position + 1;
          state = State.METHOD;
          break;
        case State.START_LINE_LF:
        case State.VALUE_LF:
          if (octet !== LF) return this.#malformed(state, position, "LF after CR");
          state = State.LINE_START;
          break;
        case State.END_LF:
          if (octet !== LF) return this.#malformed(state, position, "LF after CR");
          this.#position = position + 1;
          return this.#complete();
      }
      position++;
    }
    this.#position = position;
    this.#partStart = partStart;
    this.#state = state;
    if (position === this.#left) this.#tooLarge();
  }

  /** The head becomes one string, and its parts slices of that. */
  #complete(): void {
    const text = this.#decode();
    const parts = this.#parts;
    const part = (index: number): string => text.slice(parts[index], parts[index + 1]);
    const fields: Header[] = [];
    for (let index = FIELDS_FROM; index < parts.length; index += 4) {
      fields.push([part(index), trimWhitespace(text, parts[index + 2], parts[index + 3])]);
    }
    const headers = headerList(fields);
    this.#head =
      this.#kind === "request"
        ? { method: part(0), target: part(2), version: part(4), headers }
        : { version: part(0), status: Number(part(2)), reason: part(4), headers };
    this.#text = text;
    this.#state = State.HEAD;
  }

  #decode(): string {
    const end = this.#position;
    const text = this.#utf8?.decode(this.#bytes, 0, end);
    // As many characters as octets: well-formed UTF-8 of that length is ASCII.
    return text?.length === end ? text : decodeLatin1(this.#bytes, 0, end);
  }

  #malformed(state: State, position: number, expected: string): void {
    const octet = this.#bytes[position]!;
    const code = state <= State.START_LINE_LF ? "MALFORMED_START_LINE" : "MALFORMED_HEADER_FIELD";
    this.#fail(code, `Expected ${expected}, but octet ${position} is 0x${octet.toString(16).padStart(2, "0")}.`);
  }

  #tooLarge(): void {
    // RFC 9112 §3: a request-target that is too long has a status of its own.
    const code = this.#state === State.TARGET ? "TARGET_TOO_LONG" : "HEAD_TOO_LARGE";
    const before = this.#spent === 0 ? "" : `, with ${this.#spent} octets of 1xx responses before it,`;
    this.#fail(code, `The head${before} is longer than ${this.#maxHeadBytes} octets. Send less, or raise maxHeadBytes.`);
  }

  #fail(code: HandshakeFailureCode, message: string): void {
    this.#error = new HandshakeFailure(code, message);
    this.#state = State.FAILED;
    this.#bytes = EMPTY;
    this.#chunk = EMPTY;
    this.#parts = [];
  }

  /** A chunk may be reused by its owner once it is read: keep what belongs to the unfinished head. */
  #own(): void {
    if (this.#end === 0) return;
    const copy = new Uint8Array(Math.max(MINIMUM_COPY, this.#end));
    copy.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = copy;
    this.#owned = true;
    this.#chunk = EMPTY;
  }

  /** Grows by doubling, so that each octet is copied at most twice on average, and only up to the limit. */
  #append(chunk: Uint8Array): void {
    const added = Math.min(chunk.length, this.#left - this.#end);
    if (this.#end + added > this.#bytes.length) {
      const grown = new Uint8Array(Math.min(Math.max(this.#bytes.length * 2, this.#end + added), this.#left));
      grown.set(this.#bytes.subarray(0, this.#end));
      this.#bytes = grown;
    }
    this.#bytes.set(added === chunk.length ? chunk : chunk.subarray(0, added), this.#end);
    this.#end += added;
  }
}

/** Less than most heads, so that the copy of a head that arrives in pieces grows a few times at most. */
const MINIMUM_COPY = 256;

/** The first octet from `position` on that is in none of the classes. */
function endOfRun(bytes: Uint8Array, position: number, end: number, classes: number): number {
  while (position < end && (CHARACTER_CLASSES[bytes[position]!]! & classes) !== 0) position++;
  return position;
}

/** HTTP-version = "HTTP/" DIGIT "." DIGIT (RFC 9112 §2.3; case-sensitive). */
function isVersionOctet(index: number, octet: number): boolean {
  if (index < HTTP.length) return octet === HTTP.charCodeAt(index);
  return index === 6 ? octet === DOT : index < 8 && isDigit(octet);
}

function isDigit(octet: number): boolean {
  return (CHARACTER_CLASSES[octet]! & DIGIT) !== 0;
}
