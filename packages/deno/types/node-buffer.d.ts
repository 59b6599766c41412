/** What this package uses of @ws/endpoint/internal/node-buffer, without Node's types. See node-http.d.ts. */
import type { HostOptions } from "@ws/endpoint";

export declare function bufferUtf8(crossovers: {
  readonly decode: number;
  readonly encode: number;
  readonly ascii: number;
}): NonNullable<HostOptions["utf8"]>;
