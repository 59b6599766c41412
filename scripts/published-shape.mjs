// Is what would be published correct? publint reads each package.json, are-the-types-wrong each packed tarball.
import { globSync, readFileSync } from "node:fs";
import { dirname } from "node:path";

import { buildTasks } from "./build.mjs";
import { runAll } from "./run.mjs";

export function publishedShapeChecks() {
  return globSync("packages/*/package.json")
    .filter((manifest) => !JSON.parse(readFileSync(manifest, "utf8")).private)
    .map((manifest) => dirname(manifest))
    .sort()
    .flatMap((folder) => [
      { name: `publint ${folder}`, command: "publint", args: ["--strict", folder] },
      // ESM only, and node10 knows no `exports`: both are the shape we chose.
      { name: `types as published ${folder}`, command: "attw", args: ["--pack", folder, "--profile", "esm-only"] },
    ]);
}

if (import.meta.main) {
  const failed = await runAll(buildTasks());
  process.exitCode = failed.length || (await runAll(publishedShapeChecks())).length;
}
