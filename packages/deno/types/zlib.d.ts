/** What this package uses of @ws/endpoint/zlib, without Node's types. See node-http.d.ts. */
import type { ContextLimits, DeflateOptions, Extension } from "@ws/protocol";

export type { ContextLimits, DeflateOptions };

export declare function permessageDeflate(options?: DeflateOptions & ContextLimits): Extension;
