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
  /** The end of a TLS stream may never be told when it comes while reading is being paused. */
  "tls-end-lost-while-pausing": {
    runtimes: ["deno"],
    reason:
      "node:tls of Deno 2.9 loses the end of the stream now and then (1 of 300 on a busy machine) when it comes in the turn of pause(): all bytes arrive, and reading goes on for ever. Close frames, keep-alive and deadlines end such a connection",
  },
  /** Whether a text or bytes were given to a Response cannot be told. */
  "text-type-by-content": {
    runtimes: ["bun"],
    path: "fetch",
    reason: "Bun gives a Response of text no Content-Type: bytes that are valid UTF-8 are named text/plain as well",
  },
  /** A request for an upgrade that comes before an earlier one of its connection was answered is no event of the HTTP server. */
  "no-upgrade-behind-requests": {
    runtimes: ["bun"],
    reason: "node:http of Bun 1.4 hands a pipelined request for an upgrade to the request listener, as an ordinary one",
  },
} as const satisfies Readonly<Record<string, Difference>>;

export type DifferenceName = keyof typeof differences;

export function differs(name: DifferenceName, runtime: AdapterName, path: "bare" | "fetch"): boolean {
  const difference: Difference = differences[name];
  return difference.runtimes.includes(runtime) && (difference.path === undefined || difference.path === path);
}
