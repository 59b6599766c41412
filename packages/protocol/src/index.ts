// An established connection (RFC 6455 §5–§7) without I/O: the engine, and what goes into it.
// The opening handshake is `@ws/protocol/handshake`, compression `@ws/protocol/deflate`.

export { SendArena } from "./connection/arena.ts";
export type { EngineOptions } from "./connection/engine-options.ts";
export { ConnectionEngine } from "./connection/engine.ts";
export { EngineEvent, SendResult } from "./connection/events.ts";
export { CONNECTION_FAILURE_CODES, ConnectionFailure } from "./connection/failure.ts";
export type { ConnectionFailureCode, EngineClosed } from "./connection/failure.ts";
export { DEFAULTS } from "./defaults.ts";
export type { Limits, Timeouts } from "./defaults.ts";
export type { MessageTransform, TransformFailure, TransformWork } from "./extension/transform.ts";
export { prepareMessage } from "./prepared-message.ts";
export type { PreparedContent, PreparedMessage } from "./prepared-message.ts";
export { InvalidStateError } from "./usage.ts";
