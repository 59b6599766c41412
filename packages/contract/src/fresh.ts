/** Processes of this runtime: for one case, where it matters what the process did first or that it ends, or for a program. */
import { spawn, spawnSync } from "node:child_process";

import { AssertionError } from "./case.ts";
import { deadline } from "./patience.ts";
import type { Result, RunOptions } from "./run-options.ts";

/** Deno does not tell how it was started. */
const flags = "Deno" in globalThis ? ["run", "--allow-all", "--no-lock", "--conditions=@ws/source"] : process.execArgv;

/** Runs a program of this runtime to its end and gives what it printed. */
export async function runProgram(file: string, args: readonly string[], timeout: number): Promise<{ output: string; code: number | null }> {
  const child = spawn(process.execPath, [...flags, file, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (chunk: Uint8Array) => (output += String(chunk)));
  child.stderr.on("data", (chunk: Uint8Array) => (output += String(chunk)));
  const killer = setTimeout(() => child.kill("SIGKILL"), timeout);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  clearTimeout(killer);
  return { output, code };
}

/** The same, while this process stands still. */
export function runProgramSync(file: string, args: readonly string[]): void {
  spawnSync(process.execPath, [...flags, file, ...args], { timeout: deadline(60_000) });
}

/** @throws AssertionError when the case failed, left something unhandled, or the process did not end by itself */
export async function runFresh(name: string, options: RunOptions, timeout: number): Promise<void> {
  const { output, code } = await runProgram(process.argv[1]!, [JSON.stringify({ ...options, fresh: name })], timeout);
  const lines = output.split("\n").filter((line) => line.startsWith("{"));
  const results = lines.map((line) => JSON.parse(line) as Result & { done?: true });
  const failed = results.find(({ ok }) => ok === false);
  if (failed !== undefined) throw new AssertionError(`${failed.name}: ${failed.error ?? ""}`);
  if (!results.some((result) => result.name === name)) throw new AssertionError(`the case was not run: exit code ${code}\n${output}`);
  if (code !== 0) throw new AssertionError(`the process ended with ${code ?? "a signal: it did not end by itself"}\n${output}`);
}
