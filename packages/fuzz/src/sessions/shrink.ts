/**
 * Makes a failing session as small as it gets while it fails in the same way. Sessions are data, so this needs to know nothing of
 * how they were made: a session from a file shrinks as well as a random one. Deterministic, and every step is simpler than the
 * one before, so it ends.
 */
import { sessionToJson } from "./session-file.ts";
import type { Session } from "./session.ts";
import { simpler } from "./simpler.ts";

export interface ShrinkResult {
  readonly session: Session;
  /** How many sessions were tried, and how many of them failed. */
  readonly tried: number;
  readonly failed: number;
  /** Nothing simpler fails; false: the budget was used up. */
  readonly complete: boolean;
}

/** `fails`: whether a session still fails in the same way; undefined: it cannot be tried any more. */
export async function shrinkSession(
  session: Session,
  fails: (candidate: Session) => Promise<boolean | undefined>,
  budget: { readonly tries: number; readonly ms: number } = { tries: 1000, ms: 20_000 },
): Promise<ShrinkResult> {
  const seen = new Set<string>([JSON.stringify(sessionToJson(session))]);
  const result: { -readonly [Key in keyof ShrinkResult]: ShrinkResult[Key] } = { session, tried: 0, failed: 0, complete: false };
  const until = performance.now() + budget.ms;
  for (;;) {
    let smaller: Session | undefined;
    for (const candidate of simpler(result.session)) {
      const key = JSON.stringify(sessionToJson(candidate));
      if (seen.has(key)) continue;
      seen.add(key);
      if (result.tried >= budget.tries || performance.now() > until) return result;
      result.tried++;
      const answer = await fails(candidate);
      if (answer === undefined) return result;
      if (answer) {
        result.failed++;
        smaller = candidate;
        break;
      }
    }
    if (smaller === undefined) {
      result.complete = true;
      return result;
    }
    result.session = smaller;
  }
}
