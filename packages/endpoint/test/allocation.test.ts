import { encodeFrame, Opcode } from "@ws/codec";
import { acceptConnection, createHost } from "@ws/endpoint";
import { groupOf } from "../src/driver/host.ts";
import { expect, test } from "vitest";

import { ascii, UPGRADE } from "./support/raw.ts";
import { allocated, bytesOfView, Sink } from "./support/sink.ts";

/** Heap bytes a message and writes a read, over 200 000 messages. */
async function measure(
  frame: Uint8Array,
  perRead: number,
): Promise<{ perMessage: number; writesPerRead: number; microtasks: number; slabs: number }> {
  let microtasks = 0;
  const host = createHost({
    clock: {
      now: () => performance.now(),
      setTimer: () => 0,
      clearTimer: () => undefined,
      turn: () => undefined,
      microtask: () => microtasks++,
    },
    printError: (error) => {
      throw error;
    },
  });
  const transport = new Sink();
  const accepted = acceptConnection(host, transport, { borrow: true }, { message: (connection, message) => void connection.send(message) });
  transport.sink.received(ascii(UPGRADE));
  await accepted;
  const chunk = new Uint8Array(frame.length * perRead);
  for (let index = 0; index < perRead; index++) chunk.set(frame, index * frame.length);
  const buffer = new Uint8Array(chunk.length);
  const run = (messages: number): void => {
    for (let done = 0; done < messages; done += perRead) {
      buffer.set(chunk);
      transport.sink.received(buffer);
    }
  };
  const { arena } = groupOf(host);
  run(20_000);
  transport.writes = 0;
  const slabs = new Set([arena.slab]);
  // The least of several rounds: code that is not optimised yet allocates numbers.
  let perMessage = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const before = allocated();
    run(20_000);
    slabs.add(arena.slab);
    perMessage = Math.min(perMessage, (allocated() - before) / 20_000);
  }
  return { perMessage, writesPerRead: (transport.writes * perRead) / (ROUNDS * 20_000), microtasks, slabs: slabs.size };
}

const ROUNDS = 10;

const masked = (opcode: number, length: number): Uint8Array =>
  encodeFrame(opcode, new Uint8Array(length).fill(97), { maskingKey: 0x1234_5678 });

test("the handler path allocates the message itself, and nothing else worth counting, for each frame", async () => {
  const view = bytesOfView();
  // One view for each borrowed binary message, one string for each text.
  const binary = await measure(masked(Opcode.BINARY, 64), 100);
  expect(binary.perMessage / view).toBeLessThan(2.4);
  // The transport copies, so all frames are encoded into the same memory.
  expect([binary.writesPerRead, binary.microtasks, binary.slabs]).toEqual([1, 0, 1]);
  const text = await measure(masked(Opcode.TEXT, 8), 100);
  expect(text.perMessage / view).toBeLessThan(2.4);
  // With one message a read, what a read costs is added: a list for the write and a view of the arena.
  const single = await measure(masked(Opcode.BINARY, 64), 1);
  expect(single.perMessage / view).toBeLessThan(6.7);
});
