// What a program that bundles the codec gets: its size, and what it needs of its host.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Script, createContext } from "node:vm";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";
import { getQuickJS } from "quickjs-emscripten";
import { expect, test } from "vitest";

const entry = fileURLToPath(new URL("../src/index.ts", import.meta.url));

/** The whole codec as one script that sets `codec`. */
async function script(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: "iife",
    globalName: "codec",
    target: "es2023",
    write: false,
  });
  return outputFiles[0]!.text;
}

const program = `
  const decoder = new codec.MessageDecoder({ role: "server", maxMessageBytes: 100000 });
  const frame = new Uint8Array(70000);
  const said = [];
  const text = "Hello, é€😀 " + "a".repeat(300);
  const decode = (length) => {
    for (const size of [length, 7]) {
      for (let i = 0; i < length; i += size) {
        decoder.receive(frame.slice(i, Math.min(i + size, length)));
        for (let event = decoder.poll(); event !== 0; event = decoder.poll()) {
          if (event === codec.MessageEvent.FAILED) throw decoder.error;
          said.push(event === codec.MessageEvent.TEXT ? decoder.text === text : decoder.closeCode + decoder.closeReason);
        }
      }
    }
  };
  decode(codec.encodeTextInto(frame, 0, text, 0x37fa213d));
  decode(codec.encodeFrameInto(frame, 0, 0x88, codec.encodeClosePayload(1000, "bye"), 1));
  decoder.receive(Uint8Array.of(0x83));
  said.push(decoder.poll(), decoder.error.code, decoder.error.section);
  JSON.stringify(said);
`;
const said = [true, true, "1000bye", "1000bye", 8, "RESERVED_OPCODE", "RFC 6455 §5.2"];

test("runs where only ECMAScript exists: a bare context", async () => {
  const context = createContext(Object.create(null), { codeGeneration: { strings: false, wasm: false } });
  // What V8 adds to every context and ECMAScript does not have.
  new Script("delete globalThis.console; delete globalThis.WebAssembly;").runInContext(context);
  new Script(`${await script()}`).runInContext(context);
  expect(JSON.parse(new Script(program).runInContext(context) as string)).toEqual(said);
});

test("runs where only ECMAScript exists: QuickJS", async () => {
  const engine = (await getQuickJS()).newContext();
  const result = engine.unwrapResult(engine.evalCode(`${await script()};${program}`));
  expect(JSON.parse(engine.getString(result))).toEqual(said);
  result.dispose();
  engine.dispose();
});

test("names no global but ECMAScript's", async () => {
  const { outputFiles } = await build({ entryPoints: [entry], bundle: true, format: "esm", target: "es2023", write: false });
  const code = outputFiles[0]!.text;
  const touched = new Set<string>();
  // Every free name of the module is looked up in this scope first.
  const scope = new Proxy(Object.create(null) as object, {
    has: (_, name) => typeof name === "string",
    get(_, name) {
      if (typeof name === "string") touched.add(name);
      return (globalThis as Record<PropertyKey, unknown>)[name];
    },
  });
  const body = code.replace(/export \{[^}]*\};/, (exports) => `return {${exports.slice(8, -2).replaceAll(/(\w+) as (\w+)/g, "$2: $1")}};`);
  const make = new Script(`(function (scope) { with (scope) { return (function () { ${body} })(); } })`).runInThisContext() as (
    scope: object,
  ) => { codec?: unknown };
  const codec = make(scope);
  const run = new Script(
    `(function (codec, scope) { with (scope) { ${program.replace("JSON.stringify(said);", "return said;")} } })`,
  ).runInThisContext() as (codec: unknown, scope: object) => unknown[];
  expect(run(codec, {})).toEqual(said);
  const allowed = [
    "Error",
    "Infinity",
    "Int32Array",
    "Math",
    "Number",
    "RangeError",
    "String",
    "TypeError",
    "Uint8Array",
    "Array",
    "undefined",
  ];
  expect([...touched].filter((name) => !allowed.includes(name))).toEqual([]);
  expect(touched.has("Uint8Array")).toBe(true);
});

test("weighs what docs/sizes.md says, within its budgets", () => {
  execFileSync(process.execPath, [fileURLToPath(new URL("../scripts/size.mjs", import.meta.url)), "--check"], { stdio: "pipe" });
});

test("the whole root export takes at most 5.5 KiB, applyMask alone half a KiB", async () => {
  const weigh = async (contents: string): Promise<number> => {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: fileURLToPath(new URL(".", import.meta.url)) },
      bundle: true,
      minify: true,
      format: "esm",
      target: "es2023",
      write: false,
    });
    return gzipSync(outputFiles[0]!.text, { level: 9 }).length;
  };
  expect(await weigh('export * from "../src/index.ts"')).toBeLessThanOrEqual(5.5 * 1024);
  expect(await weigh('export { applyMask } from "../src/index.ts"')).toBeLessThanOrEqual(512);
});

test("is published as it is described", () => {
  const read = (name: string): Record<string, unknown> =>
    JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), "utf8")) as Record<string, unknown>;
  const [npm, jsr] = [read("package.json"), read("jsr.json")];
  expect(jsr).toMatchObject({ name: npm["name"], version: npm["version"], exports: "./src/index.ts" });
  expect(npm["dependencies"]).toBeUndefined();
});
