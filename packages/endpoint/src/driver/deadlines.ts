/**
 * One timer for any number of deadlines.
 *
 * A binary heap ordered by `wakeAt`, the moment at which an entry is looked at. A deadline that moves later, as keep-alive does with every
 * read, costs nothing: the entry stays where it is, is found early when its turn comes, and is put back. Only a deadline that moves
 * earlier is moved in the heap.
 */
import type { Clock } from "../ports/clock.ts";

/** Longest delay that every host's timers take (2^31 − 1 ms). */
const LONGEST_DELAY = 0x7fff_ffff;

/** Something with a deadline. The heap writes `wakeAt` and `heapIndex`; they live in the entry so that nothing else is allocated for it. */
export interface DeadlineEntry {
  /** When `handleTimeout` is due; Infinity: never. Computed, and free to change at any time. */
  readonly deadline: number;
  handleTimeout(now: number): void;
  /** When the heap looks at the entry: never later than `deadline`. */
  wakeAt: number;
  /** Where in the heap; −1: not in it. */
  heapIndex: number;
}

export class Deadlines {
  readonly #clock: Clock;
  readonly #heap: DeadlineEntry[] = [];
  readonly #fire = (): void => this.#timerFired();
  readonly #judge = (): void => this.#judged();
  #timer: unknown = undefined;
  /** What the timer is set for; Infinity: it is not set; -Infinity: it has fired, and the deadlines are judged in the next turn. */
  #timerAt = Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Entries waiting. 0: no timer is set. */
  get size(): number {
    return this.#heap.length;
  }

  /** To be called when the deadline of `entry` may have moved. Cheap when it moved later or not at all. */
  update(entry: DeadlineEntry): void {
    const deadline = entry.deadline;
    if (entry.heapIndex < 0) {
      if (deadline === Infinity) return;
      entry.wakeAt = deadline;
      this.#heap.push(entry);
      this.#siftUp(entry, this.#heap.length - 1);
    } else {
      if (deadline >= entry.wakeAt) return;
      entry.wakeAt = deadline;
      this.#siftUp(entry, entry.heapIndex);
    }
    if (entry.wakeAt < this.#timerAt) this.#setTimer();
  }

  remove(entry: DeadlineEntry): void {
    const index = entry.heapIndex;
    if (index < 0) return;
    entry.heapIndex = -1;
    const last = this.#heap.pop()!;
    if (last !== entry) this.#place(last, index);
    // A timer that is set too early only looks and is set again; but none may be left when nothing waits.
    if (this.#heap.length === 0) this.#clearTimer();
  }

  /**
   * After a stall of the process (a long computation, a debugger, SIGSTOP) timers come before the reads that have long been there. So the transports
   * have a turn first: a peer is judged by what it has sent, not by what was read of it.
   */
  #timerFired(): void {
    this.#timer = undefined;
    this.#timerAt = -Infinity;
    this.#clock.turn(this.#judge);
  }

  #judged(): void {
    this.#timerAt = Infinity;
    const now = this.#clock.now();
    for (let entry = this.#heap[0]; entry !== undefined && entry.wakeAt <= now; entry = this.#heap[0]) {
      if (entry.deadline <= now) {
        entry.handleTimeout(now);
        // handleTimeout may have removed it.
        if (entry.heapIndex < 0) continue;
      }
      if (entry.deadline === Infinity) {
        this.remove(entry);
        continue;
      }
      // A deadline that handleTimeout left in the past is looked at again in the next turn, so that this loop ends.
      entry.wakeAt = Math.max(entry.deadline, now + 1);
      this.#place(entry, entry.heapIndex);
    }
    this.#setTimer();
  }

  #setTimer(): void {
    const first = this.#heap[0];
    if (first === undefined || this.#timerAt === -Infinity || first.wakeAt === this.#timerAt) return;
    this.#clearTimer();
    this.#timerAt = first.wakeAt;
    const delay = Math.ceil(first.wakeAt - this.#clock.now());
    this.#timer = this.#clock.setTimer(this.#fire, Math.min(Math.max(delay, 1), LONGEST_DELAY));
  }

  #clearTimer(): void {
    if (Math.abs(this.#timerAt) === Infinity) return;
    this.#clock.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#timerAt = Infinity;
  }

  #place(entry: DeadlineEntry, index: number): void {
    const parent = this.#heap[(index - 1) >> 1];
    if (index > 0 && parent!.wakeAt > entry.wakeAt) this.#siftUp(entry, index);
    else this.#siftDown(entry, index);
  }

  #siftUp(entry: DeadlineEntry, start: number): void {
    let index = start;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = this.#heap[parentIndex]!;
      if (parent.wakeAt <= entry.wakeAt) break;
      this.#put(parent, index);
      index = parentIndex;
    }
    this.#put(entry, index);
  }

  #siftDown(entry: DeadlineEntry, start: number): void {
    let index = start;
    for (;;) {
      let childIndex = 2 * index + 1;
      const right = this.#heap[childIndex + 1];
      if (right !== undefined && right.wakeAt < this.#heap[childIndex]!.wakeAt) childIndex++;
      const child = this.#heap[childIndex];
      if (child === undefined || child.wakeAt >= entry.wakeAt) break;
      this.#put(child, index);
      index = childIndex;
    }
    this.#put(entry, index);
  }

  #put(entry: DeadlineEntry, index: number): void {
    this.#heap[index] = entry;
    entry.heapIndex = index;
  }
}
