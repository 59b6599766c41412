/** Cuts a script down: connections, then steps, then sizes, for as long as what is left still fails in the same way. */
import type { Script, Step } from "./script.ts";

/** The first of these scripts that still has the fault; -1: none. */
export type FirstFailing = (scripts: readonly Script[]) => Promise<number>;

export async function shrink(
  script: Script,
  firstFailing: FirstFailing,
  suspects: ReadonlySet<number>,
  batch: number,
  tell: (script: Script) => void = () => undefined,
): Promise<Script> {
  let best = script;
  /** Goes through candidates that `at` makes of the best so far; where one fails, `at` goes on with that one and the same place. */
  const improve = async (at: (place: number) => Script | undefined): Promise<void> => {
    for (let place = 0; ;) {
      const candidates: Script[] = [];
      for (let candidate = at(place); candidate !== undefined && candidates.length < batch; candidate = at(place + candidates.length))
        candidates.push(candidate);
      if (candidates.length === 0) return;
      const first = await firstFailing(candidates);
      if (first < 0) place += candidates.length;
      else {
        best = candidates[first]!;
        place += first;
        tell(best);
      }
    }
  };
  const focused = [false, true].map((withWorld) => ({
    ...script,
    steps: script.steps.filter(({ on, by }) => suspects.has(on) || (withWorld && by === "world")),
  }));
  best = focused[await firstFailing(focused)] ?? script;
  for (let before = Infinity; size(best) < before;) {
    before = size(best);
    await without(
      () => [...new Set(best.steps.map(({ on }) => on))],
      (kept) => ({ ...best, steps: best.steps.filter(({ on }) => kept.includes(on)) }),
      improve,
    );
    await without(
      () => best.steps,
      (steps) => ({ ...best, steps }),
      improve,
    );
    await improve((place) => withSmallerStep(best, place));
  }
  return best;
}

function size({ steps }: Script): number {
  return steps.length + JSON.stringify(steps).length;
}

/** Delta debugging: leaves out halves, then quarters, and so on down to single ones. */
async function without<Part>(
  parts: () => readonly Part[],
  scriptOf: (kept: readonly Part[]) => Script,
  improve: (at: (place: number) => Script | undefined) => Promise<void>,
): Promise<void> {
  for (let length = Math.ceil(parts().length / 2); length >= 1; length = length === 1 ? 0 : Math.ceil(length / 2)) {
    await improve((place) => {
      const all = parts();
      const start = place * length;
      return start < all.length ? scriptOf([...all.slice(0, start), ...all.slice(start + length)]) : undefined;
    });
  }
}

/** The script with the step smaller that has this place among all steps that can be. */
function withSmallerStep(script: Script, place: number): Script | undefined {
  let skipped = 0;
  for (const [index, step] of script.steps.entries()) {
    const smaller = smallerSteps(step);
    const one = smaller[place - skipped];
    if (one !== undefined) return { ...script, steps: script.steps.with(index, one) };
    skipped += smaller.length;
  }
  return undefined;
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
