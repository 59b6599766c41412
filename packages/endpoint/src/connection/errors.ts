/**
 * The two errors a program meets: the opening handshake did not succeed, or the connection did not end by a closing handshake.
 * Usage errors are TypeError, RangeError, or InvalidStateError of @ws/protocol.
 *
 * Programs catch and read them; only this package makes them, so what they see is an interface and something for `instanceof`.
 */
import type { ProtocolError } from "@ws/codec";
import type { ConnectionFailure } from "@ws/protocol";
import { headerList, type HandshakeFailure, type HeaderList } from "@ws/protocol/handshake";

import type { ConnectionErrorCode, HandshakeErrorCode } from "./error-code.ts";
import { ERROR_KINDS, type ErrorKind } from "./error-kind.ts";
import { made, requireProof } from "./proof.ts";

/** A class for `instanceof`, which nobody else can make an instance of. */
export type ErrorClass<Instance> = abstract new (...hidden: never) => Instance;

const ONLY_FOR_INSTANCEOF = "is for instanceof: only a connection that fails makes one";

// ---- an open connection ----

/** The connection was lost or failed: thrown by iteration, and `closed.error`. */
export interface ConnectionError extends Error {
  readonly name: "ConnectionError";
  readonly code: ConnectionErrorCode;
  /** What it is, coarsely. No version adds one. */
  readonly kind: ErrorKind;
  /** The status code of the Close frame we sent when failing the connection (§7.1.7); 1006 when there was none. */
  readonly closeCode: number;
  /** Where the rule stands, such as `RFC 6455 §5.4`. */
  readonly section: string;
}

const ConnectionErrorClass = class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  readonly code: ConnectionErrorCode;
  readonly kind: ErrorKind;
  readonly closeCode: number;
  readonly section: string;

  constructor(proof: typeof made, cause: ProtocolError | ConnectionFailure, closeCode: number) {
    requireProof(proof, `a ConnectionError ${ONLY_FOR_INSTANCEOF}`);
    super(cause.message, { cause });
    this.code = cause.code;
    this.kind = ERROR_KINDS[cause.code];
    this.closeCode = closeCode;
    this.section = cause.section;
  }
};

export const ConnectionError: ErrorClass<ConnectionError> = ConnectionErrorClass;

/** @param closeCode where the Close frame of `cause` is not sent, another */
export function connectionError(cause: ProtocolError | ConnectionFailure, closeCode: number = cause.closeCode): ConnectionError {
  return new ConnectionErrorClass(made, cause, closeCode);
}

// ---- the opening handshake ----

/** The connection never opened. Of a client's or a server's codes, where it is known whose error it is. */
export interface HandshakeError<Code extends HandshakeErrorCode = HandshakeErrorCode> extends Error {
  readonly name: "HandshakeError";
  readonly code: Code;
  /** What it is, coarsely. No version adds one. */
  readonly kind: ErrorKind;
  /** Client: the status received, 0 when there was no response. Server: the status sent, 0 when none could be. */
  readonly status: number;
  /** Client: the header lines of the response. */
  readonly headers: HeaderList;
  /** Client: the first 4 KiB of the response's body. */
  readonly body: Uint8Array<ArrayBuffer>;
}

const HandshakeErrorClass = class HandshakeError<Code extends HandshakeErrorCode> extends Error {
  override readonly name = "HandshakeError";
  readonly code: Code;
  readonly kind: ErrorKind;
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: Uint8Array<ArrayBuffer>;

  constructor(proof: typeof made, code: Code, message: string, status: number, response: HandshakeFailure["response"], cause: unknown) {
    requireProof(proof, `a HandshakeError ${ONLY_FOR_INSTANCEOF}`);
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.kind = ERROR_KINDS[code];
    this.status = status;
    this.headers = response?.headers ?? headerList([]);
    this.body = response?.body ?? new Uint8Array(0);
  }
};

export const HandshakeError: ErrorClass<HandshakeError> = HandshakeErrorClass;

export function handshakeError<Code extends HandshakeErrorCode>(
  code: Code,
  message: string,
  status: number,
  response?: HandshakeFailure["response"],
  cause?: unknown,
): HandshakeError<Code> {
  return new HandshakeErrorClass(made, code, message, status, response, cause);
}
