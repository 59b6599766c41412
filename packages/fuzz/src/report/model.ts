/** A campaign's outcome as plain data: what `--json` holds, and what every other report is made of. */
import { isWorse, type CampaignReport, type Finding, type Verdict } from "../run/results.ts";
import { describeReceived, describeSession, sessionHex } from "../sessions/describe.ts";
import { planOf } from "../sessions/plan.ts";
import { type SessionFile, sessionToJson } from "../sessions/session-file.ts";
import type { TargetRole } from "../sessions/session.ts";
import { toHex } from "../wire/bytes.ts";

export interface JsonFinding {
  kind: string;
  level: string;
  section: string;
  happened: string;
  allowed: string;
  /** The exchange in words, and what was sent behind the handshake in hex. */
  exchange: string[];
  hex: string[];
  /** What came back, in words. */
  received: string[];
  confirmed: string;
  flaky: boolean;
  /** "fixed": the rule's own exchange; "fully" or "not fully shrunk": found by a random session of `from` steps. */
  shrunk: string;
  from: number;
  session: SessionFile;
  /** For pictures and captures. */
  requestHex: string;
  responseHex: string;
  sentHex: string;
  receivedHex: string;
  ended: string;
  /** The command that replays it. */
  replay?: string;
}

export interface JsonResult {
  id: string;
  area: string;
  section: string;
  level: string;
  title: string;
  verdict: Verdict;
  reason?: string | undefined;
  duration: number;
  sessions: number;
  closeCode?: number | undefined;
  findings: JsonFinding[];
}

export interface JsonReport {
  tool: "ws-fuzz";
  target: string;
  role: TargetRole;
  seed: number;
  profile: string;
  sessions: number;
  seconds: number;
  notes: string[];
  shard?: string;
  results: JsonResult[];
}

const MOST = 4096;

function findingToJson(finding: Finding, role: TargetRole): JsonFinding {
  const { transcript } = finding.run;
  const sent = planOf(finding.run.session.steps, role).bytes;
  return {
    kind: finding.kind,
    level: finding.deviation.level,
    section: finding.deviation.section,
    happened: finding.deviation.happened,
    allowed: finding.deviation.allowed,
    exchange: describeSession(finding.session, role),
    hex: sessionHex(finding.session, role),
    received: describeReceived(transcript.received, transcript.ended, transcript.responseBytes),
    confirmed: finding.confirmed,
    flaky: finding.flaky,
    shrunk: finding.shrunk,
    from: finding.from,
    session: sessionToJson(finding.session),
    requestHex: toHex(transcript.requestBytes.subarray(0, MOST)),
    responseHex: toHex(transcript.responseBytes.subarray(0, MOST)),
    sentHex: toHex(sent.subarray(0, MOST)),
    receivedHex: toHex(transcript.received.subarray(0, MOST)),
    ended: transcript.ended,
  };
}

export function toJson(report: CampaignReport): JsonReport {
  return {
    tool: "ws-fuzz",
    target: report.target,
    role: report.role,
    seed: report.seed,
    profile: report.profile,
    sessions: report.sessions,
    seconds: Math.round(report.seconds * 1000) / 1000,
    notes: report.notes,
    results: report.results.map(({ findings, ...result }) => ({
      ...result,
      duration: Math.round(result.duration * 100) / 100,
      findings: findings.map((finding) => findingToJson(finding, report.role)),
    })),
  };
}

export function countOf(report: JsonReport): Record<Verdict, number> {
  const count: Record<Verdict, number> = { pass: 0, warn: 0, fail: 0, inconclusive: 0, "not-applicable": 0 };
  for (const result of report.results) count[result.verdict]++;
  return count;
}

export function exitStatus(report: JsonReport): 0 | 1 {
  return report.results.some((result) => result.verdict === "fail") ? 1 : 0;
}

/** Reports of shards, or of repeated runs, of one target as one. Throws TypeError when they are of different targets. */
export function merge(reports: readonly JsonReport[]): JsonReport {
  const [first] = reports;
  if (first === undefined) throw new TypeError("nothing to merge");
  const merged: JsonReport = {
    ...first,
    results: [],
    sessions: 0,
    seconds: 0,
    notes: [...new Set(reports.flatMap((report) => report.notes))],
  };
  delete merged.shard;
  const byId = new Map<string, JsonResult>();
  for (const report of reports) {
    if (report.role !== first.role) throw new TypeError("reports of a server and of a client cannot be merged");
    merged.sessions += report.sessions;
    merged.seconds = Math.max(merged.seconds, report.seconds);
    for (const result of report.results) {
      const known = byId.get(result.id);
      if (known === undefined) {
        const copy = { ...result, findings: [...result.findings] };
        byId.set(result.id, copy);
        merged.results.push(copy);
        continue;
      }
      if (isWorse(result.verdict, known.verdict)) {
        known.verdict = result.verdict;
        if (result.reason !== undefined) known.reason = result.reason;
      }
      known.sessions += result.sessions;
      known.findings.push(...result.findings.filter((each) => !known.findings.some((other) => other.kind === each.kind)));
    }
  }
  return merged;
}
