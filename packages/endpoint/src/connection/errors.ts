/**
 * The two errors a program meets: the opening handshake did not succeed, or the connection did not end by a closing handshake.
 * Usage errors are TypeError, RangeError, or InvalidStateError of @ws/protocol.
 */
import type { ProtocolError, ProtocolErrorCode } from "@ws/codec";
import {
  headerList,
  type ConnectionFailure,
  type ConnectionFailureCode,
  type HandshakeFailure,
  type HandshakeFailureCode,
  type HeaderList,
} from "@ws/protocol";

/** Why a connection ended without a closing handshake. Stable: see docs/errors.md. */
export type ConnectionErrorCode = ProtocolErrorCode | ConnectionFailureCode;

/** The connection was lost or failed: thrown by iteration, and `closed.error`. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  readonly code: ConnectionErrorCode;
  /** The status code of the Close frame we sent when failing the connection (§7.1.7); 1006 when there was none. */
  readonly closeCode: number;
  /** Where the rule stands, such as `RFC 6455 §5.4`. */
  readonly section: string;

  constructor(cause: ProtocolError | ConnectionFailure) {
    super(cause.message, { cause });
    this.code = cause.code;
    this.closeCode = cause.closeCode;
    this.section = cause.section;
  }
}

/** Why an opening handshake did not succeed. Stable: see docs/errors.md. */
export type HandshakeErrorCode =
  | HandshakeFailureCode
  /** The stream could not be opened, or was lost before the handshake was over. */
  | "TRANSPORT_LOST"
  /** The signal was aborted, or the server was closed meanwhile. */
  | "ABORTED";

/** The connection never opened. */
export class HandshakeError extends Error {
  override readonly name = "HandshakeError";
  readonly code: HandshakeErrorCode;
  /** Client: the status received, 0 when there was no response. Server: the status sent, 0 when none could be. */
  readonly status: number;
  /** Client: the header lines of the response. */
  readonly headers: HeaderList;
  /** Client: the first 4 KiB of the response's body. */
  readonly body: Uint8Array;

  constructor(code: HandshakeErrorCode, message: string, status: number, failure?: HandshakeFailure, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = status;
    this.headers = failure?.response?.headers ?? headerList([]);
    this.body = failure?.response?.body ?? new Uint8Array(0);
  }
}
