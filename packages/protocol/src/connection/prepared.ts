import { Opcode, encodeFrame, utf8, type Utf8 } from "@ws/codec";

/** A message to be sent to many: encoded once, and compressed once for each set of parameters. */
export interface PreparedMessage {
  readonly opcode: typeof Opcode.TEXT | typeof Opcode.BINARY;
  readonly payload: Uint8Array;
  /** The whole frame as a server sends it, unmasked. A client masks `payload` anew each time (§5.3). */
  readonly frame: Uint8Array;
  /** What transforms keep, by their parameters. */
  readonly variants: Map<string, Uint8Array>;
}

/**
 * Prepares a text or a binary message.
 *
 * @param message bytes are copied, so they may be changed afterwards
 */
export function prepareMessage(message: string | Uint8Array, encoding: Utf8 = utf8): PreparedMessage {
  throw new TypeError(`to be written ${typeof message} ${typeof encoding} ${typeof encodeFrame}`);
}
