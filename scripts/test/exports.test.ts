/**
 * Every entry of every published package exports the same values by type and at run time. `export type { Class }` does not do: whoever bundles
 * declarations loses the `type`, and a program that compiles finds nothing there when it runs. Such a class is shown as an interface.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import ts from "typescript";
import { describe, expect, test } from "vitest";

import { entries, root } from "./entries.ts";

/** The names that a program may use as values, by type; also those of which only the type is exported. */
function declaredValues(files: readonly string[]): Map<string, string[]> {
  const program = ts.createProgram(files, {
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.NodeNext,
    customConditions: ["@ws/source"],
    allowImportingTsExtensions: true,
    noEmit: true,
    types: ["node"],
    skipLibCheck: true,
  });
  const checker = program.getTypeChecker();
  const isValue = (symbol: ts.Symbol): boolean => {
    const resolved = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    return (resolved.flags & ts.SymbolFlags.Value) !== 0;
  };
  return new Map(
    files.map((file) => {
      const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
      const values = checker.getExportsOfModule(module).filter(isValue);
      return [file, values.map(({ name }) => name).sort()];
    }),
  );
}

/** What each of them has at run time. */
function importedValues(files: readonly string[]): Map<string, string[]> {
  const program = `for (const file of ${JSON.stringify(files)}) console.log(JSON.stringify([file, Object.keys(await import(file)).sort()]))`;
  const output = execFileSync(process.execPath, ["--conditions=@ws/source", "--input-type=module", "-e", program], {
    encoding: "utf8",
    cwd: root,
  });
  return new Map(
    output
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as [string, string[]]),
  );
}

describe("every entry", () => {
  const files = entries.map(({ file }) => file);
  const declared = declaredValues(files);
  const imported = importedValues(files);

  test("there are some", () => {
    expect(entries.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["@ws/codec", "@ws/protocol/handshake", "@ws/node", "@ws/deno", "@ws/bun"]),
    );
    expect(declared.get(entries.find(({ name }) => name === "@ws/codec")!.file)).toContain("FrameDecoder");
  });

  test.each(entries)("$name exports the same values by type and at run time", ({ file }) => {
    expect(imported.get(file)).toEqual(declared.get(file));
  });

  test.each(entries)("$name lists its exports by name", ({ file }) => {
    // One list serves the three adapters: it is an entry itself, and lists by name.
    expect(readFileSync(file, "utf8")).not.toMatch(/^export \* from "(?!@ws\/endpoint\/internal\/api")/m);
  });

  test.each(entries.filter(({ name }) => name.includes("/internal")))("$name says that it has no semver", ({ file }) => {
    expect(readFileSync(file, "utf8").slice(0, 400)).toMatch(/no semver/i);
  });
});

test("a class that is exported as a type only is found", () => {
  const file = join(root, "scripts/test/exports-type-only.ts");
  expect([...declaredValues([file]).values()]).toEqual([["Shown", "value"]]);
  expect([...importedValues([file]).values()]).toEqual([["value"]]);
});
