/** Reports that are text: the terminal's, Markdown, JUnit XML, a ready test case. */
import { countOf, type JsonFinding, type JsonReport, type JsonResult } from "./model.ts";

/** One finding on one screen. */
export function screen(result: JsonResult, finding: JsonFinding): string {
  const list = (label: string, lines: readonly string[]): string =>
    lines.map((line, index) => `  ${(index === 0 ? label : "").padEnd(10)}${line}`).join("\n");
  const level = finding.level === "MUST" ? "FAIL" : "WARN";
  return [
    `${level}  ${result.id}  ${finding.section}  (${finding.kind})`,
    `  ${result.title}`,
    list("exchange", finding.exchange.length === 0 ? ["the plain handshake, then a closing handshake"] : finding.exchange.slice(0, 14)),
    list("hex", finding.hex.slice(0, 8)),
    list("allowed", [finding.allowed]),
    list("happened", [finding.happened]),
    list("received", finding.received.slice(0, 8)),
    list("confirmed", [
      `${finding.confirmed}${finding.flaky ? " (flaky)" : ""}; ${finding.shrunk === "fixed" ? "the rule's own exchange" : `${finding.shrunk}, from ${finding.from} steps`}`,
    ]),
    ...(finding.replay === undefined ? [] : [list("replay", [finding.replay])]),
  ]
    .filter((line) => line !== "")
    .join("\n");
}

export function summary(report: JsonReport): string {
  const count = countOf(report);
  const inconclusive = report.results.filter((result) => result.verdict === "inconclusive");
  return [
    `${report.target} (${report.role}): ${count.pass} pass, ${count.warn} warn, ${count.fail} fail, ${count.inconclusive} inconclusive, ${count["not-applicable"]} not applicable`,
    `${report.sessions} sessions in ${report.seconds.toFixed(1)} s, seed ${report.seed}, profile ${report.profile}`,
    ...inconclusive.slice(0, 10).map((result) => `inconclusive  ${result.id}: ${result.reason ?? "?"}`),
    ...report.notes,
  ].join("\n");
}

const cell = (value: string): string => value.replaceAll("|", "\\|").replaceAll("\n", " ");

export function markdown(reports: readonly JsonReport[]): string {
  const parts: string[] = [];
  for (const report of reports) {
    parts.push(
      `## ${report.target} (${report.role})\n\n${summary(report)
        .split("\n")
        .map((line) => `- ${line}`)
        .join("\n")}\n`,
    );
    const bad = report.results.filter((result) => result.verdict === "fail" || result.verdict === "warn");
    if (bad.length > 0) {
      parts.push("| verdict | rule | section | exchange | happened | allowed |\n|---|---|---|---|---|---|");
      for (const result of bad)
        for (const finding of result.findings)
          parts.push(
            `| ${result.verdict} | ${result.id} | ${finding.section} | ${cell(finding.exchange.join(" · "))} | ${cell(finding.happened)} | ${cell(finding.allowed)} |`,
          );
      parts.push("");
    }
  }
  return `# WebSocket conformance\n\n${parts.join("\n")}`;
}

function escape(value: string): string {
  return (
    value
      // eslint-disable-next-line no-control-regex -- XML 1.0 has no way to write these
      .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, "?")
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;")
  );
}

export function junit(reports: readonly JsonReport[]): string {
  const suites = reports.map((report) => {
    const cases = report.results.map((result) => {
      const detail = result.findings.map((finding) => screen(result, finding)).join("\n\n");
      const inner =
        result.verdict === "fail"
          ? `<failure message="${escape(result.findings[0]?.happened ?? result.title)}">${escape(detail)}</failure>`
          : result.verdict === "inconclusive" || result.verdict === "not-applicable"
            ? `<skipped message="${escape(`${result.verdict}: ${result.reason ?? ""}`)}"/>`
            : result.verdict === "warn"
              ? `<system-out>${escape(detail)}</system-out>`
              : "";
      return `    <testcase classname="${escape(`${report.role}.${result.area}`)}" name="${escape(`${result.section} ${result.id}`)}" time="${(result.duration / 1000).toFixed(3)}">${inner}</testcase>`;
    });
    const count = countOf(report);
    return `  <testsuite name="${escape(report.target)}" tests="${report.results.length}" failures="${count.fail}" errors="0" skipped="${count.inconclusive + count["not-applicable"]}" time="${report.seconds.toFixed(3)}">\n${cases.join("\n")}\n  </testsuite>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="ws-fuzz">\n${suites.join("\n")}\n</testsuites>\n`;
}

/** A test file for node:test or Vitest that replays one finding. */
export function testCase(report: JsonReport, result: JsonResult, finding: JsonFinding): string {
  const server = report.role === "server";
  return `// ${finding.section}: ${finding.happened}
// Allowed: ${finding.allowed}
import assert from "node:assert/strict";
import test from "node:test";
import { ${server ? "replayOnServer" : "replayOnClient"} } from "@ws/fuzz/run";

const session = ${JSON.stringify(finding.session, undefined, 2)};

test(${JSON.stringify(`${finding.section} ${result.title}`)}, async () => {
${
  server
    ? `  // The server under test.\n  const { deviations } = await replayOnServer(process.env.WS_URL ?? ${JSON.stringify(report.target)}, session);`
    : `  // Connect your client to the URL and let it echo; it is closed when the session is over.\n  const { deviations } = await replayOnClient(session, async (url) => { await import(process.env.WS_CLIENT).then((client) => client.default(url)); });`
}
  assert.deepEqual(deviations, []);
});
`;
}
