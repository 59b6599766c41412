/** Plants a fault in a copy of the packages below `.cache/chaos/`, and lets the random driver of that copy look for it. */
import { cpSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import type { RuntimeName } from "../parent.ts";
import type * as driver from "./drive.ts";
import type { PlantedFault } from "./planted.ts";
import type { Fault, Script } from "./script.ts";

const repository = fileURLToPath(new URL("../../../..", import.meta.url));

/** What became of a planted fault. */
export interface Hunt {
  /** Until it was found; without a script: until it was given up. */
  readonly seconds: number;
  readonly scripts: number;
  readonly faults: readonly Fault[];
  /** Cut down. */
  readonly script: Script | undefined;
}

/** @param limits in seconds, for finding and for cutting down */
export async function hunt(
  planted: PlantedFault,
  runtime: RuntimeName,
  seed: number,
  limits: { find: number; shrink: number },
): Promise<Hunt> {
  const root = plant(planted);
  const { drive, found, cutDown } = (await import(
    `${pathToFileURL(join(root, "packages/contract/src/chaos/drive.ts")).href}`
  )) as typeof driver;
  const options = { seed, seconds: limits.find };
  const begun = performance.now();
  const driven = await drive(runtime, options);
  const seconds = Math.round((performance.now() - begun) / 1_000);
  const failed = found(runtime, driven, options);
  const script = failed && (await cutDown(failed, limits.shrink, () => undefined));
  return { seconds, scripts: driven.played.length, faults: failed?.faults ?? [], script };
}

/** @returns where the copy is: each in a place of its own, since modules are loaded once */
function plant({ file, from, to, what }: PlantedFault): string {
  const path = join("packages", file);
  const source = readFileSync(join(repository, path), "utf8");
  if (source.split(from).length !== 2) throw new Error(`"${what}": the text to be changed has to stand once in ${path}`);
  const root = join(repository, ".cache/chaos", what.replaceAll(/\W+/g, "-"));
  rmSync(root, { recursive: true, force: true });
  mkdirSync(join(root, "node_modules"), { recursive: true });
  for (const part of ["package.json", ...globSync("packages/*/{src,package.json}", { cwd: repository })])
    cpSync(join(repository, part), join(root, part), { recursive: true });
  writeFileSync(
    join(root, path),
    source.replace(from, () => to),
  );
  const modules = join(repository, "node_modules");
  for (const name of readdirSync(modules)) if (name !== "@ws") symlinkSync(join(modules, name), join(root, "node_modules", name));
  // These lead to the copy.
  cpSync(join(modules, "@ws"), join(root, "node_modules/@ws"), { recursive: true, verbatimSymlinks: true });
  return root;
}
