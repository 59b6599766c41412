import { encodeFrame, Opcode, utf8, type Utf8 } from "@ws/codec";

import { requireBytes, requireMemory } from "./usage.ts";

/** A message to be sent to many: encoded once, and compressed once for each set of parameters. */
export interface PreparedMessage {
  readonly opcode: typeof Opcode.TEXT | typeof Opcode.BINARY;
  readonly payload: Uint8Array;
  /** The whole frame as a server sends it, unmasked. A client masks `payload` anew each time (§5.3). */
  readonly frame: Uint8Array;
  /** What transforms keep here, by their parameters. */
  readonly variants: Map<string, Uint8Array>;
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
  return { opcode, payload: frame.subarray(frame.length - payload.length), frame, variants: new Map() };
}

/** A new array. */
export function encodeText(text: string, encoding: Utf8): Uint8Array {
  const bytes = requireMemory(encoding.byteLength(text));
  encoding.encodeInto(text, bytes, 0);
  return bytes;
}
