/** The last phase: of the sessions that shared a connection in trouble the guilty one is found, repeated and shrunk. */
import type { Deviation } from "../rfc/judge/deviation.ts";
import { homeOf } from "../rules/homes.ts";
import type { Session } from "../sessions/session.ts";
import { shrinkSession } from "../sessions/shrink.ts";
import { joined } from "./batches.ts";
import type { Campaign } from "./options.ts";
import { inWords, repeat } from "./confirm.ts";
import type { SessionRun } from "./executor.ts";
import { verdictOf, worsen, type Finding } from "./results.ts";
import type { Trouble } from "./try-random.ts";

export async function explain(own: Campaign, troubles: readonly Trouble[]): Promise<void> {
  const explanation = new Explanation(own);
  for (const trouble of troubles) await explanation.of(trouble);
}

/** A session that fails, and how. */
interface Candidate {
  session: Session;
  run: SessionRun;
}

class Explanation {
  readonly #own: Campaign;
  /** What a rule of its own reports for every connection need not be found again. */
  readonly #reported: ReadonlySet<string>;
  /** By kind. */
  readonly #found: Map<string, Finding> = new Map();

  constructor(own: Campaign) {
    const { executor, results } = own;
    this.#own = own;
    const kinds = results.all.flatMap((result) => result.findings.map((finding) => finding.kind));
    this.#reported = new Set(kinds.filter((kind) => homeOf(kind, executor.target) !== undefined));
  }

  async of(trouble: Trouble): Promise<void> {
    const { executor, results } = this.#own;
    const run = this.#withoutReported(trouble.run);
    const { deviations } = run.judgement;
    const isLost = run.transcript.error !== undefined;
    if (deviations.length === 0 && !isLost) return;
    if (isLost && executor.restarts !== true && (await executor.alive?.()) !== undefined) return;
    const result = results.ofProperty(trouble.area);
    if (deviations.length > 0 && deviations.every((each) => this.#found.has(each.kind))) {
      for (const { kind } of deviations) worsen(result, verdictOf([this.#found.get(kind)!.deviation], this.#own.options.profile));
      return;
    }
    // Each session alone; if none fails alone, the whole batch is the failing session.
    const { guilty, exhausted } = await this.#isolate(trouble.batch);
    const whole = joined(trouble.batch, executor.target);
    const candidate = guilty ?? (deviations.length > 0 ? { session: whole, run } : undefined);
    if (candidate !== undefined) await this.#examine(candidate, trouble, whole.steps.length, exhausted);
  }

  #withoutReported(run: SessionRun): SessionRun {
    const deviations = run.judgement.deviations.filter((each) => !this.#reported.has(each.kind));
    return { ...run, judgement: { ...run.judgement, deviations } };
  }

  /** The first session that fails alone. `exhausted`: there is no way to run another session. */
  async #isolate(batch: readonly Session[]): Promise<{ guilty?: Candidate; exhausted: boolean }> {
    const { executor, results } = this.#own;
    if (batch.length === 1) return { exhausted: false };
    for (const session of batch) {
      const played = await executor.run(session, { patience: 1 });
      if (played === undefined) return { exhausted: true };
      results.sessions++;
      const run = this.#withoutReported(played);
      if (run.judgement.deviations.length > 0) return { guilty: { session, run }, exhausted: false };
      const dead = run.transcript.error === undefined ? undefined : await executor.alive?.();
      if (dead !== undefined) return { guilty: { session, run: { ...run, judgement: { deviations: [dead] } } }, exhausted: false };
    }
    return { exhausted: false };
  }

  async #examine({ session, run }: Candidate, { area }: Trouble, from: number, exhausted: boolean): Promise<void> {
    const { options, results } = this.#own;
    const result = results.ofProperty(area);
    for (const deviation of run.judgement.deviations) {
      const known = this.#found.get(deviation.kind);
      if (known !== undefined) {
        worsen(result, verdictOf([known.deviation], options.profile));
        continue;
      }
      const repetition = exhausted ? { tried: 0, again: 0, exhausted } : await repeat(this.#own, deviation.kind, session);
      exhausted = repetition.exhausted;
      if (repetition.tried > 0 && repetition.again === 0) {
        worsen(result, "inconclusive");
        result.reason = `happened once and not in ${repetition.tried} repetitions: ${deviation.happened}`;
        continue;
      }
      const small = exhausted ? { session, run, complete: false } : await this.#shrink(deviation, { session, run });
      const finding: Finding = {
        kind: deviation.kind,
        deviation: small.run.judgement.deviations.find((each) => each.kind === deviation.kind) ?? deviation,
        run: small.run,
        session: small.session,
        from,
        shrunk: small.complete ? "fully" : "not fully shrunk",
        ...inWords(repetition),
      };
      this.#found.set(deviation.kind, finding);
      result.findings.push(finding);
      worsen(result, verdictOf([deviation], options.profile));
    }
  }

  /** `run`: the last one that failed. */
  async #shrink({ kind }: Deviation, { session, run }: Candidate): Promise<Candidate & { complete: boolean }> {
    const { executor, options, results } = this.#own;
    let last = run;
    const fails = async (each: Session): Promise<boolean | undefined> => {
      // What only took too long, on a busy machine perhaps, is given more time before it counts.
      for (const patience of [1, 4]) {
        const next = await executor.run(each, { patience });
        if (next === undefined) return undefined;
        results.sessions++;
        results.progress(`shrinking ${kind}`);
        if (!next.judgement.deviations.some((other) => other.kind === kind)) return false;
        last = next;
        if (!next.transcript.timedOut) break;
      }
      return true;
    };
    const smaller = await shrinkSession(session, fails, { tries: options.shrinkTries ?? 600, ms: options.shrinkTime ?? 60_000 });
    return { session: smaller.session, run: last, complete: smaller.complete };
  }
}
