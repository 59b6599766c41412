// Builds every published package into its dist/, those whose sources changed since the last build.
import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

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

/** A task per package that has to be built. */
export function buildTasks() {
  return globSync("packages/*/tsup.config.ts")
    .sort()
    .flatMap((config) => {
      const folder = dirname(config);
      const stamp = `${folder}/dist/.built`;
      const wanted = fingerprint(folder);
      if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return [];
      const succeeded = () => writeFileSync(stamp, wanted);
      return [{ name: `build ${folder}`, command: "tsup", args: ["--silent"], options: { cwd: folder }, succeeded }];
    });
}

if (import.meta.main) process.exitCode = (await runAll(buildTasks())).length;
