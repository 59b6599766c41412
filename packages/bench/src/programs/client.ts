/** What all clients are measured by: receiving from a peer that sends without end, or sending to one that only reads. */
import process from "node:process";
import { setImmediate } from "node:timers";

import type { ProgramResult, ProgramTask } from "./task.ts";
import { payloadOf } from "../frames.ts";
import { processorTime, startPeer } from "./peer-process.ts";

export interface ClientTask {
  direction: "send" | "receive";
  /** Bytes of each message. */
  size: number;
}

/** One open connection. */
export interface MeasuredClient {
  send(message: Uint8Array<ArrayBuffer>): void;
  /** Accepted, not yet handed to the operating system. */
  buffered(): number;
}

/** Sent in one turn. */
const PER_TURN = 16;

/** Runs the task of the command line. `open` connects, and calls `received` at each message. */
export async function measureClient(
  argument: string,
  open: (url: string, received: () => void) => Promise<MeasuredClient>,
): Promise<never> {
  const { direction, size, seconds, peer } = JSON.parse(argument) as ClientTask & ProgramTask;
  const remote = await startPeer(peer, String(size));
  let count = 0;
  const client = await open(`ws://127.0.0.1:${remote.line}/${direction}`, () => void count++);
  const message = new Uint8Array(payloadOf("binary", size));
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  async function run(milliseconds: number): Promise<{ messages: number; elapsed: number; used: number }> {
    const start = performance.now();
    const before = processorTime();
    const first = count;
    if (direction === "receive") await new Promise((resolve) => setTimeout(resolve, milliseconds));
    else {
      while (performance.now() - start < milliseconds) {
        for (let index = 0; index < PER_TURN; index++) client.send(message);
        count += PER_TURN;
        do await turn();
        while (client.buffered() > 1 << 20);
      }
      const end = performance.now() + 2000;
      while (client.buffered() > 0 && performance.now() < end) await turn();
    }
    return { messages: count - first, elapsed: performance.now() - start, used: processorTime() - before };
  }

  await run(400);
  const { messages, elapsed, used } = await run(seconds * 1000);
  remote.stop();
  if (messages === 0) throw new Error("no message arrived");
  console.log(JSON.stringify({ value: (messages / elapsed) * 1000, serverCost: used / messages } satisfies ProgramResult));
  process.exit(0);
}

/** The part of a browser's WebSocket that is measured. */
export interface StandardWebSocket {
  binaryType: string;
  readonly bufferedAmount: number;
  onopen: unknown;
  onmessage: unknown;
  onerror: unknown;
  send(message: Uint8Array<ArrayBuffer>): void;
}

export function openStandard(socket: StandardWebSocket, received: () => void): Promise<MeasuredClient> {
  socket.binaryType = "arraybuffer";
  socket.onmessage = received;
  return new Promise((resolve, reject) => {
    socket.onerror = () => reject(new Error("could not connect"));
    socket.onopen = () => resolve({ send: (message) => socket.send(message), buffered: () => socket.bufferedAmount });
  });
}
