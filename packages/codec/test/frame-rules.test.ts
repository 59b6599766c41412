import { describe, expect, test } from "vitest";

import { decodeFrameHeader, FrameDecoder, FrameEvent, validateFrameHeader, type ProtocolErrorCode, type Role } from "@ws/codec";

import { hex } from "./support.ts";

// An independent model of §5.1, §5.2 and §5.5 for the first two bytes: the sixteen opcodes written out, one row each.
const OPCODES = [
  "continuation",
  "data",
  "data",
  "reserved",
  "reserved",
  "reserved",
  "reserved",
  "reserved",
  "control",
  "control",
  "control",
  "reserved",
  "reserved",
  "reserved",
  "reserved",
  "reserved",
] as const;

function model(first: number, second: number, role: Role, rsv: number): ProtocolErrorCode | undefined {
  const bits = first.toString(2).padStart(8, "0") + second.toString(2).padStart(8, "0");
  const kind = OPCODES[Number.parseInt(bits.slice(4, 8), 2)]!;
  for (const [bit, value] of [
    [1, 4],
    [2, 2],
    [3, 1],
  ] as const) {
    if (bits[bit] === "1" && (kind !== "data" || Math.floor(rsv / value) % 2 === 0)) return "RESERVED_BITS";
  }
  if (kind === "reserved") return "RESERVED_OPCODE";
  if (kind === "control" && bits[0] === "0") return "CONTROL_FRAGMENTED";
  if (role === "server" && bits[8] === "0") return "MASK_MISSING";
  if (role === "client" && bits[8] === "1") return "MASK_UNEXPECTED";
  if (kind === "control" && Number.parseInt(bits.slice(9), 2) > 125) return "CONTROL_TOO_LONG";
  return undefined;
}

describe.each(["server", "client"] as const)("all 65 536 first two bytes, for a %s", (role) => {
  test.each([0, 1, 2, 3, 4, 5, 6, 7])("§5.2 with reserved bits %i allowed", (rsv) => {
    const wrong: string[] = [];
    const bytes = new Uint8Array(14);
    for (let first = 0; first < 256; first++) {
      for (let second = 0; second < 256; second++) {
        const length = second & 127;
        bytes.fill(0);
        bytes[0] = first;
        bytes[1] = second;
        // The shortest lengths that the longer forms may hold, so that only the first two bytes can be at fault.
        if (length === 126) bytes[3] = 126;
        if (length === 127) bytes[7] = 1;
        const expected = model(first, second, role, rsv);
        const header = decodeFrameHeader(bytes)!;
        const judged = validateFrameHeader(header, role, { rsv });

        // The decoder says the same, and says it after two bytes.
        const decoder = new FrameDecoder({ role, rsv });
        decoder.receive(bytes.slice(0, 2));
        const event = decoder.poll();
        const early = event === FrameEvent.FAILED ? decoder.error!.code : undefined;
        const described =
          header.fin === first > 127 &&
          header.rsv === Math.floor(first / 16) % 8 &&
          header.opcode === first % 16 &&
          header.masked === second > 127 &&
          header.lengthForm === (length === 127 ? 64 : length === 126 ? 16 : 7) &&
          header.payloadLength === (length === 127 ? 65_536 : length) &&
          header.headerLength === 2 + (length === 127 ? 8 : length === 126 ? 2 : 0) + (second > 127 ? 4 : 0);
        if (judged !== expected || early !== expected || !described) {
          wrong.push(`${first.toString(16)} ${second.toString(16)}: ${judged} ${early} instead of ${expected}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe("decodeFrameHeader describes", () => {
  test("§5.2 a header at an offset, up to an end", () => {
    const bytes = hex("ffff 8a85 37fa213d 00");
    expect(decodeFrameHeader(bytes, 2)).toEqual({
      fin: true,
      rsv: 0,
      opcode: 10,
      masked: true,
      maskingKey: 0x37fa213d,
      lengthForm: 7,
      payloadLength: 5,
      payloadLengthHigh: 0,
      payloadLengthLow: 5,
      headerLength: 6,
    });
    for (let end = 2; end < 8; end++) expect(decodeFrameHeader(bytes, 2, end)).toBeUndefined();
    expect(decodeFrameHeader(bytes, 2, 8)).toBeDefined();
  });

  test("§5.2 a 64-bit length exactly, in halves above 2^53", () => {
    const header = decodeFrameHeader(hex("82ff fedcba9876543210 89abcdef"))!;
    expect(header).toMatchObject({
      payloadLengthHigh: 0xfedcba98,
      payloadLengthLow: 0x76543210,
      maskingKey: 0x89abcdef,
      lengthForm: 64,
      headerLength: 14,
    });
    expect(decodeFrameHeader(hex("827f 001fffffffffffff"))!.payloadLength).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe("validateFrameHeader: lengths", () => {
  const judge = (bytes: string, rules = {}): ProtocolErrorCode | undefined =>
    validateFrameHeader(decodeFrameHeader(hex(bytes))!, "client", rules);
  test.each([
    ["827e007d", "LENGTH_NOT_MINIMAL"],
    ["827e007e", undefined],
    ["827f000000000000ffff", "LENGTH_NOT_MINIMAL"],
    ["827f0000000000010000", undefined],
    ["827f001fffffffffffff", undefined],
    ["827f0020000000000000", "LENGTH_UNSAFE"],
    ["827f7fffffffffffffff", "LENGTH_UNSAFE"],
    ["827f8000000000000000", "LENGTH_TOP_BIT"],
    ["827fffffffffffffffff", "LENGTH_TOP_BIT"],
  ] as const)("§5.2 %s: %s", (bytes, expected) => {
    expect(judge(bytes)).toBe(expected);
  });

  test("leniency and limit", () => {
    expect(judge("827e007d", { lenient: { nonMinimalLengths: true } })).toBeUndefined();
    expect(judge("897e007d", { lenient: { nonMinimalLengths: true } })).toBe("CONTROL_TOO_LONG");
    expect(judge("8203", { maxFrameBytes: 2 })).toBe("FRAME_TOO_BIG");
    expect(judge("8202", { maxFrameBytes: 2 })).toBeUndefined();
    expect(judge("8201", { maxFrameBytes: 0 })).toBe("FRAME_TOO_BIG");
  });
});
