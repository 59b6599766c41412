/** FrameDecoder.pollFrame: a frame that lies in the chunk as a whole takes one step, and no rule is forgotten on the way. */
import { encodeFrame, FrameDecoder, FrameEvent, MessageDecoder, MessageEvent, Opcode, type Role } from "@ws/codec";
import { describe, expect, test } from "vitest";

import { drain, hex, toHex } from "./support.ts";

const roles: readonly Role[] = ["client", "server"];
const LENGTHS = [0, 1, 2, 124, 125, 126, 127, 300];

/** As the other side sends it. */
function frameFor(role: Role, opcode: number, length: number): Uint8Array<ArrayBuffer> {
  return encodeFrame(opcode, new Uint8Array(length).fill(0x61), role === "server" ? { maskingKey: 0x01020304 } : {});
}

describe.each(roles)("a %s", (role) => {
  test.each(LENGTHS)("a frame of %i is FRAME when it is there, and never before", (length) => {
    for (const opcode of [Opcode.TEXT, Opcode.BINARY]) {
      const frame = frameFor(role, opcode, length);
      for (const behind of [0, 1, 200]) {
        const decoder = new FrameDecoder({ role });
        decoder.receive(new Uint8Array([...frame, ...new Uint8Array(behind)]));
        expect(decoder.pollFrame()).toBe(FrameEvent.FRAME);
        expect([decoder.header.opcode, decoder.last, decoder.takePayload()]).toEqual([opcode, true, new Uint8Array(length).fill(0x61)]);
      }
      for (let end = 0; end < frame.length; end++) {
        const decoder = new FrameDecoder({ role });
        decoder.receive(frame.slice(0, end));
        for (let event = decoder.pollFrame(); event !== FrameEvent.NONE; event = decoder.pollFrame())
          expect(event).not.toBe(FrameEvent.FRAME);
      }
    }
  });

  test.each([0, 1, 100, 124, 125, 126, 299])("maxFrameBytes %i holds for each frame, whatever comes behind it", (maxFrameBytes) => {
    for (const length of LENGTHS) {
      for (const behind of [0, 500]) {
        const decoder = new MessageDecoder({ role, maxFrameBytes });
        decoder.receive(new Uint8Array([...frameFor(role, Opcode.BINARY, length), ...new Uint8Array(behind)]));
        const fits = length <= maxFrameBytes;
        expect(decoder.poll()).toBe(fits ? MessageEvent.BINARY : MessageEvent.FAILED);
        if (!fits) expect(decoder.error!.code).toBe("FRAME_TOO_BIG");
      }
    }
  });
});

describe("the rest of a frame that looks like a frame", () => {
  test("behind the first byte of a header: its second byte and key are not taken for a Text", () => {
    const decoder = new MessageDecoder({ role: "server" });
    decoder.receive(hex("82"));
    expect(drain(decoder)).toEqual([]);
    // MASK and length 1, the key 80010203, and a masked 61.
    decoder.receive(hex("81 80010203 e1"));
    expect(drain(decoder)).toEqual([{ binary: "61" }]);
  });

  test("inside a payload", () => {
    const inner = frameFor("client", Opcode.TEXT, 3);
    const outer = encodeFrame(Opcode.BINARY, inner);
    const decoder = new MessageDecoder({ role: "client" });
    decoder.receive(outer.slice(0, 2));
    expect(drain(decoder)).toEqual([]);
    decoder.receive(outer.slice(2));
    expect(drain(decoder)).toEqual([{ binary: toHex(inner) }]);
  });
});
