// Type-checks every tsconfig*.json under packages/, examples/ and scripts/: with TypeScript 7, which takes a tenth of the time, or, with
// the argument `typescript`, with TypeScript 6, which lint and build use. CI does both.
import { globSync } from "node:fs";

import { runAll } from "./run.mjs";

export function typeChecks(compiler = "typescript7") {
  const configs = globSync(
    ["packages/*/tsconfig*.json", "packages/*/src/**/tsconfig.json", "examples/**/tsconfig.json", "scripts/tsconfig.json"],
    {
      exclude: (path) => path.includes("node_modules"),
    },
  );
  return configs
    .sort()
    .map((config) => ({ name: `types ${config}`, command: "node", args: [`node_modules/${compiler}/bin/tsc`, "-p", config] }));
}

if (import.meta.main) process.exitCode = (await runAll(typeChecks(process.argv[2]))) ? 0 : 1;
