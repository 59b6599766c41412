/** The protocol's numbers and broken rules in words. */
import type { ProtocolErrorCode } from "@ws/codec";

const OPCODES: ReadonlyMap<number, readonly [name: string, explanation: string]> = new Map([
  [0, ["continuation", "The message goes on (§5.4)."]],
  [1, ["text", "A message of UTF-8 text (§5.6)."]],
  [2, ["binary", "A message of octets (§5.6)."]],
  [8, ["close", "Begins or answers the closing handshake (§5.5.1)."]],
  [9, ["ping", "Asks for a Pong with the same payload (§5.5.2)."]],
  [10, ["pong", "Answers a Ping, or says “I am alive” (§5.5.3)."]],
]);

export function opcodeName(opcode: number): string {
  return OPCODES.get(opcode)?.[0] ?? `reserved ${opcode.toString(16).toUpperCase()}`;
}

export function explainOpcode(opcode: number): string {
  return (
    OPCODES.get(opcode)?.[1] ?? (opcode < 8 ? "Reserved for further data frames (§5.2)." : "Reserved for further control frames (§5.2).")
  );
}

const CLOSE_CODES: ReadonlyMap<number, readonly [name: string, explanation: string]> = new Map([
  [1000, ["Normal Closure", "The purpose of the connection is fulfilled."]],
  [1001, ["Going Away", "The server goes down, or the person has left the page."]],
  [1002, ["Protocol Error", "The other side broke the protocol."]],
  [1003, ["Unsupported Data", "The other side sent a kind of message that is not understood."]],
  [1004, ["Reserved", "Has no meaning and must not be sent."]],
  [1005, ["No Status Received", "Stands for a Close without a code; must not be sent."]],
  [1006, ["Abnormal Closure", "Stands for a connection lost without a Close; must not be sent."]],
  [1007, ["Invalid Payload", "A message does not fit its type, such as text that is not UTF-8."]],
  [1008, ["Policy Violation", "A message breaks the receiver's rules."]],
  [1009, ["Message Too Big", "A message is larger than the receiver takes."]],
  [1010, ["Mandatory Extension", "The client needs an extension that the server did not accept."]],
  [1011, ["Internal Error", "The server met a condition it did not expect."]],
  [1012, ["Service Restart", "The server restarts; come back."]],
  [1013, ["Try Again Later", "The server is overloaded."]],
  [1014, ["Bad Gateway", "The server is a gateway and got an invalid answer."]],
  [1015, ["TLS Handshake", "Stands for a failed TLS handshake; must not be sent."]],
]);

export function closeCodeName(code: number): string {
  const known = CLOSE_CODES.get(code)?.[0];
  if (known !== undefined) return known;
  if (code >= 3000 && code <= 3999) return "Registered code";
  if (code >= 4000 && code <= 4999) return "Private code";
  return "Undefined code";
}

export function explainCloseCode(code: number): string {
  const known = CLOSE_CODES.get(code)?.[1];
  if (known !== undefined) return known;
  if (code >= 3000 && code <= 3999) return "For libraries and frameworks, registered with IANA.";
  if (code >= 4000 && code <= 4999) return "For applications; means what both sides agreed.";
  return "Not defined by RFC 6455; must not be sent.";
}

/** `0x37fa213d` as its four octets. */
export function maskingKeyText(key: number): string {
  return key
    .toString(16)
    .padStart(8, "0")
    .replace(/..(?=.)/g, "$& ");
}

const BROKEN_RULES: Readonly<Record<ProtocolErrorCode, string>> = {
  RESERVED_BITS: "a reserved bit is set where no extension defines it",
  RESERVED_OPCODE: "the opcode is reserved",
  CONTROL_FRAGMENTED: "a control frame is fragmented",
  CONTROL_TOO_LONG: "a control frame has more than 125 octets of payload",
  MASK_MISSING: "a frame from a client is not masked",
  MASK_UNEXPECTED: "a frame from a server is masked",
  LENGTH_NOT_MINIMAL: "the payload length is not encoded in the fewest octets",
  LENGTH_TOP_BIT: "the top bit of the 64 bit payload length is set",
  LENGTH_UNSAFE: "the payload length is above 2^53-1",
  FRAME_TOO_BIG: "a frame's payload is above the limit",
  MESSAGE_TOO_BIG: "a message is above the limit",
  TOO_MANY_FRAGMENTS: "a message has more fragments than the limit",
  CONTINUATION_UNEXPECTED: "a continuation frame with no message to continue",
  CONTINUATION_EXPECTED: "a new message inside a fragmented one",
  INVALID_UTF8: "text that is not UTF-8",
  CLOSE_PAYLOAD_TOO_SHORT: "a Close frame with a payload of one octet",
  CLOSE_CODE_INVALID: "a Close frame with a code that must not be sent",
  INVALID_COMPRESSED_PAYLOAD: "a compressed message that cannot be inflated",
};

export function explainError(code: ProtocolErrorCode): string {
  return BROKEN_RULES[code];
}
