// What an error says: the rule, and what came instead. Numbers only, so that nothing of a peer's bytes reaches a log.
import { describe, expect, test } from "vitest";

import { encodeClosePayload, encodeFrame, encodeTextInto, FrameDecoder, MessageDecoder, ProtocolError } from "@ws/codec";

import { drain, hex } from "./support.ts";

/** The error of a client's or server's decoder for these bytes. */
function errorOf(role: "client" | "server", bytes: string, options: object = {}): ProtocolError {
  const decoder = new MessageDecoder({ role, ...options });
  decoder.receive(hex(bytes));
  drain(decoder);
  return decoder.error!;
}

describe("an error says what was expected and what came", () => {
  test.each([
    ["RESERVED_BITS", "client", "c100", {}, "FIN 1, RSV 4, opcode 1, MASK 0, 7-bit length 0"],
    ["RESERVED_OPCODE", "server", "83", {}, "FIN 1, RSV 0, opcode 3"],
    ["CONTROL_FRAGMENTED", "client", "0900", {}, "FIN 0, RSV 0, opcode 9, MASK 0, 7-bit length 0"],
    ["CONTROL_TOO_LONG", "client", "897e", {}, "FIN 1, RSV 0, opcode 9, MASK 0, 16-bit length"],
    ["MASK_MISSING", "server", "8105", {}, "FIN 1, RSV 0, opcode 1, MASK 0, 7-bit length 5"],
    ["MASK_UNEXPECTED", "client", "8185 00000000", {}, "FIN 1, RSV 0, opcode 1, MASK 1, 7-bit length 5"],
    ["LENGTH_NOT_MINIMAL", "client", "827e 0005", {}, "FIN 1, RSV 0, opcode 2, MASK 0, 16-bit length 5"],
    ["FRAME_TOO_BIG", "client", "827e 0100", { maxFrameBytes: 255 }, "256 > 255"],
    ["MESSAGE_TOO_BIG", "client", "0204 01020304 8003", { maxMessageBytes: 6 }, "7 > 6"],
    ["TOO_MANY_FRAGMENTS", "client", "0200 0000 8000", { maxFragments: 2 }, "3 > 2"],
    ["CONTINUATION_UNEXPECTED", "client", "8000", {}, "FIN 1, RSV 0, opcode 0, MASK 0, 7-bit length 0"],
    ["CONTINUATION_EXPECTED", "client", "0100 8200", {}, "FIN 1, RSV 0, opcode 2, MASK 0, 7-bit length 0"],
    ["CLOSE_PAYLOAD_TOO_SHORT", "client", "8801 03", {}, "FIN 1, RSV 0, opcode 8, MASK 0, 7-bit length 1"],
    ["CLOSE_CODE_INVALID", "client", "8802 03ee", {}, "1006"],
    ["INVALID_UTF8", "client", "8102 c0af", {}, "FIN 1, RSV 0, opcode 1, MASK 0, 7-bit length 2"],
  ] as const)("%s", (code, role, bytes, options, received) => {
    const error = errorOf(role, bytes, options);
    expect([error.code, error.received]).toEqual([code, received]);
    expect(error.message).toBe(`expected ${error.expected}, received ${received}`);
  });

  test("without anything received, the expectation alone", () => {
    const error = new ProtocolError("INVALID_COMPRESSED_PAYLOAD");
    expect(error.received).toBeUndefined();
    expect(error.message).toBe(`expected ${error.expected}`);
  });
});

describe("what the caller gets wrong", () => {
  test("says how it should be and how it is", () => {
    const target = new Uint8Array(3);
    expect(() => encodeTextInto(target, 0, "ab")).toThrow(new RangeError("4 bytes do not fit into 3"));
    expect(() => encodeClosePayload(1006)).toThrow(new RangeError("no close code: 1006"));
    expect(() => encodeClosePayload(1000, "x".repeat(124))).toThrow(new RangeError("a reason has at most 123 bytes, not 124"));
    expect(() => encodeClosePayload(undefined, "why")).toThrow(new TypeError("a reason needs a close code"));
    expect(encodeFrame(1, new Uint8Array(0))).toHaveLength(2);
    const decoder = new FrameDecoder({ role: "client" });
    decoder.receive(hex("8100"));
    expect(() => decoder.receive(hex("8100"))).toThrow("poll first");
  });
});
