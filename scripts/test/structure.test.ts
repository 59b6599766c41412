/** The house: no circle of imports in the sources, and no file that needs a table of contents. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

import { expect, test } from "vitest";

import { root } from "./entries.ts";

const files = globSync("packages/*/src/**/*.ts", { cwd: root }).sort();

/** Relative imports, of types too. */
function imports(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(/^(?:import|export)\b[^;]*?from "(\.[^"]+)"/gm)].map(([, path]) => normalize(join(dirname(file), path!)));
}

/** Every circle, by the files on it (Tarjan's strongly connected components). */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): void => {
    order.set(file, order.size);
    low.set(file, order.get(file)!);
    stack.push(file);
    for (const other of graph.get(file) ?? []) {
      if (!order.has(other)) visit(other);
      if (stack.includes(other)) low.set(file, Math.min(low.get(file)!, low.get(other)!));
    }
    if (low.get(file) !== order.get(file)) return;
    const circle = stack.splice(stack.indexOf(file));
    if (circle.length > 1) found.push(circle.sort());
  };
  for (const file of graph.keys()) if (!order.has(file)) visit(file);
  return found;
}

test("the finder finds a circle", () => {
  const graph = new Map([
    ["a", ["b"]],
    ["b", ["c"]],
    ["c", ["b", "d"]],
    ["d", []],
  ]);
  expect(circles(graph)).toEqual([["b", "c"]]);
});

test("no file imports itself by a detour", () => {
  const graph = new Map(files.map((file) => [file, imports(file)]));
  expect(files.length).toBeGreaterThan(200);
  expect([...graph.values()].flat().length).toBeGreaterThan(500);
  expect(circles(graph)).toEqual([]);
});

test("no file has more than about 400 lines", () => {
  const long = files
    .map((file) => [file, readFileSync(join(root, file), "utf8").split("\n").length] as const)
    .filter(([, lines]) => lines > 410);
  expect(long).toEqual([]);
});
