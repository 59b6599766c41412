/** Every case of the Autobahn Testsuite by its number, and the rules that it stands for. */
import { matcherOf } from "../rules/glob.ts";
import { RULES } from "../rules/index.ts";
import { AUTOBAHN_GROUPS } from "./groups.ts";

export interface AutobahnCase {
  readonly id: string;
  readonly title: string;
  /** Ids of our rules. */
  readonly rules: readonly string[];
}

function rulesOf(glob: string): string[] {
  return RULES.map(({ id }) => id).filter(matcherOf(glob));
}

export const AUTOBAHN_CASES: readonly AutobahnCase[] = AUTOBAHN_GROUPS.flatMap(({ cases, title, rules }) => {
  const [, prefix, from, to] = /^(.*)\{(\d+)-(\d+)\}$/.exec(cases)!;
  const count = Number(to) - Number(from) + 1;
  const each = typeof rules === "string" ? new Array<string[]>(count).fill(rulesOf(rules)) : rules.map(rulesOf);
  return Array.from({ length: count }, (_, index) => ({ id: `${prefix!}${Number(from) + index}`, title, rules: each[index]! }));
});

/** Autobahn's own patterns: `*`, `1.*`, `6.12.*`, `7.1.1`. */
function covers(pattern: string, id: string): boolean {
  return new RegExp(`^${pattern.replace(/\./g, "\\.").replace(/\*/g, ".*")}$`).test(id);
}

/** The rules that `cases` and `exclude-cases` of an Autobahn configuration leave. A rule is excluded when all its cases are. */
export function autobahnRules(
  cases: readonly string[],
  exclude: readonly string[],
): { only: Set<string> | undefined; excluded: Set<string> } {
  const chosen = AUTOBAHN_CASES.filter(
    (each) => cases.some((pattern) => covers(pattern, each.id)) && !exclude.some((pattern) => covers(pattern, each.id)),
  );
  const everything = cases.includes("*");
  const kept = new Set(chosen.flatMap((each) => each.rules));
  const mapped = new Set(AUTOBAHN_CASES.flatMap((each) => each.rules));
  return { only: everything ? undefined : kept, excluded: new Set([...mapped].filter((id) => !kept.has(id))) };
}
