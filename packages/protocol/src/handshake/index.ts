// The opening handshake (RFC 6455 §4), both roles. Nothing here does I/O, knows the time or makes random numbers.
export { acceptKey } from "./accept-key.ts";
export type { Sha1 } from "./accept-key.ts";
export { base64Encode } from "./base64.ts";
export { ClientHandshake, HandshakeEvent } from "./client-handshake.ts";
export type { ClientHandshakeOptions } from "./client-handshake.ts";
export { checkOriginPolicy, originAllowed, parseAuthority } from "./origin.ts";
export type { Authority, OriginPolicy } from "./origin.ts";
export { createRefusal, encodeRefusal, refusalOf } from "./refusal.ts";
export type { Refusal, RefusalOptions } from "./refusal.ts";
export { checkServerHandshakeOptions, encodeAccept, evaluateRequest } from "./server-handshake.ts";
export type { AcceptOptions, ServerHandshakeOptions, UpgradeRequest } from "./server-handshake.ts";
export { sha1 } from "./sha1.ts";
export { checkSubprotocols } from "./subprotocols.ts";
export type { SubprotocolOrder } from "./subprotocols.ts";
