/**
 * One campaign against one target: every rule once, random sessions of every area, then confirmations and shrinking. It does not
 * know how a session reaches the target; an executor does.
 */
import fc from "fast-check";

import type { Agreement } from "../rfc/agreement.ts";
import type { Deviation } from "../rfc/judge/deviation.ts";
import { completed, expectationOf } from "../rfc/oracle.ts";
import { homeOf, RULES } from "../rules/index.ts";
import { type Area, AREAS, matches, type Rule } from "../rules/rule.ts";
import { session as sessionOf } from "../sessions/arbitraries/sessions.ts";
import { planOf } from "../sessions/plan.ts";
import { cutOffsets, type Session, type Step, type TargetRole } from "../sessions/session.ts";
import { shrink } from "../sessions/shrink.ts";
import type { Run } from "../tcp/run-on-server.ts";

export type Verdict = "pass" | "fail" | "warn" | "not-applicable" | "inconclusive";

export interface Finding {
  kind: string;
  deviation: Deviation;
  run: Run;
  /** Before it was completed and played: what is saved and replayed. */
  session: Session;
  /** Steps before shrinking. */
  from: number;
  shrunk: "fixed" | "fully" | "not fully shrunk";
  /** "3 of 3": how often it happened again. */
  confirmed: string;
  flaky: boolean;
}

export interface Result {
  id: string;
  area: Area;
  section: string;
  level: "MUST" | "SHOULD";
  title: string;
  verdict: Verdict;
  reason?: string;
  findings: Finding[];
  /** Milliseconds of the (last) run; sessions, for a property. */
  duration: number;
  sessions: number;
  closeCode?: number | undefined;
}

export interface CampaignReport {
  target: string;
  role: TargetRole;
  seed: number;
  profile: "strict" | "lenient";
  results: Result[];
  sessions: number;
  seconds: number;
  /** What became not applicable because the target does not echo. */
  notes: string[];
}

export interface RunOptions {
  /** Multiplies every timeout. */
  patience?: number;
  /** The number of the announced case, for a client under test. */
  slot?: number;
}

export interface Executor {
  readonly target: TargetRole;
  readonly name: string;
  readonly concurrency: number;
  /** undefined: there is no way to run another session. */
  run(session: Session, options?: RunOptions): Promise<Run | undefined>;
  /** Whether the target still does its work, after an attack. undefined: fine. */
  alive?(): Promise<Deviation | undefined>;
  /** A dead target comes back. Without this, nothing that happens after its death is blamed on anybody. */
  readonly restarts?: boolean;
  /** The target's memory in bytes, where that can be known. */
  memory?(): number | undefined;
  /** Known before anything else was run. */
  agreement?: Agreement;
  /** Wake whatever waits for follow-ups: there are none any more. */
  finish?(): void;
}

export interface CampaignOptions {
  seed: number;
  /** Random sessions per area. */
  runs: number;
  /** Milliseconds for the random sessions of all areas. */
  time: number;
  rules: string;
  profile: "strict" | "lenient";
  behaviour: "echo" | "silent";
  shard?: { index: number; count: number } | undefined;
  properties?: boolean;
  /** Sessions that share one connection. */
  batch?: number;
  onProgress?: ((done: number, total: number, sessions: number, what: string) => void) | undefined;
  shrinkTries?: number;
  /** How often what happened is repeated before it is reported. Default 2. */
  repeats?: number;
}

function mix(...values: number[]): number {
  let state = 0x811c9dc5;
  for (const value of values) {
    state = Math.imul(state ^ value, 0x01000193);
    state = Math.imul(state ^ (state >>> 15), 0x85ebca6b);
  }
  return (state ^ (state >>> 13)) >>> 0;
}

/** The first `count` random sessions of an area for this seed, always the same. */
export function sampleSessions(area: Area, target: TargetRole, seed: number, count: number, from = 0): Session[] {
  const block = 50;
  const sessions: Session[] = [];
  const arbitrary = sessionOf(area, target);
  for (let index = Math.floor(from / block); sessions.length < count + (from % block); index++) {
    sessions.push(...fc.sample(arbitrary, { seed: mix(seed, AREAS.indexOf(area), index), numRuns: block }));
  }
  return sessions.slice(from % block, (from % block) + count);
}

async function pool<Item>(items: readonly Item[], width: number, work: (item: Item, index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      await work(items[index]!, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, one));
}

/** Whether other sessions may follow on the same connection. */
function isHarmless(session: Session, target: TargetRole, agreement: Agreement): boolean {
  if (session.request !== undefined || session.response !== undefined || session.cutHandshake === true || session.early === true)
    return false;
  const plan = planOf(session.steps, target);
  const expectation = expectationOf(plan, target, agreement);
  const last = session.steps[session.steps.length - 1];
  if (expectation.branches.length > 1 || expectation.partial || last?.kind === "bytes") return false;
  const unfinished = completed({ steps: [...session.steps, FRESH] }, target, agreement);
  const after = expectationOf(planOf(unfinished.steps, target), target, agreement);
  return after.branches[0]!.ending.kind === "close" && expectation.branches[0]!.ending.kind === "open" && !expectation.huge;
}
/** A message that would be a violation inside an unfinished one. */
const FRESH: Step = { kind: "frame", fin: true, rsv: 0, opcode: 1, payload: new Uint8Array(0), maskingKey: 0 };

function joined(sessions: readonly Session[], target: TargetRole): Session {
  if (sessions.length === 1) return sessions[0]!;
  const cuts: number[] = [];
  let at = 0;
  let gap = 0;
  let pings = 0;
  const steps: Step[] = [];
  for (const each of sessions) {
    const { bytes } = planOf(each.steps, target);
    // Endpoints may limit the Pings they have not answered yet.
    const more = each.steps.reduce((sum, step) => sum + (step.kind === "frame" && step.opcode === 9 ? (step.times ?? 1) : 0), 0);
    if (pings > 0 && pings + more > 8) {
      steps.push({ kind: "await" });
      pings = 0;
    }
    pings += more;
    steps.push(...each.steps);
    if (each.cuts !== undefined) cuts.push(...cutOffsets(each.cuts, bytes.length).map((cut) => at + cut));
    gap = Math.max(gap, each.gap ?? 0);
    at += bytes.length;
  }
  const { extensions } = sessions[0]!;
  return {
    steps,
    ...(extensions === undefined ? {} : { extensions }),
    ...(cuts.length === 0 ? {} : { cuts }),
    ...(gap === 0 ? {} : { gap }),
  };
}

const matchesPrefix = (prefixes: readonly string[], kind: string): boolean => prefixes.some((prefix) => kind.startsWith(prefix));

/** What counts for a rule, and what other rules report. */
export function sift(rule: Rule, deviations: readonly Deviation[], target: TargetRole): { own: Deviation[]; foreign: [Rule, Deviation][] } {
  const own: Deviation[] = [];
  const foreign: [Rule, Deviation][] = [];
  for (const each of deviations) {
    if (rule.only !== undefined && matchesPrefix(rule.only, each.kind) && !(rule.mayRefuse === true && each.kind === "handshake-refused")) {
      own.push(each);
      continue;
    }
    const home = homeOf(each.kind, target);
    if (home !== undefined && home !== rule) {
      // Sections that a rule forbids by its own exchange stay with it: a handshake rule reports that its request was refused.
      if (
        each.kind.startsWith("handshake-refused") ||
        each.kind === "handshake-unanswered" ||
        each.kind.startsWith("close-unanswered") ||
        each.kind.startsWith("close-reply-missing")
      ) {
        if (rule.mayRefuse === true && each.kind === "handshake-refused") continue;
        if (rule.only === undefined || matchesPrefix(rule.only, each.kind)) own.push(each);
        continue;
      }
      foreign.push([home, each]);
      continue;
    }
    if (rule.mayRefuse === true && (each.kind === "handshake-refused" || each.kind.startsWith("refusal-"))) continue;
    if (rule.only !== undefined && !matchesPrefix(rule.only, each.kind) && home !== rule) continue;
    own.push(each);
  }
  return { own, foreign };
}

export function verdictOf(deviations: readonly Deviation[], profile: "strict" | "lenient", level: "MUST" | "SHOULD" = "MUST"): Verdict {
  if (deviations.some((each) => each.level === "MUST")) return level === "MUST" ? "fail" : "warn";
  if (deviations.some((each) => each.level === "SHOULD")) return "warn";
  return deviations.length > 0 && profile === "strict" ? "warn" : "pass";
}

const RANK: Record<Verdict, number> = { "not-applicable": 0, pass: 1, inconclusive: 2, warn: 3, fail: 4 };

function worsen(result: Result, verdict: Verdict): void {
  if (RANK[verdict] > RANK[result.verdict]) result.verdict = verdict;
}

/** The rules of a campaign, in the order of the table. */
export function selectRules(target: TargetRole, glob: string, shard?: { index: number; count: number }): Rule[] {
  const chosen = RULES.filter((rule) => rule.targets.includes(target) && matches(glob, rule.id));
  return shard === undefined ? chosen : chosen.filter((_, index) => index % shard.count === shard.index - 1);
}

export async function campaign(executor: Executor, options: CampaignOptions): Promise<CampaignReport> {
  const { target } = executor;
  const started = performance.now();
  const { profile, seed } = options;
  const rules = selectRules(target, options.rules, options.shard);
  const results = new Map<string, Result>();
  let sessions = 0;
  const suspects: { rule: Rule; deviation: Deviation; run: Run; session: Session }[] = [];
  const suspectKeys = new Set<string>();
  const areas =
    options.properties === false
      ? []
      : AREAS.filter(
          (area) =>
            matches(options.rules, `property/${area}`) ||
            matches(options.rules, `${area}/property`) ||
            options.rules === "*" ||
            matches(options.rules, `${area}/any`),
        );
  const perArea = Math.ceil(options.runs / (options.shard?.count ?? 1));
  const total = rules.length + areas.length * perArea;
  const progress = (what: string): void => options.onProgress?.(Math.min(sessions, total), total, sessions, what);

  const resultFor = (rule: Rule): Result => {
    let result = results.get(rule.id);
    if (result === undefined) {
      result = {
        id: rule.id,
        area: rule.area,
        section: rule.section,
        level: rule.level,
        title: rule.title,
        verdict: "not-applicable",
        findings: [],
        duration: 0,
        sessions: 0,
      };
      results.set(rule.id, result);
    }
    return result;
  };

  // 1. Every rule
  async function attempt(rule: Rule, patience?: number, slot?: number): Promise<{ run: Run; deviations: Deviation[] } | undefined> {
    const before = executor.memory?.();
    let peak = before ?? 0;
    const meter =
      before === undefined || rule.alive !== true
        ? undefined
        : setInterval(() => {
            peak = Math.max(peak, executor.memory?.() ?? 0);
          }, 10);
    const runOptions = { ...(patience === undefined ? {} : { patience }), ...(slot === undefined ? {} : { slot }) };
    const runs = await Promise.all(
      Array.from({ length: slot === undefined || target === "server" ? (rule.connections ?? 1) : 1 }, () =>
        executor.run(rule.session, runOptions),
      ),
    );
    const run = runs[0];
    if (run === undefined) {
      clearInterval(meter);
      return undefined;
    }
    sessions += runs.length;
    const deviations = [...run.judgement.deviations];
    if (rule.alive === true && run.transcript.error === undefined) {
      const dead = await executor.alive?.();
      if (dead !== undefined) deviations.push(dead);
    }
    clearInterval(meter);
    if (before !== undefined && peak - before > MEMORY_ALLOWED) {
      deviations.push({
        kind: "memory",
        level: "MUST",
        section: "RFC 6455 §10.4",
        happened: `the target's memory grew by ${Math.round((peak - before) / 2 ** 20)} MiB`,
        allowed: `less than ${MEMORY_ALLOWED / 2 ** 20} MiB for an exchange of this size`,
      });
    }
    return { run, deviations };
  }
  const attacks = rules.filter((rule) => rule.alive === true);
  const slotOf = new Map(rules.map((rule, index) => [rule, index + 1]));
  const ruleWork = async (rule: Rule): Promise<void> => {
    const result = resultFor(rule);
    const outcome = await attempt(rule, undefined, slotOf.get(rule));
    if (outcome === undefined) {
      result.verdict = "inconclusive";
      result.reason = "the target's driver did not run this case";
      return;
    }
    const { run, deviations } = outcome;
    progress(rule.id);
    result.duration = run.transcript.duration;
    result.sessions++;
    result.closeCode = closeCodeOf(run);
    if (run.judgement.inconclusive !== undefined) {
      worsen(result, "inconclusive");
      result.reason = run.judgement.inconclusive;
      if (!deviations.some((each) => each.kind.startsWith("target-"))) return;
    }
    if (
      run.judgement.notApplicable !== undefined ||
      (rule.deflate === true && !run.transcript.responseBytes.some((_, at, all) => at === 0 && agreedDeflate(all)))
    ) {
      if (result.findings.length === 0 && !deviations.some((each) => each.kind.startsWith("target-"))) {
        if (result.verdict === "not-applicable") result.reason = run.judgement.notApplicable ?? "permessage-deflate was not agreed on";
        return;
      }
    }
    if (options.behaviour === "silent" && needsEcho(rule)) {
      if (result.verdict === "not-applicable") result.reason = "the target does not echo";
    } else worsen(result, "pass");
    const { own, foreign } = sift(rule, deviations, target);
    for (const each of own) suspects.push({ rule, deviation: each, run, session: rule.session });
    for (const [home, each] of foreign) {
      const key = `${home.id} ${each.kind}`;
      if (suspectKeys.has(key)) continue;
      suspectKeys.add(key);
      suspects.push({ rule: home, deviation: each, run, session: rule.session });
    }
  };
  const ordinary = rules.filter((rule) => rule.alive !== true);
  // Cases for a client are announced before the first is run, so they are all made ready at once.
  let announced: Promise<unknown> | undefined;
  if (executor.concurrency === Infinity) announced = Promise.all(rules.map(ruleWork));
  else {
    await pool(ordinary, executor.concurrency, ruleWork);
    for (const rule of attacks) await ruleWork(rule);
  }

  // 2. Random sessions, many on one connection
  const deadline = performance.now() + options.time;
  const share = areas.length === 0 ? 0 : options.time / areas.length;
  const trouble: { area: Area; batch: Session[]; run: Run }[] = [];
  const agreement = executor.agreement ?? {};
  let slot = rules.length;
  const clientWork: Promise<void>[] = [];
  for (const [areaIndex, area] of areas.entries()) {
    const result: Result = {
      id: `property/${area}`,
      area,
      section: "RFC 6455, RFC 7692",
      level: "MUST",
      title: `Random sessions: ${area}`,
      verdict: "not-applicable",
      findings: [],
      duration: 0,
      sessions: 0,
    };
    results.set(result.id, result);
    if (area === "compression" && target === "server" && executor.agreement?.deflate === undefined) {
      result.reason = "permessage-deflate was not agreed on";
      continue;
    }
    const begun = performance.now();
    // An even share of what is left; every area gets something.
    const until = target === "client" ? Infinity : begun + Math.max(share / 10, (deadline - begun) / (areas.length - areaIndex));
    const size = area === "handshake" || area === "negotiation" ? 1 : (options.batch ?? 24);
    const first = options.shard === undefined ? 0 : (options.shard.index - 1) * perArea;
    let generated = 0;
    let troubled = 0;
    let hidden = false;
    const signatures = new Map<string, number>();
    const nextBatch = (): Session[] | undefined => {
      const batch: Session[] = [];
      while (generated < perArea && (batch.length < (hidden ? 1 : size) || batch.length === 0)) {
        const each = draw();
        generated++;
        batch.push(each);
        if (size === 1 || !isHarmless(each, target, agreement)) break;
      }
      return batch.length === 0 ? undefined : batch;
    };
    let drawn: Session[] = [];
    let drawnFrom = first;
    const draw = (): Session => {
      if (drawn.length === 0) {
        drawn = sampleSessions(area, target, seed, 50, drawnFrom);
        drawnFrom += 50;
      }
      return drawn.shift()!;
    };
    const batchWork = async (batch: Session[], caseSlot?: number): Promise<void> => {
      const whole = joined(batch, target);
      const run = await executor.run(whole, caseSlot === undefined ? {} : { slot: caseSlot });
      if (run === undefined) {
        worsen(result, "inconclusive");
        result.reason = "the target's driver did not run this case";
        return;
      }
      sessions += batch.length;
      result.sessions += batch.length;
      progress(result.id);
      if (run.judgement.inconclusive !== undefined) {
        worsen(result, "inconclusive");
        result.reason = run.judgement.inconclusive;
        if (run.transcript.error !== undefined) trouble.push({ area, batch, run });
        return;
      }
      if (area === "compression" && !agreedDeflate(run.transcript.responseBytes)) {
        result.reason ??= "permessage-deflate was not agreed on";
        return;
      }
      if (options.behaviour === "silent" && area === "types") result.reason = "the target does not echo";
      else worsen(result, "pass");
      if (run.judgement.deviations.length > 0) {
        const signature = [...new Set(run.judgement.deviations.map((each) => each.kind))].sort().join();
        const times = (signatures.get(signature) ?? 0) + 1;
        signatures.set(signature, times);
        if (times <= 3) trouble.push({ area, batch, run });
        const severe = run.judgement.deviations.some((each) => each.level === "MUST");
        if (severe) troubled += times === 1 ? 1 : 0.05;
        // What passes with a warning hides nothing that follows it.
        hidden ||= severe;
      }
    };
    if (executor.concurrency === Infinity) {
      for (let batch = nextBatch(); batch !== undefined; batch = nextBatch()) clientWork.push(batchWork(batch, ++slot));
    } else {
      const worker = async (): Promise<void> => {
        while (performance.now() < until && troubled < 12) {
          const batch = nextBatch();
          if (batch === undefined) return;
          await batchWork(batch);
        }
      };
      await Promise.all(Array.from({ length: executor.concurrency }, worker));
      result.duration = performance.now() - begun;
    }
  }
  await announced;
  await Promise.all(clientWork);

  // 3. Confirm rules, then shrink what the properties found
  const withTarget = async (deviation: string, session: Session, patience: number): Promise<Deviation | undefined | null> => {
    const run = await executor.run(session, { patience });
    if (run === undefined) return null;
    sessions++;
    progress("confirming");
    if (run.transcript.error !== undefined && executor.restarts !== true) return null;
    let found = run.judgement.deviations.find((each) => each.kind === deviation);
    if (found === undefined && deviation.startsWith("target-")) found = await executor.alive?.();
    return found;
  };
  const REPEATS = options.repeats ?? 2;
  // What a rule saw in its own exchange needs no other exchange as evidence.
  const own = new Set(
    suspects.filter((each) => each.session === each.rule.session).map((each) => `${each.rule.id} ${each.deviation.kind}`),
  );
  const toConfirm = suspects.filter((each) => each.session === each.rule.session || !own.has(`${each.rule.id} ${each.deviation.kind}`));
  const confirm = async ({ rule, deviation, run, session }: (typeof suspects)[0]): Promise<void> => {
    const result = resultFor(rule);
    let again = 0;
    let tried = 0;
    for (let index = 0; index < REPEATS; index++) {
      let found: Deviation | undefined | null;
      if (deviation.kind === "memory") found = (await attempt(rule, 2))?.deviations.find((each) => each.kind === "memory");
      else found = await withTarget(deviation.kind, session, index + 2);
      if (found === null) break;
      tried++;
      if (found !== undefined) again++;
    }
    const verdict = verdictOf([deviation], profile, rule.level);
    if (tried > 0 && again === 0) {
      worsen(result, "inconclusive");
      result.reason = `happened once and not in ${tried} repetitions: ${deviation.happened}`;
      return;
    }
    worsen(result, verdict);
    result.findings.push({
      kind: deviation.kind,
      deviation,
      run,
      session,
      from: session.steps.length,
      shrunk: "fixed",
      confirmed: tried === 0 ? "not repeated" : `${again + 1} of ${tried + 1}`,
      flaky: again < tried,
    });
  };
  // What harms the whole target is repeated with nothing beside it.
  const harmful = (each: (typeof suspects)[0]): boolean =>
    each.rule.alive === true || each.deviation.kind === "memory" || each.deviation.kind.startsWith("target-");
  await pool(
    toConfirm.filter((each) => !harmful(each)),
    executor.concurrency === Infinity ? 1 : executor.concurrency,
    confirm,
  );
  for (const each of toConfirm.filter(harmful)) await confirm(each);
  const known = new Set<string>();
  const perKind = new Map<string, Finding>();
  // What a rule of its own reports for every connection need not be found again.
  const reported = new Set(
    [...results.values()]
      .flatMap((result) => result.findings.map((finding) => finding.kind))
      .filter((kind) => homeOf(kind, target) !== undefined),
  );
  for (const { area, batch, run: whole } of trouble) {
    const run = {
      ...whole,
      judgement: { ...whole.judgement, deviations: whole.judgement.deviations.filter((each) => !reported.has(each.kind)) },
    };
    if (run.judgement.deviations.length === 0 && whole.transcript.error === undefined) continue;
    const result = results.get(`property/${area}`)!;
    if (whole.transcript.error !== undefined && executor.restarts !== true && (await executor.alive?.()) !== undefined) continue;
    const firstKinds = run.judgement.deviations.map((each) => each.kind);
    if (firstKinds.length > 0 && firstKinds.every((kind) => known.has(kind))) {
      for (const kind of firstKinds) worsen(result, verdictOf([perKind.get(kind)!.deviation], profile));
      continue;
    }
    // Each session alone; if none fails alone, the whole batch is the failing session.
    const candidates: { session: Session; run: Run }[] = [];
    let exhausted = false;
    if (batch.length > 1) {
      for (const each of batch) {
        const first = await executor.run(each, { patience: 1 });
        if (first === undefined) {
          exhausted = true;
          break;
        }
        const alone = {
          ...first,
          judgement: { ...first.judgement, deviations: first.judgement.deviations.filter((other) => !reported.has(other.kind)) },
        };
        sessions++;
        if (alone.judgement.deviations.length > 0) candidates.push({ session: each, run: alone });
        const dead = alone.transcript.error === undefined ? undefined : await executor.alive?.();
        if (dead !== undefined) candidates.push({ session: each, run: { ...alone, judgement: { deviations: [dead] } } });
        if (candidates.length > 0) break;
      }
    }
    if (candidates.length === 0 && run.judgement.deviations.length > 0) candidates.push({ session: joined(batch, target), run });
    for (const candidate of candidates) {
      for (const deviation of candidate.run.judgement.deviations) {
        if (known.has(deviation.kind)) {
          worsen(result, verdictOf([perKind.get(deviation.kind)!.deviation], profile));
          continue;
        }
        let again = 0;
        let tried = 0;
        for (let index = 0; index < REPEATS && !exhausted; index++) {
          const found = await withTarget(deviation.kind, candidate.session, index + 2);
          if (found === null) {
            exhausted = true;
            break;
          }
          tried++;
          if (found !== undefined) again++;
        }
        if (tried > 0 && again === 0) {
          worsen(result, "inconclusive");
          result.reason = `happened once and not in ${tried} repetitions: ${deviation.happened}`;
          continue;
        }
        known.add(deviation.kind);
        let lastRun = candidate.run;
        const smaller = exhausted
          ? { session: candidate.session, complete: false }
          : await shrink(
              candidate.session,
              async (each) => {
                const next = await executor.run(each);
                if (next === undefined) return undefined;
                sessions++;
                progress(`shrinking ${deviation.kind}`);
                if (!next.judgement.deviations.some((other) => other.kind === deviation.kind)) return false;
                lastRun = next;
                return true;
              },
              { tries: options.shrinkTries ?? 600, ms: 20_000 },
            );
        const shown = lastRun.judgement.deviations.find((each) => each.kind === deviation.kind) ?? deviation;
        const finding: Finding = {
          kind: deviation.kind,
          deviation: shown,
          run: lastRun,
          session: smaller.session,
          from: joined(batch, target).steps.length,
          shrunk: smaller.complete ? "fully" : "not fully shrunk",
          confirmed: tried === 0 ? "not repeated" : `${again + 1} of ${tried + 1}`,
          flaky: again < tried,
        };
        perKind.set(deviation.kind, finding);
        result.findings.push(finding);
        worsen(result, verdictOf([deviation], profile));
      }
    }
  }
  executor.finish?.();
  const unheard = [...results.values()].filter((result) => result.reason === "the target does not echo").map((result) => result.id);
  const notes = unheard.length > 0 ? [`not applicable, because the target does not echo: ${unheard.join(", ")}`] : [];
  return {
    target: executor.name,
    role: target,
    seed,
    profile,
    results: [...results.values()],
    sessions,
    seconds: (performance.now() - started) / 1000,
    notes,
  };
}

/** Growth that a runtime's own garbage does not explain. */
const MEMORY_ALLOWED = 160 * 2 ** 20;

function agreedDeflate(response: Uint8Array): boolean {
  return /^sec-websocket-extensions:.*permessage-deflate/im.test(Buffer.from(response).toString("latin1"));
}

function closeCodeOf(run: Run): number | undefined {
  const { received } = run.transcript;
  const at = received.length - 4;
  return at >= 0 && received[at] === 0x88 && (received[at + 1]! & 0x7f) === 2 ? received[at + 2]! * 256 + received[at + 3]! : undefined;
}

/** Whether a rule says nothing about an endpoint that does not echo: it neither pings, closes nor breaks anything. */
function needsEcho(rule: Rule): boolean {
  return (
    rule.area !== "handshake" &&
    rule.area !== "negotiation" &&
    rule.only === undefined &&
    rule.home === undefined &&
    rule.session.steps.every(
      (step) =>
        step.kind === "await" ||
        step.kind === "pause" ||
        (step.kind === "frame" &&
          step.opcode <= 2 &&
          step.rsv === 0 &&
          step.wrongMask !== true &&
          step.lengthForm === undefined &&
          step.declaredLength === undefined),
    ) &&
    expectationOf(planOf(rule.session.steps, "server"), "server", {}).branches.length === 1 &&
    expectationOf(planOf(rule.session.steps, "server"), "server", {}).branches[0]!.ending.kind === "open"
  );
}
