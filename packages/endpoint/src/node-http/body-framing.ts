/**
 * Where the body of a request ends (RFC 9112 §6, §7.1), so that what comes behind it is a head of its own. Stricter than recipients have to be:
 * a request that says it in two ways, or in none that two readers must understand alike, is refused (§11.2, request smuggling).
 *
 * The octets are not looked at otherwise: the runtime's HTTP server takes the chunks apart.
 */
import type { Header } from "@ws/protocol/handshake";
import { headerValues } from "@ws/protocol/internal";

/** The next octet belongs to §7.1's framing. */
type Framing = "size" | "extension" | "size LF" | "chunk CR" | "chunk LF" | "trailer" | "trailer LF";
/** "length" and "chunk": `#left` octets of data follow. */
type State = Framing | "length" | "chunk" | "complete" | "malformed";

const CR = 0x0d;
const LF = 0x0a;
const SEMICOLON = 0x3b;
/** 2^52 octets. */
const MAXIMUM_SIZE_DIGITS = 13;

export type FramingError = "MALFORMED_FRAMING" | "UNSUPPORTED_TRANSFER_CODING";

export class BodyFraming {
  #state: State;
  #left: number;
  #sizeDigits = 0;
  /** Octets that the extensions of the chunks, and the trailer section, may still have. */
  #spare: number;
  #trailerLineIsEmpty = true;

  private constructor(state: State, left: number, maxExtra: number) {
    this.#state = state;
    this.#left = left;
    this.#spare = maxExtra;
  }

  /** By §6.3, or why the request is refused. `maxExtra`: octets of chunk extensions and trailer fields. */
  static of(version: string, headers: readonly Header[], maxExtra: number): BodyFraming | FramingError {
    const codings = headerValues(headers, "transfer-encoding");
    const lengths = headerValues(headers, "content-length");
    if (codings.length > 0) {
      // §6.1: HTTP/1.0 has none, and a Content-Length beside it is an attempt at smuggling.
      if (lengths.length > 0 || version === "1.0") return "MALFORMED_FRAMING";
      const names = codings
        .join(",")
        .toLowerCase()
        .split(",")
        .map((name) => name.replace(/^[ \t]+|[ \t]+$/g, ""));
      if (names.at(-1) !== "chunked" || names.indexOf("chunked") < names.length - 1) return "MALFORMED_FRAMING";
      return names.length > 1 ? "UNSUPPORTED_TRANSFER_CODING" : new BodyFraming("size", 0, maxExtra);
    }
    if (lengths.length === 0) return new BodyFraming("complete", 0, 0);
    if (lengths.length > 1 || !/^\d{1,15}$/.test(lengths[0]!)) return "MALFORMED_FRAMING";
    const length = Number(lengths[0]);
    return new BodyFraming(length === 0 ? "complete" : "length", length, 0);
  }

  get isComplete(): boolean {
    return this.#state === "complete";
  }

  get isMalformed(): boolean {
    return this.#state === "malformed";
  }

  /** How many octets at the beginning of `bytes` belong to the body. */
  take(bytes: Uint8Array): number {
    let position = 0;
    while (position < bytes.length && this.#state !== "complete" && this.#state !== "malformed") {
      if (this.#state === "length" || this.#state === "chunk") {
        const taken = Math.min(this.#left, bytes.length - position);
        position += taken;
        this.#left -= taken;
        if (this.#left === 0) this.#state = this.#state === "length" ? "complete" : "chunk CR";
      } else this.#state = this.#next(this.#state, bytes[position++]!);
    }
    return position;
  }

  /** One octet of chunk-size [ chunk-ext ] CRLF chunk-data CRLF … trailer-section CRLF. */
  #next(state: Framing, octet: number): State {
    switch (state) {
      case "size": {
        const digit = hexDigit(octet);
        if (digit >= 0) {
          this.#left = this.#left * 16 + digit;
          return ++this.#sizeDigits > MAXIMUM_SIZE_DIGITS ? "malformed" : "size";
        }
        if (this.#sizeDigits === 0) return "malformed";
        return octet === CR ? "size LF" : octet === SEMICOLON ? "extension" : "malformed";
      }
      case "extension":
        return octet === CR ? "size LF" : this.#spend(octet, "extension");
      case "size LF":
        this.#sizeDigits = 0;
        return octet !== LF ? "malformed" : this.#left === 0 ? "trailer" : "chunk";
      case "chunk CR":
        return octet === CR ? "chunk LF" : "malformed";
      case "chunk LF":
        return octet === LF ? "size" : "malformed";
      case "trailer":
        if (octet === CR) return "trailer LF";
        this.#trailerLineIsEmpty = false;
        return this.#spend(octet, "trailer");
      case "trailer LF": {
        const wasEmpty = this.#trailerLineIsEmpty;
        this.#trailerLineIsEmpty = true;
        return octet !== LF ? "malformed" : wasEmpty ? "complete" : "trailer";
      }
    }
  }

  /** Octets that nobody asked for are bounded, and none may end a line for one reader and not for another (§2.2). */
  #spend(octet: number, state: State): State {
    const isText = octet === 0x09 || (octet >= 0x20 && octet !== 0x7f);
    return isText && this.#spare-- > 0 ? state : "malformed";
  }
}

function hexDigit(octet: number): number {
  if (octet >= 0x30 && octet <= 0x39) return octet - 0x30;
  const lowerCase = octet | 0x20;
  return lowerCase >= 0x61 && lowerCase <= 0x66 ? lowerCase - 0x57 : -1;
}
