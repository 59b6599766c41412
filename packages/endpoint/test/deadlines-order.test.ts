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
