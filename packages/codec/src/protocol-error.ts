// RFC 6455 §7.1.7 "Fail the WebSocket Connection": every reason the peer can give for it.
// docs/errors.md has one heading for each code.

/** The stable code of a {@link ProtocolError}. */
export type ProtocolErrorCode =
  | "RESERVED_BITS"
  | "RESERVED_BITS_MISPLACED"
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
  | "CLOSE_REASON_INVALID_UTF8"
  | "INVALID_COMPRESSED_PAYLOAD";

/** Code → status code to close with, section that was violated, what happened. */
const PROTOCOL_ERRORS: Record<ProtocolErrorCode, readonly [closeCode: number, section: string, message: string]> = {
  RESERVED_BITS: [1002, "5.2", "a reserved bit is set that no extension defines"],
  RESERVED_BITS_MISPLACED: [1002, "5.2", "a reserved bit is set on a continuation or control frame"],
  RESERVED_OPCODE: [1002, "5.2", "the opcode is reserved"],
  CONTROL_FRAGMENTED: [1002, "5.5", "a control frame is fragmented"],
  CONTROL_TOO_LONG: [1002, "5.5", "a control frame has more than 125 bytes of payload"],
  MASK_MISSING: [1002, "5.1", "a frame from a client is not masked"],
  MASK_UNEXPECTED: [1002, "5.1", "a frame from a server is masked"],
  LENGTH_NOT_MINIMAL: [1002, "5.2", "the payload length is not encoded in the fewest bytes"],
  LENGTH_TOP_BIT: [1002, "5.2", "the top bit of the 64-bit payload length is set"],
  LENGTH_UNSAFE: [1009, "10.4", "the payload length is above 2^53-1"],
  FRAME_TOO_BIG: [1009, "10.4", "a frame's payload is above the limit"],
  MESSAGE_TOO_BIG: [1009, "10.4", "a message is above the limit"],
  TOO_MANY_FRAGMENTS: [1008, "10.4", "a message has more fragments than the limit"],
  CONTINUATION_UNEXPECTED: [1002, "5.4", "a continuation frame with no message to continue"],
  CONTINUATION_EXPECTED: [1002, "5.4", "a new message inside a fragmented one"],
  INVALID_UTF8: [1007, "8.1", "a text message is not UTF-8"],
  CLOSE_PAYLOAD_TOO_SHORT: [1002, "5.5.1", "a Close frame has a payload of one byte"],
  CLOSE_CODE_INVALID: [1002, "7.4", "a Close frame has a status code that must not be sent"],
  CLOSE_REASON_INVALID_UTF8: [1007, "5.5.1", "a Close frame's reason is not UTF-8"],
  INVALID_COMPRESSED_PAYLOAD: [1007, "RFC 7692 §7.2.2", "a compressed message cannot be inflated"],
};

/** Every {@link ProtocolErrorCode}, in the order of docs/errors.md. */
export const protocolErrorCodes: readonly ProtocolErrorCode[] = /* @__PURE__ */ Object.keys(
  PROTOCOL_ERRORS,
) as ProtocolErrorCode[];

/**
 * The peer broke the protocol or passed a limit, so the connection has to be failed (RFC 6455 §7.1.7).
 * Decoders report it, they never throw it. Usage errors are `TypeError` and `RangeError` instead.
 */
export class ProtocolError extends Error {
  override readonly name: string = "ProtocolError";
  /** Stable: programs may compare it. */
  readonly code: ProtocolErrorCode;
  /** The status code to close with (§7.4.1). */
  readonly closeCode: number;
  /** What was violated, such as `RFC 6455 §5.2`. */
  readonly section: string;
  /** What would have been accepted, where that is one value. */
  readonly expected: number | undefined;
  /** What was received instead. */
  readonly received: number | undefined;

  constructor(code: ProtocolErrorCode, expected?: number, received?: number) {
    const [closeCode, section, message] = PROTOCOL_ERRORS[code];
    const compared =
      (expected === undefined ? "" : `, expected ${expected}`) + (received === undefined ? "" : `, received ${received}`);
    super(message + compared);
    this.code = code;
    this.closeCode = closeCode;
    this.section = section.startsWith("RFC") ? section : `RFC 6455 §${section}`;
    this.expected = expected;
    this.received = received;
  }
}
