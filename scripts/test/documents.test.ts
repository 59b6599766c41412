import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: root, encoding: "utf8" })
  .split("\n")
  .filter((file) => file !== "" && existsSync(join(root, file)));
const documents = tracked.filter((file) => file.endsWith(".md") && !file.startsWith(".changeset/"));
const read = (file: string) => readFileSync(join(root, file), "utf8");

describe("documents", () => {
  test("README is at most 150 lines", () => {
    expect(read("README.md").split("\n").length).toBeLessThanOrEqual(150);
  });

  test.each(documents)("%s links only to files that exist", (file) => {
    const links = [...read(file).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, link]) => link!);
    const missing = links.filter((link) => !existsSync(resolve(root, dirname(file), link)));
    expect(missing).toEqual([]);
  });
});

/** A program in a document: ```ts, and the ```text behind it is what it prints. */
function programs(file: string): { source: string; output: string }[] {
  return [...read(file).matchAll(/```ts\n(.*?)```(?:\n+```text\n(.*?)```)?/gs)].map(([, source, output]) => ({
    source: source!,
    output: output ?? "",
  }));
}

describe("README's examples print what README says", () => {
  const folder = join(root, ".cache/readme");
  mkdirSync(folder, { recursive: true });

  test.each(programs("README.md").map(({ source, output }, index) => [index + 1, source, output] as const))("example %i", (index, source, output) => {
    const file = join(folder, `example-${index}.ts`);
    writeFileSync(file, source);
    const run = spawnSync("node", ["--conditions=@ws/source", "--disable-warning=ExperimentalWarning", file], { encoding: "utf8", timeout: 15_000, cwd: root });
    expect(run.stderr).toBe("");
    expect(run.stdout).toBe(output);
    expect(run.status).toBe(0);
  });
});
