import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { execFileSync } from "node:child_process";
import { join } from "node:path";

import * as codec from "@ws/codec";
import { expect, test } from "vitest";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

test("the README's example runs and says what it says", () => {
  const [, example] = /```ts\n([^]*?)```/.exec(readme)!;
  // Inside the package, so that its name resolves to itself.
  const cache = fileURLToPath(new URL("../.cache/", import.meta.url));
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(cache);
  try {
    const file = join(folder, "example.ts");
    writeFileSync(file, example!);
    const output = execFileSync(process.execPath, ["--conditions=@ws/source", file], { encoding: "utf8" });
    expect(output).toBe("Hello, 🌍\nUint8Array(3) [ 1, 2, 3 ]\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the README names every export but the event and opcode constants' types, and no other", () => {
  const table = readme.slice(readme.indexOf("## Layers"));
  const named = new Set([...table.matchAll(/`([A-Za-z0-9]+)`/g)].map(([, name]) => name!));
  const constants = ["FrameEvent", "MessageEvent", "Opcode", "firstByte", "frameHeaderLength"];
  expect(Object.keys(codec).filter((name) => !named.has(name) && !constants.includes(name))).toEqual([]);
});
