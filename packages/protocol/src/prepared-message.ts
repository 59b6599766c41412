import { encodeFrame, Opcode, utf8, type Utf8 } from "@ws/codec";

import { requireBytes, requireMemory } from "./usage.ts";

declare const prepared: unique symbol;

/** A message to be sent to many: encoded once, and compressed once for each set of parameters. Made by {@link prepareMessage}, and by nothing else. */
export interface PreparedMessage {
  readonly [prepared]: true;
}

/** What the engine and a transform see of a prepared message. Programs do not: what is sent to many must not change in between. */
export interface PreparedContent {
  readonly opcode: typeof Opcode.TEXT | typeof Opcode.BINARY;
  readonly payload: Uint8Array<ArrayBuffer>;
  /** The whole frame as a server sends it, unmasked. A client masks `payload` anew each time (§5.3). */
  readonly frame: Uint8Array<ArrayBuffer>;
  /** What transforms keep here, by their parameters. */
  readonly variants: Map<string, Uint8Array>;
}

class Prepared implements PreparedMessage {
  declare readonly [prepared]: true;
  readonly #content: PreparedContent;

  constructor(content: PreparedContent) {
    this.#content = content;
  }

  static contentOf(message: object): PreparedContent | undefined {
    return #content in message ? message.#content : undefined;
  }
}

/**
 * Prepares a text message (a string) or a binary one.
 *
 * @param message bytes are copied, so they may be changed afterwards
 */
export function prepareMessage(message: string | Uint8Array, encoding: Utf8 = utf8): PreparedMessage {
  const opcode = typeof message === "string" ? Opcode.TEXT : Opcode.BINARY;
  const payload = typeof message === "string" ? encodeText(message, encoding) : requireBytes(message);
  const frame = encodeFrame(opcode, payload);
  return new Prepared({ opcode, payload: frame.subarray(frame.length - payload.length), frame, variants: new Map() });
}

/** Whether this copy of the package has prepared it: what looks like a prepared message, or is one of another copy, is none. */
export function isPrepared(message: unknown): message is PreparedMessage {
  return typeof message === "object" && message !== null && Prepared.contentOf(message) !== undefined;
}

/** @throws TypeError for what {@link prepareMessage} of this copy of the package has not made */
export function contentOf(message: PreparedMessage): PreparedContent {
  const content = Prepared.contentOf(message);
  if (content === undefined) throw new TypeError("not a message of prepareMessage, or of that of another copy of @ws/protocol");
  return content;
}

/** A new array. */
export function encodeText(text: string, encoding: Utf8): Uint8Array<ArrayBuffer> {
  const bytes = requireMemory(encoding.byteLength(text));
  encoding.encodeInto(text, bytes, 0);
  return bytes;
}
