/** `npm run bench`: measures, prints the ratios, writes docs/benchmarks.json and docs/benchmarks.md. */
import { parseArgs } from "node:util";

import { measureCodec } from "./codec.ts";
import { goals } from "./goals.ts";
import { report, save, type Results } from "./report.ts";
import { measure, type Measurement } from "./run.ts";
import type { Workload } from "./workload.ts";
import { connectionSetup, idleMemory } from "./workloads/connections.ts";
import { compressedEcho, echoWorkloads, latencyWorkloads, scaling, tlsWorkloads } from "./workloads/echo.ts";
import { broadcastWorkloads, clientWorkloads, linearWorkloads } from "./workloads/programs.ts";

const help = `Usage: npm run bench -- [options]

  --quick          only the workloads of the goals, short rounds (under 2 minutes)
  --only TEXT      only workloads whose id contains TEXT (may be repeated)
  --subject TEXT   only subjects whose name contains TEXT (may be repeated)
  --rounds N       rounds per workload (default 3, quick 2)
  --seconds S      seconds per subject and round (default 0.5, quick 0.25)
  --save           write docs/benchmarks.json and docs/benchmarks.md
  --list           print the workloads
  --help           this text`;

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", multiple: true, default: [] },
    subject: { type: "string", multiple: true, default: [] },
    rounds: { type: "string" },
    seconds: { type: "string" },
    save: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const everyWorkload: Workload[] = [
  ...echoWorkloads,
  ...broadcastWorkloads,
  ...clientWorkloads,
  idleMemory,
  scaling,
  ...linearWorkloads,
  connectionSetup,
  ...tlsWorkloads,
  compressedEcho,
  ...latencyWorkloads,
];

if (options.help) {
  console.log(help);
  process.exit(0);
}

const chosen = everyWorkload
  .filter((workload) => !options.quick || workload.quick)
  .filter((workload) => options.only.length === 0 || options.only.some((text) => workload.id.includes(text)))
  .map((workload) => ({
    ...workload,
    subjects: workload.subjects.filter((name) => wantedSubject(workload, name)),
  }))
  .filter(({ subjects }) => subjects.length > 0);

function wantedSubject({ id }: Workload, name: string): boolean {
  if (options.subject.length > 0) return options.subject.some((text) => name.includes(text));
  // Two times 10 000 connections take their time to open.
  if (options.quick && id === "scaling") return name.endsWith("on Node");
  return !options.quick || goals.some(({ workload, ours, versus }) => workload === id && (name === ours || name === versus));
}

/** All cases of the codec are one program. */
const codecToo = options.subject.length === 0 && (options.only.length === 0 || options.only.some((text) => text.includes("codec")));

if (options.list) {
  for (const { id, title } of chosen) console.log(`${id.padEnd(28)} ${title}`);
  if (codecToo) console.log(`${"codec".padEnd(28)} The codec alone, against ws and against copying memory`);
  process.exit(0);
}
if (chosen.length === 0 && !codecToo) {
  console.error("No workload has such an id: --list prints them all.");
  process.exit(2);
}

const rounds = Number(options.rounds ?? (options.quick ? 2 : 3));
const seconds = Number(options.seconds ?? (options.quick ? 0.25 : 0.5));
if (!(rounds >= 1) || !(seconds > 0)) {
  console.error("--rounds and --seconds take numbers above 0.");
  process.exit(2);
}

/** After this share of the workloads and of these minutes, what is left gets one round: a busy machine takes several times as long. */
const budget = (options.quick ? 1.7 : 9) * 60_000;
const started = performance.now();
const isLate = (done: number): boolean => performance.now() - started > budget * (done / chosen.length) + 15_000;

const terminal = process.stderr.isTTY;
const measurements: Measurement[] = [];
for (const [index, workload] of chosen.entries()) {
  measurements.push(
    await measure(workload, {
      rounds:
        options.rounds === undefined && isLate(index)
          ? 1
          : Math.min(rounds, options.quick ? (workload.maxRounds === undefined ? 2 : 1) : Infinity),
      seconds,
      progress: (line) => terminal && process.stderr.write(`\r\x1b[K[${index + 1}/${chosen.length}] ${line}`),
    }),
  );
  if (terminal) process.stderr.write("\r\x1b[K");
  else console.error(`[${index + 1}/${chosen.length}] ${workload.title}`);
}

if (codecToo) {
  console.error("The codec alone");
  try {
    measurements.push(...(await measureCodec(options.quick)));
  } catch (error) {
    console.error(`The codec could not be measured: ${(error as Error).message}`);
  }
}

const results: Results = { measurements, goals, rounds, seconds };
console.log(report(results));
if (options.save) save(results);
