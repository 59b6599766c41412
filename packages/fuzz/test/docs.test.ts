import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import { AUTOBAHN_CASES, RULES, autobahnRules } from "../src/run.ts";
import { autobahnDocument, rulesDocument } from "./rules-document.ts";

const root = new URL("../../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");

describe("the documents", () => {
  for (const [path, write] of [
    ["docs/fuzz-rules.md", rulesDocument],
    ["docs/fuzz-autobahn.md", autobahnDocument],
  ] as const) {
    it(`${path} is what its table says (UPDATE_DOCS=1 writes it)`, () => {
      if (process.env["UPDATE_DOCS"] !== undefined) writeFileSync(new URL(path, root), write());
      expect(read(path)).toBe(write());
    });
  }
  it("the programs in the README are tests", () => {
    const programs = [...read("packages/fuzz/README.md").matchAll(/```ts\n([\s\S]*?)```/g)].map(([, program]) => program);
    expect(programs).toEqual(["parser-example", "replay-example"].map((name) => read(`packages/fuzz/test/${name}.test.ts`)));
  });
  it("names only commands and options that exist", () => {
    const usage = read("packages/fuzz/src/cli/flags.ts");
    for (const page of ["packages/fuzz/README.md", "docs/fuzz.md"]) {
      for (const [, option] of read(page).matchAll(/(?<![\w-])--([a-z][a-z-]+)/g)) {
        if (["conditions", "url", "agent", "deflate", "allow-net"].includes(option!)) continue;
        expect([page, option, new RegExp(`^  ("?)${option!}\\1: \\{`, "m").test(usage)]).toEqual([page, option, true]);
      }
    }
  });
});

describe("the tables", () => {
  it("give every rule an id of its own, in its area, a section and a level", () => {
    expect(new Set(RULES.map((rule) => rule.id)).size).toBe(RULES.length);
    for (const rule of RULES) {
      expect(rule.id).toMatch(new RegExp(`^${rule.area}/[a-z0-9.-]+$`));
      expect(rule.section).toMatch(/^RFC (6455|7692|9110|9112) §\d+(\.\d+)*$/);
      expect(rule.targets.length).toBeGreaterThan(0);
    }
  });
  it("map all 517 cases of Autobahn", () => {
    expect(AUTOBAHN_CASES.length).toBe(517);
    expect(AUTOBAHN_CASES.filter((each) => each.rules.length === 0)).toEqual([]);
    expect(new Set(AUTOBAHN_CASES.map((each) => each.id)).size).toBe(517);
    expect(autobahnRules(["*"], []).only).toBeUndefined();
    expect([...autobahnRules(["3.2"], []).only!]).toEqual(["framing/rsv2"]);
    expect([...autobahnRules(["*"], ["9.*", "12.*", "13.*"]).excluded]).toContain("limits/message-1m");
  });
});
