import fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  encodeFrame,
  FrameDecoder,
  FrameEvent,
  MessageAssembler,
  MessageDecoder,
  MessageEvent,
  Opcode,
  encodeFrameHeaderInto,
} from "@ws/codec";

import { cutAt, places, sameInAnyChunks } from "./chunking.ts";
import { decodeChunks, drain, hex, messages as receiver, runs, toHex, type Said } from "./support.ts";

const utf8 = new TextEncoder();

/** A conversation as frames with control frames in between, and what it says. */
const message = fc.record({
  text: fc.boolean(),
  content: fc.string({ unit: fc.constantFrom("a", "é", "€", "😀"), maxLength: 60 }),
  cuts: fc.array(fc.nat({ max: 200 }), { maxLength: 4 }),
  control: fc.constantFrom(undefined, Opcode.PING, Opcode.PONG),
  key: fc.nat({ max: 0xffff_ffff }),
});

function conversation(messages: (typeof message extends fc.Arbitrary<infer T> ? T : never)[]): { bytes: Uint8Array; said: Said[] } {
  const frames: Uint8Array[] = [];
  const said: Said[] = [];
  for (const { text, content, cuts, control, key } of messages) {
    const payload = utf8.encode(content);
    const fragments = cutAt(payload, cuts);
    fragments.forEach((fragment, i) => {
      const opcode = i > 0 ? Opcode.CONTINUATION : text ? Opcode.TEXT : Opcode.BINARY;
      frames.push(encodeFrame(opcode, fragment, { fin: i === fragments.length - 1, maskingKey: (key + i) >>> 0 }));
      if (control !== undefined && i < fragments.length - 1) {
        frames.push(encodeFrame(control, fragment.subarray(0, 125), { maskingKey: key }));
        const body = toHex(fragment.subarray(0, 125));
        said.push(control === Opcode.PING ? { ping: body } : { pong: body });
      }
    });
    said.push(text ? { text: content } : { binary: toHex(payload) });
  }
  return { bytes: Uint8Array.from(Buffer.concat(frames)), said };
}

describe("§5 conversations", () => {
  test("any chunking gives the same events", () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 6 }), places, fc.boolean(), (messages, at, borrow) => {
        const { bytes, said } = conversation(messages);
        expect(sameInAnyChunks(bytes, () => receiver({ role: "server", borrow }), at)).toEqual(said);
      }),
      runs(300),
    );
  });

  test("streamed chunks join to the messages, cut at characters, first and last once each", () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 4 }), places, (messages, at) => {
        const { bytes } = conversation(messages);
        const joined: string[] = [];
        for (const said of decodeChunks(cutAt(bytes, at), { role: "server", streaming: true })) {
          if (!("chunk" in said)) continue;
          if (said.first) joined.push("");
          expect(said.chunk).not.toMatch(/\p{Surrogate}/u);
          joined[joined.length - 1] += said.chunk;
          expect(said.opcode).toBe(messages[joined.length - 1]!.text ? Opcode.TEXT : Opcode.BINARY);
        }
        expect(joined).toEqual(messages.map(({ text, content }) => (text ? content : toHex(utf8.encode(content)))));
      }),
      runs(200),
    );
  });

  test("§8.1 streamed text fails at the first bad byte and at an unfinished end", () => {
    const options = { role: "client", streaming: true } as const;
    expect(decodeChunks([hex("0102 61e2"), hex("0001 82"), hex("0001 61")], options)).toEqual([
      { chunk: "a", opcode: 1, first: true, last: false },
      { chunk: "", opcode: 1, first: false, last: false },
      { failed: "INVALID_UTF8", closeCode: 1007 },
    ]);
    expect(decodeChunks([hex("8102 61e2")], options)).toEqual([{ failed: "INVALID_UTF8", closeCode: 1007 }]);
  });

  test("RFC 7692 §6 a compressed message comes as it was received, without a UTF-8 check", () => {
    expect(decodeChunks([hex("4101 ff 8901 aa 8001 fe"), hex("8200")], { role: "client", rsv: 4 })).toEqual([
      { chunk: "ff", opcode: 1, first: true, last: false },
      { ping: "aa" },
      { chunk: "fe", opcode: 1, first: false, last: true },
      { binary: "" },
    ]);
  });

  test("§10.4 the limit leaves compressed messages a thousandth and 64 bytes more, which an incompressible one takes", () => {
    const frame = (size: number): Uint8Array => encodeFrame(Opcode.BINARY, new Uint8Array(size), { rsv: 4 });
    const options = { role: "client", rsv: 4, maxMessageBytes: 10_000 } as const;
    expect(decodeChunks([frame(10_073), frame(10_073)], options)).toHaveLength(2);
    expect(decodeChunks([frame(10_074)], options)).toEqual([{ failed: "MESSAGE_TOO_BIG", closeCode: 1009 }]);
    expect(decodeChunks([encodeFrame(Opcode.BINARY, new Uint8Array(10_001))], options)).toEqual([
      { failed: "MESSAGE_TOO_BIG", closeCode: 1009 },
    ]);
  });

  test("§10.4 the limit is each message's own", () => {
    const frames = [hex("8203 010203"), hex("0202 0102"), hex("8002 0304"), hex("8204 01020304"), hex("0201 01"), hex("8004 01020304")];
    expect(decodeChunks(frames, { role: "client", maxMessageBytes: 4 })).toEqual([
      { binary: "010203" },
      { binary: "01020304" },
      { binary: "01020304" },
      { failed: "MESSAGE_TOO_BIG", closeCode: 1009 },
    ]);
  });

  test("§5.5 a Close may stand between fragments too, and is none of them", () => {
    expect(decodeChunks([hex("0101 61 8802 03e8 8001 62")], { role: "client" })).toEqual([{ close: 1000, reason: "" }, { text: "ab" }]);
  });

  test("§8.1 what is wrong in the last fragment is not forgotten with the message", () => {
    for (const streaming of [false, true])
      for (const last of ["8001 ff", "8002 ff61", "8001 c3", "8002 61c3"])
        expect(decodeChunks([hex(`0101 61 ${last}`)], { role: "client", streaming }).at(-1)).toEqual({
          failed: "INVALID_UTF8",
          closeCode: 1007,
        });
  });
});

describe("pulling", () => {
  test("the caller may stop in mid-chunk and go on later; receive before the end is an error", () => {
    const decoder = new MessageDecoder({ role: "client" });
    decoder.receive(hex("8101 61 8101 62"));
    expect(decoder.poll()).toBe(MessageEvent.TEXT);
    expect(decoder.text).toBe("a");
    expect(() => {
      decoder.receive(hex("8101 63"));
    }).toThrow(Error);
    expect(drain(decoder)).toEqual([{ text: "b" }]);
    decoder.receive(hex("8101 63"));
    expect(drain(decoder)).toEqual([{ text: "c" }]);
  });

  test("§7.1.7 after a failure every poll says so, and bytes are ignored", () => {
    const decoder = new MessageDecoder({ role: "client" });
    decoder.receive(hex("8300 8101 61"));
    for (let i = 0; i < 3; i++) {
      expect(decoder.poll()).toBe(MessageEvent.FAILED);
      expect(decoder.error).toMatchObject({
        name: "ProtocolError",
        code: "RESERVED_OPCODE",
        closeCode: 1002,
        section: "RFC 6455 §5.2",
        message: "expected opcode 0–2 or 8–10, received FIN 1, RSV 0, opcode 3, MASK 0, 7-bit length 0",
      });
      decoder.receive(hex("8101 61"));
    }
  });

  test("§7.1.7 a failure of the message layer is final too, with frames left in the chunk", () => {
    const decoder = new MessageDecoder({ role: "client" });
    decoder.receive(hex("8000 8101 61"));
    expect(decoder.poll()).toBe(MessageEvent.FAILED);
    expect(decoder.poll()).toBe(MessageEvent.FAILED);
    expect(() => {
      decoder.receive(hex("8101 61"));
    }).not.toThrow();
    expect(decoder.poll()).toBe(MessageEvent.FAILED);
  });

  test("a hundred thousand frames in one chunk need no stack", () => {
    const decoder = new MessageDecoder({ role: "client" });
    const count = 100_000;
    const chunk = new Uint8Array(3 * count);
    for (let i = 0; i < count; i++) chunk.set([i === 0 ? 0x02 : i === count - 1 ? 0x80 : 0x00, 1, i], 3 * i);
    decoder.receive(chunk);
    expect(decoder.poll()).toBe(MessageEvent.BINARY);
    expect(decoder.payload).toHaveLength(count);
    expect(decoder.payload[300]).toBe(300 & 255);
  });

  test("onHeader sees each legal header before its payload", () => {
    const seen: [number, number][] = [];
    const onHeader = (header: { opcode: number; payloadLength: number }): void => void seen.push([header.opcode, header.payloadLength]);
    decodeChunks([hex("0102 61"), hex("62 8900 8001"), hex("63"), hex("8300")], { role: "client", onHeader });
    expect(seen).toEqual([
      [1, 2],
      [9, 0],
      [0, 1],
    ]);
  });
});

describe("who owns bytes", () => {
  test("borrowed payloads are views into the chunk, copies are not", () => {
    const chunk = hex("8202 0102 8902 0304");
    const borrowing = new MessageDecoder({ role: "client", borrow: true });
    borrowing.receive(chunk);
    borrowing.poll();
    expect(borrowing.payload.buffer).toBe(chunk.buffer);

    const copying = new MessageDecoder({ role: "client" });
    copying.receive(chunk);
    copying.poll();
    const message = copying.payload;
    copying.poll();
    const ping = copying.payload;
    chunk.fill(0xee);
    expect([toHex(message), toHex(ping)]).toEqual(["0102", "0304"]);
  });

  test("payloads are plain Uint8Arrays, whatever the chunk is", () => {
    for (const borrow of [false, true]) {
      const decoder = new MessageDecoder({ role: "client", borrow });
      decoder.receive(Buffer.from(hex("8202 0102")));
      decoder.poll();
      expect(Object.getPrototypeOf(decoder.payload)).toBe(Uint8Array.prototype);
    }
  });

  test("an idle decoder holds neither chunk nor message", () => {
    const decoder = new MessageDecoder({ role: "client", borrow: true });
    decoder.receive(hex("8202 0102"));
    expect(decoder.poll()).toBe(MessageEvent.BINARY);
    expect(decoder.poll()).toBe(MessageEvent.NONE);
    expect(decoder.payload).toHaveLength(0);
  });
});

describe("FrameDecoder", () => {
  test("a frame of 1 GiB passes in pieces of the chunks, unmasked, with nothing stored", () => {
    const size = 2 ** 30;
    const decoder = new FrameDecoder({ role: "server" });
    const header = new Uint8Array(14);
    encodeFrameHeaderInto(header, 0, 0x82, size, 0x01020304);
    decoder.receive(header);
    expect(decoder.poll()).toBe(FrameEvent.HEADER);
    expect(decoder.poll()).toBe(FrameEvent.NONE);
    const chunk = new Uint8Array(2 ** 20);
    let received = 0;
    while (received < size) {
      decoder.receive(chunk);
      expect(decoder.poll()).toBe(FrameEvent.PAYLOAD);
      expect(decoder.bytes).toBe(chunk);
      expect(decoder.payloadOffset).toBe(received);
      received += decoder.end - decoder.start;
      expect(decoder.last).toBe(received === size);
      expect(decoder.poll()).toBe(FrameEvent.NONE);
    }
  });

  test("pollFrame takes a whole frame in one step and others as poll does", () => {
    const decoder = new FrameDecoder({ role: "client" });
    decoder.receive(hex("8201 01 8900 8202 02"));
    const events: number[] = [];
    for (let event = decoder.pollFrame(); event !== FrameEvent.NONE; event = decoder.pollFrame()) events.push(event);
    expect(events).toEqual([FrameEvent.FRAME, FrameEvent.FRAME, FrameEvent.HEADER, FrameEvent.PAYLOAD]);
    decoder.receive(hex("03"));
    expect([decoder.pollFrame(), decoder.last, decoder.payloadOffset]).toEqual([FrameEvent.PAYLOAD, true, 1]);
  });

  test("unmasking twice does not mask again; a masked chunk may be copied out of", () => {
    for (const unmask of ["in-place", "copy"] as const) {
      const decoder = new FrameDecoder({ role: "server", unmask });
      const chunk = hex("8185 37fa213d 7f9f4d5158");
      decoder.receive(chunk);
      decoder.poll();
      decoder.poll();
      const target = new Uint8Array(7);
      decoder.copyPayload(target, 1);
      decoder.unmask();
      decoder.unmask();
      expect(new TextDecoder().decode(decoder.takePayload())).toBe("Hello");
      expect(new TextDecoder().decode(target.subarray(1, 6))).toBe("Hello");
      decoder.copyPayload(target, 2);
      expect(new TextDecoder().decode(target.subarray(2))).toBe("Hello");
      expect(toHex(chunk.subarray(6))).toBe(unmask === "copy" ? "7f9f4d5158" : toHex(new TextEncoder().encode("Hello")));
    }
  });
});

describe("memory", () => {
  /** Every array that is made while `run` runs, by way of a spy on the constructor. */
  function largestAllocation(run: () => void): number {
    const Original = globalThis.Uint8Array;
    let largest = 0;
    globalThis.Uint8Array = new Proxy(Original, {
      construct(target, args: [number | object], newTarget) {
        if (typeof args[0] === "number") largest = Math.max(largest, args[0]);
        return Reflect.construct(target, args, newTarget) as object;
      },
    });
    try {
      run();
    } finally {
      globalThis.Uint8Array = Original;
    }
    return largest;
  }

  test("a message's buffer is always smaller than twice what was received, whatever is announced", () => {
    const piece = new Uint8Array(1000).fill(0x61);
    const header = new Uint8Array(10);
    encodeFrameHeaderInto(header, 0, 0x82, 16 * 1024 * 1024);
    for (const opening of [header, hex("02 7e 03e8")]) {
      const decoder = new MessageDecoder({ role: "client" });
      let received = 0;
      const feed = (bytes: Uint8Array): void => {
        decoder.receive(bytes);
        expect(decoder.poll()).toBe(MessageEvent.NONE);
      };
      expect(
        largestAllocation(() => {
          feed(opening.slice());
        }),
      ).toBeLessThanOrEqual(14);
      for (let i = 0; i < 300; i++) {
        if (opening !== header && i > 0) feed(hex("00 7e 03e8"));
        received += piece.length;
        const largest = largestAllocation(() => {
          feed(piece);
        });
        expect(largest).toBeLessThan(2 * received);
      }
    }
  });

  test("the next chunk may come as soon as the last byte is used up, before NONE", () => {
    const chunks = [1, 2, 3].map((value) => encodeFrame(Opcode.BINARY, new Uint8Array(100).fill(value), { maskingKey: 0x1234_5678 }));
    for (const borrow of [true, false]) {
      const decoder = new MessageDecoder({ role: "server", borrow });
      for (const [index, chunk] of chunks.entries()) {
        decoder.receive(chunk.slice());
        expect(decoder.poll()).toBe(MessageEvent.BINARY);
        expect(decoder.payload).toEqual(new Uint8Array(100).fill(index + 1));
      }
    }
  });

  test("the last piece of a message gets no more than the message needs", () => {
    const decoder = new MessageDecoder({ role: "client" });
    decoder.receive(hex("8204 01"));
    decoder.poll();
    decoder.receive(hex("020304"));
    expect(decoder.poll()).toBe(MessageEvent.BINARY);
    expect(decoder.payload.buffer.byteLength).toBe(4);
  });

  test("MessageAssembler: limit before allocation, text by its rules, one message after the other", () => {
    const assembler = new MessageAssembler({ maxMessageBytes: 4 });
    assembler.begin(Opcode.BINARY);
    expect(largestAllocation(() => expect(assembler.write(new Uint8Array(5), 0, 5)).toBe("MESSAGE_TOO_BIG"))).toBeLessThanOrEqual(5);
    assembler.begin(Opcode.TEXT);
    expect(assembler.write(hex("61e2"), 0, 2)).toBeUndefined();
    expect([assembler.takeText(), assembler.text]).toEqual([undefined, "a"]);
    expect(assembler.write(hex("82"), 0, 1)).toBeUndefined();
    expect([assembler.takeText(), assembler.text]).toEqual([undefined, ""]);
    expect(assembler.write(hex("ac"), 0, 1)).toBeUndefined();
    expect(assembler.size).toBe(4);
    expect(assembler.finish()).toBeUndefined();
    expect(assembler.text).toBe("€");
    assembler.begin(Opcode.TEXT);
    expect(assembler.write(hex("e2"), 0, 1)).toBeUndefined();
    expect(assembler.finish()).toBe("INVALID_UTF8");
    assembler.begin(Opcode.BINARY);
    expect(assembler.finish()).toBeUndefined();
    expect(assembler.payload).toEqual(new Uint8Array(0));
  });
});
