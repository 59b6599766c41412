/**
 * What kind of thing went wrong, for programs that decide by it: to connect again, to tell the user, to look for a mistake. Minor versions may add codes;
 * every code, old or new, has one of these kinds.
 */
import type { ConnectionErrorCode, HandshakeErrorCode } from "./error-code.ts";

/**
 * - `protocol`: the peer sent what the RFCs forbid.
 * - `limit`: something is larger than a limit here allows.
 * - `timeout`: something took longer than a time here allows.
 * - `lost`: the stream could not be opened, or ended too early.
 * - `aborted`: this program gave up, by `abort`, by a signal or by closing its server.
 * - `refused`: the server does not want this connection.
 * - `internal`: the fault is on this side, in the program or in an extension.
 */
export type ErrorKind = "protocol" | "limit" | "timeout" | "lost" | "aborted" | "refused" | "internal";

export const ERROR_KINDS: Readonly<Record<ConnectionErrorCode | HandshakeErrorCode, ErrorKind>> = {
  // Frames and messages.
  RESERVED_BITS: "protocol",
  RESERVED_OPCODE: "protocol",
  CONTROL_FRAGMENTED: "protocol",
  CONTROL_TOO_LONG: "protocol",
  MASK_MISSING: "protocol",
  MASK_UNEXPECTED: "protocol",
  LENGTH_NOT_MINIMAL: "protocol",
  LENGTH_TOP_BIT: "protocol",
  LENGTH_UNSAFE: "limit",
  FRAME_TOO_BIG: "limit",
  MESSAGE_TOO_BIG: "limit",
  TOO_MANY_FRAGMENTS: "limit",
  CONTINUATION_UNEXPECTED: "protocol",
  CONTINUATION_EXPECTED: "protocol",
  INVALID_UTF8: "protocol",
  CLOSE_PAYLOAD_TOO_SHORT: "protocol",
  CLOSE_CODE_INVALID: "protocol",
  INVALID_COMPRESSED_PAYLOAD: "protocol",

  // The opening handshake.
  MALFORMED_START_LINE: "protocol",
  MALFORMED_HEADER_FIELD: "protocol",
  TARGET_TOO_LONG: "limit",
  HEAD_TOO_LARGE: "limit",
  TOO_MANY_HEADERS: "limit",
  ENDED_EARLY: "lost",
  DUPLICATE_HEADER: "protocol",
  MALFORMED_SUBPROTOCOLS: "protocol",
  MALFORMED_EXTENSIONS: "protocol",
  UNSUPPORTED_HTTP_VERSION: "protocol",
  HTTP_VERSION_TOO_LOW: "protocol",
  METHOD_NOT_ALLOWED: "protocol",
  UPGRADE_REQUIRED: "protocol",
  MALFORMED_TARGET: "protocol",
  MISSING_HOST: "protocol",
  MALFORMED_HOST: "protocol",
  REQUEST_WITH_BODY: "protocol",
  MISSING_CONNECTION_UPGRADE: "protocol",
  UNSUPPORTED_VERSION: "protocol",
  MISSING_KEY: "protocol",
  MALFORMED_KEY: "protocol",
  DUPLICATE_SUBPROTOCOL: "protocol",
  ORIGIN_NOT_ALLOWED: "refused",
  MALFORMED_FRAMING: "protocol",
  UNSUPPORTED_TRANSFER_CODING: "protocol",
  UNSUPPORTED_METHOD: "protocol",
  MISDIRECTED_REQUEST: "protocol",
  REFUSED: "refused",
  HANDSHAKE_TIMEOUT: "timeout",
  SERVER_BUSY: "refused",
  HANDLER_FAILED: "internal",
  UNEXPECTED_STATUS: "refused",
  RESPONSE_HTTP_VERSION: "protocol",
  RESPONSE_UPGRADE: "protocol",
  RESPONSE_CONNECTION: "protocol",
  RESPONSE_ACCEPT: "protocol",
  SUBPROTOCOL_NOT_OFFERED: "protocol",
  EXTENSION_NOT_OFFERED: "protocol",
  EXTENSION_PARAMETERS: "protocol",

  // The connection.
  TRANSPORT_LOST: "lost",
  KEEP_ALIVE_TIMEOUT: "timeout",
  CLOSE_TIMEOUT: "timeout",
  BUFFER_OVERFLOW: "limit",
  BUFFER_STALLED: "timeout",
  ABORTED: "aborted",
  TRANSFORM_FAILED: "internal",
  MESSAGE_BROKEN: "internal",
  MESSAGES_UNSENT: "lost",
};
