// README's table of what is verified where: which suites passed in which runtime, from the results of the last runs.
//
//   node scripts/verified.mjs          records the results in docs/verified.json, and writes the table between its marks in README.md
//   node scripts/verified.mjs --check  that the table is what was recorded, and that the runs had the rows and columns it shows, with no failure
//
// Counts change with every test that is added, so the check compares names, not numbers.
import { execFileSync } from "node:child_process";
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";

const recorded = "docs/verified.json";
const begin = "<!-- verified: written by scripts/verified.mjs -->";
const end = "<!-- /verified -->";

/** npm test writes test-results.json, scripts/ci.mjs ci-results-*.json. */
const runs = globSync("node_modules/.cache/{test,ci}-results*.json");

const suites = ["tests of the packages", "contract suite", "client of every runtime", "the layers as built", "streams as transport"];

/** The rows, and the devDependency that pins each. */
const runtimes = {
  "Node 26": "node",
  "Node 24": "node24",
  "Node 22": "node22",
  Deno: "deno",
  Bun: "bun",
  workerd: "workerd",
  QuickJS: "quickjs-emscripten",
  Chromium: undefined,
};

/** Runtime and suite that a test of vitest's report belongs to. */
function placeOf(file, titles) {
  const [outer = "", inner = ""] = titles;
  const name = relative(process.cwd(), file);
  if (name.startsWith("packages/contract/test/")) {
    if (name.endsWith("/pairs.test.ts")) return [inner.replace("client ", ""), "client of every runtime"];
    if (outer.startsWith("embedded in ")) return [outer.replace("embedded in ", ""), "the layers as built"];
    if (name.endsWith("/workerd.test.ts")) return [/workerd|Deno/.exec(outer)?.[0] ?? "Node 26", "streams as transport"];
    const [runtime] = /\b(Node \d+|Deno|Bun)\b/.exec(outer) ?? [];
    if (/\/(node-\d+|deno|bun)\.test\.ts$/.test(name)) return [runtime, "contract suite"];
    if (runtime in runtimes) return [runtime, "tests of the packages"];
  }
  const [, own] = /^packages\/(deno|bun)\//.exec(name) ?? [];
  return [{ deno: "Deno", bun: "Bun" }[own] ?? "Node 26", "tests of the packages"];
}

/** { runtime: { suite: { passed, failed } } } of one run. */
function countsOf(report) {
  const counts = {};
  for (const { name: file, assertionResults } of report.testResults) {
    for (const { ancestorTitles, status } of assertionResults) {
      if (status !== "passed" && status !== "failed") continue;
      const [runtime, suite] = placeOf(file, ancestorTitles);
      if (!(runtime in runtimes)) throw new Error(`${file}: "${ancestorTitles.join(" > ")}" belongs to no runtime of the table`);
      const count = ((counts[runtime] ??= {})[suite] ??= { passed: 0, failed: 0 });
      count[status]++;
    }
  }
  return counts;
}

/** Of all runs. A suite that ran more than once, perhaps in part, counts where most of it ran. */
function countsOfRuns() {
  const counts = {};
  for (const file of runs) {
    for (const [runtime, bySuite] of Object.entries(countsOf(JSON.parse(readFileSync(file, "utf8"))))) {
      for (const [suite, { passed, failed }] of Object.entries(bySuite)) {
        const count = ((counts[runtime] ??= {})[suite] ??= { passed: 0, failed: 0 });
        count.passed = Math.max(count.passed, passed);
        count.failed += failed;
      }
    }
  }
  return counts;
}

function versionOf(runtime, previous) {
  const pin = runtimes[runtime];
  if (pin !== undefined) return /\d+\.\d+\.\d+$/.exec(JSON.parse(readFileSync("package.json", "utf8")).devDependencies[pin])[0];
  const program = process.env.CHROMIUM;
  return program ? /\d+(\.\d+)+/.exec(execFileSync(program, ["--version"], { encoding: "utf8" }))[0] : previous;
}

function enduranceOf(record) {
  if (record === undefined) return "";
  const passed = record.results.filter(({ ok }) => ok).length;
  return `${passed === record.results.length ? passed : `${passed} of ${record.results.length}`} (${record.date})`;
}

function table({ tests = {}, endurance = {} }) {
  const rows = Object.keys(runtimes)
    .filter((runtime) => runtime in tests)
    .map((runtime) => {
      const { version, counts } = tests[runtime];
      // "Node 26" with 26.10.0 is Node 26.10.0.
      const title = `${runtime.replace(/ \d+$/, "")} ${version ?? ""}`.trim();
      return [title, ...suites.map((suite) => counts[suite] ?? ""), enduranceOf(endurance[runtime])];
    });
  const lines = [["passed in", ...suites, "endurance"], suites.concat("", "").map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function replaceTable(readme, text) {
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`README.md has no place for the table: ${begin} and ${end}`);
  return `${readme.slice(0, from + begin.length)}\n\n${text}\n\n${readme.slice(to)}`;
}

function failures(counts) {
  return Object.entries(counts).flatMap(([runtime, bySuite]) =>
    Object.entries(bySuite)
      .filter(([, { failed }]) => failed > 0)
      .map(([suite, { failed }]) => `${runtime}, ${suite}: ${failed} failed`),
  );
}

const record = existsSync(recorded) ? JSON.parse(readFileSync(recorded, "utf8")) : {};
const readme = readFileSync("README.md", "utf8");
const counts = countsOfRuns();
const wrong = failures(counts);

if (process.argv.includes("--check")) {
  if (replaceTable(readme, table(record)) !== readme) wrong.push("README.md's table is not what docs/verified.json says");
  for (const [runtime, { version, counts: known }] of Object.entries(record.tests ?? {})) {
    if (versionOf(runtime, version) !== version && runtimes[runtime] !== undefined)
      wrong.push(`${runtime}: the table is about ${version}, package.json pins ${versionOf(runtime)}`);
    // Only CI has Chromium, and a run of a part has a part of the suites.
    const ran = counts[runtime];
    for (const suite of ran === undefined ? [] : Object.keys(known))
      if (!(suite in ran)) wrong.push(`${runtime}, ${suite}: in the table, and was not run`);
  }
  for (const [runtime, bySuite] of Object.entries(counts)) {
    for (const suite of Object.keys(bySuite))
      if (record.tests?.[runtime]?.counts[suite] === undefined) wrong.push(`${runtime}, ${suite}: was run, and is not in the table`);
  }
  if (wrong.length > 0) wrong.push("After npm test, node scripts/verified.mjs brings the table up to date.");
} else if (wrong.length === 0) {
  const tests = { ...record.tests };
  for (const [runtime, bySuite] of Object.entries(counts)) {
    const passed = Object.fromEntries(Object.entries(bySuite).map(([suite, { passed }]) => [suite, passed]));
    tests[runtime] = { version: versionOf(runtime, tests[runtime]?.version), counts: { ...tests[runtime]?.counts, ...passed } };
  }
  const updated = { ...record, tests };
  writeFileSync(recorded, `${JSON.stringify(updated, null, 2)}\n`);
  writeFileSync("README.md", replaceTable(readme, table(updated)));
}

console.log(wrong.length === 0 ? "The table of what is verified where is up to date." : wrong.join("\n"));
process.exitCode = wrong.length === 0 ? 0 : 1;
