/**
 * A coverage-guided search for inputs at which the engine or an opening handshake throws, fails with what no document names, depends on how the bytes are
 * cut, works out of proportion to the input, or allocates past its limits.
 *
 *   npm run test:guided -- --seconds 600
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { allocation, counters, instrumentSources, places } from "./instrument.ts";
import { firstInputs, seededRandom } from "./mutation.ts";
import { Search, type Fault } from "./search.ts";

const USAGE = `Usage: npm run test:guided -- [--seconds 60] [--seed N] [--replay HEX] [--save] [--unreached]

--seconds  how long to search; Ctrl-C ends it earlier, with the same summary
--seed     of the random changes; printed, so that a run can be repeated
--replay   runs one input, as a fault's last line gives it
--save     writes the corpus, minimised, to packages/protocol/test/guided/corpus.json, which npm test replays
--unreached  lists at the end the lines of the sources that nothing reached

A fault is minimised, printed and written to .cache/guided/, with the corpus as it was. Exit code: 0 nothing found, 1 a fault, 2 usage.`;

const { values } = parseArgs({
  options: {
    help: { type: "boolean", default: false },
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    replay: { type: "string" },
    save: { type: "boolean", default: false },
    unreached: { type: "boolean", default: false },
  },
});
const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
if (values.help || !(seconds >= 0) || !Number.isSafeInteger(seed)) {
  (values.help ? console.log : console.error)(USAGE);
  process.exit(values.help ? 0 : 2);
}

instrumentSources(/\/packages\/(codec|protocol)\/src\/.*\.ts$/);
const { execute } = await import("./target.ts");
const used = counters.subarray(0, places.length);

/** A run feeds the input seven times. Three times the most that was ever seen: steps and bytes allocated for a byte, and to begin with. */
const WORK = { toBegin: 60_000, perByte: 300 };
const ALLOCATED = { toBegin: 200_000, perByte: 3_000 };
/** A slab of the arena. What a peer announces is never allocated before it comes. */
const LARGEST_ALLOCATION = 65_536;

const most = { work: 0, largest: 0, allocated: 0 };

function checked(input: Uint8Array): void {
  allocation.bytes = allocation.largest = 0;
  execute(input);
  let work = 0;
  for (const count of used) work += count;
  most.work = Math.max(most.work, work / (input.length + 50));
  most.largest = Math.max(most.largest, allocation.largest);
  most.allocated = Math.max(most.allocated, allocation.bytes / (input.length + 50));
  if (work > WORK.toBegin + WORK.perByte * input.length) throw new Error(`Too much work: ${work} steps for ${input.length} bytes.`);
  if (allocation.largest > LARGEST_ALLOCATION) throw new Error(`Too large an array: ${allocation.largest} bytes.`);
  if (allocation.bytes > ALLOCATED.toBegin + ALLOCATED.perByte * input.length)
    throw new Error(`Too much memory: ${allocation.bytes} bytes for ${input.length}.`);
}

const corpusFile = fileURLToPath(new URL("corpus.json", import.meta.url));
const findings = ".cache/guided";
const toHex = (input: Uint8Array): string => Buffer.from(input).toString("hex");
const asJson = (inputs: readonly Uint8Array[]): string => `${JSON.stringify(inputs.map(toHex), null, 2)}\n`;

if (values.replay !== undefined) {
  checked(Uint8Array.from(Buffer.from(values.replay, "hex")));
  console.log("Nothing wrong with it.");
  process.exit(0);
}

const search = new Search({ execute: checked, counters: used }, seededRandom(seed));

/** Seconds per line of progress. */
const PROGRESS_EVERY = 10;
const begin = performance.now();
const elapsed = (): number => (performance.now() - begin) / 1000;
let interrupted = false;
process.once("SIGINT", () => (interrupted = true));

function describe(): string {
  const { executions, corpus, edges } = search;
  const rate = Math.round(executions / Math.max(elapsed(), 0.001));
  return `${elapsed().toFixed(0)} s: ${executions} executions (${rate}/s), corpus ${corpus.length}, ${search.places} of ${places.length} places, ${edges} edges`;
}

async function run(): Promise<Fault | undefined> {
  console.log(`seed ${seed}`);
  const kept = JSON.parse(readFileSync(corpusFile, "utf8")) as string[];
  for (const input of [...kept.map((text) => Uint8Array.from(Buffer.from(text, "hex"))), ...firstInputs()]) {
    const fault = search.add(input);
    if (fault !== undefined) return fault;
  }
  for (let next = PROGRESS_EVERY; elapsed() < seconds && !interrupted;) {
    for (let i = 0; i < 100; i++) {
      const fault = search.step();
      if (fault !== undefined) return fault;
    }
    // A turn of the loop, for Ctrl-C.
    await new Promise((resolve) => setImmediate(resolve));
    if (elapsed() >= next) {
      console.log(describe());
      next += PROGRESS_EVERY;
    }
  }
  return undefined;
}

const fault = await run();
console.log(describe());
console.log(
  `at most ${most.work.toFixed(0)} steps and ${most.allocated.toFixed(0)} bytes allocated a byte of input, the largest array ${most.largest}`,
);
if (values.unreached) {
  const lines = places.filter((_, place) => !search.reached(place)).map((place) => place.replace(/^.*\/packages\//, ""));
  console.log([...new Set(lines)].join("\n"));
}
if (fault === undefined) {
  if (values.save) {
    const least = search.minimisedCorpus();
    writeFileSync(corpusFile, asJson(least));
    console.log(`corpus.json: ${least.length} inputs, ${least.reduce((sum, { length }) => sum + length, 0)} bytes`);
  }
} else {
  const { input, error } = search.minimised(fault);
  mkdirSync(findings, { recursive: true });
  writeFileSync(`${findings}/corpus.json`, asJson(search.corpus));
  writeFileSync(`${findings}/fault.txt`, `${toHex(input)}\n${error.stack ?? error.message}\n`);
  console.error(`\n${error.stack ?? error.message}\n\nAgain: npm run test:guided -- --replay ${toHex(input)}`);
  process.exitCode = 1;
}
