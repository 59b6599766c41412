import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterEach, beforeEach, expect, test } from "vitest";

const script = fileURLToPath(new URL("../verified.mjs", import.meta.url));
const marks = ["<!-- verified: written by scripts/verified.mjs -->", "<!-- /verified -->"] as const;

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ws-verified-"));
  mkdirSync(join(folder, "docs"));
  mkdirSync(join(folder, "node_modules/.cache"), { recursive: true });
  write(
    "package.json",
    JSON.stringify({ devDependencies: { node: "26.10.0", deno: "2.9.6", bun: "1.4.5", "quickjs-emscripten": "0.32.0" } }),
  );
  write("README.md", `# Title\n\n${marks.join("\n")}\n\nThe end.\n`);
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (file: string, text: string): void => writeFileSync(join(folder, file), text);
const read = (file: string): string => readFileSync(join(folder, file), "utf8");

/** The report of a run: file, titles, and how many tests passed and failed. */
type Part = [file: string, titles: string[], passed: number, failed?: number];
function ran(...parts: Part[]): void {
  ranAs("test-results", ...parts);
}
function ranAs(run: string, ...parts: Part[]): void {
  const tests = (count: number, ancestorTitles: string[], status: string) =>
    Array.from({ length: count }, () => ({ ancestorTitles, status }));
  const testResults = parts.map(([file, titles, passed, failed = 0]) => ({
    name: join(folder, "packages", file),
    assertionResults: [...tests(passed, titles, "passed"), ...tests(failed, titles, "failed")],
  }));
  write(`node_modules/.cache/${run}.json`, JSON.stringify({ testResults }));
}

function verified(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { cwd: folder, encoding: "utf8" });
  return { status, output: stdout + stderr };
}

const usual: Part[] = [
  ["codec/test/mask.test.ts", ["masking"], 5],
  ["deno/test/transport.test.ts", [], 2],
  ["contract/test/deno.test.ts", ["Deno, bare"], 7],
  ["contract/test/pairs.test.ts", ["all pairs, bare", "client Deno"], 3],
  ["contract/test/embedding.test.ts", ["embedded in QuickJS"], 4],
];

test("the table has a row for each runtime and a column for each suite, and what the endurance run left", () => {
  write(
    "docs/verified.json",
    JSON.stringify({ endurance: { Deno: { version: "2.9.6", date: "2026-11-22", results: [{ ok: true }, { ok: true }] } } }),
  );
  ran(...usual);
  expect(verified().status).toBe(0);
  expect(read("README.md").split("\n")).toEqual([
    "# Title",
    "",
    marks[0],
    "",
    "| passed in | tests of the packages | contract suite | client of every runtime | the layers as built | streams as transport | endurance |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    "| Node 26.10.0 | 5 |  |  |  |  |  |",
    "| Deno 2.9.6 | 2 | 7 | 3 |  |  | 2 (2026-11-22) |",
    "| QuickJS 0.32.0 |  |  |  | 4 |  |  |",
    "",
    marks[1],
    "",
    "The end.",
    "",
  ]);
  expect(verified("--check").status).toBe(0);
});

test("what CI ran besides is added, and a suite that ran in part does not shrink", () => {
  ran(...usual);
  ranAs("ci-results-pairs", ["contract/test/pairs.test.ts", ["all pairs, bare", "client Deno"], 30], ["codec/test/mask.test.ts", [], 1]);
  ranAs("ci-results-embedding", ["contract/test/embedding.test.ts", ["embedded in Chromium"], 4]);
  expect(verified().status).toBe(0);
  expect(read("README.md").match(/^\| (Node|Deno|Chromium).*/gm)).toEqual([
    "| Node 26.10.0 | 5 |  |  |  |  |  |",
    "| Deno 2.9.6 | 2 | 7 | 30 |  |  |  |",
    "| Chromium |  |  |  | 4 |  |  |",
  ]);
});

test("the check holds when there are more tests, or no results at all", () => {
  ran(...usual);
  verified();
  ran(["codec/test/mask.test.ts", [], 50], ...usual.slice(1));
  expect(verified("--check")).toMatchObject({ status: 0 });
  rmSync(join(folder, "node_modules/.cache/test-results.json"));
  expect(verified("--check")).toMatchObject({ status: 0 });
});

test.each<[what: string, change: () => void, output: string]>([
  [
    "a suite is gone",
    () => ran(...usual.filter(([file]) => !file.includes("pairs"))),
    "Deno, client of every runtime: in the table, and was not run",
  ],
  [
    "a runtime is new",
    () => ran(...usual, ["bun/test/transport.test.ts", [], 1]),
    "Bun, tests of the packages: was run, and is not in the table",
  ],
  ["a test failed", () => ran(...usual.slice(1), ["codec/test/mask.test.ts", [], 1, 2]), "Node 26, tests of the packages: 2 failed"],
  [
    "the table was edited",
    () => write("README.md", read("README.md").replace("| 7 |", "| 8 |")),
    "README.md's table is not what docs/verified.json says",
  ],
  [
    "a runtime was updated",
    () => write("package.json", read("package.json").replace("2.9.6", "2.9.7")),
    "Deno: the table is about 2.9.6, package.json pins 2.9.7",
  ],
  ["README has no place for it", () => write("README.md", "# Title\n"), "README.md has no place for the table"],
])("the check fails when %s", (_what, change, output) => {
  ran(...usual);
  verified();
  change();
  const checked = verified("--check");
  expect(checked.output).toContain(output);
  expect(checked.status).toBe(1);
});

test("nothing is written when a test failed", () => {
  ran(["codec/test/mask.test.ts", [], 1, 1]);
  const before = read("README.md");
  expect(verified()).toMatchObject({ status: 1, output: expect.stringContaining("1 failed") as string });
  expect(read("README.md")).toBe(before);
});
