/** Where a campaign's outcome goes: the terminal, files, Autobahn's index. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { AUTOBAHN_CASES } from "../autobahn/cases.ts";
import { autobahnIndex } from "../autobahn/index-json.ts";
import { html } from "../report/html.ts";
import type { JsonFinding, JsonReport, JsonResult } from "../report/model.ts";
import { pcapng } from "../report/pcapng.ts";
import { junit, markdown, screen, summary, testCase } from "../report/text.ts";

export interface OutputOptions {
  json?: string | undefined;
  junit?: string | undefined;
  markdown?: string | undefined;
  html?: string | undefined;
  autobahn?: string | undefined;
  /** Folder for session files, captures and test cases. */
  out?: string | undefined;
  pcap?: boolean | undefined;
  tests?: boolean | undefined;
  agent?: string | undefined;
  quiet?: boolean | undefined;
}

function write(path: string, data: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, data);
}

function slug(value: string): string {
  return value.replace(/[^a-zA-Z0-9.-]+/g, "-").replace(/^-|-$/g, "");
}

/** Saves every finding as a session file and tells each how it is replayed. */
export function saveFindings(report: JsonReport, options: OutputOptions): void {
  if (options.out === undefined) return;
  for (const result of report.results)
    for (const finding of result.findings) {
      const path = join(options.out, `${slug(report.role)}-${slug(result.id)}-${slug(finding.kind)}.json`);
      write(
        path,
        `${JSON.stringify({ tool: "ws-fuzz", role: report.role, rule: result.id, kind: finding.kind, section: finding.section, happened: finding.happened, allowed: finding.allowed, exchange: finding.exchange, session: finding.session }, undefined, 2)}\n`,
      );
      finding.replay = report.role === "server" ? `ws-fuzz replay ${path} ${report.target}` : `ws-fuzz replay ${path} --port 9001`;
      if (options.pcap === true) write(path.replace(/\.json$/, ".pcapng"), pcapng(report, finding));
      if (options.tests === true) write(path.replace(/\.json$/, ".test.mjs"), testCase(report, result, finding));
    }
}

export function printReport(report: JsonReport, options: OutputOptions): void {
  const show = (pairs: [JsonResult, JsonFinding][]): void => {
    for (const [result, finding] of pairs) console.log(`${screen(result, finding)}\n`);
  };
  const pairs = report.results.flatMap((result) => result.findings.map((finding): [JsonResult, JsonFinding] => [result, finding]));
  if (options.quiet !== true) {
    show(pairs.filter(([, finding]) => finding.level !== "MUST"));
    show(pairs.filter(([, finding]) => finding.level === "MUST"));
  }
  console.log(summary(report));
}

export function writeReports(reports: readonly JsonReport[], options: OutputOptions): void {
  const [first] = reports;
  if (first === undefined) return;
  if (options.json !== undefined)
    write(options.json, `${JSON.stringify(reports.length === 1 ? first : { targets: reports }, undefined, 2)}\n`);
  if (options.junit !== undefined) write(options.junit, junit(reports));
  if (options.markdown !== undefined) write(options.markdown, markdown(reports));
  if (options.html !== undefined) write(options.html, html(reports));
  if (options.autobahn !== undefined) {
    const index = Object.assign(
      {},
      ...reports.map((report) =>
        autobahnIndex(report.role === "client" ? report.target : (options.agent ?? report.target), report.results),
      ),
    ) as ReturnType<typeof autobahnIndex>;
    write(join(options.autobahn, "index.json"), `${JSON.stringify(index, undefined, 2)}\n`);
    for (const [agent, cases] of Object.entries(index))
      for (const [id, entry] of Object.entries(cases)) {
        const rules = AUTOBAHN_CASES.find((each) => each.id === id)!;
        const results = reports.flatMap((report) => report.results.filter((result) => rules.rules.includes(result.id)));
        write(
          join(options.autobahn, entry.reportfile),
          `${JSON.stringify({ agent, id, case: id, description: rules.title, behavior: entry.behavior, behaviorClose: entry.behaviorClose, duration: entry.duration, remoteCloseCode: entry.remoteCloseCode, rules: results.map(({ id: rule, verdict, reason, findings }) => ({ rule, verdict, reason, happened: findings.map((finding) => finding.happened) })) }, undefined, 2)}\n`,
        );
      }
  }
}
