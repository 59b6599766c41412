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

/** Code → status code to close with, section that was violated (RFC number and section), what it demands. */
const PROTOCOL_ERRORS: Record<ProtocolErrorCode, readonly [closeCode: number, section: string, expected: string]> = {
  RESERVED_BITS: [1002, "6455 §5.2", "RSV 0 or what an extension defines"],
  RESERVED_OPCODE: [1002, "6455 §5.2", "opcode 0–2 or 8–10"],
  CONTROL_FRAGMENTED: [1002, "6455 §5.5", "FIN 1"],
  CONTROL_TOO_LONG: [1002, "6455 §5.5", "7-bit length"],
  MASK_MISSING: [1002, "6455 §5.1", "MASK 1"],
  MASK_UNEXPECTED: [1002, "6455 §5.1", "MASK 0"],
  LENGTH_NOT_MINIMAL: [1002, "6455 §5.2", "the shortest form of the length"],
  LENGTH_TOP_BIT: [1002, "6455 §5.2", "length < 2^63"],
  LENGTH_UNSAFE: [1009, "6455 §10.4", "length < 2^53"],
  FRAME_TOO_BIG: [1009, "6455 §10.4", "length <= maxFrameBytes"],
  MESSAGE_TOO_BIG: [1009, "6455 §10.4", "size <= maxMessageBytes"],
  TOO_MANY_FRAGMENTS: [1008, "6455 §10.4", "fragments <= maxFragments"],
  CONTINUATION_UNEXPECTED: [1002, "6455 §5.4", "opcode 1 or 2"],
  CONTINUATION_EXPECTED: [1002, "6455 §5.4", "opcode 0"],
  INVALID_UTF8: [1007, "6455 §8.1", "UTF-8"],
  CLOSE_PAYLOAD_TOO_SHORT: [1002, "6455 §5.5.1", "length 0 or 2–125"],
  CLOSE_CODE_INVALID: [1002, "6455 §7.4", "a close code"],
  INVALID_COMPRESSED_PAYLOAD: [1007, "7692 §7.2.2", "DEFLATE data"],
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
  /** What the rule demands. */
  declare readonly expected: string;
  /** What came instead, in numbers: nothing of the peer's text. `undefined` when nobody has said. */
  declare readonly received: string | undefined;

  constructor(code: ProtocolErrorCode, received?: string) {
    const [closeCode, section, expected] = PROTOCOL_ERRORS[code];
    super(`expected ${expected}${received ? `, received ${received}` : ""}`);
    this.expected = expected;
    this.received = received;
    this.code = code;
    this.closeCode = closeCode;
    this.section = `RFC ${section}`;
  }
}
