/** Cuts a script down: connections, then steps, then listeners and sizes, for as long as what is left still fails in the same way. */
import type { Script, Step } from "./script.ts";

/** Whether a script still has the fault. */
export type Fails = (script: Script) => Promise<boolean>;

export async function shrink(script: Script, fails: Fails, tell: (script: Script) => void = () => undefined): Promise<Script> {
  let best = script;
  const take = async (candidate: Script): Promise<boolean> => {
    if (!(await fails(candidate))) return false;
    best = candidate;
    tell(best);
    return true;
  };
  for (let before = Infinity; size(best) < before;) {
    before = size(best);
    const used = [...new Set(best.steps.map(({ on }) => on))];
    await without(used, async (kept) => take({ ...best, steps: best.steps.filter(({ on }) => kept.includes(on)) }));
    await without(best.steps, (steps) => take({ ...best, steps }));
    for (let index = 0; index < best.steps.length; index++) {
      for (const smaller of smallerSteps(best.steps[index]!)) if (await take({ ...best, steps: best.steps.with(index, smaller) })) break;
    }
  }
  return best;
}

function size({ steps }: Script): number {
  return steps.length + JSON.stringify(steps).length;
}

/** Delta debugging: leaves out halves, then quarters, and so on down to single ones. */
async function without<Part>(parts: readonly Part[], fails: (kept: readonly Part[]) => Promise<boolean>): Promise<void> {
  let kept = parts;
  for (let length = Math.ceil(kept.length / 2); length >= 1 && kept.length > 0; length = length === 1 ? 0 : Math.ceil(length / 2)) {
    for (let start = 0; start < kept.length;) {
      const rest = [...kept.slice(0, start), ...kept.slice(start + length)];
      if (await fails(rest)) kept = rest;
      else start += length;
    }
  }
}

function smallerSteps(step: Step): Step[] {
  const act: Record<string, unknown> = { ...step.act };
  const smaller: Step[] = [];
  const add = (change: Record<string, unknown>): void =>
    void smaller.push({ ...step, act: { ...act, ...change } as unknown as Step["act"] });
  if (Array.isArray(act["pieces"]) && act["pieces"].length > 1) add({ pieces: act["pieces"].slice(0, 1) });
  for (const [name, least] of [
    ["times", 1],
    ["fragments", 1],
    ["cuts", 0],
    ["size", 1],
  ] as const) {
    const value = act[name];
    if (typeof value === "number" && value > least) for (const less of new Set([least, value >> 1])) add({ [name]: less });
  }
  if (act["way"] !== undefined && act["way"] !== "plain") add({ way: "plain" });
  if (step.then !== "turn" && step.then !== "none") smaller.push({ ...step, then: "turn" });
  return smaller;
}
