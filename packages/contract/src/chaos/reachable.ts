/**
 * Connections that are over must not be reachable. One may be for a while: what ran last lies on the stack, which Bun looks through as if all on it were
 * addresses, and a runtime keeps what is its own (Deno a socket of `node:tls` for two minutes, by a timer). So a few are looked at once more, after the
 * scripts that follow.
 */
import { thisRuntime } from "../adapter.ts";
import { collectGarbage } from "../case.ts";
import type { Kept } from "./play.ts";
import type { Fault } from "./script.ts";

/** More than these are no chance. */
const FEW = 5;
/** So many may be held at the second look too. */
const STILL_HELD = thisRuntime() === "bun" ? FEW : 0;

/** Every so many connections there is a look: of about 25 scripts. */
const LOOK = 1_500;

export class Reachable {
  #over: Kept[] = [];
  #suspects: Kept[] = [];

  add(connections: readonly Kept[]): void {
    this.#over.push(...connections);
  }

  get isDue(): boolean {
    return this.#over.length > LOOK;
  }

  async look(): Promise<Fault[]> {
    const [over, suspects] = [this.#over, this.#suspects];
    const held = await stillHeld(over);
    const again = await stillHeld(suspects);
    this.#over = [];
    this.#suspects = held;
    if (held.length > FEW) return [fault(held, over.length)];
    return again.length > STILL_HELD ? [fault(again, suspects.length)] : [];
  }
}

async function stillHeld(connections: readonly Kept[]): Promise<Kept[]> {
  let held = [...connections];
  for (let looks = 0; looks < 20 && held.length > 0; looks++) {
    await collectGarbage();
    held = held.filter(({ connection }) => connection.deref() !== undefined);
  }
  return held;
}

function fault(held: readonly Kept[], count: number): Fault {
  const counts = new Map<string, number>();
  for (const { what } of held) counts.set(what, (counts.get(what) ?? 0) + 1);
  const which = [...counts].map(([what, count]) => `${count} of ${what}`).join("; ");
  return { kind: "left behind", detail: `${held.length} of ${count} connections are held in memory: ${which}` };
}
