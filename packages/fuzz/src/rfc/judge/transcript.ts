/** What the judge reads: everything that was seen on one connection. */
import type { TargetRole } from "../../sessions/session.ts";

export interface Transcript {
  readonly target: TargetRole;
  /** The head that was sent and the one that came, as bytes; empty when there was none. */
  readonly requestBytes: Uint8Array;
  readonly responseBytes: Uint8Array;
  /** Bytes received behind the head. */
  readonly received: Uint8Array;
  /** How the target's TCP stream ended: not at all within the time, with FIN, or with RST. */
  readonly ended: "open" | "fin" | "reset";
  /** Bytes of the plan that were written before the target's end was seen. */
  readonly wrote: number;
  /** The fuzzer asked, with a Ping "ws-fuzz?", whether the target still lives after a violation; the length of `received` then. */
  readonly probedAt?: number | undefined;
  /** The fuzzer closed TCP itself before the target's end was seen (a server must, §7.1.1). */
  readonly closedTcp: boolean;
  /** The target was given all the time it has. */
  readonly timedOut: boolean;
  /** No connection at all. */
  readonly error?: string | undefined;
  /** Milliseconds. */
  readonly duration: number;
}

/** The payload of the Ping that asks whether the target still lives. */
export const PROBE: Uint8Array = Uint8Array.from([..."ws-fuzz?"].map((character) => character.charCodeAt(0)));
