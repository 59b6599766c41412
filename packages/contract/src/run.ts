/**
 * Runs the suite inside this runtime: `run.ts '{"path":"bare", …}'` prints a line of JSON per case, and `{"done":true}`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { loadAdapter, thisRuntime } from "./adapter.ts";
import { serveBehaviours } from "./behaviours.ts";
import { type Case, CASE_TIMEOUT, runsOn, type Target, Test, withTimeout } from "./case.ts";
import { differs } from "./differences.ts";
import { runFresh } from "./fresh.ts";
import { deadline } from "./patience.ts";
import type { Result, RunOptions } from "./run-options.ts";
import { suite } from "./suite.ts";

interface Run {
  readonly one: Case;
  readonly target: Target | undefined;
}

function selected(one: Case, { select = "usual", only, fresh, path }: RunOptions): boolean {
  if (!runsOn(one, path)) return false;
  if (fresh !== undefined) return one.name === fresh;
  if (only !== undefined && !one.name.includes(only)) return false;
  switch (select) {
    case "usual":
      return one.endurance !== true;
    case "pair":
      return one.kind === "pair" && one.endurance !== true;
    case "smoke":
      return one.smoke === true;
    case "endurance":
      return one.endurance === true;
  }
}

async function main(options: RunOptions): Promise<void> {
  const runtime = thisRuntime();
  const adapter = await loadAdapter(runtime);
  const folder = mkdtempSync(join(tmpdir(), "ws-contract-"));
  const { path, certificate } = options;
  const setting = { adapter, runtime, path, certificate, folder };
  const own = options.targets === undefined ? await serveBehaviours(adapter, path, certificate, folder) : undefined;
  const targets: readonly Target[] = options.targets ?? [{ ...own!.target, runtime }];
  // What a case leaves unhandled is a failure of the suite, not of nobody.
  const stray: string[] = [];
  process.on("unhandledRejection", (error: unknown) => stray.push(String(error)));
  process.on("uncaughtException", (error: unknown) => stray.push(String(error instanceof Error ? error.stack : error)));

  const runs: Run[] = suite
    .filter((one) => selected(one, options))
    .flatMap((one): Run[] => (one.kind === "pair" ? targets.map((target) => ({ one, target })) : [{ one, target: undefined }]));
  const alone = ({ one }: Run): boolean => one.endurance === true || one.alone === true;
  const queue = runs.filter((run) => !alone(run));
  const work = async (from: Run[]): Promise<void> => {
    for (let next = from.shift(); next !== undefined; next = from.shift()) {
      const { one, target } = next;
      const about = { name: one.name, client: runtime, path, ...(target && { server: target.runtime }) };
      if (one.unless !== undefined && differs(one.unless, runtime, path)) {
        report({ ...about, ok: true, ms: 0, skipped: one.unless });
        continue;
      }
      const test = new Test(setting, target, one.anyPath);
      const begun = performance.now();
      let error: string | undefined;
      const timeout = one.timeout ?? CASE_TIMEOUT;
      try {
        if (one.fresh === true && options.fresh === undefined) await runFresh(one.name, options, deadline(2 * timeout));
        else await withTimeout(one.run(test), timeout);
      } catch (thrown) {
        error = thrown instanceof Error ? `${thrown.message}\n${thrown.stack ?? ""}` : String(thrown);
      }
      try {
        await withTimeout(test.end(), 30_000);
      } catch (thrown) {
        error ??= `cleaning up: ${String(thrown)}`;
      }
      report({ ...about, ok: error === undefined, ms: Math.round(performance.now() - begun), ...(error !== undefined && { error }) });
    }
  };
  await Promise.all(Array.from({ length: options.parallel ?? 8 }, () => work(queue)));
  await work(runs.filter(alone));
  await own?.close();
  rmSync(folder, { recursive: true, force: true });
  report({
    name: "nothing was left unhandled",
    client: runtime,
    path,
    ok: stray.length === 0,
    ms: 0,
    ...(stray.length > 0 && { error: stray.join("\n") }),
  });
  // Whatever still holds the process would hold it for ever: the parent notices when it does not end by itself.
  process.stdout.write(`${JSON.stringify({ done: true })}\n`);
}

function report(result: Result): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

await main(JSON.parse(process.argv[2] ?? "{}") as RunOptions);
