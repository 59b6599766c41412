/**
 * One campaign against one target: every rule once, random sessions of every area, then confirmations and shrinking. It does not
 * know how a session reaches the target; an executor does.
 */
import { matcherOf } from "../rules/glob.ts";
import { selectRules } from "../rules/select.ts";
import { AREAS, type Area } from "../sessions/areas.ts";
import { confirm } from "./confirm.ts";
import type { Executor } from "./executor.ts";
import { explain } from "./explain.ts";
import { sessionsPerArea, type Campaign, type CampaignOptions } from "./options.ts";
import { NO_ECHO, Results, type CampaignReport } from "./results.ts";
import { tryRandom } from "./try-random.ts";
import { tryRules } from "./try-rules.ts";

export async function runCampaign(executor: Executor, options: CampaignOptions): Promise<CampaignReport> {
  const started = performance.now();
  const rules = selectRules(executor.target, options.rules, options.shard);
  const areas = options.properties === false ? [] : selectAreas(options.rules);
  const results = new Results(rules.length + areas.length * sessionsPerArea(options), options.onProgress);
  const own: Campaign = { executor, options, results };

  const rulesTried = tryRules(own, rules);
  // Where cases are announced, all are before the first is run.
  if (executor.concurrency !== Infinity) await rulesTried;
  const [suspects, troubles] = await Promise.all([rulesTried, tryRandom(own, areas, rules.length)]);
  await confirm(own, suspects);
  await explain(own, troubles);
  executor.finish?.();

  const unheard = results.all.filter((result) => result.reason === NO_ECHO).map((result) => result.id);
  return {
    target: executor.name,
    role: executor.target,
    seed: options.seed,
    profile: options.profile,
    results: results.all,
    sessions: results.sessions,
    seconds: (performance.now() - started) / 1000,
    notes: unheard.length > 0 ? [`not applicable, because ${NO_ECHO}: ${unheard.join(", ")}`] : [],
  };
}

function selectAreas(glob: string): Area[] {
  if (glob === "*") return [...AREAS];
  const matches = matcherOf(glob);
  return AREAS.filter((area) => [`property/${area}`, `${area}/property`, `${area}/any`].some(matches));
}
