// Branch coverage of the layers: runs their tests and the contract suite on Node, adds up what every process counted, and fails below
// the thresholds. A branch that no test can take says why: `// v8 ignore next -- reason`. Argument: a package to show all gaps of.
// That the tests pass is `npm test`'s to say: here a slow, instrumented run only counts.
import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { addCounts, branchesOf } from "./branches.mjs";

/** The least share of branches (%) that tests have to take. */
const thresholds = { codec: 100, protocol: 100, endpoint: 97 };

/** Exhaustive or timed: slow when counted, and other tests take the same branches. */
const without = "^(?!.*(cost is linear|the time (to|for) |every 3-byte sequence))";
/** What runs in other runtimes is not counted. */
const here = "^(?!.*(Node 2[24]|Deno|Bun))";
const adapter = ["buffer-utf8", "direct-reads", "existing-servers", "node/test/transport"];
const runs = [
  ["--project", "codec", "--project", "protocol", "--project", "endpoint", "-t", without],
  ["--project", "node", "--project", "contract", ...adapter, "node-26", "web.test", "-t", here],
];

const folder = resolve("node_modules/.cache/coverage");
if (!process.argv.includes("--again")) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const env = { ...process.env, NODE_V8_COVERAGE: folder };
  delete env.NODE_COMPILE_CACHE; // V8 counts less exactly in what comes from the cache.
  for (const args of runs) spawnSync("vitest", ["run", ...args], { stdio: "inherit", env });
}

const sources = new Map();
for (const name of Object.keys(thresholds)) {
  for (const path of globSync(`packages/${name}/src/**/*.ts`).sort()) {
    const text = readFileSync(path, "utf8");
    sources.set(pathToFileURL(path).href, { name, path, text, counts: new Float64Array(text.length) });
  }
}
for (const file of readdirSync(folder)) {
  const written = readFileSync(`${folder}/${file}`, "utf8");
  if (!written.endsWith("}")) continue; // Its process was ended while it wrote.
  for (const { url, functions } of JSON.parse(written).result) {
    const source = sources.get(url);
    if (source) addCounts(source.counts, functions);
  }
}

let failed = false;
const totals = new Map(Object.keys(thresholds).map((name) => [name, { all: 0, taken: 0, excepted: 0, gaps: [] }]));
for (const { name, path, text, counts } of sources.values()) {
  const total = totals.get(name);
  const { branches, mistakes } = branchesOf(text, counts);
  for (const { line, mistake } of mistakes) {
    failed = true;
    console.error(`${path}:${line}: ${mistake}`);
  }
  for (const { what, line, count, excepted } of branches) {
    if (excepted) total.excepted += 1;
    else total.all += 1;
    if (count > 0) total.taken += 1;
    else if (!excepted) total.gaps.push(`${path}:${line} (${what})`);
  }
}
for (const [name, { all, taken, excepted, gaps }] of totals) {
  const share = (100 * taken) / all;
  const low = share < thresholds[name];
  failed ||= low;
  console.log(`${name}: ${share.toFixed(2)} % of ${all} branches taken (at least ${thresholds[name]}), ${excepted} excepted at the line`);
  if (low || process.argv.includes(name)) for (const gap of gaps) console.log(`  never taken: ${gap}`);
}
process.exitCode = failed ? 1 : 0;
