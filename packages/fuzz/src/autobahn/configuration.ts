/** Autobahn's configuration files, `fuzzingclient.json` and `fuzzingserver.json`, and which of our rules they choose. */
import { selectRules } from "../rules/select.ts";
import { AREAS } from "../sessions/areas.ts";
import { autobahnRules } from "./cases.ts";

export interface AutobahnConfiguration {
  url?: string;
  servers?: { agent?: string; url: string }[];
  outdir?: string;
  cases?: string[];
  "exclude-cases"?: string[];
}

export function readConfiguration(json: unknown): AutobahnConfiguration {
  return json as AutobahnConfiguration;
}

/** The glob of rules that a configuration leaves of this one. */
export function rulesOf(glob: string, config: AutobahnConfiguration | undefined): string {
  if (config?.cases === undefined && config?.["exclude-cases"] === undefined) return glob;
  const { only, excluded } = autobahnRules(config.cases ?? ["*"], config["exclude-cases"] ?? []);
  const chosen = [...selectRules("server", glob), ...selectRules("client", glob)].map((rule) => rule.id);
  const kept = [...new Set(chosen)].filter((id) => (only === undefined || only.has(id)) && !excluded.has(id));
  return [...kept, ...(only === undefined && excluded.size === 0 ? AREAS.map((area) => `property/${area}`) : [])].join(",");
}
