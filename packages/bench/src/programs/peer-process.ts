/** Starts the peer of a program that measures itself. Runs on Node, Deno and Bun. */
import { spawn } from "node:child_process";
import process from "node:process";

export interface PeerProcess {
  /** The first line it prints. */
  line: string;
  stop(): void;
}

export function startPeer(words: readonly string[], argument: string): Promise<PeerProcess> {
  const child = spawn(words[0]!, [...words.slice(1), argument], { stdio: ["ignore", "pipe", "inherit"] });
  // A program that fails takes its peer along.
  process.once("exit", () => child.kill("SIGKILL"));
  return new Promise((resolve, reject) => {
    let output = "";
    child.stdout.on("data", (text: unknown) => {
      output += String(text);
      const end = output.indexOf("\n");
      if (end >= 0) resolve({ line: output.slice(0, end), stop: () => void child.kill("SIGKILL") });
    });
    child.once("error", reject);
    child.once("exit", (status) => reject(new Error(`the peer ended with ${status}`)));
  });
}

/** Processor time of all threads so far, µs. */
export function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
