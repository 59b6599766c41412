/** Starts the servers and the suite in the runtimes of this repository. Runs on Node. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { type RuntimeName, runtimes, SUITE_TIMEOUT } from "../parent.ts";
import { deadline } from "../patience.ts";
import type { Peers } from "./case.ts";
import type { WebResult, WebRunOptions } from "./run.ts";

export interface RunningPeers {
  readonly peers: Peers;
  stop(): Promise<void>;
}

export function start(runtime: RuntimeName, program: string, ...parameters: readonly string[]): ChildProcess {
  const [command, ...options] = runtimes[runtime];
  return spawn(command, [...options, fileURLToPath(new URL(program, import.meta.url)), ...parameters], { stdio: ["pipe", "pipe", "pipe"] });
}

export function collect(child: ChildProcess): () => string {
  let text = "";
  child.stderr!.on("data", (part: Buffer) => {
    text = (text + part.toString()).slice(-20_000);
  });
  return () => text;
}

export async function startPeers(): Promise<RunningPeers> {
  const servers = [start("Node 26", "servers/node.ts"), start("Bun", "servers/bun.ts"), start("Deno", "servers/deno.ts")];
  const ended = servers.map((child) => new Promise<void>((resolve) => child.once("close", () => resolve())));
  const addresses = servers.map(async (child) => {
    const complaints = collect(child);
    return await new Promise<Partial<Peers>>((resolve, reject) => {
      createInterface({ input: child.stdout! }).once("line", (line) => resolve(JSON.parse(line) as Partial<Peers>));
      child.once("close", () => reject(new Error(`a server did not start:\n${complaints()}`)));
    });
  });
  return {
    peers: Object.assign({}, ...(await Promise.all(addresses))) as Peers,
    async stop() {
      for (const child of servers) child.stdin!.end();
      const killer = setTimeout(() => servers.forEach((child) => child.kill("SIGKILL")), deadline(5_000));
      await Promise.all(ended);
      clearTimeout(killer);
    },
  };
}

/** Runs the suite in `runtime` and gives every result; also that the process ended by itself. */
export async function runWebSuite(runtime: RuntimeName, options: WebRunOptions, limit = deadline(SUITE_TIMEOUT)): Promise<WebResult[]> {
  const child = start(runtime, "run.ts", JSON.stringify(options));
  const complaints = collect(child);
  const results: WebResult[] = [];
  let done = false;
  let killer = setTimeout(() => child.kill("SIGKILL"), limit);
  createInterface({ input: child.stdout! }).on("line", (line) => {
    const message = JSON.parse(line) as WebResult & { done?: boolean };
    if (message.done !== true) {
      results.push(message);
      return;
    }
    done = true;
    clearTimeout(killer);
    killer = setTimeout(() => child.kill("SIGKILL"), deadline(10_000));
    child.stdin!.end();
  });
  const end = await new Promise<number | string | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status, signal) => resolve(signal ?? status));
  });
  clearTimeout(killer);
  const ok = done && end === 0;
  results.push({
    name: "the process ends by itself when everything is closed",
    ok,
    ...(!ok && { error: `ended with ${end}${done ? "" : " before it was done"}:\n${complaints()}` }),
  });
  return results;
}
