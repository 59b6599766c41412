/** Headers and text frames at every boundary, octet by octet: quick tables beside the exhaustive ones. */
import { decodeFrameHeader, encodeFrame, encodeTextInto, FrameDecoder, FrameEvent, Opcode } from "@ws/codec";
import { describe, expect, test } from "vitest";

import { hex } from "./support.ts";

describe("§5.2 a header's fields", () => {
  test("every first octet", () => {
    for (let first = 0; first < 256; first++) {
      expect(decodeFrameHeader(Uint8Array.of(first, 0))).toEqual({
        fin: (first & 0x80) !== 0,
        rsv: (first & 0x70) >> 4,
        opcode: first & 15,
        masked: false,
        maskingKey: 0,
        lengthForm: 7,
        payloadLength: 0,
        payloadLengthHigh: 0,
        payloadLengthLow: 0,
        headerLength: 2,
      });
    }
  });

  test("no masking key stands in a frame that is not masked, whatever its payload is", () => {
    expect(decodeFrameHeader(hex("8205 0102030405"))).toMatchObject({ masked: false, maskingKey: 0 });
    expect(decodeFrameHeader(hex("827e0080 0102030405"))).toMatchObject({ masked: false, maskingKey: 0 });
  });

  test("of a header that breaks a rule its first octets are shown, and that there were no more", () => {
    for (const [bytes, headerLength] of [
      ["83", 1],
      ["8180 01", 2],
    ] as const) {
      const decoder = new FrameDecoder({ role: "client" });
      decoder.receive(hex(bytes));
      expect([decoder.poll(), decoder.header.headerLength]).toEqual([FrameEvent.FAILED, headerLength]);
    }
  });

  test.each([
    ["82 05", { masked: false, lengthForm: 7, payloadLength: 5, headerLength: 2 }],
    ["82 7d", { masked: false, lengthForm: 7, payloadLength: 125, headerLength: 2 }],
    ["82 7e 01 02", { lengthForm: 16, payloadLength: 0x0102, payloadLengthHigh: 0, payloadLengthLow: 0x0102, headerLength: 4 }],
    [
      "82 7f 80 01 02 03 84 05 06 07",
      {
        lengthForm: 64,
        payloadLengthHigh: 0x80010203,
        payloadLengthLow: 0x84050607,
        payloadLength: 0x80010203 * 2 ** 32 + 0x84050607,
        headerLength: 10,
      },
    ],
    ["82 85 f1 02 03 04", { masked: true, maskingKey: 0xf1020304, payloadLength: 5, headerLength: 6 }],
    ["82 fe 01 02 f1 02 03 04", { masked: true, maskingKey: 0xf1020304, payloadLength: 0x0102, headerLength: 8 }],
    ["82 ff 00 00 00 01 00 00 00 02 f1 02 03 04", { masked: true, maskingKey: 0xf1020304, payloadLength: 2 ** 32 + 2, headerLength: 14 }],
  ])("%s, wherever it lies, and not before its last octet", (text, fields) => {
    const bytes = hex(text);
    for (const offset of [0, 1, 5]) {
      const shifted = new Uint8Array([...new Uint8Array(offset).fill(0xff), ...bytes, 0xff, 0xff]);
      const end = offset + bytes.length;
      expect(decodeFrameHeader(shifted, offset, end)).toMatchObject(fields);
      expect(decodeFrameHeader(shifted, offset)).toMatchObject(fields);
      for (let short = offset; short < end; short++) expect(decodeFrameHeader(shifted, offset, short)).toBeUndefined();
    }
  });

  test("are those of the last frame until the next one comes", () => {
    const decoder = new FrameDecoder({ role: "client" });
    decoder.receive(encodeFrame(Opcode.PING, hex("61")));
    while (decoder.poll() !== FrameEvent.NONE);
    decoder.poll();
    expect(decoder.header).toMatchObject({ fin: true, opcode: Opcode.PING, payloadLength: 1, headerLength: 2 });
  });

  test("an error tells no more of a header than has come", () => {
    for (const [rest, received] of [
      ["83", "FIN 1, RSV 0, opcode 3"],
      ["c1", "FIN 1, RSV 4, opcode 1"],
      ["89 7e", "FIN 1, RSV 0, opcode 9, MASK 0, 16-bit length"],
      ["81 85", "FIN 1, RSV 0, opcode 1, MASK 1, 7-bit length 5"],
      ["82 7e 00 05", "FIN 1, RSV 0, opcode 2, MASK 0, 16-bit length 5"],
    ] as const) {
      const decoder = new FrameDecoder({ role: "client" });
      decoder.receive(encodeFrame(Opcode.BINARY, new Uint8Array(300)));
      while (decoder.poll() !== FrameEvent.NONE);
      for (const octet of hex(rest)) {
        decoder.receive(Uint8Array.of(octet));
        decoder.poll();
      }
      expect(decoder.error!.received).toBe(received);
    }
  });
});

describe("§5.3 unmasking", () => {
  const frames = [hex("61 62 63"), hex("64 65"), new Uint8Array(0), hex("66")];
  const bytes = new Uint8Array(frames.flatMap((payload, index) => [...encodeFrame(2, payload, { maskingKey: 0xf1020304 + index })]));
  const hostMask = (answer: boolean) => (target: Uint8Array, start: number, end: number, key: number) => {
    if (answer) for (let at = start; at < end; at++) target[at]! ^= key >>> (24 - 8 * ((at - start) & 3));
    return answer;
  };

  test.each([
    ["in place", {}],
    ["in a copy", { unmask: "copy" }],
    ["by a host", { mask: hostMask(true) }],
    ["by a host that leaves it to the codec", { mask: hostMask(false) }],
  ] as const)("%s: each payload of a chunk, at any offset of its array", (_, options) => {
    for (const offset of [0, 1, 3]) {
      for (const size of [1, 2, 3, bytes.length]) {
        const decoder = new FrameDecoder({ role: "server", ...options });
        let payload: number[] = [];
        const payloads: number[][] = [];
        for (let start = 0; start < bytes.length; start += size) {
          const part = bytes.subarray(start, start + size);
          const chunk = new Uint8Array(offset + part.length).subarray(offset);
          chunk.set(part);
          decoder.receive(chunk);
          for (let event = decoder.poll(); event !== FrameEvent.NONE; event = decoder.poll()) {
            if (event === FrameEvent.HEADER) continue;
            payload.push(...decoder.takePayload());
            if (!decoder.last) continue;
            payloads.push(payload);
            payload = [];
          }
          if ("unmask" in options) expect(chunk).toEqual(part);
        }
        expect(payloads).toEqual(frames.map((frame) => [...frame]));
      }
    }
  });

  test("the longest header keeps all of its key, however it is cut", () => {
    const header = hex("82 ff 00 00 00 00 00 01 00 00 f1 02 03 04");
    for (let cut = 0; cut <= header.length; cut++) {
      const decoder = new FrameDecoder({ role: "server" });
      for (const part of [header.slice(0, cut), header.slice(cut)]) {
        decoder.receive(part);
        while (decoder.poll() !== FrameEvent.NONE);
      }
      expect(decoder.header).toMatchObject({ maskingKey: 0xf1020304, payloadLength: 65_536, headerLength: 14 });
    }
  });
});

describe("§5.6 encodeTextInto", () => {
  const texts = [0, 1, 41, 42, 62, 63, 125, 126, 127, 21_845, 32_768, 65_535, 65_536].flatMap((length) =>
    ["a", "é", "€", "😀"].map((unit) => [unit, length] as const),
  );

  test.each(texts)("%s, %i times: the frame of its UTF-8, where it is asked for, and nothing beside it", (unit, length) => {
    const text = unit.repeat(length);
    const payload = new TextEncoder().encode(text);
    for (const maskingKey of [undefined, 0, 0xf1020304]) {
      const frame = encodeFrame(Opcode.TEXT, payload, { maskingKey });
      // Just enough room, and more than could be needed.
      for (const room of [frame.length, text.length * 3 + 14, text.length * 3 + 15]) {
        if (room < frame.length) continue;
        const target = new Uint8Array(7 + room).fill(0xee);
        expect(encodeTextInto(target, 7, text, maskingKey)).toBe(frame.length);
        expect(target.subarray(7, 7 + frame.length).every((octet, index) => octet === frame[index])).toBe(true);
        expect(target.subarray(0, 7).every((octet) => octet === 0xee)).toBe(true);
      }
      expect(() => encodeTextInto(new Uint8Array(7 + frame.length - 1), 7, text, maskingKey)).toThrow(RangeError);
    }
  });
});
