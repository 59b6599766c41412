// Runs commands, a few at a time, says how each went, and leaves no process of theirs behind.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** Milliseconds that what a command started may outlive it: esbuild and workers end when they see that it has ended. */
const LEAVE_TIME = 10_000;
/** Milliseconds between asking processes to end and ending them, when the run itself is ended. */
const END_TIME = 2_000;

/** The groups of processes that run, by the process that leads each. */
const groups = new Set();

/** The living processes of a group, a line for each. A dead one that nobody waited for (`Z`) holds nothing. */
export function livingIn(group) {
  if (existsSync("/proc/self/stat"))
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((id) => {
        try {
          const stat = readFileSync(`/proc/${id}/stat`, "latin1");
          const [state, , itsGroup] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
          if (Number(itsGroup) !== group || state === "Z") return [];
          return [`${id} ${readFileSync(`/proc/${id}/cmdline`, "utf8").replaceAll("\0", " ")}`];
        } catch {
          return []; // It ended between the two.
        }
      });
  const lines = spawnSync("ps", ["-A", "-o", "pid=,pgid=,stat=,command="], { encoding: "utf8" }).stdout.split("\n");
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([, itsGroup, state]) => Number(itsGroup) === group && !state.startsWith("Z"))
    .map(([id, , , ...command]) => `${id} ${command.join(" ")}`);
}

function signal(group, name) {
  try {
    process.kill(-group, name);
  } catch {
    // Nobody is left in it.
  }
}

async function untilEmpty(group, milliseconds) {
  const end = performance.now() + milliseconds;
  for (let living = livingIn(group); ; living = livingIn(group)) {
    if (living.length === 0 || performance.now() > end) return living;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A terminal's Ctrl-C reaches this process only, as every command has a group of its own; so the groups are ended here. */
function endGroupsWithThisProcess() {
  process.once("exit", () => groups.forEach((group) => signal(group, "SIGKILL")));
  for (const [name, number] of Object.entries({ SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }))
    process.once(name, async () => {
      console.error(`\nEnded by ${name}.`);
      groups.forEach((group) => signal(group, "SIGTERM"));
      await Promise.all([...groups].map((group) => untilEmpty(group, END_TIME)));
      process.exit(128 + number);
    });
}

/**
 * One command: resolves with its exit status, everything it printed (nothing with `live`, which lets it print here), how long it took (ms)
 * and what it left behind, which is ended.
 */
export function run(command, args, { live = false, leaveTime = LEAVE_TIME, ...options } = {}) {
  const started = performance.now();
  if (groups.size === 0 && process.listenerCount("SIGINT") === 0) endGroupsWithThisProcess();
  return new Promise((resolve, reject) => {
    const stdio = live ? ["ignore", "inherit", "inherit"] : ["ignore", "pipe", "pipe"];
    const child = spawn(command, args, { ...options, stdio, detached: true });
    child.on("error", reject);
    if (child.pid === undefined) return;
    const group = child.pid;
    groups.add(group);
    let output = "";
    child.stdout?.on("data", (text) => (output += text));
    child.stderr?.on("data", (text) => (output += text));
    let left = Promise.resolve([]);
    child.on("exit", () => {
      left = untilEmpty(group, leaveTime).then((living) => {
        // Also lets "close" come, for which a child that kept our pipe would make us wait.
        signal(group, "SIGKILL");
        groups.delete(group);
        return living;
      });
    });
    child.on("close", async (status) => {
      const behind = await left;
      resolve({ status: status ?? 1, output, left: behind, time: performance.now() - started });
    });
  });
}

/**
 * Runs `{ name, command, args, options?, succeeded? }` tasks, prints a line for each and all output of those that failed, and gives the names
 * of these.
 */
export async function runAll(tasks, parallel = availableParallelism()) {
  const waiting = [...tasks];
  const failed = [];
  let done = 0;
  const worker = async () => {
    for (let task = waiting.shift(); task; task = waiting.shift()) {
      const { status, output, left, time } = await run(task.command, task.args, task.options);
      const good = status === 0 && left.length === 0;
      console.log(`[${++done}/${tasks.length}] ${good ? "ok    " : "FAILED"} ${task.name} (${(time / 1000).toFixed(1)} s)`);
      if (good) {
        task.succeeded?.();
        continue;
      }
      failed.push(task.name);
      console.log(output);
      for (const line of left) console.log(`It left a process behind: ${line}`);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return failed;
}
