/** The second phase: random sessions of every area, many on one connection. What deviates is trouble, to be explained later. */
import type { Area } from "../sessions/areas.ts";
import type { Session } from "../sessions/session.ts";
import { Batches, joined } from "./batches.ts";
import { sessionsPerArea, type Campaign } from "./options.ts";
import { agreedDeflate, type SessionRun } from "./executor.ts";
import { NO_ECHO, worsen, type RuleResult } from "./results.ts";

/** A connection on which something happened that is not allowed. */
export interface Trouble {
  readonly area: Area;
  /** The sessions that shared it. */
  readonly batch: Session[];
  readonly run: SessionRun;
}

/** `slots`: cases that are announced before these. */
export async function tryRandom(own: Campaign, areas: readonly Area[], slots: number): Promise<Trouble[]> {
  const { executor, options } = own;
  const trials = areas.map((area) => new Trial(own, area));
  if (executor.concurrency === Infinity) {
    let slot = slots;
    await Promise.all(trials.flatMap((trial) => trial.announce(() => ++slot)));
  } else {
    const deadline = performance.now() + options.time;
    for (const [index, trial] of trials.entries()) {
      // An even share of what is left; every area gets something.
      const share = Math.max(options.time / areas.length / 10, (deadline - performance.now()) / (areas.length - index));
      await trial.run(executor.target === "client" ? Infinity : performance.now() + share);
    }
  }
  return trials.flatMap((trial) => trial.troubles);
}

/** Troubles of one kind that are kept. */
const MOST_OF_A_KIND = 3;
/** Different troubles after which an area has seen enough. */
const ENOUGH = 12;

class Trial {
  readonly troubles: Trouble[] = [];
  readonly #own: Campaign;
  readonly #area: Area;
  readonly #result: RuleResult;
  readonly #batches: Batches;
  /** How often each combination of kinds was seen. */
  readonly #seen: Map<string, number> = new Map();
  #severity = 0;

  constructor(own: Campaign, area: Area) {
    const { executor, options, results } = own;
    this.#own = own;
    this.#area = area;
    this.#result = results.ofProperty(area);
    const count = sessionsPerArea(options);
    this.#batches = new Batches(area, executor.target, {
      seed: options.seed,
      from: options.shard === undefined ? 0 : (options.shard.index - 1) * count,
      count,
      // A handshake has a connection of its own.
      size: area === "handshake" || area === "negotiation" ? 1 : (options.batch ?? 24),
      agreement: executor.agreement ?? {},
    });
  }

  /** Makes every session a case of its driver. */
  announce(nextSlot: () => number): Promise<void>[] {
    const work: Promise<void>[] = [];
    for (let batch = this.#batches.next(); batch !== undefined; batch = this.#batches.next()) work.push(this.#play(batch, nextSlot()));
    return work;
  }

  async run(until: number): Promise<void> {
    const { executor } = this.#own;
    if (this.#area === "compression" && executor.target === "server" && executor.agreement?.deflate === undefined) {
      this.#result.reason = "permessage-deflate was not agreed on";
      return;
    }
    const begun = performance.now();
    const lane = async (): Promise<void> => {
      while (performance.now() < until && this.#severity < ENOUGH) {
        const batch = this.#batches.next();
        if (batch === undefined) return;
        await this.#play(batch);
      }
    };
    await Promise.all(Array.from({ length: executor.concurrency }, lane));
    this.#result.duration = performance.now() - begun;
  }

  async #play(batch: Session[], slot?: number): Promise<void> {
    const { executor, options, results } = this.#own;
    const result = this.#result;
    const run = await executor.run(joined(batch, executor.target), { slot });
    if (run === undefined) {
      worsen(result, "inconclusive");
      result.reason = "the target's driver did not run this case";
      return;
    }
    results.sessions += batch.length;
    result.sessions += batch.length;
    results.progress(result.id);
    if (run.judgement.inconclusive !== undefined) {
      worsen(result, "inconclusive");
      result.reason = run.judgement.inconclusive;
      if (run.transcript.error !== undefined) this.troubles.push({ area: this.#area, batch, run });
      return;
    }
    if (this.#area === "compression" && !agreedDeflate(run)) {
      result.reason ??= "permessage-deflate was not agreed on";
      return;
    }
    if (options.behaviour === "silent" && this.#area === "types") result.reason = NO_ECHO;
    else worsen(result, "pass");
    if (run.judgement.deviations.length > 0) this.#suspect(batch, run);
  }

  #suspect(batch: Session[], run: SessionRun): void {
    const { deviations } = run.judgement;
    const signature = [...new Set(deviations.map((each) => each.kind))].sort().join();
    const times = (this.#seen.get(signature) ?? 0) + 1;
    this.#seen.set(signature, times);
    if (times <= MOST_OF_A_KIND) this.troubles.push({ area: this.#area, batch, run });
    // What passes with a warning hides nothing that follows it.
    if (!deviations.some((each) => each.level === "MUST")) return;
    this.#severity += times === 1 ? 1 : 0.05;
    this.#batches.single = true;
  }
}
