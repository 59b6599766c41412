/** The web platform's interfaces inside every runtime, against this stack's server, `ws`, and Bun's and Deno's own. */
import { createInterface } from "node:readline";

import { listen } from "@ws/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { makeCertificate, type RuntimeName, runtimeNames, SUITE_TIMEOUT } from "../src/parent.ts";
import { collect, type RunningPeers, runWebSuite, start, startPeers } from "../src/web/parent.ts";
import type { WebResult } from "../src/web/run.ts";
import { webSuite } from "../src/web/suite.ts";
import { deadline } from "../src/patience.ts";

const names = [...webSuite.map(({ name }) => name), "nothing was left unhandled", "the process ends by itself when everything is closed"];

let servers: RunningPeers;
const resultsOf = new Map<RuntimeName, readonly WebResult[]>();
beforeAll(
  async () => {
    servers = await startPeers();
    const certificate = await makeCertificate();
    // Two at a time: much of what a suite does is waiting.
    const queue = [...runtimeNames];
    const work = async (): Promise<void> => {
      for (let runtime = queue.shift(); runtime !== undefined; runtime = queue.shift()) {
        resultsOf.set(runtime, await runWebSuite(runtime, { peers: servers.peers, certificate }));
      }
    };
    await Promise.all([work(), work()]);
  },
  deadline(3 * SUITE_TIMEOUT),
);
afterAll(() => servers.stop());

describe.each(runtimeNames)("%s", (runtime) => {
  test.each(names)("%s", (name) => {
    const found = resultsOf.get(runtime)!.filter((result) => result.name === name);
    expect(found, "the case was run").toHaveLength(1);
    expect(found[0]!.ok ? undefined : found[0]!.error).toBeUndefined();
  });

  test("an open connection with a listener, and nothing else, keeps the process alive", async () => {
    // The program says "open" and has nothing left to do; what it hears later, it says as well.
    const server = await listen({ port: 0 }, { open: (connection) => void setTimeout(() => connection.send("still there?"), 200) });
    const child = start(runtime, "alive.ts", `ws://127.0.0.1:${server.port}`);
    const complaints = collect(child);
    const lines: string[] = [];
    createInterface({ input: child.stdout! }).on("line", (line) => lines.push(line));
    const killer = setTimeout(() => child.kill("SIGKILL"), deadline(60_000));
    const status = await new Promise((resolve) => child.once("close", resolve));
    clearTimeout(killer);
    await server.close({ timeout: 100 });
    expect([status, lines, complaints()]).toEqual([0, ["open", "still there?", "1005"], ""]);
  });
});
