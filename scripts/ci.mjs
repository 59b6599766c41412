// What CI checks beyond npm test: the published shape, the page in a browser, every pair of runtimes.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";

import { build } from "./build.mjs";
import { runAll } from "./run.mjs";
import { publishedShapeChecks } from "./published-shape.mjs";
import { typeChecks } from "./types.mjs";

let { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped } = JSON.parse(
  readFileSync("node_modules/.cache/test-results.json", "utf8"),
);

function vitest(title, args, env) {
  console.log(`\n== ${title}`);
  const results = "node_modules/.cache/ci-results.json";
  rmSync(results, { force: true });
  const { status } = spawnSync("vitest", ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${results}`, ...args], {
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  const report = JSON.parse(readFileSync(results, "utf8"));
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  skipped += report.numPendingTests;
  if (report.numTotalTests === 0 || (status !== 0 && report.numFailedTests === 0)) failed += 1;
}

async function checks(title, tasks) {
  console.log(`\n== ${title}`);
  if (await runAll(tasks)) passed += tasks.length;
  else failed += 1;
}

await checks("types with the compiler that builds", typeChecks("typescript"));
console.log("\n== build");
if (!(await build())) failed += 1;
await checks("published shape", publishedShapeChecks());

vitest("the inspector's page in Chromium", ["--project", "inspector", "browser"], {});
vitest("every pair of runtimes", ["--project", "contract", "pairs"], { CONTRACT_PAIRS: "all" });

console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed === 0 ? 0 : 1;
