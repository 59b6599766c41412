/** `ws-fuzz merge`: one report from several, of shards or of repeated runs. */
import { exitStatus, merge, type JsonReport } from "../report/model.ts";
import { readFile } from "./files.ts";
import { outputOptions, type Flags } from "./flags.ts";
import { printReport, writeReports } from "./output.ts";
import { Usage } from "./usage.ts";

function readReports(json: unknown): JsonReport[] {
  const report = json as JsonReport | { targets: JsonReport[] };
  return "targets" in report ? report.targets : [report];
}

export function mergeReports(positionals: string[], flags: Flags): number {
  if (positionals.length === 0) throw new Usage("which reports? ws-fuzz merge a.json b.json --json all.json");
  const all = positionals.flatMap((file) => readFile(file, readReports));
  const names = [...new Set(all.map((report) => `${report.role} ${report.target}`))];
  const reports = names.map((name) => merge(all.filter((report) => `${report.role} ${report.target}` === name)));
  const output = { ...outputOptions(flags), out: undefined };
  for (const report of reports) printReport(report, output);
  writeReports(reports, output);
  return Math.max(...reports.map(exitStatus));
}
