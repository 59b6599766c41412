/** What a campaign has found out: one result for each rule and each property, with a verdict that only gets worse. */
import type { Deviation } from "../rfc/judge/deviation.ts";
import type { Rule } from "../rules/rule.ts";
import type { Area } from "../sessions/areas.ts";
import type { Session, TargetRole } from "../sessions/session.ts";
import type { Run } from "./executor.ts";

export type Verdict = "pass" | "fail" | "warn" | "not-applicable" | "inconclusive";

export type Profile = "strict" | "lenient";

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
  profile: Profile;
  results: Result[];
  sessions: number;
  seconds: number;
  /** What became not applicable because the target does not echo. */
  notes: string[];
}

const RANK: Record<Verdict, number> = { "not-applicable": 0, pass: 1, inconclusive: 2, warn: 3, fail: 4 };

export function isWorse(verdict: Verdict, than: Verdict): boolean {
  return RANK[verdict] > RANK[than];
}

export function worsen(result: Result, verdict: Verdict): void {
  if (isWorse(verdict, result.verdict)) result.verdict = verdict;
}

export function verdictOf(deviations: readonly Deviation[], profile: Profile, level: Rule["level"] = "MUST"): Verdict {
  if (deviations.some((each) => each.level === "MUST")) return level === "MUST" ? "fail" : "warn";
  if (deviations.some((each) => each.level === "SHOULD")) return "warn";
  return deviations.length > 0 && profile === "strict" ? "warn" : "pass";
}

export const NO_ECHO = "the target does not echo";

export class Results {
  /** Sessions played so far. */
  sessions = 0;
  readonly #byId: Map<string, Result> = new Map();
  readonly #total: number;
  readonly #onProgress: (done: number, total: number, sessions: number, what: string) => void;

  /** `total`: how many sessions are expected before anything is confirmed. */
  constructor(total: number, onProgress: (done: number, total: number, sessions: number, what: string) => void = () => undefined) {
    this.#total = total;
    this.#onProgress = onProgress;
  }

  get all(): Result[] {
    return [...this.#byId.values()];
  }

  ofRule({ id, area, section, level, title }: Rule): Result {
    return this.#of({ id, area, section, level, title });
  }

  ofProperty(area: Area): Result {
    const title = `Random sessions: ${area}`;
    return this.#of({ id: `property/${area}`, area, section: "RFC 6455, RFC 7692", level: "MUST", title });
  }

  #of(known: Pick<Result, "id" | "area" | "section" | "level" | "title">): Result {
    let result = this.#byId.get(known.id);
    if (result === undefined) {
      result = { ...known, verdict: "not-applicable", findings: [], duration: 0, sessions: 0 };
      this.#byId.set(known.id, result);
    }
    return result;
  }

  /** Tells what is being done. */
  progress(what: string): void {
    this.#onProgress(Math.min(this.sessions, this.#total), this.#total, this.sessions, what);
  }
}
