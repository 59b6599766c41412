/** Compressed echoes, side by side: messages per second, and what a message costs the server in processor time. */
import { runLoad, startServer, summarise, type RunningServer } from "../process.ts";
import { subjects, type Subject } from "../subjects.ts";
import type { Kind } from "./data.ts";
import type { CompressedLoad, CompressedResult } from "./echo-load.ts";

export interface EchoSubject {
  readonly name: string;
  readonly subject: Subject;
  readonly args: string[];
}

export const echoSubjects: readonly EchoSubject[] = [
  { name: "ws on Node", subject: subjects["ws on Node"], args: ["deflate"] },
  { name: "ours on Node", subject: subjects["ours on Node"], args: ["--deflate"] },
  {
    name: "ours on Node, level 6, window 15",
    subject: { runtime: "node", script: "src/compression/server.ts" },
    args: [JSON.stringify({ level: 6, windowBits: 15, history: 8192 })],
  },
  { name: "ours on Deno", subject: subjects["ours on Deno"], args: ["--deflate"] },
  { name: "ours on Bun", subject: subjects["ours on Bun"], args: ["--deflate"] },
];

export interface EchoShape {
  readonly kind: Kind;
  readonly size: number;
  readonly connections: number;
  readonly inFlight: number;
}

export interface EchoFigure {
  readonly subject: string;
  readonly shape: EchoShape;
  readonly messagesPerSecond: number;
  readonly spread: number;
  /** Microseconds of the server's processor time, all threads. */
  readonly microseconds: number;
  /** Bytes of a frame sent by the server. */
  readonly frameBytes: number;
}

/** All subjects take turns, so that a slow moment hits all alike. */
export async function measureEcho(shape: EchoShape, rounds: number, seconds: number): Promise<EchoFigure[]> {
  const running: { subject: EchoSubject; server: RunningServer; rates: number[]; costs: number[]; frameBytes: number }[] = [];
  try {
    for (const subject of echoSubjects)
      running.push({ subject, server: await startServer(subject.subject, subject.args), rates: [], costs: [], frameBytes: 0 });
    for (let round = 0; round < rounds; round++) {
      for (const one of running) {
        const load: CompressedLoad = {
          ...shape,
          port: one.server.port,
          pid: one.server.process.pid!,
          seconds,
          offer: "permessage-deflate; client_max_window_bits",
        };
        const result = await runLoad<CompressedResult>("node", "src/compression/echo-load.ts", load);
        one.rates.push(result.messagesPerSecond);
        one.costs.push(result.serverMicroseconds);
        one.frameBytes = result.receivedBytes;
      }
    }
  } finally {
    await Promise.all(running.map(({ server }) => server.stop()));
  }
  return running.map(({ subject, rates, costs, frameBytes }) => {
    const { median, spread } = summarise(rates);
    return { subject: subject.name, shape, messagesPerSecond: median, spread, microseconds: summarise(costs).median, frameBytes };
  });
}
