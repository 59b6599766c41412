/**
 * The long cases in every runtime, on both paths: 64 MiB messages, 1 000 connections, 10 000 cycles; and two minutes of the random driver. Writes
 * what came out into docs/verified.json.
 *
 *   node --conditions=@ws/source packages/contract/scripts/endurance.ts [runtime …]
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { drive, found } from "../src/chaos/drive.ts";
import { makeCertificate, runSuite, runtimeNames, type RuntimeName, versionOf } from "../src/parent.ts";

const file = fileURLToPath(new URL("../../../docs/verified.json", import.meta.url));

interface Verified {
  endurance?: Record<string, { version: string; date: string; results: { path: string; name: string; ok: boolean; ms: number }[] }>;
}

function read(): Verified {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Verified;
  } catch {
    return {};
  }
}

/** With seeds of its own each day: what is found is told by its seed. */
async function isCalmUnderChaos(runtime: RuntimeName): Promise<boolean> {
  const options = { seed: 1_000 * Math.trunc(Date.now() / 86_400_000), seconds: 120 };
  const driven = await drive(runtime, options);
  const fault = found(runtime, driven, options);
  console.log(
    `${fault === undefined ? "ok    " : "FAILED"} ${runtime}: ${driven.played.length} random scripts from seed ${options.seed} on`,
  );
  if (fault === undefined) return true;
  console.log(fault.faults.map(({ kind, detail }) => `${kind}: ${detail}`).join("\n"));
  console.log(`To cut it down: npm run test:chaos -- "${runtime}" --seed ${fault.script.seed} --count 1`);
  return false;
}

const given = process.argv.slice(2);
const onlyChaos = given.includes("--chaos");
const asked = given.filter((name) => name !== "--chaos") as RuntimeName[];
if (asked.some((name) => !runtimeNames.includes(name))) {
  const help = given.includes("--help");
  (help ? console.log : console.error)(
    `Usage: npm run test:endurance -- [runtime …] [--chaos]

Runtimes: ${runtimeNames.join(", ")}. Without any: all of them. Writes docs/verified.json, but not with --chaos: then the random driver runs alone.`,
  );
  process.exit(help ? 0 : 2);
}
const certificate = await makeCertificate();
let failed = 0;
for (const runtime of asked.length > 0 ? asked : runtimeNames) {
  if (!(await isCalmUnderChaos(runtime))) failed++;
  if (onlyChaos) continue;
  const results: { path: string; name: string; ok: boolean; ms: number }[] = [];
  for (const path of ["bare", "fetch"] as const) {
    for (const { name, ok, ms, error } of await runSuite(
      runtime,
      { path, certificate, select: "endurance", parallel: 1 },
      { limit: 900_000 },
    )) {
      results.push({ path, name, ok, ms });
      console.log(`${ok ? "ok    " : "FAILED"} ${runtime}, ${path}: ${name} (${ms} ms)${error === undefined ? "" : `\n${error}`}`);
      if (!ok) failed++;
    }
  }
  const verified = read();
  verified.endurance = {
    ...verified.endurance,
    [runtime]: { version: versionOf(runtime), date: new Date().toISOString().slice(0, 10), results },
  };
  writeFileSync(file, `${JSON.stringify(verified, null, 2)}\n`);
}
console.log(failed === 0 ? "Everything held." : `${failed} failed.`);
process.exitCode = failed === 0 ? 0 : 1;
