/** A message for many connections, of whatever `send` takes for one. */
import { prepareMessage as prepare, type PreparedMessage } from "@ws/protocol";

import { requireBytes } from "./bytes.ts";

/**
 * Encodes a message once, and compresses it once, for as many connections as it is then sent to.
 *
 * @param message bytes are copied, so they may be changed afterwards
 */
export function prepareMessage(message: string | ArrayBufferView | ArrayBufferLike): PreparedMessage {
  return prepare(typeof message === "string" ? message : requireBytes(message));
}
