/**
 * The Clock port: time and turns, supplied by the host. Tests give a manual one.
 */
export interface Clock {
  /** Milliseconds since any fixed moment, never going back (`performance.now()`). */
  now(): number;
  /** Calls `callback` once, after at least `delay` milliseconds. The timer should not keep the process alive by itself. */
  setTimer(callback: () => void, delay: number): unknown;
  /** Forgets a timer that has not fired. */
  clearTimer(timer: unknown): void;
  /**
   * Calls `callback` in a later turn of the loop, when timers that are due and I/O that is ready have been handled (`setImmediate`; where there is
   * none, a timer of 0 ms). It may keep the process alive for that turn, not for longer.
   */
  turn(callback: () => void): void;
  /** Calls `callback` when the code now running has returned, before any I/O (`queueMicrotask`). */
  microtask(callback: () => void): void;
}
