// The protocol without I/O, room by room. What several rooms need lies beside this file.
export * from "./connection/index.ts";
export { concatenate } from "./concatenate.ts";
export { DEFAULTS } from "./defaults.ts";
export type { Limits, Timeouts } from "./defaults.ts";
export * from "./deflate/index.ts";
export * from "./extension/index.ts";
export { HANDSHAKE_FAILURES, HandshakeFailure } from "./handshake-failure.ts";
export type { HandshakeFailureCode, RefusedResponse } from "./handshake-failure.ts";
export * from "./handshake/index.ts";
export * from "./head/index.ts";
export { prepareMessage } from "./prepared-message.ts";
export type { PreparedMessage } from "./prepared-message.ts";
export { Queue } from "./queue.ts";
export { InvalidStateError, requireAmount } from "./usage.ts";
