// RFC 6455 §7.4 and the IANA "WebSocket Close Code Number Registry": status codes.

/** Status codes of RFC 6455 §7.4.1 and the IANA registry. `NO_STATUS`, `ABNORMAL` and `TLS_HANDSHAKE` never travel in a Close frame. */
export const CloseCode = {
  NORMAL: 1000,
  GOING_AWAY: 1001,
  PROTOCOL_ERROR: 1002,
  UNSUPPORTED_DATA: 1003,
  NO_STATUS: 1005,
  ABNORMAL: 1006,
  INVALID_PAYLOAD: 1007,
  POLICY: 1008,
  TOO_BIG: 1009,
  MANDATORY_EXTENSION: 1010,
  INTERNAL_ERROR: 1011,
  SERVICE_RESTART: 1012,
  TRY_AGAIN_LATER: 1013,
  BAD_GATEWAY: 1014,
  TLS_HANDSHAKE: 1015,
} as const;

/** One of the status codes that have a name. */
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

/**
 * Whether a Close frame may carry `code`, received or sent (RFC 6455 §7.4): 1000–1003, 1007–1014 and 3000–4999.
 * 1004 is reserved, 1005, 1006 and 1015 only describe an ending, 1016–2999 wait for a future specification.
 */
export function isValidCloseCode(code: number): boolean {
  return Number.isInteger(code) && ((code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999));
}
