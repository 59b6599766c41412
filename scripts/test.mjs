// npm test: lint, format, types, then the tests of every package. Arguments are passed to Vitest.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { basename, relative, resolve } from "node:path";

import folders from "../vitest.workspace.ts";
import { runAll } from "./run.mjs";
import { typeChecks } from "./types.mjs";

const results = "node_modules/.cache/test-results.json";
// Most processes of a run load the same TypeScript: Node 24 and later strip and compile each file once, and keep it by its content.
process.env.NODE_COMPILE_CACHE ??= resolve("node_modules/.cache/compile");
const started = performance.now();

const checked = await runAll([
  { name: "lint", command: "eslint", args: [".", "--max-warnings", "0"] },
  { name: "format (npm run format mends it)", command: "prettier", args: ["--check", "--log-level", "warn", "**/*.{ts,js,mjs}"] },
  ...typeChecks(),
]);
if (!checked) {
  console.error("Lint, format or types failed; the tests were not run.");
  process.exit(1);
}

mkdirSync("node_modules/.cache", { recursive: true });
rmSync(results, { force: true });
const { status } = spawnSync(
  "vitest",
  ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${results}`, ...process.argv.slice(2)],
  { stdio: "inherit" },
);

const report = JSON.parse(readFileSync(results, "utf8"));
const perProject = new Map(folders.map((folder) => [folder, 0]));
for (const file of report.testResults) {
  const path = relative(process.cwd(), file.name);
  const folder = folders.find((name) => path.startsWith(`${name}/`));
  if (folder) perProject.set(folder, perProject.get(folder) + file.assertionResults.length);
}
const empty = process.argv.length > 2 ? [] : [...perProject].filter(([, count]) => count === 0).map(([folder]) => folder);

console.log(`\nTests per project: ${[...perProject].map(([folder, count]) => `${basename(folder)} ${count}`).join(", ")}`);
if (empty.length > 0) console.error(`No test ran in: ${empty.join(", ")}`);
console.log(`Took ${((performance.now() - started) / 1000).toFixed(0)} s.`);
console.log(`${report.numPassedTests} passed, ${report.numFailedTests} failed, ${report.numPendingTests} skipped`);
process.exitCode = status === 0 && empty.length === 0 ? 0 : 1;
