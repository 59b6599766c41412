/** Starts the suite and its servers in the runtimes of this repository. Runs on Node. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { generate } from "selfsigned";

import { deadline } from "./patience.ts";
import type { Certificate, Path, Target } from "./case.ts";
import type { Result, RunOptions } from "./run-options.ts";

const modules = fileURLToPath(new URL("../../../node_modules/", import.meta.url));
const here = fileURLToPath(new URL(".", import.meta.url));

/** Every runtime the suite runs in, and how to start a program in it. All are pinned devDependencies. */
export const runtimes = {
  "Node 22": [`${modules}node22/bin/node`, "--expose-gc", "--disable-warning=ExperimentalWarning", "--conditions=@ws/source"],
  "Node 24": [`${modules}node24/bin/node`, "--expose-gc", "--disable-warning=ExperimentalWarning", "--conditions=@ws/source"],
  "Node 26": [`${modules}node/bin/node`, "--expose-gc", "--conditions=@ws/source"],
  Deno: [`${modules}.bin/deno`, "run", "--allow-all", "--no-lock", "--v8-flags=--expose-gc", "--conditions=@ws/source"],
  Bun: [`${modules}.bin/bun`, "--conditions=@ws/source"],
} as const satisfies Record<string, readonly [string, ...string[]]>;

/** ms on a quiet machine for all cases in one runtime. */
export const SUITE_TIMEOUT = 300_000;

export type RuntimeName = keyof typeof runtimes;
export const runtimeNames = Object.keys(runtimes) as RuntimeName[];

export function versionOf(runtime: RuntimeName): string {
  const printed = execFileSync(runtimes[runtime][0], ["--version"], { encoding: "utf8" });
  return /\d+\.\d+\.\d+/.exec(printed)?.[0] ?? printed.trim();
}

/** A leaf for localhost and 127.0.0.1 and the authority that signed it: Deno takes no certificate that is both. */
export async function makeCertificate(): Promise<Certificate> {
  const common = { keyType: "ec", algorithm: "sha256" } as const;
  const authority = await generate([{ name: "commonName", value: "Test authority" }], {
    ...common,
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, critical: true },
    ],
  });
  const leaf = await generate([{ name: "commonName", value: "localhost" }], {
    ...common,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  return { ca: authority.cert, key: leaf.private, cert: leaf.cert };
}

function start(runtime: RuntimeName, program: string, argument: object, inspect = false): ChildProcess {
  const [command, ...usual] = runtimes[runtime];
  const options = inspect ? [...usual, "--inspect-brk"] : usual;
  // Who looks at a halted program has all the time of the world: a day for each ten seconds.
  const env = inspect ? { ...process.env, TEST_PATIENCE: "8640" } : process.env;
  return spawn(command, [...options, `${here}${program}`, JSON.stringify(argument)], { stdio: ["pipe", "pipe", "pipe"], env });
}

function collect(child: ChildProcess): () => string {
  let text = "";
  child.stderr!.on("data", (part: Buffer) => {
    text = (text + part.toString()).slice(-20_000);
  });
  return () => text;
}

/**
 * Runs the suite in `runtime` and gives every result; also that the process ended by itself. With `inspect` it waits for a debugger first, and
 * no deadline ends a case.
 */
export async function runSuite(
  runtime: RuntimeName,
  options: RunOptions,
  { limit = SUITE_TIMEOUT, inspect = false }: { limit?: number; inspect?: boolean } = {},
): Promise<Result[]> {
  const child = start(runtime, "run.ts", options, inspect);
  const complaints = collect(child);
  const results: Result[] = [];
  let done = false;
  // The address of the debugger is said on standard error.
  if (inspect) child.stderr!.pipe(process.stderr);
  const killer = inspect ? undefined : setTimeout(() => child.kill("SIGKILL"), deadline(limit));
  let lingering: NodeJS.Timeout | undefined;
  let lingered = false;
  createInterface({ input: child.stdout! }).on("line", (line) => {
    const message = JSON.parse(line) as Result & { done?: boolean };
    if (message.done !== true) {
      results.push(message);
      return;
    }
    done = true;
    // Nothing may be left that holds the process: no socket, no timer, no listener.
    lingering = setTimeout(() => {
      lingered = true;
      child.kill("SIGKILL");
    }, deadline(10_000));
    child.stdin!.end();
  });
  const [status, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (...end) => resolve(end));
  });
  clearTimeout(killer);
  clearTimeout(lingering);
  const error = lingered
    ? "something still holds the process"
    : !done || status !== 0
      ? `ended with ${status ?? signal}${done ? "" : " before it was done"}:\n${complaints()}`
      : undefined;
  results.push({
    name: "the process ends by itself when everything is closed",
    client: runtime,
    path: options.path,
    ok: error === undefined,
    ms: 0,
    ...(error !== undefined && { error }),
  });
  return results;
}

export interface RunningServer {
  readonly target: Target;
  stop(): Promise<void>;
}

/** Starts the servers of the pair cases in `runtime`. */
export async function startServers(runtime: RuntimeName, path: Path, certificate: Certificate): Promise<RunningServer> {
  const child = start(runtime, "serve.ts", { path, certificate });
  const complaints = collect(child);
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const target = await new Promise<Target>((resolve, reject) => {
    createInterface({ input: child.stdout! }).once("line", (line) => resolve(JSON.parse(line) as Target));
    child.once("error", reject);
    child.once("close", () => reject(new Error(`${runtime} did not serve:\n${complaints()}`)));
  });
  return {
    target,
    async stop() {
      child.stdin!.end();
      const killer = setTimeout(() => child.kill("SIGKILL"), deadline(5_000));
      await ended;
      clearTimeout(killer);
    },
  };
}

export interface CaseResult {
  readonly kind: string;
  readonly name: string;
  readonly ok: boolean;
  readonly error?: string;
}

/** Runs a program of transport cases in `runtime`, with a certificate as its argument. */
export async function runIn(runtime: RuntimeName, program: string): Promise<CaseResult[]> {
  const [command, ...options] = runtimes[runtime];
  const child = spawn(command, [...options, program, JSON.stringify(await makeCertificate())], { stdio: ["ignore", "pipe", "inherit"] });
  const results: CaseResult[] = [];
  createInterface({ input: child.stdout! }).on("line", (line) => {
    results.push(JSON.parse(line) as CaseResult);
  });
  const killer = setTimeout(() => child.kill("SIGKILL"), deadline(SUITE_TIMEOUT));
  await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  clearTimeout(killer);
  return results;
}
