import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, it } from "vitest";

import { ConnectionEngine, EngineEvent } from "../src/index.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

it("the README's example runs and says what it says", () => {
  const [, example] = /```ts\n([^]*?)```/.exec(readme)!;
  // Inside the package, so that its name resolves to itself.
  const folder = mkdtempSync(fileURLToPath(new URL("../.cache-readme-", import.meta.url)));
  try {
    const file = join(folder, "example.ts");
    writeFileSync(file, example!);
    expect(execFileSync(process.execPath, ["--conditions=@ws/source", file], { encoding: "utf8" })).toBe("Hello\n1000 closing 4\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it("the README names every event and every member of the engine", () => {
  const table = readme.slice(readme.indexOf("## The connection"));
  const members = Object.getOwnPropertyNames(ConnectionEngine.prototype).filter((name) => name !== "constructor" && name !== "poll");
  for (const name of [...members, ...Object.keys(EngineEvent)]) expect(table).toContain(`\`${name}\``);
});
