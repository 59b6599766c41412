/** What decoders hold on to: chunks that their owner reuses, and memory of messages that are over. */
import { encodeFrame, FrameDecoder, FrameEvent, MessageAssembler, MessageDecoder, Opcode, utf8, Utf8Validator } from "@ws/codec";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { cutAt } from "./chunking.ts";
import { drain, toHex } from "./support.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const POISON = 0xdd;

describe("retain", () => {
  const frame = fc.record({
    opcode: fc.constantFrom(Opcode.TEXT, Opcode.BINARY, Opcode.PING),
    length: fc.constantFrom(0, 1, 5, 60, 125),
    masked: fc.boolean(),
  });

  test.each(["in-place", "copy"] as const)(
    "the chunk's array may be reused from then on, wherever decoding has come to (unmask: %s)",
    (unmask) => {
      const run = fc.property(fc.array(frame, { maxLength: 6 }), fc.array(fc.nat()), fc.nat({ max: 3 }), (frames, cuts, polls) => {
        const bytes = frames.flatMap(({ opcode, length }, index) => [
          ...encodeFrame(opcode, ascii(String.fromCharCode(97 + index).repeat(length)), { maskingKey: 0x01020304 * (index + 1) }),
        ]);
        const whole = new MessageDecoder({ role: "server" });
        whole.receive(Uint8Array.from(bytes));
        const expected = drain(whole);

        const decoder = new MessageDecoder({ role: "server", unmask });
        const said = [];
        for (const chunk of cutAt(Uint8Array.from(bytes), cuts)) {
          decoder.receive(chunk);
          for (let count = 0; count < polls; count++) {
            const one = drainOne(decoder);
            if (one === undefined) break;
            said.push(...one);
          }
          decoder.retain();
          chunk.fill(POISON);
          said.push(...drain(decoder));
        }
        expect(said).toEqual(expected);
      });
      fc.assert(run);
    },
  );

  /** What one poll says; `undefined` for NONE. */
  function drainOne(decoder: MessageDecoder): ReturnType<typeof drain> | undefined {
    const event = decoder.poll();
    if (event === 0) return undefined;
    if (event === 1) return [{ text: decoder.text }];
    if (event === 2) return [{ binary: toHex(decoder.payload) }];
    return [{ ping: toHex(decoder.payload) }];
  }

  test("a frame's payload that has been begun goes on in the copy", () => {
    const decoder = new FrameDecoder({ role: "client" });
    const chunk = encodeFrame(Opcode.BINARY, ascii("0123456789"));
    decoder.receive(chunk);
    expect(decoder.poll()).toBe(FrameEvent.HEADER);
    decoder.retain();
    chunk.fill(POISON);
    expect(decoder.poll()).toBe(FrameEvent.PAYLOAD);
    expect(decoder.takePayload()).toEqual(ascii("0123456789"));
  });
});

describe("an idle decoder", () => {
  test("holds no chunk, text or payload", () => {
    const frames = new FrameDecoder({ role: "client" });
    frames.receive(encodeFrame(Opcode.BINARY, ascii("abc")));
    while (frames.poll() !== FrameEvent.NONE);
    expect(frames.bytes.length).toBe(0);

    const messages = new MessageDecoder({ role: "client" });
    for (const opcode of [Opcode.TEXT, Opcode.BINARY]) {
      messages.receive(encodeFrame(opcode, ascii("abc")));
      drain(messages);
      expect([messages.text, messages.payload.length]).toEqual(["", 0]);
    }
  });
});

describe("MessageAssembler", () => {
  test("takes up to 16 MiB unless told otherwise", () => {
    expect(new MessageAssembler().maxMessageBytes).toBe(16 * 1024 * 1024);
    expect(new MessageAssembler({ maxMessageBytes: 7 }).maxMessageBytes).toBe(7);
  });

  test("a message that was broken off leaves nothing: neither bytes nor memory", () => {
    const assembler = new MessageAssembler();
    assembler.begin(Opcode.BINARY);
    assembler.write(new Uint8Array(10_000), 0, 10_000);
    assembler.begin(Opcode.BINARY);
    assembler.write(ascii("abc"), 0, 3);
    expect(assembler.finish()).toBeUndefined();
    expect([assembler.payload, assembler.size]).toEqual([ascii("abc"), 3]);
    expect(assembler.payload.buffer.byteLength).toBeLessThan(6);
  });

  test("its buffer is always smaller than twice what was written", () => {
    const assembler = new MessageAssembler();
    const run = fc.property(fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 20 }), fc.boolean(), (sizes, known) => {
      const total = sizes.reduce((sum, size) => sum + size, 0);
      assembler.begin(Opcode.BINARY);
      for (const size of sizes) {
        expect(assembler.write(new Uint8Array(size).fill(size), 0, size, known ? total : undefined)).toBeUndefined();
      }
      expect(assembler.finish()).toBeUndefined();
      expect(assembler.payload.length).toBe(total);
      expect(assembler.payload.buffer.byteLength).toBeLessThan(2 * total);
      if (known) expect(assembler.payload.buffer.byteLength).toBe(total);
    });
    fc.assert(run);
  });

  test("a text is checked by the host's validator where it has one", () => {
    let made = 0;
    const assembler = new MessageAssembler({ utf8: { ...utf8, validator: () => (made++, new Utf8Validator()) } });
    assembler.begin(Opcode.BINARY);
    expect(made).toBe(0);
    assembler.begin(Opcode.TEXT);
    expect(made).toBe(1);
  });

  test("takeText keeps what is split for the next call, and counts what it has delivered", () => {
    const assembler = new MessageAssembler();
    const euro = ascii("a€b");
    const texts: string[] = [];
    assembler.begin(Opcode.TEXT);
    for (let index = 0; index < euro.length; index++) {
      assembler.write(euro, index, index + 1, 0);
      assembler.takeText();
      texts.push(assembler.text);
      expect(assembler.size).toBe(index + 1);
    }
    expect(texts).toEqual(["a", "", "", "€", "b"]);
    expect(assembler.finish()).toBeUndefined();
  });
});
