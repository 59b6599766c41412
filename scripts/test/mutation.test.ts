import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

interface Mutant {
  readonly text: string;
  readonly change: string;
}

const load = async <Module>(file: string): Promise<Module> =>
  (await import(/* @vite-ignore */ new URL(`../mutation/${file}`, import.meta.url).href)) as Module;
const { instrument } = await load<{ instrument: (...parameters: unknown[]) => { mutants: Mutant[]; text: string } }>("instrument.mjs");
const { reasons, unusedReasons } = await load<{ reasons: object; unusedReasons: (mutants: Mutant[]) => object[] }>("reasons.mjs");
const { pageOf } = await load<{ pageOf: (saved: unknown, reasons: object) => string }>("report.mjs");
const { mutantsOf } = await load<{ mutantsOf: (file: string) => Mutant[] }>("tree.mjs");

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");

describe("what is planted", () => {
  const changes = (source: string): string[] =>
    instrument("x.ts", source, 0, "./state.mjs").mutants.map(({ text, change }) => `${text} → ${change}`);

  test.each([
    ["if (a < b) f();", ["a < b → a <= b", "a < b → true", "a < b → false", "f(); → (nothing)"]],
    ["const x = a && b;", ["a && b → a", "a && b → b"]],
    ["const x: number = y?.z ?? 7;", ["y?.z ?? 7 → y?.z", "y?.z ?? 7 → 7", "y?.z → y.z", "7 → 8", "7 → 6"]],
    ["a.b += 1;", ["a.b += 1; → (nothing)", "a.b += 1 → a.b -= 1", "a.b += 1 → a.b = 1", "1 → 2", "1 → 0"]],
    ['type T = "a" | 1; throw new Error("a text for people");', ['throw new Error("a text for people"); → (nothing)']],
    [
      'const x = typeof y === "string" ? [y] : ["word"];',
      ['typeof y === "string" → true', 'typeof y === "string" → false', "[y] → []", '["word"] → []', '"word" → ""'],
    ],
    ["function f(): number { g(); return h(); }", ["{ g(); return h(); } → {}", "g(); → (nothing)", "h() → undefined"]],
  ])("%s", (source, expected) => {
    expect(changes(source)).toEqual(expected);
  });

  test("the source with all mutants is the same program while none is chosen", () => {
    const source = "const f = (a, b) => { let n = 0; for (let i = 0; i < a; i++) { if (i % 2 === 0 && b) continue; n += i; } return n; };";
    const { text } = instrument("x.ts", source, 0, "");
    const program = text.slice(text.indexOf(";") + 1);
    const run = new Function("$m", `${program} return [f(5, true), f(5, false), f(0, true)];`);
    expect(run(() => false)).toEqual([4, 10, 0]);
  });
});

describe("docs/mutation.md", () => {
  test("is what was measured", () => {
    expect(read("docs/mutation.md")).toBe(pageOf(JSON.parse(read("docs/mutation.json")), reasons));
  });

  test.each(Object.keys(reasons))("%s: each reason is about text that is there", (file) => {
    expect(unusedReasons(mutantsOf(file))).toEqual([]);
  });
});
