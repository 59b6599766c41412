/** A workload: one figure, measured for several subjects that take turns. */
import { startServer, type RunningServer } from "./process.ts";
import type { Subject } from "./subjects.ts";

export interface Sample {
  value: number;
  /** Of one core; absent where nothing generates load. */
  generatorCpu?: number;
  /** Processor time of the server for each message, µs. Unlike a rate, it holds on a busy machine too. */
  serverCost?: number;
}

/** What is measured once per subject and round, between `open` and `close`. */
export interface Session {
  sample(seconds: number): Promise<Sample>;
  close(): Promise<void>;
}

export type Unit = "messages/s" | "MB/s" | "bytes" | "connections/s" | "ms" | "sends/s" | "×";

export interface Workload {
  id: string;
  title: string;
  unit: Unit;
  /** Also part of `--quick`. */
  quick: boolean;
  subjects: string[];
  /** At most so many rounds: for those that take long whatever the time. */
  maxRounds?: number;
  /** Why it cannot be measured here. */
  impossible?: string | undefined;
  open(subject: string): Promise<Session>;
}

/** A session around a server that runs for all rounds of a workload. */
export async function serverSession(
  subject: Subject,
  args: string[],
  sample: (server: RunningServer, seconds: number) => Promise<Sample>,
): Promise<Session> {
  const server = await startServer(subject, args);
  return { sample: (seconds) => sample(server, seconds), close: () => server.stop() };
}

export function sizeName(bytes: number): string {
  if (bytes >= 1 << 20) return `${bytes >> 20} MiB`;
  return bytes >= 1024 ? `${bytes >> 10} KiB` : `${bytes} B`;
}
