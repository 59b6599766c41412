/** A workload: one figure, measured for several subjects that take turns. */
import { setTimeout as sleep } from "node:timers/promises";

import type { EchoLoad, EchoResult } from "./bun/echo-load.ts";
import type { SetupLoad } from "./bun/setup-load.ts";
import { runLoad, startServer, type RunningServer } from "./process.ts";
import { openIdle } from "./idle.ts";
import { subjects, type Subject, type SubjectName } from "./subjects.ts";

export interface Sample {
  value: number;
  /** Of one core; absent where nothing generates load. */
  generatorCpu?: number;
  /** CPU time of the server for each message, µs. Unlike a rate, it holds on a busy machine too. */
  serverCost?: number;
}

/** What is measured once per subject and round, between `open` and `close`. */
export interface Session {
  sample(seconds: number): Promise<Sample>;
  close(): Promise<void>;
}

export interface Workload {
  id: string;
  title: string;
  unit: "messages/s" | "MB/s" | "bytes" | "connections/s" | "ms" | "ns" | "sends/s";
  /** Also part of `--quick`. */
  quick: boolean;
  subjects: string[];
  open(subject: string): Promise<Session>;
}

export const everyServer = Object.keys(subjects) as SubjectName[];

/** A session around a server that runs for all rounds of a workload. */
export async function serverSession(name: SubjectName, args: string[], sample: (server: RunningServer, seconds: number) => Promise<Sample>): Promise<Session> {
  const server = await startServer(subjects[name], args);
  return { sample: (seconds) => sample(server, seconds), close: () => server.stop() };
}

type EchoShape = Pick<EchoLoad, "size" | "kind" | "inFlight" | "connections">;

function echo(shape: EchoShape, quick: boolean, names: readonly SubjectName[] = everyServer): Workload {
  const { size, kind, inFlight, connections } = shape;
  const large = size >= 65_536;
  return {
    id: `echo/${size}/${kind}/${inFlight}/${connections}`,
    title: `Echo of ${sizeName(size)} ${kind}, ${inFlight} in flight on ${connections} connection${connections > 1 ? "s" : ""}`,
    unit: large ? "MB/s" : "messages/s",
    quick,
    subjects: [...names],
    open: (name) =>
      serverSession(name as SubjectName, [], async ({ port, cpuTime }, seconds) => {
        const before = cpuTime();
        const result = await runLoad<EchoResult>("bun", "src/bun/echo-load.ts", { ...shape, port, seconds, raw: isRaw(name) } satisfies EchoLoad);
        return {
          value: large ? result.bytesPerSecond / 1e6 : result.messagesPerSecond,
          generatorCpu: result.generatorCpu,
          serverCost: ((cpuTime() - before) * 1e6) / result.messages,
        };
      }),
  };
}

export function sizeName(bytes: number): string {
  if (bytes >= 1 << 20) return `${bytes >> 20} MiB`;
  return bytes >= 1024 ? `${bytes >> 10} KiB` : `${bytes} B`;
}

export const echoWorkloads: Workload[] = [
  echo({ size: 64, kind: "binary", inFlight: 1, connections: 32 }, true),
  echo({ size: 64, kind: "binary", inFlight: 16, connections: 32 }, true),
  echo({ size: 64, kind: "text", inFlight: 16, connections: 32 }, false),
  echo({ size: 1024, kind: "binary", inFlight: 16, connections: 32 }, true),
  echo({ size: 1024, kind: "text", inFlight: 16, connections: 32 }, false),
  echo({ size: 65_536, kind: "binary", inFlight: 1, connections: 32 }, true),
  echo({ size: 65_536, kind: "text", inFlight: 1, connections: 32 }, false),
  echo({ size: 4 << 20, kind: "binary", inFlight: 1, connections: 8 }, true),
  echo({ size: 4 << 20, kind: "text", inFlight: 1, connections: 8 }, false),
  echo({ size: 64, kind: "binary", inFlight: 1, connections: 1 }, false),
  echo({ size: 64, kind: "binary", inFlight: 16, connections: 1 }, false),
  echo({ size: 64, kind: "binary", inFlight: 1, connections: 1000 }, false),
];

const isRaw = (name: string): boolean => (subjects[name as SubjectName] as Subject).raw ?? false;

/** Resident memory that a server needs for each connection which is open and silent. */
export const idleMemory: Workload = {
  id: "idle",
  title: "Resident memory per idle connection, of 2 000",
  unit: "bytes",
  quick: true,
  subjects: everyServer,
  open: (name) =>
    serverSession(name as SubjectName, [], async ({ port, residentMemory }) => {
      // The first connections pay for code and pools, not for themselves.
      await (await openIdle(port, 500, isRaw(name))).close();
      await sleep(300);
      const before = residentMemory();
      const idle = await openIdle(port, 2000, isRaw(name));
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
  subjects: everyServer.filter((name) => !isRaw(name)),
  open: (name) =>
    serverSession(name as SubjectName, [], async ({ port }, seconds) => {
      const result = await runLoad<{ connectionsPerSecond: number; generatorCpu: number }>("bun", "src/bun/setup-load.ts", {
        port,
        parallel: 32,
        seconds,
      } satisfies SetupLoad);
      return { value: result.connectionsPerSecond, generatorCpu: result.generatorCpu };
    }),
};

/** Round-trip time while 32 connections together send 20 000 messages a second: about half of what the slowest subject can do. */
const latency = (percentile: "p50" | "p99"): Workload => ({
  id: `latency/${percentile}`,
  title: `Round-trip time of 64 B at 20 000 messages/s on 32 connections, ${percentile}`,
  unit: "ms",
  quick: false,
  subjects: everyServer,
  open: (name) =>
    serverSession(name as SubjectName, [], async ({ port }, seconds) => {
      const load: EchoLoad = { port, seconds, size: 64, kind: "binary", inFlight: 1, connections: 32, rate: 20_000, raw: isRaw(name) };
      const result = await runLoad<EchoResult>("bun", "src/bun/echo-load.ts", load);
      return { value: result[percentile]!, generatorCpu: result.generatorCpu };
    }),
});

export const latencyWorkloads: Workload[] = [latency("p50"), latency("p99")];
