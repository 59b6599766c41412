// permessage-deflate (RFC 7692) over any zlib: the extension, and the port that a host's own zlib is plugged into.

export { DeflateContexts } from "./contexts.ts";
export type { ContextLimits } from "./contexts.ts";
export { createDeflateExtension, DEFLATE_DEFAULTS } from "./extension.ts";
export type { DeflateOptions } from "./extension.ts";
export type { DeflateOffer, DeflatePolicy } from "./negotiate.ts";
export type { CompressorSettings } from "./transform.ts";
export { ZlibFlush } from "./zlib-port.ts";
export type { DeflateStreamOptions, Zlib, ZlibStream } from "./zlib-port.ts";
