import type { HeaderList } from "./head/header-list.ts";

/**
 * Every way in which an opening handshake fails, as one table: the status a server answers with (for a client's rules:
 * what a gateway would answer with, RFC 9110 §15.6.3), and the rule that was broken. `docs/errors.md` has one heading
 * per code, and a test compares the two.
 */
export const HANDSHAKE_FAILURES = {
  // The head itself, whoever sent it.
  MALFORMED_START_LINE: { status: 400, section: "RFC 9112 §3" },
  MALFORMED_HEADER_FIELD: { status: 400, section: "RFC 9112 §5" },
  TARGET_TOO_LONG: { status: 414, section: "RFC 9112 §3" },
  HEAD_TOO_LARGE: { status: 431, section: "RFC 6585 §5" },
  TOO_MANY_HEADERS: { status: 431, section: "RFC 6585 §5" },
  ENDED_EARLY: { status: 400, section: "RFC 9112 §8" },
  DUPLICATE_HEADER: { status: 400, section: "RFC 6455 §11.3" },
  MALFORMED_SUBPROTOCOLS: { status: 400, section: "RFC 6455 §11.3.4" },
  MALFORMED_EXTENSIONS: { status: 400, section: "RFC 6455 §9.1" },

  // What a client asks of a server (RFC 6455 §4.2.1).
  UNSUPPORTED_HTTP_VERSION: { status: 505, section: "RFC 9110 §15.6.6" },
  HTTP_VERSION_TOO_LOW: { status: 400, section: "RFC 6455 §4.2.1" },
  METHOD_NOT_ALLOWED: { status: 405, section: "RFC 6455 §4.2.1" },
  UPGRADE_REQUIRED: { status: 426, section: "RFC 6455 §4.2.1" },
  MALFORMED_TARGET: { status: 400, section: "RFC 6455 §4.2.1" },
  MISSING_HOST: { status: 400, section: "RFC 6455 §4.2.1" },
  MALFORMED_HOST: { status: 400, section: "RFC 9112 §3.2" },
  REQUEST_WITH_BODY: { status: 400, section: "RFC 9110 §9.3.1" },
  MISSING_CONNECTION_UPGRADE: { status: 400, section: "RFC 6455 §4.2.1" },
  UNSUPPORTED_VERSION: { status: 426, section: "RFC 6455 §4.4" },
  MISSING_KEY: { status: 400, section: "RFC 6455 §4.2.1" },
  MALFORMED_KEY: { status: 400, section: "RFC 6455 §4.2.1" },
  DUPLICATE_SUBPROTOCOL: { status: 400, section: "RFC 6455 §4.1" },
  ORIGIN_NOT_ALLOWED: { status: 403, section: "RFC 6455 §10.2" },

  // What an ordinary HTTP request beside WebSocket must not be.
  MALFORMED_FRAMING: { status: 400, section: "RFC 9112 §6.3" },
  UNSUPPORTED_TRANSFER_CODING: { status: 501, section: "RFC 9112 §6.1" },
  UNSUPPORTED_METHOD: { status: 501, section: "RFC 9110 §9.1" },
  MISDIRECTED_REQUEST: { status: 421, section: "RFC 9110 §7.4" },

  // What the program around a server decides.
  REFUSED: { status: 403, section: "RFC 6455 §4.2.2" },
  HANDSHAKE_TIMEOUT: { status: 408, section: "RFC 9110 §15.5.9" },
  SERVER_BUSY: { status: 503, section: "RFC 9110 §15.6.4" },
  HANDLER_FAILED: { status: 500, section: "RFC 9110 §15.6.1" },

  // What a server answers to a client (RFC 6455 §4.1, "the client MUST validate the server's response").
  UNEXPECTED_STATUS: { status: 502, section: "RFC 6455 §4.1" },
  RESPONSE_HTTP_VERSION: { status: 502, section: "RFC 6455 §4.2.2" },
  RESPONSE_UPGRADE: { status: 502, section: "RFC 6455 §4.1" },
  RESPONSE_CONNECTION: { status: 502, section: "RFC 6455 §4.1" },
  RESPONSE_ACCEPT: { status: 502, section: "RFC 6455 §4.1" },
  SUBPROTOCOL_NOT_OFFERED: { status: 502, section: "RFC 6455 §4.1" },
  EXTENSION_NOT_OFFERED: { status: 502, section: "RFC 6455 §4.1" },
  EXTENSION_PARAMETERS: { status: 502, section: "RFC 6455 §9.1" },
} as const;

export type HandshakeFailureCode = keyof typeof HANDSHAKE_FAILURES;

/** What a server answered instead of 101. */
export interface RefusedResponse {
  readonly status: number;
  readonly headers: HeaderList;
  /** The beginning of the body, at most 4 KiB, without transfer coding. */
  readonly body: Uint8Array<ArrayBuffer>;
}

/** The peer's fault. Never thrown by this package: it is what a failed decoder or handshake says went wrong. */
export class HandshakeFailure extends Error {
  override readonly name = "HandshakeFailure";
  /** Stable: see docs/errors.md. */
  readonly code: HandshakeFailureCode;
  /** Where the broken rule stands, such as `RFC 6455 §4.1`. */
  readonly section: string;
  /** What a server, or a proxy in front of one, answers with. What a client received stands in `response`. */
  readonly status: number;
  /** Client: the response that was received, if its head was complete. */
  readonly response: RefusedResponse | undefined;

  constructor(code: HandshakeFailureCode, message: string, response?: RefusedResponse) {
    super(message);
    this.code = code;
    this.section = HANDSHAKE_FAILURES[code].section;
    this.status = HANDSHAKE_FAILURES[code].status;
    this.response = response;
  }
}
