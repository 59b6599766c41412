/**
 * `node --conditions=@ws/source packages/bench/src/compression/cli.ts [--quick] [--save]`: measures what compression costs, and with
 * `--save` writes the tables into docs/compression.md.
 */
import { spawn, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import type { SubjectName } from "../subjects.ts";
import { sizeName } from "../workload.ts";
import { kinds } from "./data.ts";
import { measureEcho, type EchoFigure } from "./echo.ts";
import { growth, idleMemory } from "./memory.ts";
import { strategies, type Figure } from "./strategies-figure.ts";

const { values: options } = parseArgs({
  options: { quick: { type: "boolean", default: false }, save: { type: "boolean", default: false }, only: { type: "string" } },
});
const wanted = (part: string): boolean => options.only === undefined || options.only === part;

const runtimes = [
  ["Node", ["node", "--conditions=@ws/source"]],
  ["Deno", ["deno", "run", "-A", "--quiet", "--conditions=@ws/source"]],
  ["Bun", ["bun", "--conditions=@ws/source"]],
] as const;

function note(text: string): void {
  console.error(text);
}

function figuresOf(command: readonly string[], sizes: string): Promise<Figure[]> {
  const [file = "", ...rest] = command;
  const child = spawn(file, [...rest, fileURLToPath(new URL("strategies.ts", import.meta.url)), sizes], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const figures: Figure[] = [];
  createInterface(child.stdout).on("line", (line) => figures.push(JSON.parse(line) as Figure));
  return new Promise((resolve, reject) => {
    child.once("close", (status) => (status === 0 ? resolve(figures) : reject(new Error(`${file} ended with ${status}`))));
  });
}

const number = (value: number): string =>
  value >= 10_000 ? `${(value / 1000).toFixed(0)} k` : value >= 99.5 ? value.toFixed(0) : value.toPrecision(2);

function strategyTable(name: string, figures: readonly Figure[]): string[] {
  const lines = [
    `**${name}**`,
    "",
    "| message | (a) current | (a) switched | (b) dictionary | (c) stream | smaller by (a) / (b) / (c) | longest hold (a) / (b) / (c) |",
    "|---|---|---|---|---|---|---|",
  ];
  for (const kind of kinds) {
    for (const size of new Set(figures.map((figure) => figure.size))) {
      const row = strategies.map((strategy) =>
        figures.find((figure) => figure.kind === kind && figure.size === size && figure.strategy === strategy)!,
      );
      const cell = ({ microseconds, failed }: Figure): string => (failed === undefined ? number(microseconds) : "fails");
      const [current, , dictionary, stream] = row as [Figure, Figure, Figure, Figure];
      const three = [current, dictionary, stream];
      const ratios = three.map(({ ratio, failed }) => (failed === undefined ? `${ratio.toFixed(1)}×` : "–")).join(" / ");
      const holds = size < 65_536 ? "" : three.map(({ hold, failed }) => (failed === undefined ? `${hold.toFixed(1)}` : "–")).join(" / ");
      lines.push(`| ${sizeName(size)} ${kind} | ${row.map(cell).join(" | ")} | ${ratios} | ${holds} |`);
    }
  }
  return [...lines, ""];
}

function echoTable(figures: readonly EchoFigure[]): string[] {
  const lines = [
    "| JSON, connections | subject | processor time a message | throughput of a core, compared with ws | messages/s in this run | bytes a frame |",
    "|---|---|---|---|---|---|",
  ];
  for (const figure of figures) {
    const { subject, shape, messagesPerSecond, spread, microseconds, frameBytes } = figure;
    const ws = figures.find((other) => other.shape === shape && other.subject === "ws on Node")!;
    lines.push(
      `| ${sizeName(shape.size)}, ${shape.connections} | ${subject} | ${number(microseconds)} µs | ${(ws.microseconds / microseconds).toFixed(1)}× | ` +
        `${number(messagesPerSecond)} ±${(spread * 50).toFixed(0)} % | ${number(frameBytes)} |`,
    );
  }
  return [...lines, ""];
}

const sections: Record<string, string[]> = {};

if (wanted("strategies")) {
  const lines: string[] = [];
  for (const [name, command] of runtimes) {
    note(`strategies on ${name} …`);
    lines.push(...strategyTable(name, await figuresOf(command, options.quick ? "256,1024,4096" : "64,256,1024,4096,16384,65536,1048576")));
  }
  sections["strategies"] = lines;
}

if (wanted("echo")) {
  const figures: EchoFigure[] = [];
  const shapes = [256, 1024, 4096].flatMap((size) =>
    [32, 500].map((connections) => ({ kind: "json" as const, size, connections, inFlight: connections === 32 ? 16 : 2 })),
  );
  if (!options.quick) shapes.push({ kind: "json", size: 65_536, connections: 32, inFlight: 1 });
  for (const shape of shapes) {
    note(`echo of ${shape.size} bytes on ${shape.connections} connections …`);
    figures.push(...(await measureEcho(shape, options.quick ? 2 : 3, options.quick ? 1 : 2)));
  }
  sections["echo"] = echoTable(figures);
}

if (wanted("memory")) {
  const names: SubjectName[] = ["ws on Node", "ours on Node", "ours on Deno", "ours on Bun"];
  const count = options.quick ? 500 : 2000;
  const lines = ["| subject | resident memory per idle connection, compressed | not compressed | compressed / ws |", "|---|---|---|---|"];
  let ws = NaN;
  for (const name of names) {
    note(`memory of ${name} …`);
    const compressed = await idleMemory(name, count, true);
    const plain = await idleMemory(name, count, false);
    if (name === "ws on Node") ws = compressed;
    lines.push(`| ${name} | ${(compressed / 1024).toFixed(0)} KiB | ${(plain / 1024).toFixed(0)} KiB | ${(compressed / ws).toFixed(2)} |`);
  }
  lines.push("", "| subject | resident memory after messages |", "|---|---|");
  const steps = options.quick ? [50_000, 100_000] : [250_000, 500_000, 1_000_000];
  for (const name of names.slice(1)) {
    note(`growth of ${name} …`);
    const results = await growth(name, steps);
    lines.push(
      `| ${name} | ${results.map(({ messages, memory }) => `${messages.toLocaleString("en").replaceAll(",", " ")}: ${(memory / (1 << 20)).toFixed(0)} MiB`).join(", ")} |`,
    );
  }
  sections["memory"] = [...lines, ""];
}

const version = (program: string): string =>
  /\d+(?:\.\d+)+/.exec(spawnSync(program, ["--version"], { encoding: "utf8" }).stdout)?.[0] ?? "?";
const { version: wsVersion } = createRequire(import.meta.url)("ws/package.json") as { version: string };
const heading = `Measured on ${new Date().toISOString().slice(0, 10)} with Node ${version("node")}, Deno ${version("deno")}, Bun ${version("bun")} and ws ${wsVersion} on ${cpus().length} cores of a shared virtual machine${options.quick ? ", quick run" : ""}.`;

const document = new URL("../../../../docs/compression.md", import.meta.url);
let text = options.save ? readFileSync(document, "utf8") : "";
for (const [name, lines] of Object.entries(sections)) {
  const body = `${heading}\n\n${lines.join("\n").trim()}\n`;
  console.log(`\n## ${name}\n\n${body}`);
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  if (options.save) {
    if (!text.includes(begin)) throw new Error(`docs/compression.md has no place for ${name}`);
    text = `${text.slice(0, text.indexOf(begin) + begin.length)}\n${body}${text.slice(text.indexOf(end))}`;
  }
}
if (options.save) writeFileSync(document, text);
