/** A program that takes its time with each message is not one that is stuck: only the latter is passed. */
import { Opcode } from "@ws/codec";
import { describe, expect, test } from "vitest";

import { settle } from "./support/clock.ts";
import { clientFrame } from "./support/raw.ts";
import { openRaw, type RawConnection } from "./support/raw-connection.ts";

const COUNT = 8;
const OPTIONS = { keepAlive: false as const, receiveHighWaterMark: 1e6 };

/** A Pong tells that what stands before its Ping was looked at. */
function pongs({ peer }: RawConnection): number {
  return peer.takeFrames("client").filter(({ opcode }) => opcode === Opcode.PONG).length;
}

/** Messages, each with a Ping behind it. */
function writeAll(raw: RawConnection): void {
  for (let index = 0; index < COUNT; index++)
    raw.peer.write(clientFrame(Opcode.TEXT, String(index)), clientFrame(Opcode.PING, String(index)));
}

type Program = { raw: RawConnection; finishTurn: () => Promise<void> };
const programs: Record<string, (options?: object) => Promise<Program>> = {
  loop: async (options) => {
    const raw = await openRaw({ ...OPTIONS, ...options });
    const iterator = raw.connection[Symbol.asyncIterator]();
    void iterator.next();
    return { raw, finishTurn: async () => (void iterator.next(), settle()) };
  },
  handler: async (options) => {
    let end: (() => void) | undefined;
    const raw = await openRaw({ ...OPTIONS, ...options }, { message: () => new Promise<void>((resolve) => (end = resolve)) });
    return { raw, finishTurn: async () => (end?.(), settle()) };
  },
};

describe.each(Object.keys(programs))("a %s", (style) => {
  test("that takes 600 ms for each message is never passed", async () => {
    const { raw, finishTurn } = await programs[style]!();
    writeAll(raw);
    await settle();
    for (let turn = 0; turn < COUNT; turn++) {
      await raw.clock.advance(600);
      expect(pongs(raw)).toBe(0);
      await finishTurn();
      expect(pongs(raw)).toBe(1);
    }
  });

  test("that is stuck is passed after one to two seconds, and given its turn again when it has caught up", async () => {
    const { raw, finishTurn } = await programs[style]!();
    writeAll(raw);
    await raw.clock.advance(900);
    expect(pongs(raw)).toBe(0);
    await raw.clock.advance(1200);
    expect(pongs(raw)).toBe(COUNT);
    for (let turn = 0; turn < COUNT; turn++) await finishTurn();
    writeAll(raw);
    await raw.clock.advance(900);
    expect(pongs(raw)).toBe(0);
    await finishTurn();
    expect(pongs(raw)).toBe(1);
    await raw.clock.advance(2100);
    expect(pongs(raw)).toBe(COUNT - 1);
  });

  test("that finished a turn just before it got stuck has its whole second", async () => {
    const { raw, finishTurn } = await programs[style]!();
    writeAll(raw);
    await settle();
    await raw.clock.advance(900);
    await finishTurn();
    expect(pongs(raw)).toBe(1);
    await raw.clock.advance(900);
    expect(pongs(raw)).toBe(0);
    await raw.clock.advance(1100);
    expect(pongs(raw)).toBe(COUNT - 1);
  });

  test("that is stuck again and again is passed each time: what it has taken does not count any more", async () => {
    const { raw, finishTurn } = await programs[style]!({ receiveHighWaterMark: COUNT * 65 + 1 });
    for (let round = 0; round < 4; round++) {
      writeAll(raw);
      await raw.clock.advance(2100);
      expect(pongs(raw)).toBe(COUNT);
      for (let turn = 0; turn < COUNT; turn++) await finishTurn();
    }
  });
});
