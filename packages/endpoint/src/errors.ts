/**
 * The two errors a program meets: the opening handshake did not succeed, or the connection did not end by a closing handshake.
 * Usage errors are TypeError, RangeError, or `Error` with a plain message.
 */
import type { ProtocolErrorCode } from "@ws/codec";
import type { HandshakeFailureCode, Header } from "@ws/protocol";

/** Why a connection ended without a closing handshake. Stable: see docs/errors.md. */
export type ConnectionErrorCode =
  | ProtocolErrorCode
  /** The stream ended or was reset. */
  | "transport-lost"
  /** The peer answered no Ping within the keep-alive timeout. */
  | "keep-alive-timeout"
  /** The peer did not answer our Close in time. */
  | "close-timeout"
  /** More than `maxBufferedBytes` waited to be sent. */
  | "buffer-overflow"
  /** `abort()` was called here. */
  | "aborted";

/** The connection was lost or failed: thrown by iteration, and `closed.error`. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  readonly code: ConnectionErrorCode;
  /** The status code of the closing: the one we sent when failing the connection (§7.1.7), else 1006. */
  readonly closeCode: number;

  constructor(code: ConnectionErrorCode, message: string, closeCode: number, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.closeCode = closeCode;
  }
}

/** Why an opening handshake did not succeed. Stable: see docs/errors.md. */
export type HandshakeErrorCode =
  | HandshakeFailureCode
  /** The stream could not be opened, or ended before the handshake did. */
  | "transport-lost"
  /** The signal was aborted, or the server closed meanwhile. */
  | "aborted";

/** The connection never opened. */
export class HandshakeError extends Error {
  override readonly name = "HandshakeError";
  readonly code: HandshakeErrorCode;
  /** Client: the status received, 0 when there was no response. Server: the status sent, 0 when there was none. */
  readonly status: number;
  /** Client: the header lines of the response. */
  readonly headers: readonly Header[];
  /** Client: the first 4 KiB of the response's body. */
  readonly body: Uint8Array;

  constructor(
    code: HandshakeErrorCode,
    message: string,
    response: { status?: number; headers?: readonly Header[]; body?: Uint8Array } = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.status = response.status ?? 0;
    this.headers = response.headers ?? [];
    this.body = response.body ?? new Uint8Array(0);
  }
}
