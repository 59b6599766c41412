import fc from "fast-check";
import { expect, test } from "vitest";

import { CloseCode, decodeClosePayload, encodeClosePayload, isValidCloseCode, ProtocolError } from "@ws/codec";

import { anyCharacter } from "./any-text.ts";
import { hex, runs, toHex } from "./support.ts";

test("§7.4 every 16-bit code, and what is no code", () => {
  const valid: [number, number][] = [
    [1000, 1003],
    [1007, 1014],
    [3000, 4999],
  ];
  for (let code = 0; code <= 0xffff; code++) {
    const expected = valid.some(([low, high]) => code >= low && code <= high);
    if (isValidCloseCode(code) !== expected) expect.fail(`isValidCloseCode(${code})`);
    const decoded = decodeClosePayload(Uint8Array.of(code >>> 8, code & 255));
    if (expected) expect(decoded).toEqual({ code, reason: "" });
    else if (!(decoded instanceof ProtocolError && decoded.code === "CLOSE_CODE_INVALID" && decoded.received === `${code}`))
      expect.fail(`decodeClosePayload of ${code}`);
  }
  for (const code of [1000.5, Number.NaN, Infinity, -1000, 66_536]) expect(isValidCloseCode(code)).toBe(false);
});

test("§7.4.1 the named codes that may travel, and those that may not", () => {
  const unsendable: number[] = Object.values(CloseCode).filter((code) => !isValidCloseCode(code));
  expect(unsendable).toEqual([CloseCode.NO_STATUS, CloseCode.ABNORMAL, CloseCode.TLS_HANDSHAKE]);
});

test("§7.4.1 the names have the numbers of the IANA registry", () => {
  const { NORMAL, GOING_AWAY, PROTOCOL_ERROR, UNSUPPORTED_DATA, NO_STATUS, ABNORMAL, INVALID_PAYLOAD, POLICY } = CloseCode;
  expect([NORMAL, GOING_AWAY, PROTOCOL_ERROR, UNSUPPORTED_DATA, NO_STATUS, ABNORMAL, INVALID_PAYLOAD, POLICY]).toEqual([
    1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008,
  ]);
  const { TOO_BIG, MANDATORY_EXTENSION, INTERNAL_ERROR, SERVICE_RESTART, TRY_AGAIN_LATER, BAD_GATEWAY, TLS_HANDSHAKE } = CloseCode;
  expect([TOO_BIG, MANDATORY_EXTENSION, INTERNAL_ERROR, SERVICE_RESTART, TRY_AGAIN_LATER, BAD_GATEWAY, TLS_HANDSHAKE]).toEqual([
    1009, 1010, 1011, 1012, 1013, 1014, 1015,
  ]);
});

test("§5.5.1 payloads", () => {
  expect(toHex(encodeClosePayload())).toBe("");
  expect(toHex(encodeClosePayload(1000))).toBe("03e8");
  expect(toHex(encodeClosePayload(4999, "é"))).toBe("1387c3a9");
  expect(decodeClosePayload(hex(""))).toEqual({ code: 1005, reason: "" });
  expect(decodeClosePayload(hex("03"))).toEqual(new ProtocolError("CLOSE_PAYLOAD_TOO_SHORT"));
  expect(decodeClosePayload(hex("03ed"))).toEqual(new ProtocolError("CLOSE_CODE_INVALID", "1005"));
  expect(decodeClosePayload(hex("03e8c3"))).toEqual(new ProtocolError("INVALID_UTF8"));
});

test("§5.5 usage errors: no code, a code that must not be sent, a reason that is too long", () => {
  expect(() => encodeClosePayload(undefined, "why")).toThrow(TypeError);
  for (const code of [999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 1000.5, Number.NaN]) {
    expect(() => encodeClosePayload(code)).toThrow(RangeError);
  }
  expect(encodeClosePayload(1000, "é".repeat(61) + "a")).toHaveLength(125);
  expect(() => encodeClosePayload(1000, "é".repeat(62))).toThrow(RangeError);
});

test("decode∘encode is the identity", () => {
  const code = fc.oneof(fc.integer({ min: 1000, max: 1003 }), fc.integer({ min: 1007, max: 1014 }), fc.integer({ min: 3000, max: 4999 }));
  fc.assert(
    fc.property(code, fc.string({ unit: anyCharacter, maxLength: 30 }), (number, reason) => {
      expect(decodeClosePayload(encodeClosePayload(number, reason))).toEqual({ code: number, reason });
    }),
    runs(300),
  );
});
