/**
 * No test is timed: none asserts how long something takes, waits for a time instead of a condition, or passes by a second try. Where a time is
 * right nevertheless, a comment that begins with "Time:" says why, at the line or up to three above. In the contract's cases `delay` takes the reason.
 */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { root } from "./entries.ts";

/** Reading a clock, sleeping, stalling, trying again. */
const timed = /\b(performance|Date)\.now\(|setTimeout\((resolve|\(\) => resolve)\b|\bstall\(|\bretry:/;
/** The clock of a host under test. */
const clock = /\bnow: \(\) => performance\.now\(\)/;

function withoutReason(text: string): string[] {
  const lines = text.split("\n");
  return lines.flatMap((line, index) => {
    if (!timed.test(line) || clock.test(line) || line.trimStart().startsWith("*")) return [];
    const said = lines.slice(Math.max(0, index - 3), index + 1).some((each) => /(\/\/|\*) Time: \S/.test(each));
    return said ? [] : [`${index + 1}: ${line.trim()}`];
  });
}

test("the finder finds each kind, and takes a reason", () => {
  const sleep = "await new Promise((resolve) => setTimeout(resolve, 50));";
  expect(withoutReason(`${sleep}\nconst begun = performance.now();\ntest("x", { retry: 2 });`)).toHaveLength(3);
  expect(withoutReason(`// Time: nothing shows that nothing comes.\n${sleep}`)).toEqual([]);
  expect(withoutReason("now: () => performance.now(),")).toEqual([]);
});

test("no test reads a clock, sleeps or tries again without a reason", () => {
  const files = globSync(
    ["packages/*/test/**/*.ts", "packages/contract/src/{cases,transport-cases}/**/*.ts", "packages/contract/src/web/cases/*.ts"],
    {
      cwd: root,
    },
  );
  // A program of the nightly run, not a test.
  const isTest = (file: string): boolean => !file.endsWith("guided/run.ts");
  expect(files.length).toBeGreaterThan(150);
  const found = files
    .filter(isTest)
    .sort()
    .flatMap((file) => withoutReason(readFileSync(join(root, file), "utf8")).map((line) => `${file}:${line}`));
  expect(found).toEqual([]);
});
