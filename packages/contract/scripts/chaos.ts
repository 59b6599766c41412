/**
 * The random driver by hand.
 *
 *   npm run test:chaos -- Deno --seconds 600 --seed 1
 *   npm run test:chaos -- Bun --script chaos-fault.json
 *   npm run test:chaos -- --planted
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { cutDown, drive, type DriveOptions, found, giveUp } from "../src/chaos/drive.ts";
import { hunt } from "../src/chaos/plant.ts";
import { PLANTED } from "../src/chaos/planted.ts";
import { linesOf, record } from "../src/chaos/record.ts";
import type { Played } from "../src/chaos/run.ts";
import type { Fault, Script } from "../src/chaos/script.ts";
import { type RuntimeName, runtimeNames, versionOf } from "../src/parent.ts";

const usage = `Usage: npm run test:chaos -- [runtime …] [options]

Random connections in one process of each runtime (${runtimeNames.join(", ")}; default: all), checked against a model.

  --seconds N   how long in each runtime (20)
  --count N     instead: how many scripts
  --seed N      the first seed; the next script has the next one (the time, so that each run is another)
  --script F    plays the script in this file instead
  --times N     so many times (10)
  --shrink N    seconds to cut down a script that fails (120)
  --out F       where to write it (chaos-fault.json)
  --planted     looks for the faults of src/chaos/planted.ts instead (in Node 26, from seed 1 on, each for so many seconds), in copies of the sources
  --only TEXT   those of which TEXT is part
  --save        writes what came out into docs/chaos.json and docs/chaos.md

Ctrl-C ends everything. The exit code is 1 when something was found, or a planted fault was not.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "20" },
    count: { type: "string" },
    seed: { type: "string" },
    script: { type: "string" },
    times: { type: "string", default: "10" },
    shrink: { type: "string", default: "120" },
    out: { type: "string", default: "chaos-fault.json" },
    planted: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    save: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const wrong = positionals.find((name) => !(runtimeNames as string[]).includes(name));
const numbers = [values.seconds, values.count, values.seed, values.times, values.shrink].map(Number);
if (values.help || wrong !== undefined || numbers.some((value, index) => Number.isNaN(value) && ![1, 2].includes(index))) {
  if (wrong !== undefined) console.error(`There is no runtime ${wrong}.\n`);
  (values.help ? console.log : console.error)(usage);
  process.exit(values.help ? 0 : 2);
}
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    giveUp();
    process.exit(130);
  });
}
const date = new Date().toISOString().slice(0, 10);
const kindsOf = (faults: readonly Fault[]): string[] => [...new Set(faults.map(({ kind }) => kind))];

const runtimes = positionals as RuntimeName[];
if (values.planted) for (const runtime of runtimes.length > 0 ? runtimes : (["Node 26"] as const)) await huntAll(runtime);
else for (const runtime of runtimes.length > 0 ? runtimes : runtimeNames) await run(runtime);

async function huntAll(runtime: RuntimeName): Promise<void> {
  for (const planted of PLANTED.filter(({ what }) => what.includes(values.only))) {
    const limits = { find: Number(values.seconds), shrink: Number(values.shrink) };
    const { seconds, scripts, faults, script } = await hunt(planted, runtime, Number(values.seed ?? 1), limits);
    const as = kindsOf(faults);
    console.log(`${planted.what}\n  ${seconds} s, ${scripts} scripts: ${as.join(", ") || "not found"}`);
    if (script === undefined) process.exitCode = 1;
    const lines = script === undefined ? [] : linesOf(script);
    for (const line of lines) console.log(`    ${line}`);
    const one = { runtime, date, seconds, scripts, as, steps: script?.steps.length ?? 0, script: lines };
    if (values.save) record((recorded) => (recorded.planted[planted.what] = one));
  }
}

async function run(runtime: RuntimeName): Promise<void> {
  const seed = values.seed === undefined ? Math.trunc(Date.now() / 1_000) % 1_000_000 : Number(values.seed);
  const options: DriveOptions =
    values.script === undefined
      ? { seed, ...(values.count === undefined ? { seconds: Number(values.seconds) } : { count: Number(values.count) }) }
      : { scripts: [JSON.parse(readFileSync(values.script, "utf8")) as Script], times: Number(values.times) };
  console.log(values.script === undefined ? `${runtime}: from seed ${seed} on` : `${runtime}: ${values.script}, ${values.times} times`);
  let count = 0;
  const begun = performance.now();
  const seconds = (): number => Math.round((performance.now() - begun) / 1_000);
  const driven = await drive(runtime, options, ({ seed: one }) => {
    if (++count % 20 === 0) console.log(`  ${count} scripts, ${seconds()} s, seed ${one}`);
  });
  const failed = found(runtime, driven, options);
  console.log(`  ${count} scripts in ${seconds()} s: ${failed === undefined ? "nothing was found" : "a fault"}`);
  if (values.save) save(runtime, seed, seconds() / 60, driven.played, failed?.faults ?? []);
  if (failed === undefined) return;
  process.exitCode = 1;
  for (const { kind, detail } of failed.faults) console.log(`    ${kind}: ${detail}`);
  console.log(`  Seed ${failed.script.seed}. Cutting it down …`);
  const shortest = await cutDown(failed, Number(values.shrink), ({ steps }) => process.stdout.write(`    ${steps.length} steps\r`));
  writeFileSync(values.out, `${JSON.stringify(shortest, null, 1)}\n`);
  console.log(`  ${shortest.steps.length} steps are left, in ${values.out}:`);
  for (const step of shortest.steps) console.log(`    ${JSON.stringify(step)}`);
}

function save(runtime: RuntimeName, firstSeed: number, minutes: number, played: readonly Played[], faults: readonly Fault[]): void {
  const sum = (of: "connections" | "messages"): number => played.reduce((total, one) => total + one[of], 0);
  const counts = { scripts: played.length, connections: sum("connections"), messages: sum("messages") };
  const one = { date, version: versionOf(runtime), minutes: Math.round(minutes * 10) / 10, firstSeed, ...counts, found: kindsOf(faults) };
  record((recorded) => (recorded.runs[runtime] = one));
}
