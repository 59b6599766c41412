/** One runtime by hand: `node --conditions=@ws/source packages/contract/scripts/try.ts Deno bare [part of a name]`. */
import { makeCertificate, runSuite, type RuntimeName } from "../src/parent.ts";
import type { RunOptions } from "../src/run-options.ts";

const [runtime = "Node 26", path = "bare", only, select] = process.argv.slice(2);
const results = await runSuite(runtime as RuntimeName, {
  path: path as RunOptions["path"],
  certificate: await makeCertificate(),
  ...(only && { only }),
  ...(select && { select: select as NonNullable<RunOptions["select"]> }),
});
for (const { name, ok, ms, error, skipped } of results) {
  if (!ok || only || ms > 1_000)
    console.log(`${ok ? "ok    " : "FAILED"} ${name} (${ms} ms)${skipped ? ` [${skipped}]` : ""}${error ? `\n${error}` : ""}`);
}
console.log(`${results.filter(({ ok }) => ok).length} passed, ${results.filter(({ ok }) => !ok).length} failed`);
