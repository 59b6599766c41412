import { existsSync, readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

const docs = new URL("../../../docs/", import.meta.url);
const page = readFileSync(new URL("rfc6455.md", docs), "utf8");

/** `[name.ts]: ../path` at the end of the page. */
const files = new Map([...page.matchAll(/^\[([^\]]+)\]: (\S+)$/gm)].map(([, name, path]) => [name!, new URL(path!, docs)]));

const rows = [...page.matchAll(/^\| ((?:MUST|SHOULD|MAY)[^|]*) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)].map(
  ([, level, rule, where, tests]) => ({
    level: level!,
    rule: rule!,
    where: where!,
    tests: tests!,
  }),
);

describe("docs/rfc6455.md", () => {
  test("has the sections with requirements, and is read as it was meant", () => {
    // Every line of a table is a row, its heading, or the rule below that.
    const lines = page.split("\n").filter((line) => line.startsWith("|") && !/^\| \||^\|---/.test(line));
    expect(rows).toHaveLength(lines.length);
    expect(rows.length).toBeGreaterThan(120);
    for (const section of [
      "§4.1",
      "§4.2.1",
      "§4.2.2",
      "§4.3",
      "§5.1",
      "§5.2",
      "§5.3",
      "§5.4",
      "§5.5",
      "§5.6",
      "§6",
      "§7.1",
      "§7.2",
      "§7.4",
      "§8.1",
      "§9",
      "§10",
    ]) {
      expect(page).toContain(`\n## ${section} `);
    }
  });

  test.each([...files])("%s exists, and is referred to", (name, file) => {
    expect(existsSync(file)).toBe(true);
    expect(page.split(`[${name}]`).length).toBeGreaterThan(2);
  });

  test.each(rows)("$level $rule", ({ where, tests }) => {
    if (where === "Not here") {
      // A reason in a sentence, in place of tests.
      expect(tests).toMatch(/^[A-Z].*\.$/);
      return;
    }
    expect(where).toMatch(/^\[[a-z0-9-]+\.ts\](, \[[a-z0-9-]+\.ts\])*$/);
    for (const [, name] of where.matchAll(/\[([^\]]+)\]/g)) expect(files.get(name!)?.pathname).toContain("/src/");

    expect(tests).toMatch(/^(\[[a-z0-9.-]+\.ts\] “[^”]+”(, “[^”]+”)*(, |$))+$/);
    let source = "";
    for (const [, file, name] of tests.matchAll(/\[([^\]]+\.ts)\] |“([^”]+)”/g)) {
      if (file !== undefined) source = readFileSync(files.get(file)!, "utf8");
      else expect(source).toContain(name);
    }
  });
});
