/** A session's steps as one stream of bytes, with the places where something else is done than writing. */
import { concatBytes } from "../wire/bytes.ts";
import { stepBytes, type Step, type TargetRole } from "./session.ts";

/** The session's bytes after the handshake, with the offsets of what is not a byte. */
export interface Plan {
  readonly bytes: Uint8Array;
  readonly marks: { kind: "await" | "end" | "reset" | "pause"; at: number; ms?: number }[];
}

export function planOf(steps: readonly Step[], target: TargetRole): Plan {
  const pieces: Uint8Array[] = [];
  const marks: Plan["marks"] = [];
  let at = 0;
  for (const step of steps) {
    if (step.kind === "frame" || step.kind === "bytes") {
      const bytes = stepBytes(step, target);
      pieces.push(bytes);
      at += bytes.length;
    } else if (step.kind === "pause") marks.push({ kind: "pause", at, ms: step.ms });
    else marks.push({ kind: step.kind, at });
  }
  return { bytes: concatBytes(pieces), marks };
}
