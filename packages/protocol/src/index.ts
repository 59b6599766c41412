export * from "./connection/index.ts";
export { DEFAULTS } from "./defaults.ts";
export type { Limits, Timeouts } from "./defaults.ts";
export * from "./handshake/index.ts";
export * from "./deflate/index.ts";
