// RFC 6455 §7.1.7 "Fail the WebSocket Connection": every reason the peer can give for it.
// docs/errors.md has one heading for each code.

/** The stable code of a {@link ProtocolError}. */
export type ProtocolErrorCode =
  | "RESERVED_BITS"
  | "RESERVED_OPCODE"
  | "CONTROL_FRAGMENTED"
  | "CONTROL_TOO_LONG"
  | "MASK_MISSING"
  | "MASK_UNEXPECTED"
  | "LENGTH_NOT_MINIMAL"
  | "LENGTH_TOP_BIT"
  | "LENGTH_UNSAFE"
  | "FRAME_TOO_BIG"
  | "MESSAGE_TOO_BIG"
  | "TOO_MANY_FRAGMENTS"
  | "CONTINUATION_UNEXPECTED"
  | "CONTINUATION_EXPECTED"
  | "INVALID_UTF8"
  | "CLOSE_PAYLOAD_TOO_SHORT"
  | "CLOSE_CODE_INVALID"
  | "INVALID_COMPRESSED_PAYLOAD";

/** Code → status code to close with, section that was violated (RFC number and section). The code in words is the message. */
const PROTOCOL_ERRORS: Record<ProtocolErrorCode, readonly [closeCode: number, section: string]> = {
  RESERVED_BITS: [1002, "6455 §5.2"],
  RESERVED_OPCODE: [1002, "6455 §5.2"],
  CONTROL_FRAGMENTED: [1002, "6455 §5.5"],
  CONTROL_TOO_LONG: [1002, "6455 §5.5"],
  MASK_MISSING: [1002, "6455 §5.1"],
  MASK_UNEXPECTED: [1002, "6455 §5.1"],
  LENGTH_NOT_MINIMAL: [1002, "6455 §5.2"],
  LENGTH_TOP_BIT: [1002, "6455 §5.2"],
  LENGTH_UNSAFE: [1009, "6455 §10.4"],
  FRAME_TOO_BIG: [1009, "6455 §10.4"],
  MESSAGE_TOO_BIG: [1009, "6455 §10.4"],
  TOO_MANY_FRAGMENTS: [1008, "6455 §10.4"],
  CONTINUATION_UNEXPECTED: [1002, "6455 §5.4"],
  CONTINUATION_EXPECTED: [1002, "6455 §5.4"],
  INVALID_UTF8: [1007, "6455 §8.1"],
  CLOSE_PAYLOAD_TOO_SHORT: [1002, "6455 §5.5.1"],
  CLOSE_CODE_INVALID: [1002, "6455 §7.4"],
  INVALID_COMPRESSED_PAYLOAD: [1007, "7692 §7.2.2"],
};

/**
 * The peer broke the protocol or passed a limit, so the connection has to be failed (RFC 6455 §7.1.7).
 * Decoders report it, they never throw it. Usage errors are `TypeError` and `RangeError` instead.
 */
export class ProtocolError extends Error {
  override readonly name: string = "ProtocolError";
  /** Stable: programs may compare it. */
  declare readonly code: ProtocolErrorCode;
  /** The status code to close with (§7.4.1). */
  declare readonly closeCode: number;
  /** What was violated, such as `RFC 6455 §5.2`. */
  declare readonly section: string;

  constructor(code: ProtocolErrorCode) {
    const [closeCode, section] = PROTOCOL_ERRORS[code];
    super(code.toLowerCase().replaceAll("_", " "));
    this.code = code;
    this.closeCode = closeCode;
    this.section = `RFC ${section}`;
  }
}
