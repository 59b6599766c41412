/** What the judge reads of a connection that was played. */
import type { Transcript } from "../rfc/judge/transcript.ts";
import type { TargetRole } from "../sessions/session.ts";
import type { Played } from "./play.ts";
import type { Wire } from "./wire.ts";

export function transcriptOf(
  target: TargetRole,
  wire: Wire,
  heads: { request: Uint8Array; response: Uint8Array },
  played: Partial<Played>,
  started: number,
): Transcript {
  return {
    target,
    requestBytes: heads.request,
    responseBytes: heads.response,
    received: wire.scanner.bytes().slice(),
    ended: wire.ended,
    wrote: played.wrote ?? 0,
    probedAt: played.probedAt,
    closedTcp: played.closedTcp ?? false,
    timedOut: played.timedOut ?? false,
    duration: performance.now() - started,
  };
}
