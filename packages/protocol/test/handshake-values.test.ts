import { createHash } from "node:crypto";

import fc from "fast-check";
import { expect, test } from "vitest";

import { acceptKey } from "../src/handshake/index.ts";
import { base64Encode, sha1 } from "../src/internal.ts";
import { isEncodedNonce } from "../src/handshake/base64.ts";
import { octets, RUNS, text } from "./handshake-support.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

test.each([
  ["dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="],
  ["x3JJHMbDL1EzLkh9GBhXDw==", "HSmrc0sMlYUkAGmm5OPpG2HaGWk="],
])("RFC 6455 §1.3 the key %s is answered with %s", (key, accept) => {
  expect(acceptKey(key)).toBe(accept);
});

test("RFC 6455 §4.2.2 item 5.4 another SHA-1 can be plugged in, and gets key and GUID as one text", () => {
  const seen: string[] = [];
  const accept = acceptKey("dGhlIHNhbXBsZSBub25jZQ==", (message) => {
    seen.push(text(message));
    return Uint8Array.from(createHash("sha1").update(message).digest());
  });
  expect(accept).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  expect(seen).toEqual(["dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11"]);
});

test.each([
  ["abc", 1, "a9993e364706816aba3e25717850c26c9cd0d89d"],
  ["abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1, "84983e441c3bd26ebaae4aa1f95129e5e54670f1"],
  ["a", 1_000_000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"],
  ["0123456701234567012345670123456701234567012345670123456701234567", 10, "dea356a2cddd90c7a7ecedc5ebb563934f460452"],
])("RFC 3174 §7.3 the SHA-1 of %j times %i", (message, times, digest) => {
  expect(hex(sha1(octets(message.repeat(times))))).toBe(digest);
});

test("SHA-1 equals the host's at every length over three blocks, where the padding changes shape", () => {
  for (let length = 0; length <= 200; length++) {
    const message = Uint8Array.from({ length }, (_, index) => index * 7);
    expect(hex(sha1(message)), `length ${length}`).toBe(createHash("sha1").update(message).digest("hex"));
  }
});

test("SHA-1 and base64 equal the host's for any bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(hex(sha1(bytes))).toBe(createHash("sha1").update(bytes).digest("hex"));
      expect(base64Encode(bytes)).toBe(Buffer.from(bytes).toString("base64"));
    }),
    RUNS,
  );
});

test.each([
  ["", ""],
  ["f", "Zg=="],
  ["fo", "Zm8="],
  ["foo", "Zm9v"],
  ["foob", "Zm9vYg=="],
  ["fooba", "Zm9vYmE="],
  ["foobar", "Zm9vYmFy"],
])("RFC 4648 §10 base64 of %j is %j", (plain, encoded) => {
  expect(base64Encode(octets(plain))).toBe(encoded);
});

test("RFC 6455 §4.2.1 item 5 the base64 of any 16 bytes is a key, and of no other length", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      expect(isEncodedNonce(base64Encode(bytes))).toBe(bytes.length === 16);
    }),
    RUNS,
  );
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      expect(isEncodedNonce(base64Encode(bytes))).toBe(true);
    }),
    RUNS,
  );
});

test("RFC 4648 §3.5 a key has one spelling: any text is a key only if it is what its bytes encode to", () => {
  const nearlyKey = fc
    .tuple(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(23), fc.constantFrom(..."ABQgwx/+=-_ \n"))
    .map(([bytes, at, character]) => {
      const key = base64Encode(bytes);
      return key.slice(0, at) + character + key.slice(at + 1);
    });
  fc.assert(
    fc.property(fc.oneof(nearlyKey, fc.string({ maxLength: 30 })), (key) => {
      const bytes = Buffer.from(key, "base64");
      expect(isEncodedNonce(key)).toBe(bytes.length === 16 && bytes.toString("base64") === key);
    }),
    { numRuns: RUNS.numRuns * 5 },
  );
});

test("RFC 4648 §4 where stray bits may be set, a key still consists of the alphabet's characters", () => {
  const key = "AQIDBAUGBwgJCgsMDQ4PEC==";
  expect([isEncodedNonce(key), isEncodedNonce(key, true)]).toEqual([false, true]);
  for (let at = 0; at < 22; at++) expect(isEncodedNonce(`${key.slice(0, at)}-${key.slice(at + 1)}`, true), `${at}`).toBe(false);
});
