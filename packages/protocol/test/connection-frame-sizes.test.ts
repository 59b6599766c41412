// Frames of every size class on their way out: copied behind their neighbours, in a slab of their own, in an array of their own, or by reference.
import type { FrameHeader } from "@ws/codec";
import { Opcode } from "@ws/codec";
import { describe, expect, it } from "vitest";

import { type ConnectionEngine, EngineEvent, prepareMessage, SendArena } from "../src/index.ts";
import { client, joined, outputOf, server } from "./connection-support.ts";

/** Up to this many bytes are copied behind their header. */
const COPIED = 8_192;
/** Up to this many, of those that are copied at all, lie in the arena. */
const IN_ARENA = 262_144;

const sizes = [0, 125, 126, COPIED - 14, COPIED, COPIED + 1, 65_535, 65_536, IN_ARENA - 14, IN_ARENA, IN_ARENA + 1];
const sorts: Record<string, (engine: ConnectionEngine, size: number) => unknown> = {
  "a text": (engine, size) => engine.sendText("x".repeat(size)),
  bytes: (engine, size) => engine.sendBinary(new Uint8Array(size).fill(120)),
  "bytes to be copied": (engine, size) => engine.sendBinary(new Uint8Array(size).fill(120), true),
  "a prepared text": (engine, size) => engine.sendPrepared(prepareMessage("x".repeat(size))),
};

describe.each(["client", "server"] as const)("a %s", (role) => {
  it.each(Object.entries(sorts))("sends %s of any size as one frame, and tells its header when it is written", (_, send) => {
    const headers: FrameHeader[] = [];
    const onHeader = (header: FrameHeader): void => void (engine.pendingBytes > 0 && headers.push({ ...header }));
    const engine: ConnectionEngine = { client, server }[role]({ onHeader });
    for (const size of sizes) {
      send(engine, size);
      const bytes = outputOf(engine);
      const { headerLength, payloadLength, masked, opcode } = headers.pop()!;
      expect([headerLength + payloadLength, payloadLength, masked]).toEqual([bytes.length, size, role === "client"]);
      const peer = role === "client" ? server() : client();
      peer.receive(bytes);
      expect(peer.poll()).toBe(opcode === Opcode.TEXT ? EngineEvent.TEXT : EngineEvent.BINARY);
      expect(
        opcode === Opcode.TEXT ? peer.text === "x".repeat(size) : Buffer.compare(peer.payload, new Uint8Array(size).fill(120)) === 0,
        `${size}`,
      ).toBe(true);
      expect(peer.poll()).toBe(EngineEvent.NONE);
    }
  });
});

describe("a server's payload", () => {
  it("of up to 8 KiB is copied beside its neighbours, one byte more goes by reference", () => {
    for (const size of [COPIED, COPIED + 1]) {
      const engine = server();
      const payload = new Uint8Array(size);
      engine.sendText("before");
      engine.sendBinary(payload);
      engine.sendText("after");
      const pieces = engine.takeOutput();
      expect([pieces.length, pieces.includes(payload)]).toEqual(size === COPIED ? [1, false] : [3, true]);
    }
  });

  it("that was prepared goes as it is when it is alone or long, and joins its neighbours when it is short", () => {
    const pieces = (size: number, before: boolean): number => {
      const engine = server();
      if (before) engine.sendText("before");
      engine.sendPrepared(prepareMessage(new Uint8Array(size)));
      return engine.takeOutput().length;
    };
    expect([pieces(10, false), pieces(10, true), pieces(COPIED - 4, true), pieces(COPIED - 3, true)]).toEqual([1, 1, 1, 2]);
  });
});

describe("the arena", () => {
  it.each<[string, number, (engine: ConnectionEngine, size: number) => unknown]>([
    ["bytes that a client masks", IN_ARENA, sorts["bytes"]!],
    ["a text, its header included", IN_ARENA - 14, sorts["a text"]!],
  ])("has a slab of its size for %s up to 256 KiB; longer ones are arrays of their own", (_, longest, send) => {
    for (const size of [longest, longest + 1]) {
      const arena = new SendArena();
      const engine = client({ arena });
      send(engine, size);
      const [piece] = engine.takeOutput();
      expect(piece!.buffer === arena.slab.buffer).toBe(size === longest);
    }
  });

  it("has room for any text, whatever its characters take", () => {
    const arena = new SendArena(200);
    for (const unit of ["a", "é", "€", "😀"]) {
      const engine = server({ arena });
      const peer = client();
      for (let length = 0; length < 70; length++) {
        engine.sendText(unit.repeat(length));
        peer.receive(outputOf(engine));
        expect([peer.poll(), peer.text, peer.poll()]).toEqual([EngineEvent.TEXT, unit.repeat(length), EngineEvent.NONE]);
      }
    }
  });

  it("holds no slab for an output that is empty", () => {
    const arena = new SendArena();
    const engine = server({ arena });
    engine.sendText("a");
    const first = joined(engine.takeOutput());
    arena.reserve(65_536);
    const { offset } = arena;
    engine.sendText("b");
    expect([first.length, arena.offset - offset, joined(engine.takeOutput())]).toEqual([3, 3, Uint8Array.of(0x81, 1, 98)]);
  });
});
