import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import * as deflate from "../src/deflate/index.ts";
import * as pako from "../src/deflate/pako.ts";
import * as handshake from "../src/handshake/index.ts";
import * as engine from "../src/index.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const section = /^## The opening handshake\n([^]*?)^## /m.exec(readme)![1]!;

test("the README's handshake runs and agrees", () => {
  const [, example] = /```ts\n([^]*?)```/.exec(section)!;
  // Inside the package, so that its name resolves to itself.
  const folder = mkdtempSync(fileURLToPath(new URL("../.cache-readme-", import.meta.url)));
  try {
    const file = join(folder, "example.ts");
    writeFileSync(file, example!);
    expect(execFileSync(process.execPath, ["--conditions=@ws/source", file], { encoding: "utf8" })).toBe("open, v1\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the README names every export of every entry that has semver", () => {
  for (const name of [engine, handshake, deflate, pako].flatMap((entry) => Object.keys(entry))) expect(readme).toContain(`\`${name}\``);
});
