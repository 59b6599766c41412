/**
 * Whether a message in n pieces costs O(n), a Node program: processor time for each piece when there are few, by that when there are 64 times
 * as many. 1 is a line; a square would give 1/64.
 */
import { encodeFrame, MessageDecoder, MessageEvent, Opcode } from "@ws/codec";

import type { ProgramResult, ProgramTask } from "./task.ts";

export interface LinearTask {
  pieces: "fragments" | "chunks";
}

const { pieces, seconds } = JSON.parse(process.argv[2]!) as LinearTask & ProgramTask;
const PIECE = 64;
const FEW = 1024;
const maskingKey = 0x1234_5678;

/** A message of `count` times 64 bytes as the chunks it arrives in. */
function message(count: number): Uint8Array[] {
  const payload = new Uint8Array(PIECE).fill(97);
  if (pieces === "fragments") {
    return Array.from({ length: count }, (_, index) =>
      encodeFrame(index === 0 ? Opcode.TEXT : Opcode.CONTINUATION, payload, { fin: index === count - 1, maskingKey }),
    );
  }
  const frame = encodeFrame(Opcode.TEXT, new Uint8Array(PIECE * count).fill(97), { maskingKey });
  return Array.from({ length: Math.ceil(frame.length / PIECE) }, (_, index) => frame.subarray(index * PIECE, (index + 1) * PIECE));
}

/** Receives the message once; the chunks stay as they are. */
function receive(chunks: readonly Uint8Array[]): void {
  const decoder = new MessageDecoder({ role: "server", unmask: "copy" });
  let messages = 0;
  for (const chunk of chunks) {
    decoder.receive(chunk);
    for (let event = decoder.poll(); event !== MessageEvent.NONE; event = decoder.poll()) {
      if (event === MessageEvent.FAILED) throw decoder.error!;
      messages++;
    }
  }
  if (messages !== 1) throw new Error(`${messages} messages`);
}

/** µs for each piece. */
function cost(chunks: readonly Uint8Array[], milliseconds: number): number {
  const { user, system } = process.threadCpuUsage();
  const start = performance.now();
  let received = 0;
  do {
    receive(chunks);
    received += chunks.length;
  } while (performance.now() - start < milliseconds);
  const used = process.threadCpuUsage({ user, system });
  return (used.user + used.system) / received;
}

const few = message(FEW);
const many = message(FEW * 64);
cost(few, 200);
cost(many, 200);
const [a, b] = [cost(few, seconds * 500), cost(many, seconds * 500)];
console.log(JSON.stringify({ value: a / b, serverCost: b } satisfies ProgramResult));
