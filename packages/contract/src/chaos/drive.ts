/** Starts the random driver in a runtime, and cuts down what fails there. Runs on Node. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { makeCertificate, type RuntimeName, runtimes } from "../parent.ts";
import { deadline } from "../patience.ts";
import { generate } from "./generate.ts";
import type { ChaosOptions, Played } from "./run.ts";
import type { Fault, Script } from "./script.ts";
import { shrink } from "./shrink.ts";

const program = fileURLToPath(new URL("run.ts", import.meta.url));

/** ms. One script that takes so long hangs: its own waits are far shorter. */
const HANG = 120_000;

export interface Driven {
  readonly played: readonly Played[];
  /** What the process itself did wrong. */
  readonly fault: Fault | undefined;
}

export type DriveOptions = Omit<ChaosOptions, "certificate">;

const children = new Set<ChildProcess>();

/** Ends what is running. */
export function giveUp(): void {
  for (const child of children) child.kill("SIGKILL");
}

let certificate: ReturnType<typeof makeCertificate> | undefined;

/** Runs scripts in a process of that runtime to its end, and looks whether it ends by itself. */
export async function drive(
  runtime: RuntimeName,
  options: DriveOptions,
  tell: (played: Played) => void = () => undefined,
): Promise<Driven> {
  const [command, ...flags] = runtimes[runtime];
  const argument = JSON.stringify({
    ...options,
    certificate: await (certificate ??= makeCertificate()),
  } satisfies ChaosOptions);
  const child = spawn(command, [...flags, program], { stdio: ["pipe", "pipe", "pipe"] });
  children.add(child);
  // Scripts are longer than an argument may be.
  child.stdin.on("error", () => undefined);
  child.stdin.end(argument);
  let printed = "";
  child.stderr.on("data", (chunk: Buffer) => (printed = (printed + chunk.toString()).slice(-5_000)));
  const played: Played[] = [];
  let done = false;
  let fault: Fault | undefined;
  const end = (detail: string, ms: number): NodeJS.Timeout =>
    setTimeout(() => {
      fault = { kind: "process", detail };
      child.kill("SIGKILL");
    }, ms);
  let watchdog = end("a script hangs", HANG);
  createInterface({ input: child.stdout }).on("line", (line) => {
    clearTimeout(watchdog);
    const message = JSON.parse(line) as Played & { done?: true };
    done = message.done === true;
    watchdog = end(done ? "something still holds the process" : "a script hangs", done ? deadline(5_000) : HANG);
    if (done) return;
    played.push(message);
    tell(message);
  });
  const status = await new Promise<unknown>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? signal));
  });
  clearTimeout(watchdog);
  children.delete(child);
  if (fault === undefined && (!done || status !== 0)) fault = { kind: "process", detail: `it ended with ${String(status)}` };
  if (fault !== undefined || printed !== "")
    fault = { kind: fault?.kind ?? "printed", detail: `${fault?.detail ?? ""}\n${printed}`.trim() };
  return { played, fault };
}

export interface Found {
  readonly runtime: RuntimeName;
  readonly script: Script;
  readonly faults: readonly Fault[];
  /** No other was played before it in its process. */
  readonly isFirst: boolean;
}

/** The script that failed, if one did. */
export function found(runtime: RuntimeName, { played, fault }: Driven, { scripts, times = 1, seed = 1 }: DriveOptions): Found | undefined {
  const failed = played.find(({ faults }) => faults.length > 0);
  const faults = [...(failed?.faults ?? []), ...(fault === undefined ? [] : [fault])];
  if (faults.length === 0) return undefined;
  // A process that died was at the script behind the last that it told of.
  const index = failed === undefined ? played.length : played.indexOf(failed);
  const script = scripts?.[Math.min(Math.floor(index / times), scripts.length - 1)] ?? generate(failed?.seed ?? seed + index);
  return { runtime, script, faults, isFirst: index === 0 };
}

/** What depends on the moment does not fail each time: each script has several chances. */
const CHANCES = 2;
/** Scripts that one process tries. */
const BATCH = 8;

/** The shortest script that fails in the same way, as far as the time allows. */
export async function cutDown(
  { runtime, script, faults, isFirst }: Found,
  seconds: number,
  tell: (script: Script) => void,
): Promise<Script> {
  const end = performance.now() + 1_000 * seconds;
  const kinds = new Set(faults.map(({ kind }) => kind));
  const suspects = new Set(faults.flatMap(({ connection }) => connection ?? []));
  const firstFailing = async (scripts: readonly Script[]): Promise<number> => {
    if (performance.now() > end || scripts.length === 0) return -1;
    const { played, fault } = await drive(runtime, { scripts, times: CHANCES, never: 2_000 });
    const index = played.findIndex((one) => one.faults.length > 0);
    const at = Math.floor(index / CHANCES);
    const isOne = index >= 0 && at < scripts.length;
    if (isOne && played[index]!.faults.some(({ kind }) => kinds.has(kind))) return at;
    if (isOne) {
      // Something else is wrong with it.
      const behind = await firstFailing(scripts.slice(at + 1));
      return behind < 0 ? -1 : at + 1 + behind;
    }
    // Of what the process did wrong it is not known which script it was.
    const kind = fault?.kind ?? played[index]?.faults[0]?.kind;
    if (kind === undefined || !kinds.has(kind)) return -1;
    if (scripts.length === 1) return 0;
    for (const [place, one] of scripts.entries()) if ((await firstFailing([one])) === 0) return place;
    return -1;
  };
  // It may fail in a fresh process only.
  return await shrink(script, firstFailing, suspects, isFirst ? 1 : BATCH, tell);
}
