/**
 * The random driver by hand.
 *
 *   npm run test:chaos -- Deno --seconds 600 --seed 1
 *   npm run test:chaos -- Bun --script chaos-fault.json
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { cutDown, drive, type DriveOptions, found, giveUp } from "../src/chaos/drive.ts";
import type { Script } from "../src/chaos/script.ts";
import { type RuntimeName, runtimeNames } from "../src/parent.ts";

const usage = `Usage: npm run test:chaos -- [runtime …] [options]

Random connections in one process of each runtime (${runtimeNames.join(", ")}; default: all), checked against a model.

  --seconds N   how long in each runtime (20)
  --count N     instead: how many scripts
  --seed N      the first seed; the next script has the next one (the time, so that each run is another)
  --script F    plays the script in this file instead
  --times N     so many times (10)
  --shrink N    seconds to cut down a script that fails (120)
  --out F       where to write it (chaos-fault.json)

Ctrl-C ends everything. The exit code is 1 when something was found.`;

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

const seed = values.seed === undefined ? Math.trunc(Date.now() / 1_000) % 1_000_000 : Number(values.seed);
for (const runtime of positionals.length > 0 ? (positionals as RuntimeName[]) : runtimeNames) {
  const options: DriveOptions =
    values.script === undefined
      ? { seed, ...(values.count === undefined ? { seconds: Number(values.seconds) } : { count: Number(values.count) }) }
      : { script: JSON.parse(readFileSync(values.script, "utf8")) as Script, count: Number(values.times) };
  console.log(values.script === undefined ? `${runtime}: from seed ${seed} on` : `${runtime}: ${values.script}, ${values.times} times`);
  let count = 0;
  const begun = performance.now();
  const seconds = (): string => `${Math.round((performance.now() - begun) / 1_000)} s`;
  const driven = await drive(runtime, options, ({ seed: one }) => {
    if (++count % 20 === 0) console.log(`  ${count} scripts, ${seconds()}, seed ${one}`);
  });
  const failed = found(runtime, driven, options);
  console.log(`  ${count} scripts in ${seconds()}: ${failed === undefined ? "nothing was found" : "a fault"}`);
  if (failed === undefined) continue;
  process.exitCode = 1;
  for (const { kind, detail } of failed.faults) console.log(`    ${kind}: ${detail}`);
  console.log(`  Seed ${failed.script.seed}. Cutting it down …`);
  const shortest = await cutDown(failed, Number(values.shrink), ({ steps }) => process.stdout.write(`    ${steps.length} steps\r`));
  writeFileSync(values.out, `${JSON.stringify(shortest, null, 1)}\n`);
  console.log(`  ${shortest.steps.length} steps are left, in ${values.out}:`);
  for (const step of shortest.steps) console.log(`    ${JSON.stringify(step)}`);
}
