/** The whole table. `docs/fuzz-rules.md` is written from it. */
import { COMPRESSION_RULES } from "./compression.ts";
import { ENDING_RULES } from "./endings.ts";
import { FRAME_RULES } from "./frames.ts";
import { HANDSHAKE_RULES } from "./handshake.ts";
import { AREAS, type Rule } from "./rule.ts";

export const RULES: readonly Rule[] = [...HANDSHAKE_RULES, ...FRAME_RULES, ...ENDING_RULES, ...COMPRESSION_RULES].sort(
  (a, b) => AREAS.indexOf(a.area) - AREAS.indexOf(b.area),
);

const HOMES: readonly (readonly [prefix: string, rule: Rule])[] = RULES.flatMap((rule) =>
  (rule.home ?? []).map((prefix) => [prefix, rule] as const),
)
  // The longest prefix wins.
  .sort(([a], [b]) => b.length - a.length);

/** The rule that reports this kind of deviation for this target, wherever it is seen. */
export function homeOf(kind: string, target: Rule["targets"][number]): Rule | undefined {
  return HOMES.find(([prefix, rule]) => kind.startsWith(prefix) && rule.targets.includes(target))?.[1];
}
