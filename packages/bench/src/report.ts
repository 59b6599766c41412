/** Turns measurements into the tables people read, and into JSON. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus } from "node:os";

import { goals as allGoals, type Goal } from "./goals.ts";
import type { Figure, Measurement } from "./run.ts";

export interface Results {
  measurements: Measurement[];
  goals: Goal[];
  rounds: number;
  seconds: number;
}

/** Units in which less is better. */
const costs = new Set(["bytes", "ms"]);

interface Verdict {
  /** By the figures: above 1 is better, whatever the unit. */
  ratio?: number | undefined;
  /** By processor time of the server for each message. */
  byTime?: number | undefined;
  text: string;
  met: boolean;
}

function compare(a: Figure | undefined, b: Figure | undefined, unit: string): Pick<Verdict, "ratio" | "byTime"> {
  if (a === undefined || b === undefined) return {};
  const ratio = costs.has(unit) ? b.median / a.median : a.median / b.median;
  // Where the figure is no rate, the time is not of the same thing.
  const timed = a.serverCost !== undefined && b.serverCost !== undefined && unit !== "×";
  return timed ? { ratio, byTime: b.serverCost! / a.serverCost! } : { ratio };
}

/**
 * A rate falls when another process takes the processor or the generator cannot keep up, processor time does not; so a goal that only
 * the time reaches is said to be met by it.
 */
export function judge(goal: Goal, measurement: Measurement | undefined): Verdict {
  const ours = measurement?.figures[goal.ours];
  if (measurement === undefined || ours === undefined) return { text: notMeasured(goal, measurement), met: false };
  if (goal.versus === undefined) {
    const met = ours.median >= goal.least;
    return { ratio: ours.median, text: met ? "met" : "**not met**", met };
  }
  const versus = measurement.figures[goal.versus];
  if (versus === undefined) return { text: notMeasured(goal, measurement), met: false };
  const { ratio, byTime } = compare(ours, versus, measurement.unit);
  if (goal.within !== undefined) {
    const met = ours.median - versus.median <= goal.within;
    return { ratio, text: `${met ? "met" : "**not met**"}: ${Math.round(ours.median - versus.median)} bytes more`, met };
  }
  if (ratio! >= goal.least)
    return { ratio, byTime, text: byTime !== undefined && byTime < goal.least ? "met by rate, not by processor time" : "met", met: true };
  if (byTime !== undefined && byTime >= goal.least) return { ratio, byTime, text: "met by processor time", met: true };
  const limit = measurement.figures[goal.ours.replace("ours", "raw TCP")];
  const possible = limit && !goal.versus.startsWith("raw") && compare(limit, versus, measurement.unit);
  if (possible && Math.max(possible.ratio ?? 0, possible.byTime ?? 0) < goal.least) {
    return {
      ratio,
      byTime,
      text: `bounded by the runtime: its raw socket reaches ${times(possible.ratio)} by rate, ${times(possible.byTime)} by time`,
      met: false,
    };
  }
  return { ratio, byTime, text: "**not met**", met: false };
}

function notMeasured({ ours, versus }: Goal, measurement: Measurement | undefined): string {
  const reason = measurement?.failed[ours] ?? (versus === undefined ? undefined : measurement?.failed[versus]);
  return reason === undefined ? "not measured" : `not measured: ${firstLine(reason)}`;
}

const firstLine = (text: string): string => text.split("\n", 1)[0]!.replaceAll("|", "/");

function times(value: number | undefined): string {
  return value === undefined ? "–" : `${value.toFixed(2)}×`;
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
    .filter(({ measurement }) => measurement !== undefined)
    .map(({ goal, measurement }) => ({ goal, title: measurement!.title, verdict: judge(goal, measurement) }));
  if (measured.length > 0) {
    const reached = measured.filter(({ verdict }) => verdict.met).length;
    lines.push("## Goals", "", `${reached} of ${measured.length} met.`, "");
    lines.push("| workload | ours | compared with | goal | by figure | by processor time | |", "|---|---|---|---|---|---|---|");
    for (const { goal, title, verdict } of measured) {
      const aim = goal.within === undefined ? `≥ ${goal.least}×` : `≤ ${goal.within} B more`;
      lines.push(
        `| ${title} | ${goal.ours} | ${goal.versus ?? "–"} | ${aim} | ${times(verdict.ratio)} | ${times(verdict.byTime)} | ${verdict.text} |`,
      );
    }
    lines.push("");
    const missed = measured.filter(({ goal, verdict }) => !verdict.met && goal.reason !== undefined);
    if (missed.length > 0) lines.push("## What is in the way", "");
    // One reason may stand in the way of several goals.
    for (const reason of new Set(missed.map(({ goal }) => goal.reason!))) {
      for (const { goal, title, verdict } of missed.filter((each) => each.goal.reason === reason)) {
        const aim = goal.within === undefined ? `${times(verdict.ratio)} of ${goal.least}×` : verdict.text.replaceAll("**", "");
        lines.push(`- ${title}: ${goal.ours} against ${goal.versus ?? "a line"}, ${aim}`);
      }
      lines.push("", reason, "");
    }
  }
  lines.push("## Figures", "");
  for (const { title, unit, figures, failed } of measurements) {
    lines.push(
      `### ${title}`,
      "",
      `| subject | ${unit}, median | spread | processor time a message | generator's share of its core |`,
      "|---|---|---|---|---|",
    );
    for (const [subject, { median, spread, generatorCpu, serverCost }] of Object.entries(figures)) {
      lines.push(
        `| ${subject} | ${number(median)} | ±${(spread * 50).toFixed(0)} % | ${serverCost === undefined ? "–" : `${serverCost.toPrecision(3)} µs`} | ${generatorCpu === undefined ? "–" : `${(generatorCpu * 100).toFixed(0)} %`} |`,
      );
    }
    for (const [subject, reason] of Object.entries(failed))
      lines.push(`| ${subject} | ${reason.startsWith("skipped") ? "" : "failed: "}${firstLine(reason)} | | | |`);
    lines.push("");
  }
  return lines.join("\n");
}

function versions(): string {
  const require = createRequire(import.meta.url);
  const version = (name: string): string => (require(`${name}/package.json`) as { version: string }).version;
  const of = (program: string) => spawnSync(program, ["--version"], { encoding: "utf8" }).stdout.trim().split("\n", 1)[0]!;
  return `Node ${of("node").replace("v", "")}, Deno ${/\d[\d.]*/.exec(of("deno"))?.[0]}, Bun ${of("bun")}, ws ${version("ws")} with bufferutil ${version("bufferutil")}, undici ${version("undici")}`;
}

const documents = new URL("../../../docs/", import.meta.url);

/** What this run did not measure keeps its earlier figures, unless the run is a quick one of everything. */
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
  const merged = {
    ...results,
    measurements: [...previous.filter(({ workload }) => !fresh.has(workload)), ...results.measurements],
    goals: allGoals,
  };
  const date = new Date().toISOString().slice(0, 10);
  const hardware = `${cpus().length} cores, ${cpus()[0]?.model ?? "unknown processor"}`;
  writeFileSync(file, `${JSON.stringify({ date, versions: versions(), hardware, ...merged }, undefined, 2)}\n`);
  writeFileSync(
    new URL("benchmarks.md", documents),
    `# Benchmarks

Written by \`npm run bench -- --save\` on ${date}: ${versions()}; ${hardware}. Server and load generator have a core each, all subjects
of a workload take turns, up to ${results.rounds} rounds of ${results.seconds} s. Only ratios within one workload mean anything.

"By figure" compares rates (or bytes, or milliseconds), "by processor time" what a message costs the server's process in user and system time,
all threads. On a busy machine the rates of one subject vary by tens of percent from round to round (the spread says how much), processor time
by a few. A raw subject echoes bytes and knows no protocol: it is the limit that the runtime's own sockets set.

${report(merged)}`,
  );
}
