// Type-checks every tsconfig*.json under packages/, examples/ and scripts/.
import { globSync } from "node:fs";

import { runAll } from "./run.mjs";

export function typeChecks() {
  const configs = globSync(["packages/*/tsconfig*.json", "packages/*/src/**/tsconfig.json", "examples/**/tsconfig.json", "scripts/tsconfig.json"], {
    exclude: (path) => path.includes("node_modules"),
  });
  return configs.sort().map((config) => ({ name: `types ${config}`, command: "tsc", args: ["-p", config] }));
}

if (import.meta.main) process.exitCode = (await runAll(typeChecks())) ? 0 : 1;
