/** The runner of npm test: it ends, it leaves no process behind, and its last lines say what failed. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { root } from "./entries.ts";

/** Where Vitest looks for tests (not in node_modules), and git does not. */
const parent = join(root, "scripts/.cache");
let folder = "";
beforeAll(() => {
  mkdirSync(parent, { recursive: true });
  folder = mkdtempSync(join(parent, "run-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A program that starts one that never ends and has its output, says which, and then goes on as `then` says. */
const starts = (then: string): string => `
  import { spawn } from "node:child_process";
  const { pid } = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "inherit" }).on("spawn", () => {
    console.log("started " + pid);
    ${then}
  });`;

/** Runs `module` on its own, with `{ run, Summary }` of scripts/ and `args` in its reach. */
function program(module: string, ...args: readonly string[]): { child: ChildProcess; output: () => string } {
  const text = `import { run } from "./scripts/run.mjs"; import { Summary } from "./scripts/summary.mjs"; const args = process.argv.slice(1); ${module}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", text, ...args], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (part) => (output += String(part)));
  child.stderr.on("data", (part) => (output += String(part)));
  return { child, output: () => output };
}

/** A dead process that nobody waited for (`Z`) still has its number. */
function lives(id: number): boolean {
  try {
    if (existsSync("/proc/self/stat")) return !/\) Z [^)]*$/.test(readFileSync(`/proc/${id}/stat`, "latin1"));
    return process.kill(id, 0);
  } catch {
    return false;
  }
}

const startedIn = (output: string): number => Number(/started (\d+)/.exec(output)?.[1]);

test("what a command leaves behind is ended and told, even when it holds the command's output", async () => {
  const { child, output } = program(
    `const { left, status, output } = await run(process.execPath, ["--input-type=module", "-e", args[0]], { leaveTime: 1 });
     console.log(output, status, left.length);`,
    starts("process.exit(0)"),
  );
  await once(child, "close");
  expect(output()).toMatch(/started \d+\s+0 1/);
  expect(lives(startedIn(output()))).toBe(false);
});

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("after %s nothing that was started is alive", async (signal) => {
  const { child, output } = program(`await run(process.execPath, ["--input-type=module", "-e", args[0]], { live: true });`, starts(""));
  await expect.poll(output, { timeout: 60_000 }).toContain("started");
  const id = startedIn(output());
  expect(lives(id)).toBe(true);
  child.kill(signal);
  await once(child, "close");
  expect(child.exitCode).toBeGreaterThan(128);
  expect(lives(id)).toBe(false);
});

test("a hook that times out fails by name in the last lines, and what it started is ended", async () => {
  writeFileSync(
    join(folder, "hook.test.ts"),
    `import { spawn } from "node:child_process";
     import { beforeAll, describe, test } from "vitest";
     describe("a file", () => {
       beforeAll(() => {
         console.log("started " + spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" }).pid);
         return new Promise(() => {});
       }, 1);
       test("that is never run", () => {});
     });
     test("one that fails", () => { throw new Error("on purpose"); });`,
  );
  const { child, output } = program(
    `const summary = new Summary();
     await summary.tests("tests", args[0] + "/results.json", ["--root", args[0]], {}, { leaveTime: 1 });
     summary.end();`,
    folder,
  );
  await once(child, "close");
  expect(child.exitCode).toBe(1);
  expect(lives(startedIn(output()))).toBe(false);
  const last = output().trimEnd().split("\n").slice(-5);
  expect(last.join("\n")).toMatch(
    /^Failed:\n {2}tests: left a process behind: .*\n {2}\S*hook\.test\.ts > a file: Hook timed out .*\n {2}\S*hook\.test\.ts > one that fails: on purpose\n0 passed, 3 failed, 1 skipped, \d+ s$/,
  );
});

test("what npm test found is said again at the end of all steps, and a run that reported nothing has failed", async () => {
  const { child, output } = program(
    `const first = new Summary();
     first.fail("a file > a test: on purpose");
     first.save(args[0] + "/first.json");
     Summary.continued("npm test", args[0] + "/first.json").end();
     Summary.continued("npm test", args[0] + "/none.json").end();`,
    folder,
  );
  await once(child, "close");
  expect(child.exitCode).toBe(1);
  expect(output()).toMatch(
    /^\nFailed:\n {2}a file > a test: on purpose\n0 passed, 1 failed, .*\n\nFailed:\n {2}npm test: ended before it reported\n0 passed, 1 failed, .*\n$/,
  );
});
