/**
 * One runtime by hand: `node --conditions=@ws/source packages/contract/scripts/try.ts Deno bare [part of a name]`; with `--inspect-brk` it waits
 * for a debugger.
 */
import { makeCertificate, runSuite, type RuntimeName } from "../src/parent.ts";
import type { RunOptions } from "../src/run-options.ts";

const inspect = process.argv.includes("--inspect-brk");
const [runtime = "Node 26", path = "bare", only, select] = process.argv.slice(2).filter((argument) => argument !== "--inspect-brk");
const options: RunOptions = {
  path: path as RunOptions["path"],
  certificate: await makeCertificate(),
  ...(only && { only }),
  ...(select && { select: select as NonNullable<RunOptions["select"]> }),
};
const results = await runSuite(runtime as RuntimeName, options, { inspect });
for (const { name, ok, ms, error, skipped } of results) {
  if (!ok || only || ms > 1_000)
    console.log(`${ok ? "ok    " : "FAILED"} ${name} (${ms} ms)${skipped ? ` [${skipped}]` : ""}${error ? `\n${error}` : ""}`);
}
console.log(`${results.filter(({ ok }) => ok).length} passed, ${results.filter(({ ok }) => !ok).length} failed`);
