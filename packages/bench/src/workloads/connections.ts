/** Connections that are only open, and connections that come and go. */
import { setTimeout as sleep } from "node:timers/promises";

import type { SetupLoad } from "../bun/setup-load.ts";
import { openIdle } from "../idle.ts";
import { runLoad } from "../process.ts";
import { serverSession, type Workload } from "../workload.ts";
import { descriptorsFor, everyServer, isRaw, subjectOf } from "./echo.ts";

/** Enough that what the handshakes leave to be collected weighs little: V8's young generation alone grows to 48 MB under them. */
const COUNT = 10_000;

/** Resident memory that a server needs for each connection which is open and silent. */
export const idleMemory: Workload = {
  id: "idle",
  title: "Resident memory per idle connection, of 10 000",
  unit: "bytes",
  quick: true,
  maxRounds: 2,
  impossible: descriptorsFor(COUNT),
  subjects: everyServer,
  open: (name) =>
    serverSession(subjectOf(name), [], async ({ port, residentMemory }) => {
      // The first connections pay for code and pools, not for themselves.
      await (await openIdle(port, 1000, isRaw(name))).close();
      await sleep(300);
      const before = residentMemory();
      const idle = await openIdle(port, COUNT, isRaw(name));
      await sleep(500);
      const value = (residentMemory() - before) / idle.count;
      await idle.close();
      return { value };
    }),
};

export const connectionSetup: Workload = {
  id: "setup",
  title: "Connections set up and closed, 32 at a time",
  unit: "connections/s",
  quick: false,
  maxRounds: 2,
  subjects: everyServer.filter((name) => !isRaw(name)),
  open: (name) =>
    serverSession(subjectOf(name), [], async ({ port }, seconds) => {
      const result = await runLoad<{ connectionsPerSecond: number; generatorCpu: number }>("bun", "src/bun/setup-load.ts", {
        port,
        parallel: 32,
        seconds,
      } satisfies SetupLoad);
      return { value: result.connectionsPerSecond, generatorCpu: result.generatorCpu };
    }),
};
