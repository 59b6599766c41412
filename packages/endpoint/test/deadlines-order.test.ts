/** The heap of deadlines, with more entries than a property shrinks well, and entries that change it while they are handled. */
import { describe, expect, test } from "vitest";

import { Deadlines, type DeadlineEntry } from "../src/driver/deadlines.ts";
import { ManualClock } from "./support/clock.ts";

class Entry implements DeadlineEntry {
  wakeAt = 0;
  heapIndex = -1;
  deadline = Infinity;
  fired: number[] = [];
  then: (() => void) | undefined = undefined;

  handleTimeout(now: number): void {
    this.fired.push(now);
    if (this.then === undefined) this.deadline = Infinity;
    else this.then();
  }
}

describe("deadlines in any order", () => {
  test.each([1, 2, 3, 4, 5])("sixty entries that are moved and removed at random fire when they are due (%i)", async (seed) => {
    let state = seed;
    const random = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state >>> 8) % below;
    };
    const clock = new ManualClock();
    const deadlines = new Deadlines(clock);
    const entries = Array.from({ length: 60 }, () => new Entry());
    for (let round = 0; round < 60; round++) {
      for (let count = 0; count < 10; count++) {
        const entry = entries[random(60)]!;
        if (random(4) === 0) {
          deadlines.remove(entry);
          entry.deadline = Infinity;
        } else {
          entry.deadline = clock.now() + 1 + random(80);
          deadlines.update(entry);
        }
      }
      const due = entries.filter(({ deadline }) => deadline <= clock.now() + 5);
      const expected = new Map(due.map((entry) => [entry, entry.deadline]));
      for (const entry of entries) entry.fired = [];
      await clock.advance(5);
      for (const entry of entries) expect(entry.fired).toEqual(expected.has(entry) ? [expected.get(entry)] : []);
    }
    for (const entry of entries) deadlines.remove(entry);
    expect([clock.pending, deadlines.size]).toEqual([0, 0]);
  });
});

describe("deadlines that are removed", () => {
  test.each(Array.from({ length: 20 }, (_, seed) => seed + 1))("from anywhere leave the others in order (%i)", async (seed) => {
    const clock = new ManualClock();
    const deadlines = new Deadlines(clock);
    const start = clock.now();
    // A way through all of 1 to 16, another one for each seed.
    const entries = Array.from({ length: 16 }, (_, index) => {
      const entry = new Entry();
      entry.deadline = start + 1 + (((index + seed) * (2 * seed + 1)) % 16);
      deadlines.update(entry);
      return entry;
    });
    const removed = entries.filter((_, index) => (index * 7 + seed) % 5 === 0);
    const left = entries.filter((entry) => !removed.includes(entry));
    const expected = left.map(({ deadline }) => [deadline]);
    for (const entry of removed) deadlines.remove(entry);
    await clock.advance(20);
    expect(left.map(({ fired }) => fired)).toEqual(expected);
    expect(removed.flatMap(({ fired }) => fired)).toEqual([]);
  });

  test.each([3, 4])("out of a subtree: the last one, which takes the place, may be earlier than the one above it (%i)", async (removed) => {
    const clock = new ManualClock();
    const deadlines = new Deadlines(clock);
    const start = clock.now();
    const delays = [1, 10, 2, 11, 12, 3, 4];
    const entries = delays.map((delay) => {
      const entry = new Entry();
      entry.deadline = start + delay;
      deadlines.update(entry);
      return entry;
    });
    deadlines.remove(entries[removed]!);
    await clock.advance(20);
    expect(entries.map(({ fired }) => fired)).toEqual(delays.map((delay, index) => (index === removed ? [] : [start + delay])));
  });
});

describe("while the deadlines wait for the transports' turn", () => {
  /** What is done in between, and how many timers there are then. */
  async function between(act: (deadlines: Deadlines, first: Entry) => void): Promise<[timers: number, Entry, ManualClock]> {
    const clock = new ManualClock();
    const deadlines = new Deadlines(clock);
    const first = new Entry();
    first.deadline = clock.now() + 10;
    deadlines.update(first);
    const turn = clock.turn.bind(clock);
    let timers = -1;
    clock.turn = (callback) => {
      if (timers < 0) {
        act(deadlines, first);
        timers = clock.pending;
      }
      turn(callback);
    };
    await clock.advance(10);
    return [timers, first, clock];
  }

  test("no timer is set, not even for one that is overdue: all are judged in that turn", async () => {
    const second = new Entry();
    const [timers, first, clock] = await between((deadlines, entry) => {
      second.deadline = entry.deadline - 1;
      deadlines.update(second);
    });
    expect([timers, first.fired.length, second.fired.length, clock.pending]).toEqual([0, 1, 1, 0]);
  });

  test("the last of them may be removed and another come", async () => {
    const second = new Entry();
    const [timers, first, clock] = await between((deadlines, entry) => {
      deadlines.remove(entry);
      second.deadline = entry.deadline + 50;
      deadlines.update(second);
    });
    expect([timers, first.fired.length, clock.pending]).toEqual([0, 0, 1]);
    await clock.advance(50);
    expect([second.fired.length, clock.pending]).toEqual([1, 0]);
  });
});

describe("the delay that the host's timer is asked for", () => {
  test.each([
    [-5, 1],
    [0, 1],
    [0.2, 1],
    [1, 1],
    [7.2, 8],
    [2 ** 31 - 1, 2 ** 31 - 1],
    [2 ** 31, 2 ** 31 - 1],
    [1e15, 2 ** 31 - 1],
  ])("of a deadline in %d ms is %i: whole, at least 1, and no longer than timers take", (delay, expected) => {
    const clock = new ManualClock();
    const delays: number[] = [];
    const setTimer = clock.setTimer.bind(clock);
    clock.setTimer = (callback, given) => (delays.push(given), setTimer(callback, given));
    const entry = new Entry();
    entry.deadline = clock.now() + delay;
    new Deadlines(clock).update(entry);
    expect(delays).toEqual([expected]);
  });
});

describe("an entry that is being handled", () => {
  function three(): { clock: ManualClock; deadlines: Deadlines; entries: [Entry, Entry, Entry] } {
    const clock = new ManualClock();
    const deadlines = new Deadlines(clock);
    const entries: [Entry, Entry, Entry] = [new Entry(), new Entry(), new Entry()];
    entries.forEach((entry, index) => {
      entry.deadline = clock.now() + 5 + index;
      deadlines.update(entry);
    });
    return { clock, deadlines, entries };
  }

  test("may remove itself while others wait, which are not forgotten", async () => {
    const { clock, deadlines, entries } = three();
    const start = clock.now();
    entries[0].then = () => deadlines.remove(entries[0]);
    await clock.advance(20);
    expect(entries.map(({ fired }) => fired)).toEqual([[start + 5], [start + 6], [start + 7]]);
    expect([clock.pending, deadlines.size]).toEqual([0, 0]);
  });

  test("and leaves its deadline in the past is called again later, not at once, and the others meanwhile", async () => {
    const { clock, entries } = three();
    const start = clock.now();
    entries[0].then = () => undefined;
    await clock.advance(8);
    expect(entries[0].fired.slice(0, 3)).toEqual([start + 5, start + 6, start + 7]);
    expect([entries[1].fired, entries[2].fired]).toEqual([[start + 6], [start + 7]]);
  });

  test("may ask for an earlier moment than any other", async () => {
    const { clock, deadlines, entries } = three();
    const start = clock.now();
    entries[2].deadline = start + 50;
    entries[0].then = () => {
      entries[0].deadline = Infinity;
      entries[2].deadline = start + 6;
      deadlines.update(entries[2]);
    };
    await clock.advance(20);
    expect(entries.map(({ fired }) => fired)).toEqual([[start + 5], [start + 6], [start + 6]]);
    expect(clock.pending).toBe(0);
  });
});
