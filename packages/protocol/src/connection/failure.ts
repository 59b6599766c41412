import type { ProtocolError } from "@ws/codec";

/**
 * Why a connection ended without a closing handshake although the peer's bytes broke no rule. What the peer's bytes can
 * break is `ProtocolError` in @ws/codec.
 */

/** Code → status code of the Close frame (1006: none is sent), RFC section, what happened. */
export const CONNECTION_FAILURES = {
  "transport-lost": [1006, "RFC 6455 §7.1.4", "the transport ended before the closing handshake was complete"],
  "keep-alive-timeout": [1006, "RFC 6455 §5.5.2", "the peer was silent for too long after a Ping"],
  "close-timeout": [1006, "RFC 6455 §7.1.1", "the closing handshake took too long"],
  "buffer-overflow": [1006, "RFC 6455 §7.1.7", "too many bytes wait to be sent"],
  aborted: [1006, "RFC 6455 §7.1.7", "the connection was aborted here"],
  "transform-failed": [1011, "RFC 6455 §7.4.1", "an extension failed on a message of ours"],
} as const satisfies Readonly<Record<string, readonly [closeCode: number, section: string, message: string]>>;

/** The stable code of a {@link ConnectionFailure}. */
export type ConnectionFailureCode = keyof typeof CONNECTION_FAILURES;

/** The connection ended without a closing handshake. Reported in `closed.error`, never thrown by this package. */
export class ConnectionFailure extends Error {
  override readonly name = "ConnectionFailure";
  /** Stable: see docs/errors.md. */
  readonly code: ConnectionFailureCode;
  /** The status code of the Close frame that was sent, 1006 when there was none. */
  readonly closeCode: number;
  readonly section: string;

  constructor(code: ConnectionFailureCode, cause?: unknown) {
    const [closeCode, section, message] = CONNECTION_FAILURES[code];
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.closeCode = closeCode;
    this.section = section;
  }
}

/** A call that the state of the connection's sending side rules out, such as a second message inside a streamed one (§5.4). */
export class InvalidStateError extends Error {
  override readonly name = "InvalidStateError";
}

/** How a connection ended (§7.1.4–7.1.6). */
export interface Closed {
  /** Of the peer's Close frame; 1005 when that had none, 1006 when no Close frame was received (§7.1.5). */
  readonly code: number;
  /** Of the peer's Close frame, else empty (§7.1.6). */
  readonly reason: string;
  /** The transport ended after a complete closing handshake (§7.1.4). */
  readonly wasClean: boolean;
  /** Who began: "local" by `close`, `abort` or failing the connection, "remote" by a Close frame or the transport's end. */
  readonly initiator: "local" | "remote";
  /** Present when not clean. `error.closeCode` is what we sent when we failed the connection. */
  readonly error: ProtocolError | ConnectionFailure | undefined;
}
