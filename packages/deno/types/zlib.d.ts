/** What this package uses of @ws/endpoint/zlib, without Node's types. See node-http.d.ts. */
import type { ContextLimits, DeflateOptions } from "@ws/protocol/deflate";
import type { Extension } from "@ws/protocol/handshake";

export type { ContextLimits, DeflateOptions };

export declare function permessageDeflate(options?: DeflateOptions & ContextLimits): Extension;
