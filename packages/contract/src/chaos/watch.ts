/** What the process holds that a connection could leave behind: timers and sockets; and the clock, which can be moved. */
import { readdirSync, readlinkSync } from "node:fs";

let ahead = 0;
const timers = new Map<unknown, string>();

/** From here on every timer that is set is counted until it has fired or is cleared. */
export function watchTime(): void {
  const { setTimeout, clearTimeout } = globalThis;
  const now = performance.now.bind(performance);
  performance.now = () => now() + ahead;
  const set = (callback: (...args: unknown[]) => void, delay?: number, ...args: unknown[]): unknown => {
    const timer: unknown = setTimeout(() => {
      timers.delete(timer);
      callback(...args);
    }, delay);
    timers.set(timer, new Error("set").stack ?? "");
    return timer;
  };
  const clear = (timer: unknown): void => {
    timers.delete(timer);
    clearTimeout(timer as ReturnType<typeof setTimeout>);
  };
  Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
}

/** The clock of the connections goes forward at once. It never goes back. */
export function jumpAhead(ms: number): void {
  ahead += ms;
}

/** Where the timers were set that are still to fire. */
export function timersLeft(): string[] {
  return [...timers.values()];
}

/** Runtimes make a few for themselves, once, when they are first needed. */
let ofRuntime = 4;

/** How many sockets there may be behind a script: as many as there are before it. */
export function allowedSockets(): number {
  const allowed = openSockets() + ofRuntime;
  ofRuntime = 0;
  return allowed;
}

/** Sockets of this process. */
export function openSockets(): number {
  let count = 0;
  for (const descriptor of readdirSync("/proc/self/fd")) {
    try {
      if (readlinkSync(`/proc/self/fd/${descriptor}`).startsWith("socket:")) count++;
    } catch {
      // It was the one with which the folder was read.
    }
  }
  return count;
}
