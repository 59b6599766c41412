/**
 * What compression costs in memory: connections that have talked and are silent now, and a server that has echoed a
 * million messages.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { startServer, type RunningServer } from "../process.ts";
import { subjects, type SubjectName } from "../subjects.ts";
import { compressedFrames, openCompressed, plainFrames, type EchoConnection } from "./client.ts";

const offer = "permessage-deflate; client_max_window_bits";

async function exchange(connections: readonly EchoConnection[], messages: number, inFlight: number): Promise<void> {
  const target = connections.reduce((sum, { received }) => sum + received, 0) + messages * connections.length;
  for (const connection of connections) connection.start(inFlight, messages);
  while (connections.reduce((sum, { received }) => sum + received, 0) < target) await sleep(20);
}

/** Resident memory once it has stopped moving. */
async function settled(server: RunningServer): Promise<number> {
  let memory = server.residentMemory();
  for (let quiet = 0; quiet < 3;) {
    await sleep(300);
    const now = server.residentMemory();
    quiet = Math.abs(now - memory) < 1 << 20 ? quiet + 1 : 0;
    memory = now;
  }
  return memory;
}

/** Bytes of resident memory per connection that has exchanged 64 messages of 1 KiB in each direction, more than any window holds. */
export async function idleMemory(name: SubjectName, count: number, compressed: boolean): Promise<number> {
  const subject = subjects[name] as { deflate?: string[] };
  const server = await startServer(subjects[name], compressed ? (subject.deflate ?? []) : []);
  try {
    const frames = compressed ? await compressedFrames("json", 1024) : plainFrames("json", 1024);
    const open = (): Promise<EchoConnection> => openCompressed(server.port, compressed ? offer : undefined, frames);
    // The first connections pay for code and shared streams, not for themselves.
    const first = await Promise.all(Array.from({ length: 50 }, open));
    await exchange(first, 64, 4);
    const before = await settled(server);
    const connections: EchoConnection[] = [];
    while (connections.length < count) {
      const some = await Promise.all(Array.from({ length: 50 }, open));
      await exchange(some, 64, 1);
      connections.push(...some);
    }
    const after = await settled(server);
    for (const connection of [...first, ...connections]) connection.close();
    return (after - before) / count;
  } finally {
    await server.stop();
  }
}

export interface Growth {
  messages: number;
  memory: number;
}

/** Resident memory after more and more messages of 256 bytes on 32 connections. */
export async function growth(name: SubjectName, steps: readonly number[]): Promise<Growth[]> {
  const server = await startServer(subjects[name], (subjects[name] as { deflate?: string[] }).deflate ?? []);
  try {
    const frames = await compressedFrames("json", 256);
    const result: Growth[] = [];
    let sent = 0;
    for (const messages of steps) {
      const connections = await Promise.all(Array.from({ length: 32 }, () => openCompressed(server.port, offer, frames)));
      await exchange(connections, Math.ceil((messages - sent) / 32), 16);
      sent = messages;
      for (const connection of connections) connection.close();
      result.push({ messages, memory: await settled(server) });
    }
    return result;
  } finally {
    await server.stop();
  }
}
