/** Turns measurements into the table people read, and into JSON. */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";

import type { Goal } from "./goals.ts";
import type { Measurement } from "./run.ts";

export interface Results {
  measurements: Measurement[];
  goals: Goal[];
  rounds: number;
  seconds: number;
}

/** Units in which less is better. */
const costs = new Set(["bytes", "ms", "ns"]);

/** How `ours` compares with `versus`: above 1 is better, whatever the unit. Undefined where one was not measured. */
export function ratio(measurement: Measurement | undefined, ours: string, versus: string): number | undefined {
  const a = measurement?.figures[ours]?.median;
  const b = measurement?.figures[versus]?.median;
  if (measurement === undefined || a === undefined || b === undefined) return undefined;
  return costs.has(measurement.unit) ? b / a : a / b;
}

function number(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  if (value >= 1e4) return `${(value / 1e3).toFixed(0)} k`;
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

export function report({ measurements, goals }: Results): string {
  const lines: string[] = [];
  const measured = goals
    .map((goal) => ({ goal, measurement: measurements.find(({ workload }) => workload === goal.workload) }))
    .filter(({ measurement }) => measurement !== undefined);
  if (measured.length > 0) {
    lines.push("## Goals", "", "| workload | ours | compared with | goal | measured | |", "|---|---|---|---|---|---|");
    for (const { goal, measurement } of measured) {
      const value = ratio(measurement, goal.ours, goal.versus);
      const verdict = value === undefined ? "not measured" : value >= goal.least ? "met" : "**not met**";
      lines.push(
        `| ${measurement!.title} | ${goal.ours} | ${goal.versus} | ≥ ${goal.least}× | ${value === undefined ? "–" : `${value.toFixed(2)}×`} | ${verdict} |`,
      );
    }
    lines.push("");
  }
  lines.push("## Figures", "");
  for (const { title, unit, figures, failed } of measurements) {
    lines.push(`### ${title}`, "", `| subject | ${unit}, median | spread | server CPU per message | generator CPU |`, "|---|---|---|---|---|");
    for (const [subject, { median, spread, generatorCpu, serverCost }] of Object.entries(figures)) {
      lines.push(
        `| ${subject} | ${number(median)} | ±${(spread * 50).toFixed(0)} % | ${serverCost === undefined ? "–" : `${serverCost.toPrecision(3)} µs`} | ${generatorCpu === undefined ? "–" : `${(generatorCpu * 100).toFixed(0)} %`} |`,
      );
    }
    for (const [subject, reason] of Object.entries(failed)) lines.push(`| ${subject} | failed: ${reason.split("\n", 1)[0]} | | | |`);
    lines.push("");
  }
  return lines.join("\n");
}

function versions(): string {
  const require = createRequire(import.meta.url);
  const version = (name: string): string => (require(`${name}/package.json`) as { version: string }).version;
  const of = (program: string) => spawnSync(program, ["--version"], { encoding: "utf8" }).stdout.trim().split("\n", 1)[0]!;
  return `Node ${of("node").replace("v", "")}, Deno ${/\d[\d.]*/.exec(of("deno"))?.[0]}, Bun ${of("bun")}, ws ${version("ws")} with bufferutil ${version("bufferutil")}`;
}

const documents = new URL("../../../docs/", import.meta.url);

export function save(results: Results): void {
  const file = new URL("benchmarks.json", documents);
  const previous = (() => {
    try {
      return (JSON.parse(readFileSync(file, "utf8")) as { measurements: Measurement[] }).measurements;
    } catch {
      return [];
    }
  })();
  const fresh = new Set(results.measurements.map(({ workload }) => workload));
  const merged = { ...results, measurements: [...previous.filter(({ workload }) => !fresh.has(workload)), ...results.measurements] };
  const date = new Date().toISOString().slice(0, 10);
  const hardware = `${cpus().length} cores, ${cpus()[0]?.model ?? "unknown processor"}`;
  writeFileSync(file, `${JSON.stringify({ date, versions: versions(), hardware, ...merged }, undefined, 2)}\n`);
  writeFileSync(
    new URL("benchmarks.md", documents),
    `# Benchmarks

Written by \`npm run bench -- --save\` on ${date}: ${versions()}; ${hardware}. Server and load generator have a core each, all subjects
of a workload take turns, ${results.rounds} rounds of ${results.seconds} s. Only ratios within one workload mean anything.

${report(merged)}`,
  );
}
