/** Starts and stops the processes of a measurement, on processors of their own where the system allows. */
import { spawn, spawnSync, type ChildProcess, type ChildProcessByStdio } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { availableParallelism } from "node:os";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

import type { Runtime, Subject } from "./subjects.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

const launch: Record<Runtime, string[]> = {
  node: ["node", "--conditions=@ws/source"],
  deno: ["deno", "run", "-A", "--quiet", "--conditions=@ws/source"],
  bun: ["bun", "--conditions=@ws/source"],
};

/** The server gets the last processor, the load generator the first; both share where there is only one. */
const canPin = availableParallelism() > 1 && spawnSync("taskset", ["-V"]).status === 0;
const pinned = { server: String(availableParallelism() - 1), load: "0" } as const;

/** How to start a script: the program, and its words. */
export function command(role: keyof typeof pinned, runtime: Runtime, script: string, args: string[]): [string, string[]] {
  const words = [...(canPin ? ["taskset", "-c", pinned[role]] : []), ...launch[runtime], script, ...args];
  return [words[0]!, words.slice(1)];
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** What runs now: nothing of it outlives this process. */
const children = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

function start(file: string, words: string[]): ChildProcessByStdio<null, Readable, Readable> {
  const child = spawn(file, words, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  children.add(child);
  child.once("close", () => children.delete(child));
  return child;
}

export interface RunningServer {
  port: number;
  process: ChildProcess;
  /** Resident memory of the process, bytes (Linux). */
  residentMemory(): number;
  stop(): Promise<void>;
}

/** Starts a server and waits for its first line, which says that it listens. */
export async function startServer(subject: Subject, args: string[] = []): Promise<RunningServer> {
  const port = await freePort();
  const own = subject.flag ? ["--port", String(port), ...args] : [String(port), ...args];
  const [file, words] = command("server", subject.runtime, subject.script, own);
  const child = start(file, words);
  let errors = "";
  child.stderr.on("data", (text) => (errors += text));
  await within(
    START_TIME,
    child,
    new Promise<void>((resolve, reject) => {
      child.stdout.once("data", () => resolve());
      child.once("error", reject);
      child.once("exit", (status) => reject(new Error(`${subject.script} ended with ${status}: ${errors}`)));
    }),
  );
  return {
    port,
    process: child,
    residentMemory: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) * 1024,
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        child.once("exit", () => resolve());
        child.kill("SIGKILL");
      }),
  };
}

/** Nothing is waited for without an end: ms. */
const START_TIME = 20_000;
const RUN_TIME = 120_000;

async function within<Value>(time: number, child: ChildProcess, done: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`${child.spawnargs.join(" ").slice(0, 120)}: no answer for ${time / 1000} s`));
    }, time);
  });
  try {
    return await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a load program to its end; resolves with the JSON of its last line. */
export async function runLoad<Result>(runtime: Runtime, script: string, load: object, role: keyof typeof pinned = "load"): Promise<Result> {
  const lines = await runLines<Result>(runtime, script, load, role);
  return lines.at(-1)!;
}

/** The same, with the JSON of every line. */
export function runLines<Line>(runtime: Runtime, script: string, load: object, role: keyof typeof pinned): Promise<Line[]> {
  const [file, words] = command(role, runtime, script, [JSON.stringify(load)]);
  const child = start(file, words);
  return within(
    RUN_TIME,
    child,
    new Promise((resolve, reject) => {
      let output = "";
      let errors = "";
      child.stdout.on("data", (text) => (output += text));
      child.stderr.on("data", (text) => (errors += text));
      child.once("error", reject);
      child.once("close", (status) => {
        const lines = output.trim().split("\n");
        if (status === 0 && lines[0]) resolve(lines.map((line) => JSON.parse(line) as Line));
        else reject(new Error(`${script} failed (${status}): ${errors.trim() || output.trim()}`));
      });
    }),
  );
}

/** Median, and the spread from the lowest to the highest as a share of it. */
export function summarise(values: number[]): { median: number; spread: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const median = sorted[sorted.length >> 1]!;
  return { median, spread: (sorted.at(-1)! - sorted[0]!) / median };
}
