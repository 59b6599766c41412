// What test files import as "vitest": the same `expect` and `vi`, and tests that are collected, to be run one by one, in any order, many times.
import { expect, expectTypeOf, vi } from "vitest-itself";

export { expect, expectTypeOf, vi };

/** Tests of all files, in order: what is to be called, by whom. */
export const tests = [];

let suite = undefined;
let file = "";
let count = 0;

/** Names the file whose tests are collected next. */
export function collectFrom(name) {
  file = name;
  count = 0;
  suite = newSuite(name, undefined);
}

function newSuite(name, parent) {
  return { name, parent, beforeAll: [], beforeEach: [], afterEach: [], isPrepared: false };
}

export function describe(name, ...rest) {
  const body = rest.find((given) => typeof given === "function");
  const outer = suite;
  suite = newSuite(`${outer.name} > ${titleOf(name)}`, outer);
  body?.();
  suite = outer;
}

export function test(name, ...rest) {
  const body = rest.find((given) => typeof given === "function");
  const path = `${suite.name} > ${titleOf(name)}`;
  if (!leftOut.test(path)) tests.push({ key: `${file}#${count++}`, name: path, file, suite, body });
}

/** These measure time, so that a mutant would be noticed by chance; or they try so much that they would be most of the time. */
const leftOut = /cost is linear|linear in|takes no longer|every (3-byte sequence|code point)|4-byte sequences|64 MiB/;

const titleOf = (name) => (typeof name === "function" ? name.name : String(name));

const each =
  (define) =>
  (table) =>
  (name, ...rest) => {
    const at = rest.findIndex((given) => typeof given === "function");
    for (const [index, row] of table.entries()) {
      const parameters = Array.isArray(row) ? row : [row];
      define(`${name} #${index}`, ...rest.with(at, () => rest[at](...parameters)));
    }
  };
describe.each = each(describe);
test.each = each(test);
/** Nothing is collected: of those that are to fail a mutant could only be noticed by their success. */
const none = () => undefined;
none.each = () => none;
test.skip = describe.skip = test.fails = none;
test.skipIf = (condition) => (condition ? test.skip : test);
test.runIf = (condition) => (condition ? test : test.skip);
describe.skipIf = (condition) => (condition ? describe.skip : describe);
export const it = test;

export const beforeAll = (hook) => void suite.beforeAll.push(hook);
/** A process ends with all of its tests. */
export const afterAll = () => undefined;
export const beforeEach = (hook) => void suite.beforeEach.push(hook);
export const afterEach = (hook) => void suite.afterEach.push(hook);

let finished = [];
export const onTestFinished = (hook) => void finished.push(hook);

/** Runs one, with its hooks. */
export async function runTest({ suite: own, body }) {
  const suites = [];
  for (let at = own; at !== undefined; at = at.parent) suites.unshift(at);
  finished = [];
  try {
    for (const each of suites) {
      if (!each.isPrepared) for (const hook of each.beforeAll) await hook();
      each.isPrepared = true;
    }
    for (const each of suites) for (const hook of each.beforeEach) await hook();
    await body({ expect, onTestFinished });
  } finally {
    for (const each of suites.toReversed()) for (const hook of each.afterEach) await hook();
    for (const hook of finished) await hook();
  }
}
