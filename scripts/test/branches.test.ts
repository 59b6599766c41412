/** Branch coverage counts what ran, and takes no exception without a reason. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, test } from "vitest";

interface Branches {
  branchesOf(
    text: string,
    counts: Float64Array,
  ): {
    branches: readonly { what: string; line: number; count: number; excepted: boolean }[];
    mistakes: readonly { line: number; mistake: string }[];
  };
  addCounts(counts: Float64Array, functions: readonly unknown[]): void;
}

const { branchesOf, addCounts } = (await import(new URL("../branches.mjs", import.meta.url).href)) as Branches;

/** What Node counts in a program, run once per list of arguments. */
function counted(text: string, ...runs: readonly string[][]): Float64Array {
  const folder = mkdtempSync(join(tmpdir(), "ws-branches-"));
  try {
    const counts = new Float64Array(text.length);
    writeFileSync(join(folder, "program.ts"), text);
    for (const args of runs) {
      const env: NodeJS.ProcessEnv = { ...process.env, NODE_V8_COVERAGE: join(folder, "counts") };
      delete env["NODE_COMPILE_CACHE"];
      execFileSync("node", [join(folder, "program.ts"), ...args], { env });
    }
    for (const file of readdirSync(join(folder, "counts"))) {
      const { result } = JSON.parse(readFileSync(join(folder, "counts", file), "utf8")) as {
        result: { url: string; functions: unknown[] }[];
      };
      for (const { url, functions } of result) if (url.endsWith("/program.ts")) addCounts(counts, functions);
    }
    return counts;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Each line is a program's piece; `a` is whether it was started with an argument. */
const program = `const a: boolean = process.argv.length > 2;
function never(): void {}
const called = (value: unknown): unknown => value;
called(a ? 1 : 2);
called(a && 1);
called(a || 1);
called((a ? undefined : 1) ?? (2 as number));
if (a) called(1);
if (a) called(1); else called(2);
if (!a) { called(1); }
for (const one of a ? [1] : []) called(one);
while (process.argv.length > 9) called(1);
try { if (a) throw new Error(); } catch { called(1); }
switch (a) { case true: called(1); break; case false: called(2); break; default: never(); }
(() => { if (a) return; called(1); })();
`;

function notTaken(counts: Float64Array): string[] {
  return branchesOf(program, counts)
    .branches.filter(({ count }) => count === 0)
    .map(({ line, what }) => `${line} ${what}`);
}

test("what was not taken is told, by the line at which it stands", () => {
  const always = ["2 function", "12 loop", "14 case"];
  const without = ["4 ?", "5 &&", "7 ?", "7 ??", "8 if", "9 if", "10 no else", "11 ?", "11 loop", "13 if", "13 catch", "14 case", "15 if"];
  const withOne = ["4 :", "6 ||", "7 :", "8 no else", "9 else", "10 if", "11 :", "13 no else", "14 case", "15 no else"];
  expect(notTaken(counted(program, [])).sort()).toEqual([...always, ...without].sort());
  expect(notTaken(counted(program, ["x"])).sort()).toEqual([...always, ...withOne].sort());
  expect(notTaken(counted(program, [], ["x"]))).toEqual(always);
  expect(notTaken(new Float64Array(program.length))).toHaveLength(branchesOf(program, new Float64Array(program.length)).branches.length);
});

/** A function that nobody calls, with an exception in front of its body's `?:`. */
const excepted = (comment: string, line = ""): { excepted: number; mistakes: number[] } => {
  const text = `const f = () => {\n  ${comment}\n  return a ? 1 : 2; ${line}\n};\n`;
  const counts = new Float64Array(text.length).fill(1);
  counts.fill(0, text.indexOf("? 1") + 2, text.indexOf(" : 2"));
  const { branches, mistakes } = branchesOf(text, counts);
  return { excepted: branches.filter((branch) => branch.excepted).length, mistakes: mistakes.map((mistake) => mistake.line) };
};

test("an exception has a reason, stands at its line or above it, and is needed", () => {
  for (const good of ["// v8 ignore next -- why", "/* v8 ignore next -- why */", "// v8 ignore next -- why\n  // more"])
    expect(excepted(good)).toEqual({ excepted: 1, mistakes: [] });
  expect(excepted("", "// v8 ignore next -- why")).toEqual({ excepted: 1, mistakes: [] });
  for (const bad of [
    "// v8 ignore next",
    "// v8 ignore next --",
    "/* v8 ignore next */",
    "/* istanbul ignore next -- why */",
    "/* c8 ignore start */",
  ])
    expect(excepted(bad).mistakes).toContain(2);
  expect(excepted("if (b)", "// more")).toEqual({ excepted: 0, mistakes: [] });
  expect(excepted("// v8 ignore next -- the whole of it\n  if (b)\n   ")).toEqual({ excepted: 2, mistakes: [] });
  expect(excepted("g(); // v8 ignore next -- why")).toEqual({ excepted: 0, mistakes: [2] });
});
