import type { ProtocolError } from "@ws/codec";

/**
 * Why a connection ended without a closing handshake although the peer's bytes broke no rule. What the peer's bytes can
 * break is `ProtocolError` in @ws/codec.
 */

/** The stable code of a {@link ConnectionFailure}. */
export type ConnectionFailureCode =
  | "transport-lost"
  | "keep-alive-timeout"
  | "close-timeout"
  | "buffer-overflow"
  | "aborted"
  | "transform-failed";

/** Code → status code of the Close frame (1006: none is sent), RFC section, what happened. */
const CONNECTION_FAILURES: Readonly<Record<ConnectionFailureCode, readonly [closeCode: number, section: string, message: string]>> = {
  "transport-lost": [1006, "RFC 6455 §7.1.4", "the transport ended before the closing handshake was complete"],
  "keep-alive-timeout": [1006, "RFC 6455 §5.5.2", "the peer was silent for too long after a Ping"],
  "close-timeout": [1006, "RFC 6455 §7.1.1", "the closing handshake took too long"],
  "buffer-overflow": [1006, "RFC 6455 §10.4", "too many bytes are waiting"],
  aborted: [1006, "RFC 6455 §7.1.7", "the connection was aborted here"],
  "transform-failed": [1011, "RFC 6455 §7.4.1", "an extension failed here"],
};

/** Every {@link ConnectionFailureCode}, in the order of docs/errors.md. */
export const connectionFailureCodes: readonly ConnectionFailureCode[] = /* @__PURE__ */ Object.keys(
  CONNECTION_FAILURES,
) as ConnectionFailureCode[];

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
  /** Present when it was not clean. `error.closeCode` is what our Close said when we failed the connection. */
  readonly error: ProtocolError | ConnectionFailure | undefined;
}
