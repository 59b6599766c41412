/** Why a connection or its opening failed, as codes, each explained in docs/errors.md. */
import type { ProtocolErrorCode } from "@ws/codec";
import type { ConnectionFailureCode } from "@ws/protocol";

/** Why a connection ended without a closing handshake. Stable, but minor versions may add some: see docs/errors.md. */
export type ConnectionErrorCode = ProtocolErrorCode | ConnectionFailureCode;

/** What either role can meet. */
type EitherHandshakeErrorCode =
  | "MALFORMED_START_LINE"
  | "MALFORMED_HEADER_FIELD"
  | "HEAD_TOO_LARGE"
  | "TOO_MANY_HEADERS"
  | "ENDED_EARLY"
  | "DUPLICATE_HEADER"
  | "MALFORMED_EXTENSIONS"
  | "HANDSHAKE_TIMEOUT"
  /** The stream could not be opened, or was lost before the handshake was over. */
  | "TRANSPORT_LOST"
  /** The signal was aborted, or the server was closed meanwhile. */
  | "ABORTED";

/** Why `connect` did not succeed. Stable, but minor versions may add some: see docs/errors.md. */
export type ClientHandshakeErrorCode =
  | EitherHandshakeErrorCode
  | "UNEXPECTED_STATUS"
  | "RESPONSE_HTTP_VERSION"
  | "RESPONSE_UPGRADE"
  | "RESPONSE_CONNECTION"
  | "RESPONSE_ACCEPT"
  | "SUBPROTOCOL_NOT_OFFERED"
  | "EXTENSION_NOT_OFFERED"
  | "EXTENSION_PARAMETERS";

/** Why a server did not accept a request. Stable, but minor versions may add some: see docs/errors.md. */
export type ServerHandshakeErrorCode =
  | EitherHandshakeErrorCode
  | "TARGET_TOO_LONG"
  | "MALFORMED_SUBPROTOCOLS"
  | "UNSUPPORTED_HTTP_VERSION"
  | "HTTP_VERSION_TOO_LOW"
  | "METHOD_NOT_ALLOWED"
  | "UPGRADE_REQUIRED"
  | "MALFORMED_TARGET"
  | "MISSING_HOST"
  | "MALFORMED_HOST"
  | "REQUEST_WITH_BODY"
  | "MISSING_CONNECTION_UPGRADE"
  | "UNSUPPORTED_VERSION"
  | "MISSING_KEY"
  | "MALFORMED_KEY"
  | "DUPLICATE_SUBPROTOCOL"
  | "ORIGIN_NOT_ALLOWED"
  | "MALFORMED_FRAMING"
  | "UNSUPPORTED_TRANSFER_CODING"
  | "UNSUPPORTED_METHOD"
  | "MISDIRECTED_REQUEST"
  | "REFUSED"
  | "SERVER_BUSY"
  | "HANDLER_FAILED";

export type HandshakeErrorCode = ClientHandshakeErrorCode | ServerHandshakeErrorCode;
