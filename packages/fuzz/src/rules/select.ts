/** Which rules a campaign tries. */
import type { TargetRole } from "../sessions/session.ts";
import { matcherOf } from "./glob.ts";
import { RULES } from "./index.ts";
import type { Rule } from "./rule.ts";

/** The rules of a campaign, in the order of the table. */
export function selectRules(target: TargetRole, glob: string, shard?: { readonly index: number; readonly count: number }): Rule[] {
  const matches = matcherOf(glob);
  const chosen = RULES.filter((rule) => rule.targets.includes(target) && matches(rule.id));
  return shard === undefined ? chosen : chosen.filter((_, index) => index % shard.count === shard.index - 1);
}
