import type { ProtocolError } from "@ws/codec";

/**
 * Why a connection did not end well although the peer's bytes broke no rule. What the peer's bytes can
 * break is `ProtocolError` in @ws/codec.
 */

/** The stable code of a {@link ConnectionFailure}. */
export type ConnectionFailureCode =
  | "TRANSPORT_LOST"
  | "KEEP_ALIVE_TIMEOUT"
  | "CLOSE_TIMEOUT"
  | "BUFFER_OVERFLOW"
  | "BUFFER_STALLED"
  | "ABORTED"
  | "TRANSFORM_FAILED"
  | "MESSAGE_BROKEN"
  | "MESSAGES_UNSENT";

/** Code → status code of the Close frame (1006: none is sent), RFC section, what happened. */
const CONNECTION_FAILURES: Readonly<Record<ConnectionFailureCode, readonly [closeCode: number, section: string, message: string]>> = {
  TRANSPORT_LOST: [1006, "RFC 6455 §7.1.4", "the transport ended before the closing handshake was complete"],
  KEEP_ALIVE_TIMEOUT: [1006, "RFC 6455 §5.5.2", "the peer was silent for too long after a Ping"],
  CLOSE_TIMEOUT: [1006, "RFC 6455 §7.1.1", "the closing handshake took too long"],
  BUFFER_OVERFLOW: [1006, "RFC 6455 §10.4", "too many bytes are waiting"],
  BUFFER_STALLED: [1006, "RFC 6455 §7.1.7", "the peer took nothing of what was sent for too long"],
  ABORTED: [1006, "RFC 6455 §7.1.7", "the connection was aborted here"],
  TRANSFORM_FAILED: [1011, "RFC 6455 §7.4.1", "an extension failed here"],
  MESSAGE_BROKEN: [1011, "RFC 6455 §5.4", "a message that was being sent could not be completed"],
  MESSAGES_UNSENT: [1006, "RFC 6455 §7.1.4", "the peer closed before everything accepted was sent"],
};

/** Every {@link ConnectionFailureCode}, in the order of docs/errors.md. */
export const CONNECTION_FAILURE_CODES: readonly ConnectionFailureCode[] = /* @__PURE__ */ Object.keys(
  CONNECTION_FAILURES,
) as ConnectionFailureCode[];

/** The connection ended without a complete closing handshake, or left something behind. Reported in `closed.error`, never thrown by this package. */
export class ConnectionFailure extends Error {
  override readonly name = "ConnectionFailure";
  /** Stable: see docs/errors.md. */
  readonly code: ConnectionFailureCode;
  /** The status code of the Close frame that was sent because of it, 1006 when there was none. */
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

/** How a connection ended (§7.1.4–7.1.6). A layer above may have errors of its own. */
export type EngineClosed<Failure = ProtocolError | ConnectionFailure> = {
  /** Of the peer's Close frame; 1005 when that had none, 1006 when no Close frame was received (§7.1.5). */
  readonly code: number;
  /** Of the peer's Close frame, else empty (§7.1.6). */
  readonly reason: string;
  /** Who began: "local" by `close`, `abort` or failing the connection, "remote" by a Close frame or the transport's end. */
  readonly initiator: "local" | "remote";
} & (
  | {
      /** The transport ended after a complete closing handshake (§7.1.4), and nothing that was accepted was left behind. */
      readonly wasClean: true;
      readonly error?: undefined;
    }
  | {
      readonly wasClean: false;
      /** Why. `error.closeCode` is what our Close said when we failed the connection. */
      readonly error: Failure;
    }
);
