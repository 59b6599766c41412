// RFC 6455 §5.1, §5.2 and §5.5: what one frame header may look like. Rules over several frames are in message-decoder.ts.
//
// The rules are ordered by the byte that breaks them, so that a decoder may apply the first ones before the rest has
// arrived and still report the same error for the same bytes.

import type { FrameHeader } from "./frame-header.ts";
import { Opcode, type Role } from "./opcode.ts";
import type { ProtocolErrorCode } from "./protocol-error.ts";

/** Rules that a receiver may be told not to insist on, by name. None by default. There is none for the mask (§5.1), which keeps proxies from being deceived. */
export interface FrameLeniencies {
  /** A data frame's length may be encoded in more bytes than needed (§5.2 says MUST NOT). */
  readonly nonMinimalLengths?: boolean | undefined;
}

/** What the negotiated extensions, the limits and the leniencies allow. */
export interface FrameRules {
  /** Reserved bits that an extension defines for the first frame of a data message: RSV1 = 4, RSV2 = 2, RSV3 = 1. Default 0. */
  readonly rsv?: number | undefined;
  /** Most bytes in a frame's payload. Default 2^53-1. */
  readonly maxFrameBytes?: number | undefined;
  /** What is accepted although §5 forbids it. Default: nothing. */
  readonly lenient?: FrameLeniencies | undefined;
}

/** One bit for each opcode that §5.2 defines. */
const DEFINED_OPCODES = 0b0000_0111_0000_0111;

/**
 * Judges a header that an endpoint of `role` has received (RFC 6455 §5.1, §5.2, §5.5).
 *
 * @returns the code of the first rule it breaks, in the order of the bytes, or `undefined`
 */
export function validateFrameHeader(header: FrameHeader, role: Role, rules: FrameRules = {}): ProtocolErrorCode | undefined {
  const { rsv, opcode, lengthForm, payloadLength, headerLength } = header;
  const isControl = opcode >= Opcode.CLOSE;
  // §5.2: "MUST be 0 unless an extension is negotiated that defines meanings for non-zero values". RFC 7692 §6: a per-message
  // extension marks the first frame of a data message, no other.
  const allowed = opcode === Opcode.TEXT || opcode === Opcode.BINARY ? (rules.rsv ?? 0) : 0;
  if ((rsv & ~allowed) !== 0) return "RESERVED_BITS";
  if (((DEFINED_OPCODES >>> opcode) & 1) === 0) return "RESERVED_OPCODE";
  // §5.5: control frames "MUST NOT be fragmented".
  if (isControl && !header.fin) return "CONTROL_FRAGMENTED";
  if (headerLength < 2) return undefined;

  // §5.1: a server MUST close on an unmasked frame, a client on a masked one.
  if (header.masked !== (role === "server")) return header.masked ? "MASK_UNEXPECTED" : "MASK_MISSING";
  if (lengthForm !== 7) {
    // §5.5: "All control frames MUST have a payload length of 125 bytes or less", which is what seven bits hold.
    if (isControl) return "CONTROL_TOO_LONG";
    if (headerLength < 4) return undefined;
    // §5.2: "the most significant bit MUST be 0".
    if (header.payloadLengthHigh >= 0x8000_0000) return "LENGTH_TOP_BIT";
    if (payloadLength > Number.MAX_SAFE_INTEGER) return "LENGTH_UNSAFE";
    // §5.2: "the minimal number of bytes MUST be used to encode the length".
    if (payloadLength < (lengthForm === 16 ? 126 : 0x1_0000) && !rules.lenient?.nonMinimalLengths) {
      return "LENGTH_NOT_MINIMAL";
    }
  }
  return payloadLength > (rules.maxFrameBytes ?? Infinity) ? "FRAME_TOO_BIG" : undefined;
}
