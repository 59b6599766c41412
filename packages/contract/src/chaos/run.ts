/**
 * The random driver inside this runtime: reads `{"certificate":…, "seed":1, "count":2}`, or `"scripts"`, from its input. Prints a line of JSON for each, and
 * `{"done":true}`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import { loadAdapter, thisRuntime } from "../adapter.ts";
import type { Certificate } from "../case.ts";
import { generate } from "./generate.ts";
import { realNow } from "./own-time.ts";
import { play } from "./play.ts";
import { Reachable } from "./reachable.ts";
import type { Fault, Script } from "./script.ts";
import { watchTime } from "./watch.ts";

export interface ChaosOptions {
  readonly certificate: Certificate;
  /** Instead of seeds: one after the other. */
  readonly scripts?: readonly Script[];
  /** Each so often. 1. */
  readonly times?: number;
  /** The first seed; those behind it are counted up. */
  readonly seed?: number;
  /** How many. */
  readonly count?: number;
  /** No script is begun any more when so much time has passed. */
  readonly seconds?: number;
  /** ms. What takes longer is taken for never. */
  readonly never?: number;
}

/** Of one script. */
export interface Played {
  readonly seed: number;
  readonly ms: number;
  /** Ends of ours that were opened. */
  readonly connections: number;
  /** Messages that arrived. */
  readonly messages: number;
  readonly faults: readonly Fault[];
}

async function main({
  certificate,
  scripts,
  times = 1,
  seed = 1,
  count = Infinity,
  seconds = Infinity,
  never,
}: ChaosOptions): Promise<void> {
  const stray: string[] = [];
  process.on("unhandledRejection", (error: unknown) => stray.push(`unhandled rejection: ${shown(error)}`));
  process.on("uncaughtException", (error: unknown) => stray.push(`uncaught exception: ${shown(error)}`));
  watchTime();
  const folder = mkdtempSync(join(tmpdir(), "ws-chaos-"));
  const setting = { adapter: await loadAdapter(thisRuntime()), certificate, folder };
  const begun = realNow();
  const reachable = new Reachable();
  const most = scripts === undefined ? count : scripts.length * times;
  for (let index = 0; index < most && realNow() - begun < 1_000 * seconds; index++) {
    const script = scripts?.[Math.floor(index / times)] ?? generate(seed + index);
    const start = realNow();
    const { faults, connections, messages } = await play(script, setting, never);
    faults.push(...stray.splice(0).map((detail) => ({ kind: "unhandled", detail })));
    reachable.add(connections);
    if (reachable.isDue) faults.push(...(await reachable.look()));
    report({ seed: script.seed, ms: Math.round(realNow() - start), connections: connections.length, messages, faults });
    if (faults.length > 0) break;
  }
  const faults = await reachable.look();
  if (faults.length > 0) report({ seed, ms: 0, connections: 0, messages: 0, faults });
  rmSync(folder, { recursive: true, force: true });
  process.stdout.write(`${JSON.stringify({ done: true })}\n`);
}

function shown(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function report(played: Played): void {
  process.stdout.write(`${JSON.stringify(played)}\n`);
}

try {
  await main(JSON.parse(await text(process.stdin)) as ChaosOptions);
} catch (error) {
  // The listener of what is uncaught, which is for the adapters' faults, would take it, and nothing would end the process.
  process.stderr.write(`the driver itself failed: ${shown(error)}\n`);
  process.exit(1);
}
