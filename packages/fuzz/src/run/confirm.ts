/** The third phase: what a rule saw once is repeated, each time with more patience. What never happens again is no finding. */
import type { Deviation } from "../rfc/judge/deviation.ts";
import type { Session } from "../sessions/session.ts";
import { attempt } from "./attempt.ts";
import type { Campaign } from "./options.ts";
import { pool } from "./pool.ts";
import { verdictOf, worsen } from "./results.ts";
import type { Suspect } from "./try-rules.ts";

export interface Repetition {
  /** How often it was tried, and how often it happened again. */
  tried: number;
  again: number;
  /** There is no way to run another session. */
  exhausted: boolean;
}

/** Plays a session again and again. */
export async function repeat(own: Campaign, kind: string, session: Session): Promise<Repetition> {
  return repeated(own, (patience) => playAgain(own, kind, session, patience));
}

/** `once`: what happened; null: there is no way to run another session. */
async function repeated({ options }: Campaign, once: (patience: number) => Promise<Deviation | undefined | null>): Promise<Repetition> {
  const repetition: Repetition = { tried: 0, again: 0, exhausted: false };
  for (let index = 0; index < (options.repeats ?? 2); index++) {
    const found = await once(index + 2);
    if (found === null) return { ...repetition, exhausted: true };
    repetition.tried++;
    if (found !== undefined) repetition.again++;
  }
  return repetition;
}

async function playAgain(own: Campaign, kind: string, session: Session, patience: number): Promise<Deviation | undefined | null> {
  const { executor, results } = own;
  const run = await executor.run(session, { patience });
  if (run === undefined) return null;
  results.sessions++;
  results.progress("confirming");
  if (run.transcript.error !== undefined && executor.restarts !== true) return null;
  const found = run.judgement.deviations.find((each) => each.kind === kind);
  return found === undefined && kind.startsWith("target-") ? executor.alive?.() : found;
}

export function inWords({ tried, again }: Repetition): { confirmed: string; flaky: boolean } {
  return { confirmed: tried === 0 ? "not repeated" : `${again + 1} of ${tried + 1}`, flaky: again < tried };
}

export async function confirm(own: Campaign, suspects: readonly Suspect[]): Promise<void> {
  const { concurrency } = own.executor;
  // What a rule saw in its own exchange needs no other exchange as evidence.
  const seenInOwn = new Set(suspects.filter(isOwn).map(keyOf));
  const chosen = suspects.filter((each) => isOwn(each) || !seenInOwn.has(keyOf(each)));
  await pool(
    chosen.filter((each) => !isHarmful(each)),
    concurrency === Infinity ? 1 : concurrency,
    (each) => confirmOne(own, each),
  );
  // What harms the whole target is repeated with nothing beside it.
  for (const each of chosen) if (isHarmful(each)) await confirmOne(own, each);
}

const isOwn = ({ rule, session }: Suspect): boolean => session === rule.session;
const keyOf = ({ rule, deviation }: Suspect): string => `${rule.id} ${deviation.kind}`;
const isHarmful = ({ rule, deviation }: Suspect): boolean =>
  rule.alive === true || deviation.kind === "memory" || deviation.kind.startsWith("target-");

async function confirmOne(own: Campaign, { rule, deviation, run, session }: Suspect): Promise<void> {
  const result = own.results.ofRule(rule);
  const repetition =
    deviation.kind === "memory"
      ? await repeated(own, async () => (await attempt(own, rule, { patience: 2 }))?.deviations.find((each) => each.kind === "memory"))
      : await repeat(own, deviation.kind, session);
  if (repetition.tried > 0 && repetition.again === 0) {
    worsen(result, "inconclusive");
    result.reason = `happened once and not in ${repetition.tried} repetitions: ${deviation.happened}`;
    return;
  }
  worsen(result, verdictOf([deviation], own.options.profile, rule.level));
  result.findings.push({
    kind: deviation.kind,
    deviation,
    run,
    session,
    from: session.steps.length,
    shrunk: "fixed",
    ...inWords(repetition),
  });
}
