/**
 * The random driver inside this runtime: reads `{"certificate":…, "seed":1, "count":2}`, or `"scripts"`, from its input. Prints a line of JSON for each, and
 * `{"done":true}`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import { loadAdapter, thisRuntime } from "../adapter.ts";
import { type Certificate, collectGarbage } from "../case.ts";
import { generate } from "./generate.ts";
import { realNow } from "./own-time.ts";
import { type Kept, play } from "./play.ts";
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

/** Connections that are over and may be reachable: Bun takes whatever lies on the stack for an address. */
const HELD_BY_CHANCE = thisRuntime() === "bun" ? 5 : 0;

/** Every so many scripts the memory is looked at. */
const LOOK_AT_MEMORY = 25;

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
  let kept: Kept[] = [];
  const most = scripts === undefined ? count : scripts.length * times;
  for (let index = 0; index < most && realNow() - begun < 1_000 * seconds; index++) {
    const script = scripts?.[Math.floor(index / times)] ?? generate(seed + index);
    const start = realNow();
    const { faults, connections, messages } = await play(script, setting, never);
    faults.push(...stray.splice(0).map((detail) => ({ kind: "unhandled", detail })));
    kept.push(...connections);
    if (kept.length > 60 * LOOK_AT_MEMORY) {
      faults.push(...(await stillHeld(kept)));
      kept = [];
    }
    report({ seed: script.seed, ms: Math.round(realNow() - start), connections: connections.length, messages, faults });
    if (faults.length > 0) break;
  }
  const faults = await stillHeld(kept);
  if (faults.length > 0) report({ seed, ms: 0, connections: 0, messages: 0, faults });
  rmSync(folder, { recursive: true, force: true });
  process.stdout.write(`${JSON.stringify({ done: true })}\n`);
}

/**
 * Connections that are over and still reachable: none. Only of what ran last something may be on the stack, which Bun looks through as if all on it were
 * addresses; so it is looked again. (A runtime may hold what is the driver's own: Deno keeps a socket of `node:tls` for two minutes, by a timer, and what
 * listens to it.)
 */
async function stillHeld(connections: readonly Kept[]): Promise<Fault[]> {
  let held = connections;
  for (let looks = 0; looks < 20 && held.length > HELD_BY_CHANCE; looks++) {
    await collectGarbage();
    held = held.filter(({ connection }) => connection.deref() !== undefined);
  }
  if (held.length <= HELD_BY_CHANCE) return [];
  const counts = new Map<string, number>();
  for (const { what } of held) counts.set(what, (counts.get(what) ?? 0) + 1);
  const which = [...counts].map(([what, count]) => `${count} of ${what}`).join("; ");
  return [{ kind: "left behind", detail: `${held.length} of ${connections.length} connections are held in memory: ${which}` }];
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
