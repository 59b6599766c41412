/**
 * What a runtime cannot do, or does otherwise, as flags that cases ask for. Everything not listed here is the same everywhere.
 */
import type { AdapterName } from "./adapter.ts";

export interface Difference {
  readonly runtimes: readonly AdapterName[];
  /** Only on this path. */
  readonly path?: "bare" | "fetch";
  readonly reason: string;
  /** The runtime's public issue, when it is the runtime's to change. */
  readonly issue?: string;
}

export const differences = {
  /** TLS on a Unix socket. */
  "no-tls-on-unix-socket": {
    runtimes: ["deno"],
    reason: "Deno.listenTls and Deno.startTls take TCP only",
  },
  /** A TLS connection whose handshake is not over cannot be torn down. */
  "tls-handshake-holds-the-socket": {
    runtimes: ["deno"],
    path: "bare",
    reason:
      "TlsConn.close finishes the TLS handshake before it releases the socket, however long the peer takes; with `fetch` it is node:tls that listens, which does not",
    issue: "https://github.com/denoland/deno/pull/14547",
  },
} as const satisfies Record<string, Difference>;

export type DifferenceName = keyof typeof differences;

export function differs(name: DifferenceName, runtime: AdapterName, path: "bare" | "fetch"): boolean {
  const difference: Difference = differences[name];
  return difference.runtimes.includes(runtime) && (difference.path === undefined || difference.path === path);
}
