/** What holds while no option says otherwise, and that an option is heard. */
import {
  applyMask,
  decodeUtf8,
  encodeFrame,
  FrameDecoder,
  FrameEvent,
  MessageDecoder,
  MessageEvent,
  Opcode,
  utf8ByteLength,
} from "@ws/codec";
import { describe, expect, test } from "vitest";

describe("without options", () => {
  test.each([1, 2, 3, 4, 5, 6, 7])("§5.2 reserved bits %i are an error, and no size is", (rsv) => {
    const decoder = new FrameDecoder({ role: "client" });
    decoder.receive(encodeFrame(Opcode.BINARY, new Uint8Array(1_000_000)));
    expect(decoder.pollFrame()).toBe(FrameEvent.FRAME);
    expect(decoder.poll()).toBe(FrameEvent.NONE);
    decoder.receive(encodeFrame(Opcode.BINARY, Uint8Array.of(1), { rsv }));
    expect([decoder.poll(), decoder.error!.code]).toEqual([FrameEvent.FAILED, "RESERVED_BITS"]);
  });
});

describe("a MessageDecoder without options", () => {
  test("takes 131 072 fragments, and no more", () => {
    const frames = new Uint8Array(2 * 131_072);
    frames[0] = Opcode.BINARY;
    const decoder = new MessageDecoder({ role: "client" });
    decoder.receive(frames.slice());
    expect(decoder.poll()).toBe(MessageEvent.NONE);
    decoder.receive(Uint8Array.of(0, 0));
    expect([decoder.poll(), decoder.error!.code, decoder.error!.received]).toEqual([
      MessageEvent.FAILED,
      "TOO_MANY_FRAGMENTS",
      "131073 > 131072",
    ]);
  });

  test("shows the header of the frame that it decoded last", () => {
    const decoder = new MessageDecoder({ role: "client" });
    decoder.receive(encodeFrame(Opcode.BINARY, Uint8Array.of(1, 2, 3)));
    for (const event of [MessageEvent.BINARY, MessageEvent.NONE]) {
      expect(decoder.poll()).toBe(event);
      expect(decoder.header).toMatchObject({ fin: true, opcode: Opcode.BINARY, payloadLength: 3, headerLength: 2 });
    }
  });
});

test("a host's masking is called with the piece and the key as it stands there", () => {
  const calls: number[][] = [];
  const decoder = new FrameDecoder({
    role: "server",
    mask: (bytes, start, end, key) => {
      calls.push([end - start, key >>> 0]);
      applyMask(bytes, key >>> 0, 0, start, end);
      return true;
    },
  });
  const frame = encodeFrame(Opcode.BINARY, Uint8Array.of(1, 2, 3, 4, 5), { maskingKey: 0xf1020304 });
  const payload: number[] = [];
  for (const part of [frame.slice(0, 9), frame.slice(9)]) {
    decoder.receive(part);
    for (let event = decoder.poll(); event !== FrameEvent.NONE; event = decoder.poll())
      if (event === FrameEvent.PAYLOAD) payload.push(...decoder.takePayload());
  }
  expect(payload).toEqual([1, 2, 3, 4, 5]);
  expect(calls).toEqual([
    [3, 0xf1020304],
    [2, 0x04f10203],
  ]);
});

test("texts of a few letters, of every kind and place, there and back", () => {
  const units = ["a", "~", "\u007f", "\u0080", "\u00bf", "\u07ff", "\u0800", "\uffff", "\u{10000}", "\u{10ffff}"];
  for (let length = 0; length <= 9; length++)
    for (const unit of units)
      for (let place = 0; place <= length; place++) {
        const text = `${"abcdefghi".slice(0, place)}${unit}${"rstuvwxyz".slice(0, length - place)}`;
        const bytes = new TextEncoder().encode(text);
        if (decodeUtf8(bytes) !== text || utf8ByteLength(text) !== bytes.length) expect([...bytes]).toEqual(text);
      }
});
