// RFC 6455 §5.5.1 and §7.4: the payload of a Close frame, a status code and a reason.

import { CloseCode, isValidCloseCode } from "./close-code.ts";
import { ProtocolError } from "./protocol-error.ts";
import { utf8, type Utf8 } from "./utf8.ts";

/** What a Close frame says. */
export interface ClosePayload {
  /** The status code; 1005 when the payload is empty (§7.1.5). */
  readonly code: number;
  /** The reason, at most 123 bytes in UTF-8 (§7.1.6). */
  readonly reason: string;
}

/**
 * Encodes the payload of a Close frame (RFC 6455 §5.5.1): empty without a code.
 *
 * @returns a new array
 * @throws TypeError when there is a reason and no code
 * @throws RangeError when the code must not be sent (§7.4) or the reason takes more than 123 bytes
 */
export function encodeClosePayload(code?: number, reason = "", text: Utf8 = utf8): Uint8Array<ArrayBuffer> {
  if (code === undefined) {
    if (reason !== "") throw new TypeError("a reason needs a close code");
    return new Uint8Array(0);
  }
  if (!isValidCloseCode(code)) throw new RangeError(`no close code: ${code}`);
  const length = text.byteLength(reason);
  // §5.5: a control frame has at most 125 bytes, two of which are the code.
  if (length > 123) throw new RangeError(`a reason has at most 123 bytes, not ${length}`);
  const payload = new Uint8Array(2 + length);
  payload[0] = code >>> 8;
  payload[1] = code;
  text.encodeInto(reason, payload, 2);
  return payload;
}

/**
 * Decodes and validates the payload of a received Close frame (RFC 6455 §5.5.1, §7.4).
 *
 * @returns code and reason, or the rule that the payload breaks, as an error that is not thrown
 */
export function decodeClosePayload(payload: Uint8Array, text: Utf8 = utf8): ClosePayload | ProtocolError {
  if (payload.length === 0) return { code: CloseCode.NO_STATUS, reason: "" };
  if (payload.length === 1) return new ProtocolError("CLOSE_PAYLOAD_TOO_SHORT");
  const code = (payload[0]! << 8) | payload[1]!;
  if (!isValidCloseCode(code)) return new ProtocolError("CLOSE_CODE_INVALID", `${code}`);
  const reason = text.decode(payload, 2, payload.length);
  return reason === undefined ? new ProtocolError("INVALID_UTF8") : { code, reason };
}
