// The guided run (`npm run test:guided`): what it found worth keeping holds, and it finds what is planted.

import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { runInThisContext } from "node:vm";

import { expect, test } from "vitest";

import { withCounters } from "./guided/instrument.ts";
import { seededRandom } from "./guided/mutation.ts";
import { Search, type Fault } from "./guided/search.ts";
import { execute } from "./guided/target.ts";

const corpus = JSON.parse(readFileSync(new URL("guided/corpus.json", import.meta.url), "utf8")) as string[];

test("every input of the corpus gives events or a documented error, the same in any chunks", () => {
  expect(corpus.length).toBeGreaterThan(20);
  for (const input of corpus) execute(Uint8Array.from(Buffer.from(input, "hex")));
});

/** As if heads were searched: throws for `=;"` behind the third byte, and counts how far an input comes. */
function planted(): Search {
  const counters = new Uint32Array(8);
  const execute = (input: Uint8Array): void => {
    const word = [0x3d, 0x3b, 0x22];
    for (let index = 0; index < word.length; index++) {
      counters[index]!++;
      if (input[index + 3] !== word[index]) return;
    }
    throw new Error(`found among ${input.length} bytes`);
  };
  return new Search({ execute, counters }, seededRandom(1));
}

function found(search: Search): Fault {
  search.add(Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0));
  for (let tries = 0; tries < 100_000; tries++) {
    const fault = search.step();
    if (fault !== undefined) return fault;
  }
  return expect.unreachable("nothing was found");
}

test("a fault three bytes deep is found by what was reached on the way, and minimised", () => {
  const search = planted();
  const { input } = search.minimised(found(search));
  expect([...input]).toEqual([0, 0, 0, 0x3d, 0x3b, 0x22]);
  // One more for each byte that is right.
  expect(search.corpus).toHaveLength(3);
  expect(search.minimisedCorpus()).toHaveLength(1);
});

test("the same seed makes the same choices", () => {
  const choices = [7, 7, 8].map((seed) =>
    Array.from(
      { length: 20 },
      (
        (random) => () =>
          random(1000)
      )(seededRandom(seed)),
    ).join(),
  );
  expect(choices[0]).toBe(choices[1]);
  expect(choices[0]).not.toBe(choices[2]);
});

test("each branch of a source has a counter, and the source does what it did", () => {
  const source = `(function f(x: number | undefined): unknown {
    const of = (y: number): object => ({ y });
    if (x === undefined) return "none" as const;
    else if (x < 0) { x = -x; }
    for (let i = 0; i < 3; i++) x += i;
    switch (x) {
      case 3: case 4: return x > 3 ? "four" : "three";
      default: try { if (x > 10) throw x; } catch { return "caught"; }
    }
    return (x > 8 && of(x)) || new Uint8Array(x);
  })`;
  const counted: number[] = [];
  const javascript = stripTypeScriptTypes(withCounters(source, "f.ts"));
  const run = runInThisContext(`(__guided, __allocate) => ${javascript}`) as (
    counters: number[],
    allocate: (n: number) => number,
  ) => (x?: number) => unknown;
  const f = run(new Proxy(counted, { get: (target, place) => Reflect.get(target, place) ?? 0 }), (length) => length);
  const seen = [undefined, 0, 1, -2, 6, 20].map((x) => JSON.stringify(f(x)));
  expect(seen).toEqual(['"none"', '"three"', '"four"', '{"0":0,"1":0,"2":0,"3":0,"4":0}', '{"y":9}', '"caught"']);
  const counts = Object.values(counted);
  // Function, arrow, two branches and the else, loop, three cases, two of ?:, throw, catch, && and ||.
  expect([counts.length, counts.every((count) => count > 0)]).toEqual([15, true]);
});
