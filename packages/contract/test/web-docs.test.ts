/** docs/web-api.md: its example runs, and the cases it names exist. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { runtimes } from "../src/parent.ts";
import { webSuite } from "../src/web/suite.ts";
import { deadline } from "../src/patience.ts";

const text = readFileSync(new URL("../../../docs/web-api.md", import.meta.url), "utf8");

test("the example prints what it says", () => {
  const example = /```js\n([^]*?)```/.exec(text)![1]!;
  const [command, ...options] = runtimes["Node 26"];
  const { stdout, stderr } = spawnSync(command, [...options, "--input-type=module", "--eval", example], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    encoding: "utf8",
    timeout: deadline(100_000),
  });
  expect([stdout.split("\n"), stderr]).toEqual([["hello", "1000 true", "hello again", "1005", ""], ""]);
});

test("every case that is named exists", () => {
  const named = [...text.replaceAll("\n", " ").matchAll(/\(`([^`]+: [^`]+)`\)/g)].map(([, name]) => name!.replaceAll(/ +/g, " "));
  expect(named.length).toBeGreaterThan(10);
  const names = new Set(webSuite.map(({ name }) => name));
  expect(named.filter((name) => !names.has(name))).toEqual([]);
});

test("the differences are numbered without a gap", () => {
  const numbers = [...text.matchAll(/^(\d+)\. \*\*/gm)].map(([, number]) => Number(number));
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
});
