/** The first phase: every rule's exchange once. What deviates is a suspect, to be confirmed later. */
import { expectationOf } from "../rfc/oracle.ts";
import type { Deviation } from "../rfc/judge/deviation.ts";
import { sift } from "../rules/homes.ts";
import type { Rule } from "../rules/rule.ts";
import { planOf } from "../sessions/plan.ts";
import type { Session } from "../sessions/session.ts";
import { readFrames } from "../wire/frame.ts";
import { attempt } from "./attempt.ts";
import type { Campaign } from "./options.ts";
import { agreedDeflate, type SessionRun } from "./executor.ts";
import { pool } from "./pool.ts";
import { NO_ECHO, worsen } from "./results.ts";

/** Something that happened once. */
export interface Suspect {
  /** The rule that reports it. */
  readonly rule: Rule;
  readonly deviation: Deviation;
  readonly run: SessionRun;
  /** The exchange in which it was seen: that of this rule, or of another. */
  readonly session: Session;
}

export async function tryRules(own: Campaign, rules: readonly Rule[]): Promise<Suspect[]> {
  const suspects = new Suspects();
  const numbered = rules.map((rule, index) => ({ rule, slot: index + 1 }));
  const work = ({ rule, slot }: { rule: Rule; slot: number }): Promise<void> => tryRule(own, rule, slot, suspects);
  if (own.executor.concurrency === Infinity) await Promise.all(numbered.map(work));
  else {
    await pool(
      numbered.filter(({ rule }) => rule.alive !== true),
      own.executor.concurrency,
      work,
    );
    // Attacks run with nothing beside them.
    for (const each of numbered) if (each.rule.alive === true) await work(each);
  }
  return suspects.all;
}

class Suspects {
  readonly all: Suspect[] = [];
  readonly #foreign: Set<string> = new Set();

  own(suspect: Suspect): void {
    this.all.push(suspect);
  }

  /** Seen in another rule's exchange: the first is enough. */
  foreign(suspect: Suspect): void {
    const key = `${suspect.rule.id} ${suspect.deviation.kind}`;
    if (this.#foreign.has(key)) return;
    this.#foreign.add(key);
    this.all.push(suspect);
  }
}

async function tryRule(own: Campaign, rule: Rule, slot: number, suspects: Suspects): Promise<void> {
  const { executor, options, results } = own;
  const result = results.ofRule(rule);
  const attempted = await attempt(own, rule, { slot });
  if (attempted === undefined) {
    result.verdict = "inconclusive";
    result.reason = "the target's driver did not run this case";
    return;
  }
  const { run, deviations } = attempted;
  results.progress(rule.id);
  result.duration = run.transcript.duration;
  result.sessions++;
  result.closeCode = closeCodeOf(run);

  const { inconclusive, notApplicable } = run.judgement;
  const harmed = deviations.some((each) => each.kind.startsWith("target-"));
  if (inconclusive !== undefined) {
    worsen(result, "inconclusive");
    result.reason = inconclusive;
    if (!harmed) return;
  }
  if (!harmed && (notApplicable !== undefined || (rule.deflate === true && !agreedDeflate(run)))) {
    if (result.verdict === "not-applicable") result.reason = notApplicable ?? "permessage-deflate was not agreed on";
    return;
  }
  if (options.behaviour === "silent" && needsEcho(rule)) {
    if (result.verdict === "not-applicable") result.reason = NO_ECHO;
  } else worsen(result, "pass");

  const sifted = sift(rule, deviations, executor.target);
  for (const deviation of sifted.own) suspects.own({ rule, deviation, run, session: rule.session });
  for (const [home, deviation] of sifted.foreign) suspects.foreign({ rule: home, deviation, run, session: rule.session });
}

/** The status code of the target's Close, if it sent one. */
function closeCodeOf({ transcript }: SessionRun): number | undefined {
  const close = readFrames(transcript.received).frames.find((frame) => frame.opcode === 8 && frame.complete);
  return close === undefined || close.payload.length < 2 ? undefined : close.payload[0]! * 256 + close.payload[1]!;
}

/** Whether a rule says nothing about an endpoint that does not echo: it neither pings, closes nor breaks anything. */
function needsEcho({ area, only, home, session }: Rule): boolean {
  if (area === "handshake" || area === "negotiation" || only !== undefined || home !== undefined) return false;
  const isPlain = session.steps.every(
    (step) =>
      step.kind === "await" ||
      step.kind === "pause" ||
      (step.kind === "frame" &&
        step.opcode <= 2 &&
        step.rsv === 0 &&
        step.wrongMask !== true &&
        step.lengthForm === undefined &&
        step.declaredLength === undefined),
  );
  if (!isPlain) return false;
  const { branches } = expectationOf(planOf(session.steps, "server"), "server", {});
  return branches.length === 1 && branches[0]!.ending.kind === "open";
}
