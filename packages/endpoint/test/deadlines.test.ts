import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { Deadlines, type DeadlineEntry } from "../src/driver/deadlines.ts";
import { ManualClock } from "./support/clock.ts";

class Entry implements DeadlineEntry {
  wakeAt = 0;
  heapIndex = -1;
  deadline = Infinity;
  fired: number[] = [];

  handleTimeout(now: number): void {
    this.fired.push(now);
    this.deadline = Infinity;
  }
}

describe("one timer for all deadlines", () => {
  test("no timer is set while nothing waits", async () => {
    const clock = new ManualClock();
    const deadlines = new Deadlines(clock);
    const entry = new Entry();
    deadlines.update(entry);
    expect(clock.pending).toBe(0);
    entry.deadline = clock.now() + 10;
    deadlines.update(entry);
    expect(clock.pending).toBe(1);
    deadlines.remove(entry);
    expect([clock.pending, deadlines.size]).toEqual([0, 0]);
    await clock.advance(100);
    expect(entry.fired).toEqual([]);
  });

  test("a deadline that moves later costs no timer, and fires at its later moment", async () => {
    const clock = new ManualClock();
    const deadlines = new Deadlines(clock);
    const entry = new Entry();
    const start = clock.now();
    for (let step = 0; step < 1000; step++) {
      entry.deadline = start + 10 + step;
      deadlines.update(entry);
    }
    expect(clock.timersSet).toBe(1);
    await clock.advance(2000);
    expect(entry.fired).toEqual([start + 1009]);
    expect(clock.pending).toBe(0);
  });

  test("what the transports have ready is heard before a deadline is judged", async () => {
    const clock = new ManualClock();
    const deadlines = new Deadlines(clock);
    const entry = new Entry();
    entry.deadline = clock.now() + 10;
    deadlines.update(entry);
    const turn = clock.turn.bind(clock);
    // After a stall: the timer comes first, then the read that has long been there.
    clock.turn = (callback) => {
      entry.deadline = clock.now() + 10;
      turn(callback);
    };
    await clock.advance(10);
    expect(entry.fired).toEqual([]);
    clock.turn = turn;
    await clock.advance(10);
    expect(entry.fired).toHaveLength(1);
    expect([clock.pending, clock.timersSet]).toEqual([0, 2]);
  });

  test("an earlier deadline that comes while others wait to be judged is kept", async () => {
    const clock = new ManualClock();
    const deadlines = new Deadlines(clock);
    const [first, second] = [new Entry(), new Entry()];
    first.deadline = clock.now() + 10;
    deadlines.update(first);
    const turn = clock.turn.bind(clock);
    clock.turn = (callback) => {
      if (second.heapIndex < 0 && second.fired.length === 0) {
        second.deadline = clock.now() + 1;
        deadlines.update(second);
      }
      turn(callback);
    };
    await clock.advance(30);
    expect([first.fired.length, second.fired.length, clock.pending]).toEqual([1, 1, 0]);
  });

  test("a deadline that is left in the past does not loop", async () => {
    const clock = new ManualClock();
    const deadlines = new Deadlines(clock);
    const stubborn = new Entry();
    stubborn.handleTimeout = (now) => {
      stubborn.fired.push(now);
      if (stubborn.fired.length === 3) stubborn.deadline = Infinity;
    };
    stubborn.deadline = clock.now();
    deadlines.update(stubborn);
    await clock.advance(100);
    expect(stubborn.fired).toHaveLength(3);
    expect(clock.pending).toBe(0);
  });

  test("an entry may remove itself and others while it is being handled", async () => {
    const clock = new ManualClock();
    const deadlines = new Deadlines(clock);
    const [first, second] = [new Entry(), new Entry()];
    first.handleTimeout = () => {
      deadlines.remove(first);
      deadlines.remove(second);
    };
    first.deadline = second.deadline = clock.now() + 5;
    deadlines.update(first);
    deadlines.update(second);
    await clock.advance(10);
    expect(second.fired).toEqual([]);
    expect([clock.pending, deadlines.size]).toEqual([0, 0]);
  });

  test("any sequence of moves fires each entry once, at its last deadline", async () => {
    const move = fc.record({ entry: fc.nat(9), delay: fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }), wait: fc.nat(3) });
    await fc.assert(
      fc.asyncProperty(fc.array(move, { maxLength: 60 }), async (moves) => {
        const clock = new ManualClock();
        const deadlines = new Deadlines(clock);
        const entries = Array.from({ length: 10 }, () => new Entry());
        const expected = entries.map((): number[] => []);
        const due = entries.map(() => Infinity);
        for (const { entry, delay, wait } of moves) {
          if (delay === undefined) {
            deadlines.remove(entries[entry]!);
            entries[entry]!.deadline = due[entry] = Infinity;
          } else {
            entries[entry]!.deadline = due[entry] = clock.now() + delay;
            deadlines.update(entries[entry]!);
          }
          const until = clock.now() + wait;
          due.forEach((at, index) => {
            if (at <= until) {
              expected[index]!.push(at);
              due[index] = Infinity;
            }
          });
          if (wait > 0) await clock.advance(wait);
        }
        due.forEach((at, index) => at < Infinity && expected[index]!.push(at));
        await clock.advance(1000);
        expect(entries.map(({ fired }) => fired)).toEqual(expected);
        expect([clock.pending, deadlines.size]).toEqual([0, 0]);
      }),
      { numRuns: Number(process.env["FAST_CHECK_RUNS"] ?? 100) },
    );
  });
});
