/**
 * Every runtime as client of every runtime as server. By default a smoke part over all pairs; CONTRACT_PAIRS=all (CI) runs all pair cases, on
 * both paths.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { makeCertificate, runSuite, type RunningServer, runtimeNames, startServers, SUITE_TIMEOUT } from "../src/parent.ts";
import { deadline } from "../src/patience.ts";
import type { Result } from "../src/run-options.ts";
import { suite } from "../src/suite.ts";
import { check, extra } from "./support.ts";

const all = process.env["CONTRACT_PAIRS"] === "all";
const cases = suite.filter((one) => one.kind === "pair" && one.endurance !== true && (all || one.smoke === true)).map((one) => one.name);

describe.each(all ? (["bare", "fetch"] as const) : (["bare"] as const))("all pairs, %s", (path) => {
  const certificate = makeCertificate();
  let servers: RunningServer[] = [];
  beforeAll(async () => {
    servers = await Promise.all(runtimeNames.map(async (runtime) => startServers(runtime, path, await certificate)));
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()));
  });

  describe.each(runtimeNames)("client %s", (client) => {
    let results: readonly Result[] = [];
    beforeAll(
      async () => {
        const targets = servers.map(({ target }) => target);
        results = await runSuite(client, { path, certificate: await certificate, targets, select: all ? "pair" : "smoke" });
      },
      deadline(1.2 * SUITE_TIMEOUT),
    );
    test.each([...cases, ...extra])("%s", (name) => {
      check(results, name);
      if (cases.includes(name)) expect(results.filter((result) => result.name === name)).toHaveLength(servers.length);
    });
  });
});
