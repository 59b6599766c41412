import { runInNewContext } from "node:vm";

import { decodeFrameHeader, MessageDecoder, MessageEvent, Opcode, utf8 } from "@ws/codec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { InvalidStateError, prepareMessage, SendArena, SendResult } from "../src/index.ts";
import { contentOf } from "../src/prepared-message.ts";
import { anyText, client, eventsOf, joined, KEY, masked, outputOf, received, server, toHex } from "./connection-support.ts";

/** ES2024, which the types here do not know. */
type Resizable = ArrayBuffer & { resize(length: number): void };
type ResizableConstructor = new (length: number, options: { readonly maxByteLength: number }) => Resizable;

describe("output", () => {
  it("§5.7 the examples, as a server and as a client send them", () => {
    const asServer = server();
    asServer.sendText("Hello");
    expect(toHex(outputOf(asServer))).toBe("81 05 48 65 6c 6c 6f");
    const asClient = client();
    asClient.sendText("Hello");
    expect(toHex(outputOf(asClient))).toBe("81 85 37 fa 21 3d 7f 9f 4d 51 58");
  });

  it("§5.3 a client asks for a new key for each frame", () => {
    const keys = [0, 0xffffffff, 0x80000000, 1];
    const engine = client({ randomUint32: () => keys.shift()! });
    for (let i = 0; i < 4; i++) engine.sendBinary(new Uint8Array(0));
    expect(toHex(outputOf(engine))).toBe("82 80 00 00 00 00 82 80 ff ff ff ff 82 80 80 00 00 00 82 80 00 00 00 01");
  });

  it("small frames of any kind are one piece", () => {
    const engine = server();
    engine.sendText("a");
    engine.sendBinary(new Uint8Array(1000));
    engine.ping();
    engine.sendPrepared(prepareMessage("b"));
    received(engine, masked(Opcode.PING, "x"));
    engine.close(1000);
    const pending = engine.pendingBytes;
    const pieces = engine.takeOutput();
    expect(pieces).toHaveLength(1);
    expect(pieces[0]).toHaveLength(pending);
    expect(engine.pendingBytes).toBe(0);
    expect(engine.takeOutput()).toEqual([]);
  });

  it("a server's large payload is a piece of its own, by reference, and no copy of it is made", () => {
    const engine = server();
    const large = new Uint8Array(100_000);
    engine.sendText("a");
    engine.sendBinary(large);
    engine.sendText("b");
    const pieces = engine.takeOutput();
    expect(pieces.map((piece) => piece.length)).toEqual([3 + 10, 100_000, 3]);
    expect(pieces[1]).toBe(large);
  });

  it("with copy, later changes do not show", () => {
    for (const length of [1, 100_000]) {
      const engine = server();
      const payload = new Uint8Array(length);
      engine.sendBinary(payload, true);
      payload.fill(255);
      expect(joined(engine.takeOutput()).subarray(-length)).toEqual(new Uint8Array(length));
    }
  });

  it.each<[string, (buffer: Resizable) => unknown]>([
    ["transferred", (buffer) => structuredClone(buffer, { transfer: [buffer] })],
    ["made shorter", (buffer) => buffer.resize(99_900)],
    ["made longer", (buffer) => buffer.resize(100_001)],
  ])("bytes that were %s before they had left are a TypeError, and a Close can follow", (_, change) => {
    const engine = server({ limits: { maxPendingPings: 1 } });
    const buffer = new (ArrayBuffer as unknown as ResizableConstructor)(100_000, { maxByteLength: 200_000 });
    engine.sendBinary(new Uint8Array(buffer));
    engine.sendText("after");
    // The second Pong waits for the output to be taken.
    received(engine, joined([masked(Opcode.PING, "x"), masked(Opcode.PING, "y".repeat(125))]));
    change(buffer);
    expect(() => engine.takeOutput()).toThrow(TypeError);
    expect([engine.pendingBytes, engine.takeOutput()]).toEqual([0, []]);
    engine.fail("MESSAGE_BROKEN");
    expect(joined(engine.takeOutput()).subarray(0, 4)).toEqual(Uint8Array.of(0x88, 2 + "MESSAGE_BROKEN".length, 0x03, 0xf3));
  });

  it("the caller's bytes are never modified, not even by masking", () => {
    for (const length of [5, 100_000]) {
      const engine = client();
      const payload = new Uint8Array(length).fill(7);
      engine.sendBinary(payload);
      engine.takeOutput();
      expect(payload.every((octet) => octet === 7)).toBe(true);
    }
  });

  it("connections that share an arena do not mix, and bytes once taken never change", () => {
    const arena = new SendArena(256);
    const engines = [server({ arena }), server({ arena }), client({ arena })];
    const sent: string[][] = engines.map(() => []);
    const taken: Uint8Array[][] = engines.map(() => []);
    for (let i = 0; i < 300; i++) {
      const which = (i * 7) % 3;
      const text = `${i}`.repeat(1 + (i % 40));
      engines[which]!.sendText(text);
      sent[which]!.push(text);
      if (i % 5 === 0) taken[which]!.push(...engines[which]!.takeOutput());
    }
    engines.forEach((engine, which) => {
      taken[which]!.push(...engine.takeOutput());
      const peer = which === 2 ? server() : client();
      expect(received(peer, joined(taken[which]!))).toEqual(sent[which]!.map((text) => `TEXT "${text}"`));
    });
  });

  it("what is freed is used again, and nothing else", () => {
    const step = fc.record({ which: fc.nat({ max: 2 }), length: fc.nat({ max: 90 }), take: fc.boolean(), free: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const arena = new SendArena(256);
        const engines = [server({ arena }), server({ arena }), client({ arena })];
        const sent: string[][] = engines.map(() => []);
        const taken: Uint8Array[][] = engines.map(() => []);
        for (const { which, length, take, free } of steps) {
          const text = "abc"[which]!.repeat(length);
          engines[which]!.sendText(text);
          sent[which]!.push(`TEXT "${text}"`);
          if (!take) continue;
          const pieces = engines[which]!.takeOutput();
          // A transport that has copied them, or one that holds them.
          taken[which]!.push(...(free ? pieces.map((piece) => piece.slice()) : pieces));
          if (free) arena.free(pieces.at(-1)!);
        }
        engines.forEach((engine, which) => {
          taken[which]!.push(...engine.takeOutput());
          expect(received(which === 2 ? server() : client(), joined(taken[which]!))).toEqual(sent[which]);
        });
      }),
    );
  });

  it("one slab serves any number of frames of any size up to 256 KiB when all of them are freed", () => {
    const arena = new SendArena();
    const engine = client({ arena });
    engine.sendBinary(new Uint8Array(200_000));
    arena.free(engine.takeOutput().at(-1)!);
    const { slab } = arena;
    for (let index = 0; index < 1000; index++) {
      if (index % 2 === 0) engine.sendBinary(new Uint8Array((index * 7919) % 200_000));
      else engine.sendText("é".repeat(index * 90));
      const pieces = engine.takeOutput();
      expect(pieces).toHaveLength(1);
      arena.free(pieces[0]!);
      expect(arena.slab === slab && arena.offset === 0).toBe(true);
    }
  });

  it("a frame that just fits is written into the slab that is there, one byte more into a new one", () => {
    const arena = new SendArena(100);
    arena.reserve(60);
    const { slab } = arena;
    arena.offset = 60;
    arena.reserve(40);
    expect([arena.slab === slab, arena.offset]).toEqual([true, 60]);
    arena.reserve(41);
    expect([arena.slab === slab, arena.slab.length, arena.offset]).toEqual([false, 100, 0]);
    arena.reserve(101);
    expect(arena.slab).toHaveLength(101);
    expect(new SendArena(1).offset).toBe(0);
  });

  it("an arena with slabs of no size is a RangeError", () => {
    for (const size of [0, -1, 1.5, NaN]) expect(() => new SendArena(size)).toThrow(RangeError);
  });

  it("an arena uses the memory of its last piece again, and of no other", () => {
    const arena = new SendArena(256);
    const [first, last] = ["first", "last"].map((text) => {
      const engine = server({ arena });
      engine.sendText(text);
      return engine.takeOutput().at(-1)!;
    });
    arena.free(first!);
    const behind = server({ arena });
    behind.sendText("behind");
    expect(behind.takeOutput()[0]!.byteOffset).toBe(last!.byteOffset + last!.length);
    expect(toHex(first!)).toBe("81 05 66 69 72 73 74");
  });

  it("bytes of another realm are bytes", () => {
    const engine = server();
    engine.sendBinary(runInNewContext("Uint8Array.of(1, 2)") as Uint8Array);
    expect(toHex(outputOf(engine))).toBe("82 02 01 02");
    for (const wrong of ["new Float32Array(1)", "new DataView(new ArrayBuffer(1))"])
      expect(() => engine.sendBinary(runInNewContext(wrong) as Uint8Array)).toThrow(TypeError);
  });

  it("only bytes are bytes: a Float32Array, an ArrayBuffer or a string is a TypeError", () => {
    const engine = server();
    const wrongs: unknown[] = [new Float32Array(1), new ArrayBuffer(1), 1, [1], null, new DataView(new ArrayBuffer(1))];
    for (const wrong of wrongs as Uint8Array[]) {
      expect(() => engine.sendBinary(wrong)).toThrow(TypeError);
      expect(() => engine.pong(wrong)).toThrow(TypeError);
      expect(() => prepareMessage(wrong)).toThrow(TypeError);
    }
    expect(() => engine.sendBinary("x" as unknown as Uint8Array)).toThrow(TypeError);
    expect(() => engine.sendText(1 as unknown as string)).toThrow(TypeError);
    expect(engine.pendingBytes).toBe(0);
    engine.sendBinary(Buffer.from("a"));
    expect(toHex(outputOf(engine))).toBe("82 01 61");
  });

  it.each(["server", "client"] as const)("every text and every payload from a %s arrives as it was sent", (role) => {
    const lengths = fc.constantFrom(0, 1, 41, 42, 43, 125, 126, 127, 2725, 2726, 8191, 8192, 8193, 65_535, 65_536, 65_537);
    const message = fc.oneof(
      anyText,
      lengths.map((length) => "x".repeat(length)),
      lengths.map((length) => "é".repeat(length >>> 1)),
      lengths.map((length) => new Uint8Array(length).fill(length)),
      fc.uint8Array({ maxLength: 300 }),
    );
    fc.assert(
      fc.property(fc.array(message, { maxLength: 4 }), (messages) => {
        const engine = role === "server" ? server() : client();
        const peer = role === "server" ? client() : server();
        for (const one of messages) expect(typeof one === "string" ? engine.sendText(one) : engine.sendBinary(one)).toBe(SendResult.READY);
        for (const piece of engine.takeOutput()) peer.receive(piece.slice());
        for (const one of messages) {
          peer.poll();
          if (typeof one === "string") expect(peer.text).toBe(Buffer.from(one).toString());
          else expect(Buffer.compare(peer.payload, one)).toBe(0);
        }
        expect(eventsOf(peer)).toEqual([]);
      }),
      { numRuns: Number(process.env["FAST_CHECK_RUNS"] ?? 50) },
    );
  });

  it("a host's own UTF-8 is used", () => {
    const used = new Set<string>();
    const own = new Proxy(utf8, { get: (target, name) => (used.add(String(name)), target[name as keyof typeof utf8]) });
    const engine = server({ utf8: own });
    engine.sendText("short");
    engine.sendText("long".repeat(10_000));
    received(engine, masked(Opcode.TEXT, "x"));
    expect([...used].sort()).toEqual(["byteLength", "decode", "encodeInto"]);
  });
});

describe("streamed messages", () => {
  it("§5.4 first frame with the opcode, continuations, FIN on the last; control frames in between", () => {
    const engine = server();
    engine.beginMessage(Opcode.BINARY);
    engine.sendChunk(Uint8Array.of(1), false);
    engine.ping(Uint8Array.of(9));
    engine.sendChunk(Uint8Array.of(2), false);
    engine.sendChunk(new Uint8Array(0), true);
    engine.sendText("next");
    expect(toHex(outputOf(engine))).toBe("02 01 01 89 01 09 00 01 02 80 00 81 04 6e 65 78 74");
  });

  it("a text cut into chunks anywhere, some of them empty, is the text; halves that stay alone become U+FFFD", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.constantFrom("", "a", "\ud83d", "\ude00"), { maxLength: 3 }), { minLength: 1, maxLength: 8 }),
        (cut) => {
          const chunks = cut.map((units) => units.join(""));
          const engine = server();
          for (let message = 0; message < 2; message++) {
            engine.beginMessage(Opcode.TEXT);
            chunks.forEach((chunk, index) => engine.sendChunk(chunk, index === chunks.length - 1));
          }
          const text = `TEXT "${new TextDecoder().decode(new TextEncoder().encode(chunks.join("")))}"`;
          expect(received(client(), outputOf(engine))).toEqual([text, text]);
        },
      ),
    );
  });

  it("§5.4 no other message goes in between: InvalidStateError", () => {
    const engine = server();
    expect(() => engine.sendChunk("x", true)).toThrow(InvalidStateError);
    engine.beginMessage(Opcode.TEXT);
    expect(() => engine.sendText("x")).toThrow(InvalidStateError);
    expect(() => engine.sendBinary(new Uint8Array(1))).toThrow(InvalidStateError);
    expect(() => engine.sendPrepared(prepareMessage("x"))).toThrow(InvalidStateError);
    expect(() => engine.beginMessage(Opcode.TEXT)).toThrow(InvalidStateError);
    expect(() => engine.sendChunk(new Uint8Array(1), false)).toThrow(TypeError);
    expect(() => engine.beginMessage(Opcode.PING as 1)).toThrow(TypeError);
    engine.sendChunk("x", true);
    expect(engine.sendText("y")).toBe(0);
    expect(received(client(), outputOf(engine))).toEqual(['TEXT "x"', 'TEXT "y"']);
  });

  it("a Close in between ends the message: further chunks are not accepted", () => {
    const engine = server();
    engine.beginMessage(Opcode.TEXT);
    engine.sendChunk("x", false);
    received(engine, masked(Opcode.CLOSE));
    expect(engine.sendChunk("y", true)).toBe(1);
    expect(engine.beginMessage(Opcode.TEXT)).toBe(1);
    expect(toHex(outputOf(engine))).toBe("01 01 78 88 00");
  });

  it("a large message passes piece by piece without being held", () => {
    const engine = server();
    const chunk = new Uint8Array(65_536);
    let sent = 0;
    engine.beginMessage(Opcode.BINARY);
    for (let i = 0; i < 1000; i++) {
      engine.sendChunk(chunk, i === 999);
      for (const piece of engine.takeOutput()) sent += piece.length;
    }
    expect(sent).toBe(1000 * (65_536 + 10));
  });
});

describe("prepared messages", () => {
  it("are encoded once for all servers, and masked anew by each client", () => {
    const message = prepareMessage("Hello");
    const first = server();
    const second = server();
    first.sendPrepared(message);
    second.sendPrepared(message);
    expect(first.takeOutput()[0]).toBe(contentOf(message).frame);
    expect(second.takeOutput()[0]).toBe(contentOf(message).frame);
    const asClient = client();
    asClient.sendPrepared(message);
    expect(toHex(outputOf(asClient))).toBe("81 85 37 fa 21 3d 7f 9f 4d 51 58");
    expect(toHex(contentOf(message).frame)).toBe("81 05 48 65 6c 6c 6f");
  });

  it("a large one goes by reference even behind small frames", () => {
    const message = prepareMessage(new Uint8Array(100_000));
    const engine = server();
    engine.sendText("a");
    engine.sendPrepared(message);
    expect(engine.takeOutput()[1]).toBe(contentOf(message).frame);
  });

  it("keep a copy of what they were made from", () => {
    const bytes = Uint8Array.of(1, 2);
    const message = prepareMessage(bytes);
    bytes.fill(0);
    expect(toHex(contentOf(message).payload)).toBe("01 02");
    expect(contentOf(message).opcode).toBe(Opcode.BINARY);
  });
});

describe("the header hook", () => {
  it("sees each frame in both directions, in order", () => {
    const seen: string[] = [];
    const engine = server({
      onHeader: (header, direction) => seen.push(`${direction} ${header.opcode} ${header.payloadLength}${header.fin ? "" : " goes on"}`),
    });
    engine.sendText("abc");
    engine.sendText("x".repeat(70_000));
    engine.sendBinary(new Uint8Array(100_000));
    engine.sendBinary(new Uint8Array(100_001), true);
    engine.sendPrepared(prepareMessage("p"));
    engine.takeOutput();
    engine.sendPrepared(prepareMessage("pp"));
    engine.beginMessage(Opcode.TEXT);
    engine.sendChunk("1", false);
    engine.sendChunk("", true);
    received(engine, masked(Opcode.PING, "ping"), masked(Opcode.TEXT, "t", { fin: false }), masked(Opcode.CONTINUATION));
    engine.close(1000);
    expect(seen).toEqual([
      "sent 1 3",
      "sent 1 70000",
      "sent 2 100000",
      "sent 2 100001",
      "sent 1 1",
      "sent 1 2",
      "sent 1 1 goes on",
      "sent 0 0",
      "received 9 4",
      "sent 10 4",
      "received 1 1 goes on",
      "received 0 0",
      "sent 8 2",
    ]);
  });

  it("shows a client's masking key", () => {
    const keys: number[] = [];
    const engine = client({ onHeader: (header) => keys.push(header.maskingKey) });
    engine.sendText("x");
    engine.sendBinary(new Uint8Array(100_000));
    expect(keys).toEqual([KEY, KEY]);
  });
});

it("output is frames and nothing else, whatever is sent between two takes", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("text" as const), length: fc.nat(5000) }),
    fc.record({ kind: fc.constant("binary" as const), length: fc.nat(20_000) }),
    fc.record({ kind: fc.constant("ping" as const), length: fc.nat(125) }),
    fc.record({ kind: fc.constant("take" as const), length: fc.constant(0) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const engine = server({ arena: new SendArena(4096), limits: { maxPendingPings: 1000 } });
      const pieces: Uint8Array[] = [];
      let frames = 0;
      for (const { kind, length } of steps) {
        if (kind === "take") {
          const pending = engine.pendingBytes;
          const taken = engine.takeOutput();
          expect(taken.reduce((sum, piece) => sum + piece.length, 0)).toBe(pending);
          expect(taken.every((piece) => piece.length > 0)).toBe(true);
          pieces.push(...taken);
          continue;
        }
        frames++;
        if (kind === "text") engine.sendText("é".repeat(length));
        else if (kind === "binary") engine.sendBinary(new Uint8Array(length));
        else engine.ping(new Uint8Array(length));
      }
      pieces.push(...engine.takeOutput());
      const bytes = Buffer.concat(pieces);
      let offset = 0;
      for (let i = 0; i < frames; i++) {
        const header = decodeFrameHeader(bytes, offset)!;
        offset += header.headerLength + header.payloadLength;
      }
      expect(offset).toBe(bytes.length);
      const decoder = new MessageDecoder({ role: "client" });
      decoder.receive(new Uint8Array(bytes));
      let decoded = 0;
      while (decoder.poll() !== MessageEvent.NONE) decoded++;
      expect(decoded).toBe(frames);
    }),
    { numRuns: Number(process.env["FAST_CHECK_RUNS"] ?? 200) },
  );
});
