// Mutation testing: how many small faults in the sources the tests of their package notice.
//
//   node scripts/mutation/cli.mjs --package codec [--file frame] [--only 12,13] [--alive] [--sample 100] [--save]
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { keyOf } from "./instrument.mjs";
import { Memory } from "./memory.mjs";
import { ranksByFile } from "./order.mjs";
import { reasonOf, unusedReasons } from "./reasons.mjs";
import { save } from "./report.mjs";
import { Session } from "./session.mjs";
import { buildTree, packages, repository } from "./tree.mjs";

const { values: options } = parseArgs({
  options: {
    package: { type: "string", multiple: true },
    file: { type: "string" },
    only: { type: "string" },
    alive: { type: "boolean" },
    again: { type: "boolean" },
    untried: { type: "boolean" },
    sample: { type: "string" },
    tests: { type: "string" },
    budget: { type: "string", default: "Infinity" },
    save: { type: "boolean" },
    workers: { type: "string", default: "2" },
    help: { type: "boolean" },
  },
});

if (options.help) {
  console.log(`usage: npm run test:mutation -- [options]

  --package NAME   ${Object.keys(packages).join(", ")}; may be given several times (default: all)
  --file TEXT      only mutants of files whose name has this in it
  --only ID,ID     only these
  --alive          only those that were not noticed in the last run, or whose file has changed since
  --again          only those that were tried and not noticed
  --untried        only those that were not tried
  --sample N       at most N of each file, the same ones in each run
  --tests REGEXP   only by tests of files whose name it fits
  --budget MS      of tests' time for each mutant; what needs more counts as alive, so that the score is a lower bound (no end)
  --workers N      processes at a time (2)
  --save           write docs/mutation.json and docs/mutation.md

Results of the last run of each mutant are kept in .cache/mutation/.`);
  process.exit(0);
}

async function measure(name) {
  if (!(name in packages)) throw new RangeError(`--package is one of ${Object.keys(packages).join(", ")}, not ${name}`);
  const tree = buildTree(name);
  if (options.tests !== undefined) tree.tests = tree.tests.filter((file) => new RegExp(options.tests).test(file));
  const session = new Session(tree);
  const memory = new Memory(name);
  const interrupted = () => {
    session.close();
    memory.write();
    process.exit(130);
  };
  process.on("SIGINT", interrupted);
  process.on("SIGTERM", interrupted);
  try {
    const wanted = choose(tree.mutants, memory);
    console.log(`${name}: ${tree.mutants.length} mutants, ${wanted.length} of them to try; the tests run once without any …`);
    if (wanted.length > 0) await tryAll(session, tree.mutants, wanted, memory);
  } finally {
    session.close();
    process.off("SIGINT", interrupted);
    process.off("SIGTERM", interrupted);
    memory.write();
  }
  report(name, tree.mutants, memory);
}

function choose(mutants, memory) {
  const only = options.only?.split(",").map(Number);
  const size = options.sample === undefined ? Infinity : Number(options.sample);
  const byFile = Map.groupBy(mutants, ({ file }) => file);
  return [...byFile.values()]
    .flatMap((all) => sampled(all, size))
    .filter(({ id }) => only === undefined || only.includes(id))
    .filter(({ file }) => options.file === undefined || file.includes(options.file))
    .filter((mutant) => !options.again || (memory.of(mutant) !== undefined && memory.of(mutant).by === undefined))
    .filter((mutant) => !options.untried || memory.of(mutant) === undefined)
    .filter((mutant) => !options.alive || memory.of(mutant)?.by === undefined)
    .filter((mutant) => reasonOf(mutant) === undefined || only !== undefined);
}

/** Those whose keys have the smallest hashes. */
function sampled(mutants, size) {
  if (mutants.length <= size) return mutants;
  const hashed = mutants.map((mutant) => ({ mutant, hash: createHash("sha256").update(keyOf(mutant)).digest("hex") }));
  return hashed
    .toSorted((a, b) => (a.hash < b.hash ? -1 : 1))
    .slice(0, size)
    .map(({ mutant }) => mutant);
}

async function tryAll(session, mutants, wanted, memory) {
  const { loaded, tests } = await session.survey();
  const able = tests.filter((test) => test.why === undefined);
  for (const { name, why } of tests) if (why !== undefined) console.log(`left out, since it fails without a mutant: ${name}: ${why}`);
  const names = new Map(tests.map(({ test, name }) => [test, name]));
  const byId = new Map(wanted.map((mutant) => [mutant.id, mutant]));
  const plan = {};
  const ranks = ranksByFile(mutants, able);
  for (const { test, took, reached } of able) {
    for (const [id, count] of reached) {
      if (byId.has(id)) (plan[id] ??= []).push({ test, took, count, rank: ranks.get(byId.get(id).file).get(test) });
    }
  }
  const started = performance.now();
  let tried = 0;
  let noticed = 0;
  const found = ({ id, by, why }) => {
    tried++;
    const mutant = byId.get(id);
    // What could not even be loaded was noticed by all tests.
    const notice = why === undefined ? undefined : { by: names.get(by) ?? "all", why };
    memory.set(mutant, notice);
    if (notice !== undefined) noticed++;
    else console.log(`alive ${id} ${mutant.file}:${mutant.line} ${mutant.place}: ${mutant.text} → ${mutant.change}`);
    if (tried % 100 === 0) {
      memory.write();
      console.log(`  ${tried} of ${wanted.length}, ${noticed} noticed, ${Math.round((performance.now() - started) / 1000)} s`);
    }
  };
  for (const id of Object.keys(plan)) plan[id] = withinBudget(plan[id]);
  const onLoading = wanted.filter(({ id }) => loaded.has(id));
  const others = wanted.filter(({ id }) => !loaded.has(id));
  for (const { id } of others) if (plan[id] === undefined) found({ id });
  const dynamic = others.filter(({ id }) => plan[id] !== undefined).map(({ id }) => id);
  const everyTest = withinBudget(able.map(({ test, took }) => ({ test, took, count: 0, rank: took })));
  const workers = Number(options.workers);
  await Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      // A share of each file, in order: neighbours are noticed by the same tests.
      await session.attempt(dynamic.slice((dynamic.length * worker) / workers, (dynamic.length * (worker + 1)) / workers), plan, found);
    }),
  );
  const queue = [...onLoading];
  const likely = new LikelyTests(everyTest, onLoading, memory, names);
  await Promise.all(
    Array.from({ length: workers }, async () => {
      for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
        const told = (result) => {
          if (result.why !== undefined) likely.noticed(mutant, result.by);
          found(result);
        };
        await session.attemptLoading(mutant.id, likely.of(mutant), everyTest, told);
      }
    }),
  );
}

/** Which tests have noticed the neighbours of a mutant. */
class LikelyTests {
  #byKey;
  #byFile = new Map();

  constructor(tests, mutants, memory, names) {
    this.#byKey = new Map(tests.map((test) => [test.test, test]));
    const keys = new Map([...names].map(([key, name]) => [name, key]));
    for (const mutant of mutants) this.noticed(mutant, keys.get(memory.of(mutant)?.by));
  }

  noticed({ file }, key) {
    if (!this.#byKey.has(key)) return;
    const others = (this.#byFile.get(file) ?? []).filter((other) => other !== key);
    this.#byFile.set(file, [key, ...others].slice(0, 8));
  }

  of({ file }) {
    return (this.#byFile.get(file) ?? []).map((key) => this.#byKey.get(key));
  }
}

/** The first, as far as the budget goes, but at least a few: a test that fails is mostly quick to do so. */
function withinBudget(plan) {
  let left = Number(options.budget);
  return plan.toSorted((a, b) => a.rank - b.rank).filter(({ took }, index) => (left -= took) > 0 || index < 3);
}

/** Prints the score, and notes it for `save`. */
function report(name, mutants, memory) {
  const files = {};
  for (const mutant of mutants) {
    const file = (files[mutant.file] ??= { mutants: 0, tried: 0, noticed: 0, equivalent: 0, alive: [] });
    file.mutants++;
    if (reasonOf(mutant) !== undefined) {
      file.equivalent++;
      continue;
    }
    const result = memory.of(mutant);
    if (result === undefined) continue;
    file.tried++;
    if (result.by !== undefined) file.noticed++;
    else file.alive.push({ place: mutant.place, text: mutant.text, change: mutant.change, ...(mutant.nth && { nth: mutant.nth }) });
  }
  const all = Object.values(files);
  const sum = (field) => all.reduce((total, file) => total + file[field], 0);
  const score = (100 * sum("noticed")) / sum("tried");
  console.log(
    `${name}: ${sum("noticed")} of ${sum("tried")} noticed, ${score.toFixed(1)} %; ${sum("equivalent")} equivalent; ${sum("mutants")} in all`,
  );
  for (const reason of unusedReasons(mutants)) console.log(`a reason that no mutant has: ${JSON.stringify(reason)}`);
  writeFileSync(join(repository, ".cache/mutation", `score-${name}.json`), JSON.stringify(files));
}

for (const name of options.package ?? Object.keys(packages)) await measure(name);
if (options.save) save();
