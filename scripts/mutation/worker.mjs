// A process that holds the instrumented sources and all tests, and tries one mutant after the other: no module is loaded twice.
//
//   node worker.mjs <job.json>     job: { root, tests, work: "survey" | "try", files, ids, plan, active }
//
// "survey" runs every test of `files` once, without a mutant, and writes which places it reached, and how long it took. "try" runs for each of `ids` the tests
// that reach its place, the likeliest first, until one fails. It writes a line of JSON for each, synchronously, so that its parent knows where it
// was if it never comes back. A test whose promise is pending while nothing is left to happen is one that fails: `beforeExit` tells.
import { readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers";
import { pathToFileURL } from "node:url";

const job = JSON.parse(readFileSync(process.argv[2], "utf8"));
const load = (path) => import(pathToFileURL(join(job.root, path)).href);
const say = (line) => writeSync(3, `${JSON.stringify(line)}\n`);

const { activate, counts } = await load("state.mjs");
const suite = await load("node_modules/vitest/index.js");
const { default: fc } = await import("fast-check");
// The same values in each run; a failure is enough, the smallest is of no interest.
fc.configureGlobal({ seed: 42, endOnFailure: true });

/** A mutant that acts while modules are loaded has a process of its own. */
if (job.active !== undefined) activate(job.active, 1e6);
let failure = undefined;
let giveUp = undefined;
const lost = (error) => {
  failure ??= `unhandled: ${String(error?.message ?? error).slice(0, 100)}`;
  giveUp?.(failure);
};
process.on("unhandledRejection", lost);
process.on("uncaughtException", lost);
process.on("beforeExit", () => giveUp?.("never settled"));

for (const file of job.tests) {
  suite.collectFrom(file);
  await load(file).catch((error) => say({ unloaded: file, why: String(error) }));
}
const loaded = counts.slice();

/** Longest that a test may wait, as a multiple of what it took: nothing of it is timed, so this is for what hangs with a timer or a socket open. */
const patience = (took) => 1_500 + 20 * took;

/** @returns why it failed, or undefined */
async function run(test, took = Infinity) {
  failure = undefined;
  let timer;
  const ended = new Promise((resolve) => {
    giveUp = resolve;
    if (took !== Infinity) timer = setTimeout(resolve, patience(took), "timed out").unref();
    suite.runTest(test).then(
      () => resolve(undefined),
      (error) => resolve(`${String(error?.message ?? error).slice(0, 100)}`),
    );
  });
  let why = await ended;
  clearTimeout(timer);
  // What it has left behind comes up in the next turns.
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  giveUp = undefined;
  return why ?? failure;
}

async function survey() {
  say({ loaded: reached(loaded) });
  for (const test of suite.tests) {
    if (!job.files.includes(test.file)) continue;
    counts.fill(0);
    say({ begins: test.key });
    const from = process.cpuUsage();
    const why = await run(test, 120_000);
    const { user, system } = process.cpuUsage(from);
    say({ test: test.key, name: test.name, file: test.file, took: (user + system) / 1000, why, reached: reached(counts) });
  }
}

function reached(at) {
  const places = [];
  for (let id = 0; id < at.length; id++) if (at[id] > 0) places.push([id, at[id]]);
  return places;
}

/** Tests that have noticed something lately come first. */
const lately = [];
function inOrder(plan) {
  const rank = new Map(lately.map((key, at) => [key, at]));
  return plan.toSorted((a, b) => (rank.get(a.test) ?? Infinity) - (rank.get(b.test) ?? Infinity) || a.rank - b.rank);
}

const byKey = new Map(suite.tests.map((test) => [test.key, test]));

async function attempt(id) {
  for (const { test: key, took, count } of inOrder(job.plan[job.active === undefined ? id : "all"])) {
    const test = byKey.get(key);
    const most = count * 10 + 5_000;
    say({ begins: id, test: key, patience: patience(took) });
    activate(id, most);
    const why = await run(test, took);
    if (why === undefined) continue;
    if (job.active !== undefined) return { id, by: key, why };
    // A process that the mutant has spoilt would fail every test from here on.
    activate(-1);
    const after = await run(test, took);
    const spoilt = after !== undefined;
    if (process.env.MUTATION_ERRORS) console.error(id, test.name, "|", why, "|", after);
    if (spoilt && !isFresh) return { id, spoilt };
    if (why.startsWith("unhandled")) {
      // Another mutant's, come late?
      activate(id, most);
      const again = await run(test, took);
      activate(-1);
      if (again === undefined) continue;
    }
    const at = lately.indexOf(key);
    if (at >= 0) lately.splice(at, 1);
    lately.unshift(key);
    if (lately.length > 12) lately.pop();
    return { id, by: key, why, spoilt };
  }
  activate(-1);
  return { id };
}

/** Nothing but the first mutant has been tried. */
let isFresh = true;

if (job.work === "survey") await survey();
else {
  for (const id of job.ids) {
    const result = await attempt(id);
    say({ result });
    if (result.spoilt) break;
    isFresh = false;
  }
}
say({ done: true });
process.exit(0);
