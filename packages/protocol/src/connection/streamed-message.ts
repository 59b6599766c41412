import { firstByte, Opcode } from "@ws/codec";

import { InvalidStateError, requireBytes } from "../usage.ts";

/**
 * The message that is being sent in fragments (RFC 6455 §5.4). A fragment is looked at, written by the engine, and only then `sent`: one that
 * could not be written leaves the message as it was.
 */
export class StreamedMessage {
  /** CONTINUATION: there is none. */
  #opcode: Opcode = Opcode.CONTINUATION;
  /** Opcode of its next frame. */
  #next: Opcode = Opcode.CONTINUATION;
  /** The first half of a surrogate pair that was cut by the end of a chunk. */
  #highSurrogate = "";

  get isOpen(): boolean {
    return this.#opcode !== Opcode.CONTINUATION;
  }

  begin(opcode: typeof Opcode.TEXT | typeof Opcode.BINARY): void {
    this.#opcode = this.#next = opcode;
  }

  /** The first byte of the next frame's header. */
  first(last: boolean): number {
    return firstByte(this.#next, last);
  }

  /**
   * What the next frame carries of the chunk: a high surrogate at the end waits for its low one.
   *
   * @throws InvalidStateError without `begin`, TypeError for the other type
   */
  contentOf(chunk: string | Uint8Array, last: boolean): string | Uint8Array {
    if (!this.isOpen) throw new InvalidStateError("no message has been begun");
    if ((this.#opcode === Opcode.TEXT) !== (typeof chunk === "string"))
      throw new TypeError("a text message has string chunks, a binary one bytes");
    if (typeof chunk !== "string") return requireBytes(chunk);
    const text = this.#highSurrogate + chunk;
    return !last && endsWithHighSurrogate(text) ? text.slice(0, -1) : text;
  }

  /** The next frame has been written. */
  sent(chunk: string | Uint8Array, last: boolean): void {
    this.#next = Opcode.CONTINUATION;
    if (last) this.#opcode = Opcode.CONTINUATION;
    if (typeof chunk !== "string") return;
    // An empty chunk leaves what waits where it is.
    const end = chunk === "" ? this.#highSurrogate : chunk.slice(-1);
    this.#highSurrogate = !last && endsWithHighSurrogate(end) ? end : "";
  }
}

function endsWithHighSurrogate(text: string): boolean {
  return (text.charCodeAt(text.length - 1) & 0xfc00) === 0xd800;
}
