/** Runs a module in QuickJS: ECMAScript, compiled to WebAssembly, and not one function of a host. Runs on Node. */
import { getQuickJS } from "quickjs-emscripten";

import type { Result } from "./check.ts";

/** What ECMAScript does not have, and hosts mostly do. */
const HOST_NAMES = [
  "Buffer",
  "TextDecoder",
  "TextEncoder",
  "atob",
  "clearTimeout",
  "console",
  "crypto",
  "fetch",
  "performance",
  "process",
  "queueMicrotask",
  "setTimeout",
  "structuredClone",
  "URL",
];

/** The results of a bundled `portable.ts`. QuickJS runs promise jobs only when it is told to, as an embedder has to. */
export async function runInQuickJS(module: string, layer = ""): Promise<Result[]> {
  const context = (await getQuickJS()).newContext();
  try {
    const names = context.unwrapResult(context.evalCode("Object.getOwnPropertyNames(globalThis)"));
    const given = (context.dump(names) as string[]).filter((name) => HOST_NAMES.includes(name));
    names.dispose();
    if (given.length > 0) throw new Error(`this host has ${given.join(", ")}`);

    const exports = context.unwrapResult(context.evalCode(module, "portable.js", { type: "module" }));
    context.setProp(context.global, "portable", exports);
    exports.dispose();
    context
      .unwrapResult(
        context.evalCode(`var json; portable.run(${JSON.stringify(layer)}).then((results) => { json = JSON.stringify(results); })`),
      )
      .dispose();
    context.unwrapResult(context.runtime.executePendingJobs());
    const json = context.getProp(context.global, "json");
    const results = context.dump(json) as string | undefined;
    json.dispose();
    if (results === undefined) throw new Error("the checks wait for something that QuickJS does not have");
    return JSON.parse(results) as Result[];
  } finally {
    context.dispose();
  }
}
