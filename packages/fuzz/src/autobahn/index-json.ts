/** Autobahn's `index.json`: the verdicts of our rules in its words and by its numbers, as people's CI reads them. */
import { AUTOBAHN_CASES } from "./cases.ts";

const BEHAVIOUR = {
  pass: "OK",
  warn: "NON-STRICT",
  fail: "FAILED",
  inconclusive: "INFORMATIONAL",
  "not-applicable": "UNIMPLEMENTED",
} as const;
const WORST = ["UNIMPLEMENTED", "OK", "INFORMATIONAL", "NON-STRICT", "FAILED"] as const;

/** The part of an `index.json` that people's CI reads: one entry per Autobahn case. */
export function autobahnIndex(
  agent: string,
  results: readonly { id: string; verdict: keyof typeof BEHAVIOUR; duration: number; closeCode?: number | undefined }[],
): Record<
  string,
  Record<string, { behavior: string; behaviorClose: string; duration: number; remoteCloseCode: number | null; reportfile: string }>
> {
  const byId = new Map(results.map((result) => [result.id, result]));
  const index: ReturnType<typeof autobahnIndex>[string] = {};
  const closing = byId.get("close/tcp-closed");
  for (const each of AUTOBAHN_CASES) {
    const found = each.rules.flatMap((id) => byId.get(id) ?? []);
    if (found.length === 0) continue;
    const behaviours = found.map((result) => BEHAVIOUR[result.verdict]);
    const behavior = WORST.findLast((name) => behaviours.includes(name))!;
    index[each.id] = {
      behavior,
      behaviorClose: closing === undefined ? "OK" : closing.verdict === "fail" ? "UNCLEAN" : "OK",
      duration: Math.round(found.reduce((sum, result) => sum + result.duration, 0)),
      remoteCloseCode: found[0]!.closeCode ?? null,
      reportfile: `${agent.toLowerCase().replace(/[^a-z0-9]+/g, "_")}_case_${each.id.replace(/\./g, "_")}.json`,
    };
  }
  return { [agent]: index };
}
