/** Every program in examples/recipes does what it says, in every runtime, with nothing changed but the name of the adapter. */
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { beforeAll, describe, expect, test } from "vitest";

import { type RuntimeName, runtimeNames, runtimes } from "../src/parent.ts";
import { deadline } from "../src/patience.ts";

const folder = fileURLToPath(new URL("../../../examples/recipes/", import.meta.url));
const cache = fileURLToPath(new URL("../../../.cache/recipes/", import.meta.url));
const recipes = readdirSync(folder)
  .filter((file) => file.endsWith(".ts"))
  .map((file) => {
    const source = readFileSync(`${folder}${file}`, "utf8");
    const printed = /\n\/\* prints\n(.*)\*\/\n$/s.exec(source);
    if (printed === null) throw new Error(`${file} does not say at its end what it prints`);
    return { file, source, printed: printed[1]! };
  });

/** What a runtime's syntax lacks: `await using` came with V8 13. */
const lacking: Partial<Record<RuntimeName, readonly string[]>> = { "Node 22": ["using.ts"] };

/** One process for all of them: starting a runtime costs more than most recipes. */
const runner = (files: readonly string[]): string => `
  const printed = {};
  for (const file of ${JSON.stringify(files)}) {
    let text = "";
    const { log, error } = console;
    console.log = console.error = (...values) => void (text += values.join(" ") + "\\n");
    try {
      await import("./" + file);
    } catch (thrown) {
      text += String(thrown?.stack ?? thrown);
    }
    Object.assign(console, { log, error });
    printed[file] = text;
  }
  console.log(JSON.stringify(printed));
`;

async function runAll(runtime: RuntimeName, files: readonly string[]): Promise<Record<string, string>> {
  const place = `${cache}${runtime.replace(" ", "-")}/`;
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  const adapter = runtime.startsWith("Node") ? "node" : runtime.toLowerCase();
  for (const { file, source } of recipes) writeFileSync(`${place}${file}`, source.replaceAll('"@ws/node"', `"@ws/${adapter}"`));
  writeFileSync(`${place}run.mjs`, runner(files));
  const [command, ...options] = runtimes[runtime];
  const child = spawn(command, [...options, `${place}run.mjs`], { stdio: ["ignore", "pipe", "pipe"] });
  let [output, complaints] = ["", ""];
  child.stdout.on("data", (part: Buffer) => (output += part.toString()));
  child.stderr.on("data", (part: Buffer) => (complaints += part.toString()));
  // Ends by itself when every recipe closes what it opens.
  const killer = setTimeout(() => child.kill("SIGKILL"), deadline(100_000));
  const [, signal] = (await once(child, "close")) as [number | null, string | null];
  clearTimeout(killer);
  if (signal !== null) complaints += `something is left open, perhaps by the recipe after the last of ${output}`;
  expect(complaints).toBe("");
  return JSON.parse(output) as Record<string, string>;
}

test("docs/recipes.md names every recipe, with what its first line says", () => {
  const page = readFileSync(fileURLToPath(new URL("../../../docs/recipes.md", import.meta.url)), "utf8");
  const rows = [...page.matchAll(/^\| \[.*?\]\(\.\.\/examples\/recipes\/(.*?)\) \| (.*) \|$/gm)].map(([, file, text]) => [file, text]);
  const said = recipes.map(({ file, source }) => [file, /^\/\*\* (.*?) \*\//.exec(source)?.[1]]);
  expect(rows.sort()).toEqual(said.sort());
});

describe.each(runtimeNames)("recipes in %s", (runtime) => {
  const some = recipes.filter(({ file }) => lacking[runtime]?.includes(file) !== true);
  let printed: Record<string, string>;
  beforeAll(async () => {
    printed = await runAll(
      runtime,
      some.map(({ file }) => file),
    );
  });

  test.each(some)("$file", ({ file, printed: expected }) => {
    expect(printed[file]).toBe(expected);
  });
});
