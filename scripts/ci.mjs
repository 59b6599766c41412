// What CI checks beyond npm test: the published shape, the page in a browser, every pair of runtimes, the built files in every host.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";

import { build } from "./build.mjs";
import { runAll } from "./run.mjs";
import { publishedShapeChecks } from "./published-shape.mjs";
import { typeChecks } from "./types.mjs";

let {
  numPassedTests: passed,
  numFailedTests: failed,
  numPendingTests: skipped,
} = JSON.parse(readFileSync("node_modules/.cache/test-results.json", "utf8"));

function vitest(title, name, args, env) {
  console.log(`\n== ${title}`);
  const results = `node_modules/.cache/ci-results-${name}.json`;
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
await checks("JSR", [{ name: "dry run", command: "node", args: ["scripts/jsr-check.mjs"] }]);

vitest("the inspector's page in Chromium", "page", ["--project", "inspector", "browser"], {});
vitest("every pair of runtimes", "pairs", ["--project", "contract", "pairs"], { CONTRACT_PAIRS: "all" });
vitest("the built layers in QuickJS, workerd and Chromium", "embedding", ["--project", "contract", "embedding", "workerd"], {
  EMBED_DIST: "1",
});
await checks("libraries from npm on our WebSocket", [
  { name: "ecosystem", command: "node", args: ["packages/contract/ecosystem/run.mjs"] },
]);
await checks("what is verified where", [{ name: "README's table", command: "node", args: ["scripts/verified.mjs", "--check"] }]);

console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed === 0 ? 0 : 1;
