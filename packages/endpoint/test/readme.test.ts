import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";
import { deadline } from "../../contract/src/patience.ts";

test("README's example prints what README says", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const [, source, output] = /```ts\n(.*?)```\n+```text\n(.*?)```/s.exec(readme)!;
  const folder = fileURLToPath(new URL("../../../.cache/readme-endpoint/", import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}example.ts`, source!);
  const run = spawnSync("node", ["--conditions=@ws/source", "--disable-warning=ExperimentalWarning", `${folder}example.ts`], {
    encoding: "utf8",
    timeout: deadline(100_000),
  });
  expect([run.stderr, run.stdout, run.status]).toEqual(["", output, 0]);
});
