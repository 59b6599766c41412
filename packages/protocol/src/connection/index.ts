// An established connection (RFC 6455 §5–§7) without I/O.
export { SendArena } from "./arena.ts";
export { ConnectionEngine } from "./engine.ts";
export type { EngineOptions } from "./engine-options.ts";
export { EngineEvent, SendResult } from "./events.ts";
export { ConnectionFailure, connectionFailureCodes } from "./failure.ts";
export type { EngineClosed, ConnectionFailureCode } from "./failure.ts";
