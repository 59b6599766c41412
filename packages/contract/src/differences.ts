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

/** None at present: TLS in Deno is that of `node:tls`, which takes Unix sockets and lets go of peers that stop within the handshake. */
export const differences: Readonly<Record<string, Difference>> = {};

export type DifferenceName = string;

export function differs(name: DifferenceName, runtime: AdapterName, path: "bare" | "fetch"): boolean {
  const difference = differences[name];
  if (difference === undefined) throw new Error(`there is no difference ${name}`);
  return difference.runtimes.includes(runtime) && (difference.path === undefined || difference.path === path);
}
