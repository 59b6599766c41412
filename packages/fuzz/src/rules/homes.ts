/** Which rule reports a deviation: the one whose exchange showed it, or the one that is at home with it. */
import type { Deviation } from "../rfc/judge/deviation.ts";
import type { TargetRole } from "../sessions/session.ts";
import { RULES } from "./index.ts";
import type { Rule } from "./rule.ts";

const HOMES: readonly (readonly [prefix: string, rule: Rule])[] = RULES.flatMap((rule) =>
  (rule.home ?? []).map((prefix) => [prefix, rule] as const),
)
  // The longest prefix wins.
  .sort(([a], [b]) => b.length - a.length);

/** The rule that reports this kind of deviation for this target, wherever it is seen. */
export function homeOf(kind: string, target: Rule["targets"][number]): Rule | undefined {
  return HOMES.find(([prefix, rule]) => kind.startsWith(prefix) && rule.targets.includes(target))?.[1];
}

const startsWithAny = (kind: string, prefixes: readonly string[]): boolean => prefixes.some((prefix) => kind.startsWith(prefix));

/** These stay with the rule whose own exchange showed them: a handshake rule reports that its request was refused. */
const STAYING = ["handshake-refused", "handshake-unanswered", "close-unanswered", "close-reply-missing"];

/** undefined: it is allowed in an exchange of this rule. */
function reporterOf(rule: Rule, kind: string, target: TargetRole): Rule | undefined {
  const counts = rule.only === undefined || startsWithAny(kind, rule.only);
  const mayBeRefused = rule.mayRefuse === true && kind === "handshake-refused";
  if (rule.only !== undefined && counts && !mayBeRefused) return rule;
  const home = homeOf(kind, target);
  if (home !== undefined && home !== rule) {
    if (!startsWithAny(kind, STAYING)) return home;
    return counts && !mayBeRefused ? rule : undefined;
  }
  if (mayBeRefused || (rule.mayRefuse === true && kind.startsWith("refusal-"))) return undefined;
  return counts || home === rule ? rule : undefined;
}

/** What counts for a rule, and what other rules report. */
export function sift(rule: Rule, deviations: readonly Deviation[], target: TargetRole): { own: Deviation[]; foreign: [Rule, Deviation][] } {
  const own: Deviation[] = [];
  const foreign: [Rule, Deviation][] = [];
  for (const each of deviations) {
    const reporter = reporterOf(rule, each.kind, target);
    if (reporter === rule) own.push(each);
    else if (reporter !== undefined) foreign.push([reporter, each]);
  }
  return { own, foreign };
}
