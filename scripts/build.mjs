// Builds every published package into its dist/, those whose sources changed since the last build.
import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";

import { runAll } from "./run.mjs";

const shared = ["tsup.base.ts", "tsconfig.base.json", "package-lock.json"];

/** The packages of this repository that `folder` depends on, itself included. */
function withDependencies(folder, found = new Set()) {
  if (found.has(folder)) return found;
  found.add(folder);
  const { dependencies = {} } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  for (const name of Object.keys(dependencies)) {
    if (name.startsWith("@ws/")) withDependencies(`packages/${name.slice("@ws/".length)}`, found);
  }
  return found;
}

function fingerprint(folder) {
  const hash = createHash("sha256");
  const files = [...withDependencies(folder)].flatMap((each) => globSync([`${each}/src/**/*.*`, `${each}/*.json`, `${each}/*.ts`]));
  for (const file of [...shared, ...files.sort()]) hash.update(file).update(readFileSync(file));
  return hash.digest("hex");
}

export async function build() {
  const stale = [];
  for (const config of globSync("packages/*/tsup.config.ts").sort()) {
    const folder = config.slice(0, config.lastIndexOf("/"));
    const stamp = `${folder}/dist/.built`;
    const wanted = fingerprint(folder);
    if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) continue;
    stale.push({ stamp, wanted, name: `build ${folder}`, command: "tsup", args: ["--silent"], options: { cwd: folder } });
  }
  const good = await runAll(stale);
  if (good) for (const { stamp, wanted } of stale) writeFileSync(stamp, wanted);
  return good;
}

if (import.meta.main) process.exitCode = (await build()) ? 0 : 1;
