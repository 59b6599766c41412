/** Load for an echo server that compresses: so many messages in flight on so many connections, for so long. */
import { readFileSync } from "node:fs";

import { compressedFrames, openCompressed } from "./client.ts";
import type { Kind } from "./data.ts";

export interface CompressedLoad {
  port: number;
  kind: Kind;
  size: number;
  connections: number;
  inFlight: number;
  seconds: number;
  /** The server's process, whose processor time is read. */
  pid: number;
  /** `Sec-WebSocket-Extensions`. */
  offer: string;
}

export interface CompressedResult {
  messagesPerSecond: number;
  /** Microseconds of the server's processor time for a message, all threads. */
  serverMicroseconds: number;
  /** Bytes of a server's frame, on average. */
  receivedBytes: number;
  generatorCpu: number;
}

const load = JSON.parse(process.argv[2]!) as CompressedLoad;
const frames = await compressedFrames(load.kind, load.size);
const connections = await Promise.all(Array.from({ length: load.connections }, () => openCompressed(load.port, load.offer, frames)));
for (const connection of connections) connection.start(load.inFlight);
// The first quarter is for warming up.
await new Promise((resolve) => setTimeout(resolve, load.seconds * 250));
/** Of all threads, microseconds (Linux, in ticks of 10 ms). */
function serverTime(): number {
  const fields = readFileSync(`/proc/${load.pid}/stat`, "utf8").split(") ").at(-1)!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}
const total = (): { received: number; bytes: number } =>
  connections.reduce((sum, { received, receivedBytes }) => ({ received: sum.received + received, bytes: sum.bytes + receivedBytes }), {
    received: 0,
    bytes: 0,
  });
const before = total();
const serverBefore = serverTime();
const cpu = process.cpuUsage();
const start = performance.now();
await new Promise((resolve) => setTimeout(resolve, load.seconds * 1000));
const elapsed = performance.now() - start;
const used = process.cpuUsage(cpu);
const after = total();
const serverUsed = serverTime() - serverBefore;
const result: CompressedResult = {
  messagesPerSecond: ((after.received - before.received) / elapsed) * 1000,
  serverMicroseconds: serverUsed / (after.received - before.received),
  receivedBytes: (after.bytes - before.bytes) / (after.received - before.received),
  generatorCpu: (used.user + used.system) / 1000 / elapsed,
};
console.log(JSON.stringify(result));
process.exit(0);
