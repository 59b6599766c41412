/** What all connections of a host share in one turn: one microtask at its end, and one look at the next. */
import { expect, test } from "vitest";

import { isPromiseLike } from "../src/driver/promise-like.ts";
import { settle } from "./support/clock.ts";
import { manualHost } from "./support/pair.ts";

test("everybody who asks for the end of the turn has it in one microtask; who asks again from within has the next one", async () => {
  const { clock, group } = manualHost();
  let microtasks = 0;
  const microtask = clock.microtask.bind(clock);
  clock.microtask = (callback) => (microtasks++, microtask(callback));
  const log: string[] = [];
  const once = (name: string): { endTurn: () => void } => ({ endTurn: () => log.push(name) });
  for (let round = 0; round < 3; round++) {
    log.length = microtasks = 0;
    group.atEndOfTurn({
      endTurn: () => {
        log.push("first");
        group.atEndOfTurn(once("again"));
        void Promise.resolve().then(() => log.push("in between"));
      },
    });
    group.atEndOfTurn(once("second"));
    await settle();
    expect(log).toEqual(["first", "second", "again", "in between"]);
    expect(microtasks).toBe(2);
  }
});

test("everybody who asks for the next turn of the loop has it in one; who asks again from within has the one after", async () => {
  const { clock, group } = manualHost();
  let turns = 0;
  const turn = clock.turn.bind(clock);
  clock.turn = (callback) => (turns++, turn(callback));
  const log: string[] = [];
  const once = (name: string): { nextTurn: () => void } => ({ nextTurn: () => log.push(name) });
  group.atNextTurn({ nextTurn: () => (log.push("first"), group.atNextTurn(once("again"))) });
  group.atNextTurn(once("second"));
  expect([log, turns]).toEqual([[], 1]);
  await settle();
  expect([log.slice(0, 2), turns]).toEqual([["first", "second"], 2]);
  await settle();
  expect([log, turns]).toEqual([["first", "second", "again"], 2]);
});

const thenable = { then: (): undefined => undefined };
test.each<[value: unknown, is: boolean]>([
  [Promise.resolve(), true],
  [thenable, true],
  [Object.assign(() => undefined, thenable), true],
  [() => undefined, false],
  [{ then: 5 }, false],
  [{}, false],
  [null, false],
  [undefined, false],
  ["then", false],
  [5, false],
])("what a callback answers with is waited for if it has a function `then`, of whatever make: %o %s", (value, is) => {
  expect(isPromiseLike(value)).toBe(is);
});
