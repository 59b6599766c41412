/** The test kit under the runners of the runtimes: each resource that they count is given back, and no error of a handler is lost on them. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { runtimes } from "../../contract/src/parent.ts";
import { deadline } from "../../contract/src/patience.ts";

const program = fileURLToPath(new URL("./testing/program.run.ts", import.meta.url));
const [deno] = runtimes.Deno;
const [bun, ...bunOptions] = runtimes.Bun;

const runners: readonly (readonly [name: string, command: string, options: readonly string[]])[] = [
  ...(["Node 22", "Node 26"] as const).map((name) => {
    const [node, ...options] = runtimes[name];
    return [name, node, [...options, "--experimental-strip-types", "--test"]] as const;
  }),
  ["Deno", deno, ["test", "--no-check", "--allow-env", "--no-lock", "--conditions=@ws/source"]],
  ["Bun", bun, [...bunOptions, "test"]],
];

const run = (command: string, options: readonly string[], env: Record<string, string>) =>
  spawnSync(command, [...options, program], {
    encoding: "utf8",
    timeout: deadline(100_000),
    env: { ...process.env, NO_COLOR: "1", ...env },
  });

test.each(runners)("%s: passes, and fails by an error that nobody waits for", { timeout: deadline(200_000) }, (_, command, options) => {
  const passed = run(command, options, {});
  expect([passed.status, passed.status === 0 ? "" : passed.stdout + passed.stderr]).toEqual([0, ""]);
  const failed = run(command, options, { LOSE: "1" });
  expect(failed.status).not.toBe(0);
  expect(failed.stdout + failed.stderr).toContain("a mistake");
});
