// Runs commands with their output kept until they end, a few at a time, and says how each went.
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";

/** One command: resolves with its exit status, everything it printed and how long it took (ms). */
export function run(command, args, options = {}) {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
    let output = "";
    child.stdout.on("data", (text) => (output += text));
    child.stderr.on("data", (text) => (output += text));
    child.on("error", reject);
    child.on("close", (status) => resolve({ status: status ?? 1, output, time: performance.now() - started }));
  });
}

/** Runs `{ name, command, args }` tasks, prints a line for each, all output of those that failed; true when none did. */
export async function runAll(tasks, parallel = availableParallelism()) {
  const waiting = [...tasks];
  let good = true;
  const worker = async () => {
    for (let task = waiting.shift(); task; task = waiting.shift()) {
      const { status, output, time } = await run(task.command, task.args, task.options);
      console.log(`${status === 0 ? "ok    " : "FAILED"} ${task.name} (${(time / 1000).toFixed(1)} s)`);
      if (status !== 0) {
        console.log(output);
        good = false;
      }
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return good;
}
