/** Runs the suite inside a runtime once per path, and makes a test of every case. */
import { beforeAll, describe, expect, test } from "vitest";

import { makeCertificate, runSuite, type RuntimeName, SUITE_TIMEOUT } from "../src/parent.ts";
import { deadline } from "../src/patience.ts";
import type { Result } from "../src/run-options.ts";
import { runsOn } from "../src/case.ts";
import { suite } from "../src/suite.ts";

/** What the runner adds to the cases. */
export const extra = ["nothing was left unhandled", "the process ends by itself when everything is closed"];

export function check(results: readonly Result[], name: string): void {
  const found = results.filter((result) => result.name === name);
  expect(found.length, "the case was run").toBeGreaterThan(0);
  for (const { ok, error, client, server, path } of found) {
    expect.soft(ok ? undefined : error, `client ${client}, server ${server ?? client}, ${path}`).toBeUndefined();
  }
}

export function describeRuntime(runtime: RuntimeName): void {
  const cases = suite.filter((one) => one.endurance !== true);
  describe.each(["bare", "fetch"] as const)(`${runtime}, %s`, (path) => {
    let results: readonly Result[] = [];
    beforeAll(
      async () => {
        results = await runSuite(runtime, { path, certificate: await makeCertificate() });
      },
      deadline(1.2 * SUITE_TIMEOUT),
    );
    test.each([...cases.filter((one) => runsOn(one, path)).map((one) => one.name), ...extra])("%s", (name) => check(results, name));
  });
}
