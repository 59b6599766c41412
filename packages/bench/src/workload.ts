/** A workload: one figure, measured for several subjects that take turns. */
import { runLoad, startServer, type RunningServer } from "./process.ts";
import type { EchoLoad, EchoResult } from "./bun/echo-load.ts";
import { subjects, type Subject, type SubjectName } from "./subjects.ts";

export interface Sample {
  value: number;
  /** Of one core; absent where nothing generates load. */
  generatorCpu?: number;
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
      serverSession(name as SubjectName, [], async ({ port }, seconds) => {
        const raw = (subjects[name as SubjectName] as Subject).raw ?? false;
        const result = await runLoad<EchoResult>("bun", "src/bun/echo-load.ts", { ...shape, port, seconds, raw } satisfies EchoLoad);
        return { value: large ? result.bytesPerSecond / 1e6 : result.messagesPerSecond, generatorCpu: result.generatorCpu };
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
