/** Time for the driver itself: as it was before {@link watchTime} counted timers and moved the clock. */
import { setImmediate } from "node:timers";

const { setTimeout, clearTimeout } = globalThis;
const now = performance.now.bind(performance);

export const realNow: () => number = now;

export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** True as soon as `condition` holds; false when it does not within `ms`. */
export async function eventually(condition: () => boolean, ms: number): Promise<boolean> {
  for (const end = now() + ms; now() < end;) {
    if (condition()) return true;
    await delay(2);
  }
  return condition();
}

/** What `work` comes to, or "late". */
export async function within(work: Promise<unknown>, ms: number): Promise<"done" | "late"> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), ms);
  });
  try {
    return await Promise.race([work.then(() => "done" as const), late]);
  } finally {
    clearTimeout(timer);
  }
}
