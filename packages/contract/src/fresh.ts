/** One case in a process of its own, in this runtime: where it matters what the process did first, or that it ends by itself. */
import { spawn } from "node:child_process";

import { AssertionError } from "./case.ts";
import type { Result, RunOptions } from "./run.ts";

/** Deno does not tell how it was started. */
const flags = "Deno" in globalThis ? ["run", "--allow-all", "--no-lock", "--conditions=@ws/source"] : process.execArgv;

/** @throws AssertionError when the case failed, left something unhandled, or the process did not end by itself */
export async function runFresh(name: string, options: RunOptions, timeout: number): Promise<void> {
  const child = spawn(process.execPath, [...flags, process.argv[1]!, JSON.stringify({ ...options, fresh: name })], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let printed = "";
  child.stdout.on("data", (chunk: Uint8Array) => (output += String(chunk)));
  child.stderr.on("data", (chunk: Uint8Array) => (printed += String(chunk)));
  const killer = setTimeout(() => child.kill("SIGKILL"), timeout);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  clearTimeout(killer);
  const lines = output.split("\n").filter((line) => line.startsWith("{"));
  const results = lines.map((line) => JSON.parse(line) as Result & { done?: true });
  const failed = results.find(({ ok }) => ok === false);
  if (failed !== undefined) throw new AssertionError(`${failed.name}: ${failed.error ?? ""}`);
  if (!results.some((result) => result.name === name)) throw new AssertionError(`the case was not run: exit code ${code}\n${printed}`);
  if (code !== 0) throw new AssertionError(`the process ended with ${code ?? "a signal: it did not end by itself"}\n${printed}`);
}
