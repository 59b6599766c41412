import type { Clock } from "@ws/endpoint";

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** Time that passes only when told to. Microtasks are real. */
export class ManualClock implements Clock {
  #now = 1_000;
  #timers: Timer[] = [];
  /** Calls of `setTimer` so far. */
  timersSet = 0;

  now(): number {
    return this.#now;
  }

  setTimer(callback: () => void, delay: number): Timer {
    this.timersSet++;
    const timer = { at: this.#now + delay, callback };
    this.#timers.push(timer);
    return timer;
  }

  clearTimer(timer: unknown): void {
    this.#timers = this.#timers.filter((other) => other !== timer);
  }

  turn(callback: () => void): void {
    setImmediate(callback);
  }

  microtask(callback: () => void): void {
    queueMicrotask(callback);
  }

  /** Timers that are set. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Lets time pass, timer by timer, with everything that follows from each. */
  async advance(milliseconds: number): Promise<void> {
    const until = this.#now + milliseconds;
    for (;;) {
      await settle();
      const next = this.#timers.filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#now = Math.max(this.#now, next.at);
      this.clearTimer(next);
      next.callback();
    }
    this.#now = until;
    await settle();
  }

  /** Steps of one millisecond: for transports with a delay. */
  async run(milliseconds: number): Promise<void> {
    for (let step = 0; step < milliseconds; step++) await this.advance(1);
  }
}

/** Lets every microtask run that is queued, and those that they queue. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
