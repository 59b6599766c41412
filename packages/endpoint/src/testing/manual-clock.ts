/** Time that passes only when it is told to. Whatever is done meanwhile is waited for: no test has to guess how long something takes. */
import type { Clock } from "../ports/clock.ts";

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** Ends everything that only promises wait for. A message and no timer: test runners put their own in the place of those. */
function macrotask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

export class ManualClock implements Clock {
  #now: number;
  readonly #timers = new Set<Timer>();
  /** What waits for a turn of the loop, one for each. */
  readonly #turns: (() => void)[] = [];

  constructor(now = 0) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  /** Timers that are set. */
  get pending(): number {
    return this.#timers.size;
  }

  setTimer(callback: () => void, delay: number): Timer {
    const timer = { at: this.#now + delay, callback };
    this.#timers.add(timer);
    return timer;
  }

  clearTimer(timer: unknown): void {
    this.#timers.delete(timer as Timer);
  }

  turn(callback: () => void): void {
    if (this.#turns.push(callback) === 1) void this.#turned();
  }

  async #turned(): Promise<void> {
    await macrotask();
    const callback = this.#turns.shift()!;
    if (this.#turns.length > 0) void this.#turned();
    callback();
  }

  microtask(callback: () => void): void {
    queueMicrotask(callback);
  }

  /** Resolves when nothing is left to do before a timer is due. */
  async settle(): Promise<void> {
    do await macrotask();
    while (this.#turns.length > 0);
  }

  /** Lets time pass, timer by timer, with everything that follows from each. */
  async advance(milliseconds: number): Promise<void> {
    const until = this.#now + milliseconds;
    for (;;) {
      await this.settle();
      const next = this.#nextTimer(until);
      if (next === undefined) break;
      this.#now = Math.max(this.#now, next.at);
      this.#timers.delete(next);
      next.callback();
    }
    this.#now = until;
    await this.settle();
  }

  #nextTimer(until: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (timer.at <= until && (next === undefined || timer.at < next.at)) next = timer;
    return next;
  }
}
