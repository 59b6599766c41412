import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { runtimes } from "../../contract/src/parent.ts";
import { deadline } from "../../contract/src/patience.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const examples = [...readme.matchAll(/```ts\n(.*?)```\n+```text\n(.*?)```/gs)].map(
  ([, source, output], index) => [index + 1, source!, output!] as const,
);

test.each(examples)("README's example %i prints what README says", (index, source, output) => {
  // Where @ws/deno can be found.
  const folder = fileURLToPath(new URL("../../../.cache/readme-deno/", import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}example-${index}.ts`, source);
  const [command, ...options] = runtimes["Deno"];
  const run = spawnSync(command, [...options, `${folder}example-${index}.ts`], { encoding: "utf8", timeout: deadline(100_000) });
  expect([run.stderr, run.stdout, run.status]).toEqual(["", output, 0]);
});

test("README has examples", () => expect(examples.length).toBeGreaterThan(1));
