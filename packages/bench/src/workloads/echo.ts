/** Echo: plain, over TLS, compressed, at a given rate, and with many connections. */
import { execFileSync } from "node:child_process";

import type { EchoLoad, EchoResult } from "../bun/echo-load.ts";
import { certificate } from "../certificate.ts";
import type { CompressedLoad, CompressedResult } from "../compression/echo-load.ts";
import { runLoad, type RunningServer } from "../process.ts";
import { subjects, type Subject, type SubjectName } from "../subjects.ts";
import { serverSession, sizeName, type Sample, type Workload } from "../workload.ts";

export const everyServer = Object.keys(subjects) as SubjectName[];

export const subjectOf = (name: string): Subject => subjects[name as SubjectName];
export const isRaw = (name: string): boolean => subjectOf(name).raw ?? false;

type EchoShape = Pick<EchoLoad, "size" | "kind" | "inFlight" | "connections">;

function runEcho(server: RunningServer, load: Omit<EchoLoad, "port" | "serverProcess">): Promise<EchoResult> {
  return runLoad<EchoResult>("bun", "src/bun/echo-load.ts", {
    ...load,
    port: server.port,
    serverProcess: server.process.pid!,
  } satisfies EchoLoad);
}

function sampleOf(result: EchoResult, large: boolean): Sample {
  const { generatorCpu, serverCost } = result;
  return { value: large ? result.bytesPerSecond / 1e6 : result.messagesPerSecond, generatorCpu, serverCost };
}

/** Those that show something besides the goals are measured less often, and without the limits of Deno and Bun. */
function echo(shape: EchoShape, quick: boolean): Workload {
  const { size, kind, inFlight, connections } = shape;
  const large = size >= 65_536;
  return {
    id: `echo/${size}/${kind}/${inFlight}/${connections}`,
    title: `Echo of ${sizeName(size)} ${kind}, ${inFlight} in flight on ${connections} connection${connections > 1 ? "s" : ""}`,
    unit: large ? "MB/s" : "messages/s",
    quick,
    subjects: quick ? everyServer : everyServer.filter((name) => !isRaw(name) || name === "raw TCP on Node"),
    ...(quick ? {} : { maxRounds: 2 }),
    open: async (name) => {
      let warm = false;
      return serverSession(subjectOf(name), [], async (server, seconds) => {
        // One message in flight reaches the optimising compilers late: without this, a short run measures interpreters.
        if (!warm && !large) await runEcho(server, { ...shape, inFlight: 16, seconds: 0.3, raw: isRaw(name) });
        warm = true;
        return sampleOf(await runEcho(server, { ...shape, seconds, raw: isRaw(name) }), large);
      });
    },
  };
}

export const echoWorkloads: Workload[] = [
  echo({ size: 64, kind: "binary", inFlight: 1, connections: 32 }, true),
  echo({ size: 64, kind: "binary", inFlight: 16, connections: 32 }, true),
  echo({ size: 64, kind: "text", inFlight: 16, connections: 32 }, false),
  echo({ size: 1024, kind: "binary", inFlight: 1, connections: 32 }, false),
  echo({ size: 1024, kind: "binary", inFlight: 16, connections: 32 }, false),
  echo({ size: 1024, kind: "text", inFlight: 16, connections: 32 }, false),
  echo({ size: 65_536, kind: "binary", inFlight: 1, connections: 32 }, true),
  echo({ size: 65_536, kind: "text", inFlight: 1, connections: 32 }, false),
  echo({ size: 4 << 20, kind: "binary", inFlight: 1, connections: 8 }, true),
  echo({ size: 4 << 20, kind: "text", inFlight: 1, connections: 8 }, false),
  echo({ size: 64, kind: "binary", inFlight: 1, connections: 1 }, false),
  echo({ size: 64, kind: "binary", inFlight: 16, connections: 1 }, false),
  echo({ size: 64, kind: "binary", inFlight: 1, connections: 1000 }, false),
];

/** Round-trip time while 32 connections together send 20 000 messages a second: about half of what the slowest subject can do. */
const latency = (percentile: "p50" | "p99"): Workload => ({
  id: `latency/${percentile}`,
  title: `Round-trip time of 64 B at 20 000 messages/s on 32 connections, ${percentile}`,
  unit: "ms",
  quick: false,
  maxRounds: 1,
  subjects: everyServer,
  open: (name) =>
    serverSession(subjectOf(name), [], async (server, seconds) => {
      const result = await runEcho(server, {
        seconds,
        size: 64,
        kind: "binary",
        inFlight: 1,
        connections: 32,
        rate: 20_000,
        raw: isRaw(name),
      });
      return { value: result[percentile]!, generatorCpu: result.generatorCpu };
    }),
});

export const latencyWorkloads: Workload[] = [latency("p50"), latency("p99")];

const tlsServers: Record<string, [Subject, kind: string]> = {
  "ours on Node": [{ runtime: "node", script: "src/node/tls-server.ts" }, "ours"],
  "ws on Node": [{ runtime: "node", script: "src/node/tls-server.ts" }, "ws"],
  "raw TLS on Node": [{ runtime: "node", script: "src/node/tls-server.ts", raw: true }, "raw"],
  "ours on Deno": [{ runtime: "deno", script: "src/deno/tls-server.ts" }, "ours"],
  "native on Deno": [{ runtime: "deno", script: "src/deno/tls-server.ts" }, "native"],
  "ours on Bun": [{ runtime: "bun", script: "src/bun/tls-server.ts" }, "ours"],
  "native on Bun": [{ runtime: "bun", script: "src/bun/tls-server.ts" }, "native"],
};

export const tlsWorkloads: Workload[] = [1, 16].map((inFlight) => ({
  id: `tls/64/${inFlight}`,
  title: `Echo over TLS of 64 B binary, ${inFlight} in flight on 32 connections`,
  unit: "messages/s",
  quick: false,
  maxRounds: 2,
  subjects: Object.keys(tlsServers),
  open: async (name) => {
    const [subject, kind] = tlsServers[name]!;
    return serverSession(subject, [kind, ...(await certificate())], async (server, seconds) =>
      sampleOf(
        await runEcho(server, { size: 64, kind: "binary", inFlight, connections: 32, tls: true, raw: subject.raw ?? false, seconds }),
        false,
      ),
    );
  },
}));

/** With context takeover, as browsers offer it. docs/compression.md has more. */
export const compressedEcho: Workload = {
  id: "deflate/json/1024",
  title: "Compressed echo of 1 KiB JSON, 8 in flight on 32 connections",
  unit: "messages/s",
  quick: false,
  maxRounds: 2,
  subjects: everyServer.filter((name) => (subjects[name] as Subject).deflate !== undefined),
  open: (name) =>
    serverSession(subjectOf(name), subjectOf(name).deflate!, async ({ port, process: { pid } }, seconds) => {
      const load: CompressedLoad = {
        pid: pid!,
        kind: "json",
        size: 1024,
        connections: 32,
        inFlight: 8,
        port,
        seconds,
        offer: "permessage-deflate; client_max_window_bits",
      };
      const result = await runLoad<CompressedResult>("node", "src/compression/echo-load.ts", load);
      return { value: result.messagesPerSecond, generatorCpu: result.generatorCpu, serverCost: result.serverMicroseconds };
    }),
};

const FEW = 100;
const MANY = 10_000;

/** Descriptors that a process may have, as its shell sees it. */
function descriptorLimit(): number {
  try {
    const text = execFileSync("sh", ["-c", "ulimit -Hn"], { encoding: "utf8" }).trim();
    return text === "unlimited" ? Infinity : Number(text);
  } catch {
    return 0;
  }
}

/** Why `connections` cannot be opened, if they cannot. */
export function descriptorsFor(connections: number): string | undefined {
  const limit = descriptorLimit();
  return limit < connections + 200 ? `the system allows ${limit} open files a process, ${connections + 200} are needed` : undefined;
}

/** How much of the speed is left with a hundred times as many connections: by processor time, so that the set-up and the generator do not count. */
export const scaling: Workload = {
  id: "scaling",
  title: `Processor time per echo of 64 B, 1 in flight: with ${FEW} connections as a share of that with ${MANY}`,
  unit: "×",
  quick: true,
  maxRounds: 2,
  impossible: descriptorsFor(MANY),
  subjects: ["ours on Node", "raw TCP on Node", "ours on Deno", "raw TCP on Deno", "ours on Bun", "raw TCP on Bun"],
  open: (name) =>
    serverSession(subjectOf(name), [], async (server, seconds) => {
      const costs: number[] = [];
      let generatorCpu = 0;
      for (const connections of [FEW, MANY]) {
        const result = await runEcho(server, { size: 64, kind: "binary", inFlight: 1, connections, raw: isRaw(name), seconds });
        costs.push(result.serverCost);
        generatorCpu = Math.max(generatorCpu, result.generatorCpu);
      }
      return { value: costs[0]! / costs[1]!, generatorCpu, serverCost: costs[1]! };
    }),
};
