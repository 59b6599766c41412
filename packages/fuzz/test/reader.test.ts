import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { MessageDecoder, MessageEvent } from "@ws/codec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { deflateBlocks, invalidUtf8Payload, session, utf8Payload } from "../src/arbitraries.ts";
import { AREAS, frameStep, planOf, type LengthForm } from "../src/index.ts";
import { receiveStream } from "../src/oracle.ts";
import {
  deflateBomb,
  compressedPayload,
  filledBytes,
  fromHex,
  inflate,
  isUtf8,
  MessageInflater,
  Opcode,
  readFrames,
  DEFLATE_TAIL,
  toHex,
  writeFrame,
} from "../src/wire.ts";

const runs = Number(process.env["FAST_CHECK_RUNS"] ?? 300);

describe("the reader", () => {
  it("§5.7 reads the examples of the RFC", () => {
    const { frames } = readFrames(
      fromHex("810548656c6c6f 818537fa213d7f9f4d5158 010348656c 80026c6f 890548656c6c6f 8a8537fa213d7f9f4d5158"),
    );
    expect(frames.map(({ fin, opcode, masked, payload }) => [fin, opcode, masked, Buffer.from(payload).toString()])).toEqual([
      [true, 1, false, "Hello"],
      [true, 1, true, "Hello"],
      [false, 1, false, "Hel"],
      [true, 0, false, "lo"],
      [true, 9, false, "Hello"],
      [true, 10, true, "Hello"],
    ]);
  });

  it("§5.2 reads what the writer wrote, legal or not", () => {
    const written = fc.record({
      fin: fc.boolean(),
      rsv: fc.nat(7),
      opcode: fc.nat(15),
      payload: fc.uint8Array({ maxLength: 300 }),
      maskingKey: fc.option(fc.nat(0xffffffff), { nil: undefined }),
      lengthForm: fc.constantFrom<LengthForm | undefined>(undefined, 16, 64),
    });
    fc.assert(
      fc.property(fc.array(written, { maxLength: 5 }), (all) => {
        const { frames, rest } = readFrames(Buffer.concat(all.map(writeFrame)));
        expect(rest.length).toBe(0);
        expect(frames.map(({ fin, rsv, opcode, payload, masked }) => ({ fin, rsv, opcode, payload: toHex(payload), masked }))).toEqual(
          all.map(({ fin, rsv, opcode, payload, maskingKey }) => ({
            fin,
            rsv,
            opcode,
            payload: toHex(payload),
            masked: maskingKey !== undefined,
          })),
        );
      }),
      { numRuns: runs, seed: 7 },
    );
  });

  it("§5.2 reads a 64-bit length exactly", () => {
    const [only] = readFrames(
      writeFrame({ fin: true, rsv: 0, opcode: 2, payload: filledBytes(3), declaredLength: (1n << 63n) + 5n }),
    ).frames;
    expect(only).toMatchObject({ length: (1n << 63n) + 5n, complete: false, lengthForm: 64 });
  });
});

describe("UTF-8", () => {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const byDecoder = (bytes: Uint8Array): boolean => {
    try {
      decoder.decode(bytes);
      return true;
    } catch {
      return false;
    }
  };
  it("§8.1 agrees with a fatal TextDecoder on any bytes", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.uint8Array({ maxLength: 8 }), utf8Payload(), invalidUtf8Payload()),
        (bytes) => isUtf8(bytes) === byDecoder(bytes),
      ),
      { numRuns: runs * 3, seed: 7 },
    );
  });
  it("the arbitraries are what they say", () => {
    fc.assert(fc.property(utf8Payload(), isUtf8), { numRuns: runs, seed: 7 });
    fc.assert(
      fc.property(invalidUtf8Payload(), (bytes) => !isUtf8(bytes)),
      { numRuns: runs, seed: 7 },
    );
  });
});

describe("inflation", () => {
  it("RFC 1951: reads what zlib writes at every level", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000, max: 7 }), fc.nat(9), (bytes, level) => {
        const { output, problem } = inflate(new Uint8Array(deflateRawSync(bytes, { level })));
        expect(problem).toBeUndefined();
        expect(toHex(output)).toBe(toHex(bytes));
      }),
      { numRuns: runs, seed: 7 },
    );
  });
  it("RFC 7692 §7.2.2: zlib reads what the writer writes, and so does the inflater", () => {
    fc.assert(
      fc.property(deflateBlocks(), (blocks) => {
        const payload = compressedPayload(blocks);
        const expected = inflateRawSync(Buffer.concat([payload, DEFLATE_TAIL]), { finishFlush: constants.Z_SYNC_FLUSH });
        expect(toHex(new MessageInflater({ noContextTakeover: false, windowBits: 15 }).message(payload).output)).toBe(
          expected.toString("hex"),
        );
      }),
      { numRuns: runs, seed: 7 },
    );
  });
  it("RFC 7692 §7.2.3: reads the examples", () => {
    const inflater = new MessageInflater({ noContextTakeover: false, windowBits: 15 });
    for (const hex of ["f248cdc9c90700", "f200110000", "000500faff48656c6c6f00", "f348cdc9c9070000", "f24805000000ffffcac9c90700"]) {
      expect([hex, Buffer.from(inflater.message(fromHex(hex)).output).toString()]).toEqual([hex, "Hello"]);
    }
    expect(inflater.message(fromHex("00"))).toMatchObject({ problem: undefined });
  });
  it("says what zlib does not: cut short, a distance too far, a window too small", () => {
    const inflater = (windowBits: number): MessageInflater => new MessageInflater({ noContextTakeover: false, windowBits });
    expect(inflater(15).message(fromHex("f248cd")).problem).toBe("truncated");
    expect(inflater(15).message(compressedPayload([{ type: "fixed", tokens: [97, { length: 3, distance: 2 }] }])).problem).toBe("distance");
    const far = compressedPayload([{ type: "fixed", tokens: [...filledBytes(300), { length: 3, distance: 300 }] }]);
    expect(inflater(8).message(far).problem).toBe("window");
    expect(inflater(9).message(far).problem).toBeUndefined();
  });
  it("stops at a limit", () => {
    expect(new MessageInflater({ noContextTakeover: false, windowBits: 15 }).message(deflateBomb(1_000_000), 1000)).toMatchObject({
      problem: "too-big",
    });
  });
});

describe("the same streams to @ws/codec", () => {
  /** What the codec makes of a stream, in the words of our reader. */
  function byCodec(bytes: Uint8Array, role: "client" | "server"): { messages: string[]; end: string } {
    const decoder = new MessageDecoder({ role });
    decoder.receive(bytes.slice());
    const messages: string[] = [];
    for (;;) {
      switch (decoder.poll()) {
        case MessageEvent.TEXT:
          messages.push(`text ${Buffer.from(decoder.text).toString("hex")}`);
          break;
        case MessageEvent.BINARY:
          messages.push(`binary ${toHex(decoder.payload)}`);
          break;
        case MessageEvent.PING:
          messages.push(`ping ${toHex(decoder.payload)}`);
          break;
        case MessageEvent.CLOSE:
          return { messages, end: "close" };
        case MessageEvent.FAILED:
          return { messages, end: "violation" };
        case MessageEvent.NONE:
          return { messages, end: "open" };
      }
    }
  }
  for (const area of AREAS.filter((each) => !["handshake", "negotiation", "compression"].includes(each))) {
    it(`read alike: ${area}`, () => {
      fc.assert(
        fc.property(session(area, "server"), fc.constantFrom("client" as const, "server" as const), ({ steps }, role) => {
          const { bytes } = planOf(steps, role);
          const receipt = receiveStream(bytes, { receiver: role, agreement: {} });
          const messages = receipt.events.flatMap((event) =>
            event.kind === "message"
              ? [`${event.opcode === Opcode.TEXT ? "text" : "binary"} ${toHex(event.payload)}`]
              : event.kind === "ping"
                ? [`ping ${toHex(event.payload)}`]
                : [],
          );
          const last = receipt.events[receipt.events.length - 1];
          const codec = byCodec(bytes, role);
          // Of a header that is not complete, nobody has to have noticed anything yet.
          const end = last?.kind === "violation" ? "violation" : last?.kind === "close" ? "close" : "open";
          expect({
            ...codec,
            end: last?.kind === "violation" && last.optional ? codec.end.replace("open", "violation") : codec.end,
          }).toEqual({ messages, end });
        }),
        { numRuns: Math.ceil(runs / 4), seed: 7 },
      );
    });
  }
  it("would notice a difference", () => {
    const { bytes } = planOf([frameStep(Opcode.TEXT, "a")], "server");
    expect(byCodec(bytes, "client").end).toBe("violation");
    expect(byCodec(bytes, "server")).toEqual({ messages: ["text 61"], end: "open" });
  });
});
