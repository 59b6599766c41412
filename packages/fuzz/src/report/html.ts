/** One page without anything outside itself: a matrix of rules and targets, and every finding with its frames drawn bit by bit. */
import { fromHex, toHex } from "../wire/bytes.ts";
import { describeReceivedFrame } from "../sessions/describe.ts";
import { readFrames, type ReadFrame } from "../wire/frame.ts";
import { countOf, type JsonFinding, type JsonReport, type JsonResult } from "./model.ts";

const escape = (value: string): string =>
  value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** A frame's header as RFC 6455 §5.2 draws it: one box a bit, the payload in hex below. */
function drawFrame(frame: ReadFrame, bytes: Uint8Array): string {
  const bit = (value: number, name: string, span = 1, kind = ""): string =>
    `<td colspan="${span}" class="${kind}" title="${name}">${span > 4 ? `<i>${name}</i> ` : ""}${value}</td>`;
  const first = bytes[frame.start]!;
  const second = bytes[frame.start + 1]!;
  const cells = [
    bit(first >> 7, "FIN"),
    bit((first >> 6) & 1, "RSV1", 1, (first & 0x40) !== 0 ? "set" : ""),
    bit((first >> 5) & 1, "RSV2", 1, (first & 0x20) !== 0 ? "set" : ""),
    bit((first >> 4) & 1, "RSV3", 1, (first & 0x10) !== 0 ? "set" : ""),
    `<td colspan="4" title="opcode"><i>opcode</i> ${frame.opcode}</td>`,
    bit(second >> 7, "MASK"),
    `<td colspan="7" title="payload length"><i>length</i> ${second & 0x7f}</td>`,
  ];
  if (frame.lengthForm !== 7) cells.push(`<td colspan="16"><i>extended length, ${frame.lengthForm} bits</i> ${frame.length}</td>`);
  const key = frame.masked ? `<tr><td colspan="32"><i>masking key</i> ${frame.maskingKey.toString(16).padStart(8, "0")}</td></tr>` : "";
  const shown = toHex(frame.payload.subarray(0, 64)).replace(/(..)/g, "$1 ").trim();
  const payload =
    frame.payload.length > 0
      ? `<tr><td colspan="32" class="payload">${shown}${frame.payload.length > 64 ? ` … (${frame.payload.length} bytes)` : ""}</td></tr>`
      : "";
  return `<table class="frame"><caption>${escape(describeReceivedFrame(frame))}</caption><tr>${cells.join("")}</tr>${key}${payload}</table>`;
}

function drawStream(hex: string): string {
  const bytes = fromHex(hex);
  const { frames, rest } = readFrames(bytes);
  return `${frames
    .slice(0, 12)
    .map((frame) => drawFrame(frame, bytes))
    .join(
      "",
    )}${frames.length > 12 ? `<p>… ${frames.length - 12} more frames</p>` : ""}${rest.length > 0 ? `<p>bytes ${toHex(rest)}</p>` : ""}`;
}

function drawFinding(report: JsonReport, result: JsonResult, finding: JsonFinding): string {
  const head = (hex: string): string =>
    hex === "" ? "" : `<pre>${escape(Buffer.from(hex, "hex").toString("latin1").trim().slice(0, 1500))}</pre>`;
  const [sent, received] = report.role === "server" ? [finding.requestHex, finding.responseHex] : [finding.responseHex, finding.requestHex];
  return `<details id="${escape(`${report.target} ${result.id} ${finding.kind}`)}"><summary><b class="${result.verdict}">${result.verdict}</b> ${escape(result.id)} · ${escape(finding.section)} · ${escape(finding.happened)}</summary>
<p>${escape(result.title)}</p><dl><dt>Exchange</dt><dd>${finding.exchange.map(escape).join("<br>") || "the plain handshake"}</dd><dt>Allowed</dt><dd>${escape(finding.allowed)}</dd><dt>Happened</dt><dd>${escape(finding.happened)}</dd><dt>Received</dt><dd>${finding.received.map(escape).join("<br>")}</dd><dt>Confirmed</dt><dd>${escape(finding.confirmed)}${finding.flaky ? " (flaky)" : ""}, ${escape(finding.shrunk)}</dd>${finding.replay === undefined ? "" : `<dt>Replay</dt><dd><code>${escape(finding.replay)}</code></dd>`}</dl>
<div class="two"><section><h4>The fuzzer sent</h4>${head(sent)}${drawStream(finding.sentHex)}</section><section><h4>The target sent</h4>${head(received)}${drawStream(finding.receivedHex)}</section></div></details>`;
}

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:76em;padding:0 1em;color:#1b1b1b;background:#fff}
table.matrix{border-collapse:collapse}table.matrix td,table.matrix th{padding:.15em .6em;border-bottom:1px solid #ddd;text-align:left;vertical-align:top}
.pass{color:#1a7f37}.fail{color:#b31d28}.warn{color:#8a5a00}.inconclusive{color:#5a3ea8}.not-applicable{color:#666}
table.frame{border-collapse:collapse;font:12px ui-monospace,monospace;margin:.4em 0;max-width:100%}table.frame td{border:1px solid #999;padding:0 .3em;text-align:center}table.frame i{color:#666;font-style:normal;font-size:10px}
table.frame .set{background:#ffd7d5}table.frame .payload{text-align:left;word-break:break-all;background:#f4f6f8}caption{text-align:left}
.two{display:grid;grid-template-columns:1fr 1fr;gap:1.5em}details{border:1px solid #ddd;border-radius:6px;padding:.4em .8em;margin:.4em 0}dt{font-weight:600;float:left;clear:left;width:7em}dd{margin-left:7.5em}pre{background:#f4f6f8;padding:.6em;overflow:auto}
@media(prefers-color-scheme:dark){body{background:#161616;color:#ddd}pre,table.frame .payload{background:#222}table.frame .set{background:#7a2d2a}.pass{color:#57c272}.fail{color:#ff8a80}.warn{color:#e3b341}.inconclusive{color:#b9a3ff}.not-applicable{color:#999}}`;

export function html(reports: readonly JsonReport[]): string {
  const ids = [...new Set(reports.flatMap((report) => report.results.map((result) => result.id)))];
  const byTarget = reports.map((report) => new Map(report.results.map((result) => [result.id, result])));
  const rows = ids.map((id) => {
    const any = byTarget.flatMap((results) => results.get(id) ?? [])[0]!;
    const cells = byTarget.map((results) => {
      const result = results.get(id);
      return result === undefined
        ? "<td></td>"
        : `<td class="${result.verdict}" title="${escape(result.reason ?? result.findings[0]?.happened ?? "")}">${result.verdict}</td>`;
    });
    return `<tr><td>${escape(id)}</td><td>${escape(any.section)}</td><td>${any.level}</td><td>${escape(any.title)}</td>${cells.join("")}</tr>`;
  });
  const counts = reports.map((report) => {
    const count = countOf(report);
    return `<li><b>${escape(report.target)}</b> (${report.role}): ${Object.entries(count)
      .map(([name, value]) => `<span class="${name}">${value} ${name}</span>`)
      .join(", ")}; ${report.sessions} sessions in ${report.seconds.toFixed(1)} s, seed ${report.seed}</li>`;
  });
  const findings = reports.map((report) => {
    const all = report.results.flatMap((result) => result.findings.map((finding) => drawFinding(report, result, finding)));
    return all.length === 0 ? "" : `<h2>${escape(report.target)}</h2>${all.join("\n")}`;
  });
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>WebSocket conformance</title><style>${STYLE}</style>
<h1>WebSocket conformance</h1><ul>${counts.join("")}</ul>${findings.join("")}
<h2>All rules</h2><table class="matrix"><tr><th>rule</th><th>section</th><th>level</th><th>what</th>${reports.map((report) => `<th>${escape(report.target)}</th>`).join("")}</tr>${rows.join("\n")}</table></html>
`;
}
