import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";
import { parse } from "yaml";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { scripts } = JSON.parse(readFileSync(`${root}/package.json`, "utf8")) as { scripts: Record<string, string> };
const workflows = `${root}/.github/workflows`;

interface Job {
  readonly strategy?: { readonly matrix: { readonly script: readonly string[] } };
  readonly steps: readonly { readonly run?: string }[];
}

/** What the steps of a job run, for each value of its matrix. */
function commandsOf({ strategy, steps }: Job): string[] {
  const values = strategy?.matrix.script ?? [""];
  return values.flatMap((value) => steps.flatMap(({ run }) => (run === undefined ? [] : [run.replace("${{ matrix.script }}", value)])));
}

test.each(readdirSync(workflows))("%s runs nothing but npm scripts that exist, one a job", (file) => {
  const { jobs } = parse(readFileSync(`${workflows}/${file}`, "utf8")) as { jobs: Record<string, Job> };
  for (const job of Object.values(jobs)) {
    expect(job.steps.filter(({ run }) => run !== undefined)).toHaveLength(1);
    for (const command of commandsOf(job)) {
      const [, name] = /^npm run ([\w:-]+)( -- [\w -]+)?$/.exec(command) ?? [];
      expect(Object.keys(scripts), command).toContain(name);
      // A fresh clone has nothing installed.
      expect(Object.keys(scripts), command).toContain(`pre${name}`);
    }
  }
});

test("the nightly run has what CONTRIBUTING says takes long", () => {
  const { jobs } = parse(readFileSync(`${workflows}/nightly.yml`, "utf8")) as { jobs: Record<string, Job> };
  const commands = Object.values(jobs).flatMap(commandsOf).join("\n");
  for (const name of ["test:guided", "test:chaos", "test:mutation", "test:endurance", "fuzz:peers"])
    expect(commands).toContain(`npm run ${name}`);
});
