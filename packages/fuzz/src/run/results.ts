/** What a campaign has found out: one result for each rule and each property, with a verdict that only gets worse. */
import type { Deviation } from "../rfc/judge/deviation.ts";
import type { Rule } from "../rules/rule.ts";
import type { Area } from "../sessions/areas.ts";
import type { Session, TargetRole } from "../sessions/session.ts";
import type { SessionRun } from "./executor.ts";

export type Verdict = "pass" | "fail" | "warn" | "not-applicable" | "inconclusive";

export type Profile = "strict" | "lenient";

export interface Finding {
  readonly kind: string;
  readonly deviation: Deviation;
  readonly run: SessionRun;
  /** Before it was completed and played: what is saved and replayed. */
  readonly session: Session;
  /** Steps before shrinking. */
  readonly from: number;
  readonly shrunk: "fixed" | "fully" | "not fully shrunk";
  /** "3 of 3": how often it happened again. */
  readonly confirmed: string;
  readonly flaky: boolean;
}

export interface RuleResult {
  id: string;
  area: Area;
  section: string;
  level: "MUST" | "SHOULD";
  title: string;
  verdict: Verdict;
  reason?: string | undefined;
  findings: Finding[];
  /** Milliseconds of the (last) run; sessions, for a property. */
  duration: number;
  sessions: number;
  closeCode?: number | undefined;
}

export interface CampaignReport {
  readonly target: string;
  readonly role: TargetRole;
  readonly seed: number;
  readonly profile: Profile;
  readonly results: RuleResult[];
  readonly sessions: number;
  readonly seconds: number;
  /** What became not applicable because the target does not echo. */
  readonly notes: string[];
}

const RANK: Record<Verdict, number> = { "not-applicable": 0, pass: 1, inconclusive: 2, warn: 3, fail: 4 };

export function isWorse(verdict: Verdict, than: Verdict): boolean {
  return RANK[verdict] > RANK[than];
}

export function worsen(result: RuleResult, verdict: Verdict): void {
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
  readonly #byId: Map<string, RuleResult> = new Map();
  readonly #total: number;
  readonly #onProgress: (done: number, total: number, sessions: number, what: string) => void;

  /** `total`: how many sessions are expected before anything is confirmed. */
  constructor(total: number, onProgress: (done: number, total: number, sessions: number, what: string) => void = () => undefined) {
    this.#total = total;
    this.#onProgress = onProgress;
  }

  get all(): RuleResult[] {
    return [...this.#byId.values()];
  }

  ofRule({ id, area, section, level, title }: Rule): RuleResult {
    return this.#of({ id, area, section, level, title });
  }

  ofProperty(area: Area): RuleResult {
    const title = `Random sessions: ${area}`;
    return this.#of({ id: `property/${area}`, area, section: "RFC 6455, RFC 7692", level: "MUST", title });
  }

  #of(known: Pick<RuleResult, "id" | "area" | "section" | "level" | "title">): RuleResult {
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
