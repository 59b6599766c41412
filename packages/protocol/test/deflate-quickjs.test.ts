import { fileURLToPath } from "node:url";

import { build } from "esbuild";
import { getQuickJS } from "quickjs-emscripten";
import { expect, test } from "vitest";

import { converse } from "./deflate/portable.ts";

test("compression over pako runs in QuickJS, without any function of a host", async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("./deflate/portable.ts", import.meta.url))],
    bundle: true,
    format: "iife",
    globalName: "portable",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["@ws/source"],
    target: "es2023",
    write: false,
  });
  const context = (await getQuickJS()).newContext();
  const globals = context.unwrapResult(context.evalCode("Object.getOwnPropertyNames(globalThis).join()"));
  for (const name of ["TextDecoder", "crypto", "setTimeout", "performance", "CompressionStream"])
    expect(context.dump(globals)).not.toContain(name);
  globals.dispose();
  const result = context.unwrapResult(context.evalCode(`${outputFiles[0]!.text}\nJSON.stringify(portable.converse())`));
  const checked = JSON.parse(context.dump(result) as string) as string[];
  result.dispose();
  context.dispose();
  expect(checked).toEqual(converse());
  expect(checked.length).toBeGreaterThan(10);
});
