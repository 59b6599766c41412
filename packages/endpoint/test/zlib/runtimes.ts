import { execFile, spawn, type ChildProcess } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const modules = join(fileURLToPath(new URL("../../../..", import.meta.url)), "node_modules");
const bin = (name: string): string => join(modules, ".bin", name);
const packaged = (name: string): string => join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), "bin/node");

/** A carried runtime: which adapter it takes, and how it runs a source file. */
export interface Runtime {
  readonly name: string;
  readonly adapter: "node" | "deno" | "bun";
  readonly command: readonly string[];
}

const node: Runtime = { name: "Node", adapter: "node", command: [process.execPath, "--conditions=@ws/source"] };
const node22: Runtime = {
  name: "Node 22",
  adapter: "node",
  command: [packaged("node22"), "--experimental-strip-types", "--no-warnings", "--conditions=@ws/source"],
};
const node24: Runtime = { name: "Node 24", adapter: "node", command: [packaged("node24"), "--conditions=@ws/source"] };
const bun: Runtime = { name: "Bun", adapter: "bun", command: [bin("bun"), "--conditions=@ws/source"] };
const deno: Runtime = {
  name: "Deno",
  adapter: "deno",
  command: [bin("deno"), "run", "--quiet", "--allow-all", "--no-lock", "--conditions=@ws/source"],
};

/** One of each kind. */
export const runtimes: readonly Runtime[] = [node, bun, deno];
/** All but the one that runs Vitest. */
export const otherRuntimes: readonly Runtime[] = [node22, node24, bun, deno];

/** What the script prints, one JSON value a line. */
export function runScript(
  runtime: Runtime,
  script: URL,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<unknown[]> {
  const [file = "", ...rest] = runtime.command;
  return new Promise((resolve, reject) => {
    execFile(
      file,
      [...rest, fileURLToPath(script), ...args],
      { timeout: 120_000, maxBuffer: 1 << 24, env: { ...process.env, ...env } },
      (error, stdout, stderr) => {
        if (error !== null) reject(new Error(`${file}: ${error.message}\n${stderr}`));
        else
          resolve(
            stdout
              .trim()
              .split("\n")
              .map((line) => JSON.parse(line) as unknown),
          );
      },
    );
  });
}

export interface RunningScript {
  /** What its first line says. */
  readonly first: { readonly port: number };
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

/** Starts a script that prints one JSON value and goes on. */
export async function startScript(runtime: Runtime, script: URL, args: readonly string[]): Promise<RunningScript> {
  const [file = "", ...rest] = runtime.command;
  const child = spawn(file, [...rest, fileURLToPath(script), ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const first = await new Promise<{ port: number }>((resolve, reject) => {
    createInterface(child.stdout).once("line", (line) => resolve(JSON.parse(line) as { port: number }));
    child.once("exit", (status) => reject(new Error(`${file} ended with ${status}`)));
  });
  return {
    first,
    process: child,
    stop: () => {
      child.kill("SIGKILL");
      return ended;
    },
  };
}
