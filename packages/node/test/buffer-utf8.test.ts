/** The host's UTF-8 against a fatal TextDecoder and a TextEncoder, on both sides of every crossover. */
import { Utf8Validator } from "@ws/codec";
import { bufferUtf8 } from "@ws/endpoint/internal/node-buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { anyCharacter } from "../../codec/test/any-text.ts";
import { type BufferMethods, documented, keepPromises } from "../../endpoint/src/node-buffer/methods.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

function reference(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

const runs = { numRuns: Number(process.env["FAST_CHECK_RUNS"] ?? 500) };
const wellFormed = fc.string({ unit: anyCharacter, maxLength: 200 });
const maybeMalformed = fc.oneof(
  fc.uint8Array({ maxLength: 100 }),
  // Mostly ASCII, so that the fast ways are taken until the last moment.
  fc
    .tuple(
      fc.string({ unit: "binary-ascii", maxLength: 80 }),
      fc.uint8Array({ maxLength: 4 }),
      fc.string({ unit: "binary-ascii", maxLength: 80 }),
    )
    .map(([before, odd, after]) => {
      const [left, right] = [encoder.encode(before), encoder.encode(after)];
      const bytes = new Uint8Array(left.length + odd.length + right.length);
      bytes.set(left);
      bytes.set(odd, left.length);
      bytes.set(right, left.length + odd.length);
      return bytes;
    }),
  wellFormed.map((text) => encoder.encode(text)),
);

describe.each([
  { decode: 16, encode: 8, ascii: Infinity },
  { decode: 16, encode: 56, ascii: 32 },
  { decode: 0, encode: 0, ascii: 1 },
])("with the crossovers %o", (crossovers) => {
  const utf8 = bufferUtf8(crossovers);

  test("§8.1 decodes what is well-formed and nothing else, anywhere in a buffer", () => {
    fc.assert(
      fc.property(maybeMalformed, fc.nat(20), fc.nat(20), (bytes, before, after) => {
        const buffer = new Uint8Array(before + bytes.length + after).fill(0xff);
        buffer.set(bytes, before);
        const text = reference(bytes);
        expect(utf8.decode(buffer, before, before + bytes.length)).toBe(text);
        expect(utf8.isValid(buffer, before, before + bytes.length)).toBe(text !== undefined);
      }),
      runs,
    );
  });

  test("§8.1 validates pieces exactly as the codec's own validator does, wherever long ones are cut", () => {
    const longer = fc.array(maybeMalformed, { maxLength: 6 }).map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])));
    const textOnly = fc.string({ unit: anyCharacter, minLength: 100, maxLength: 300 }).map((text) => encoder.encode(text));
    fc.assert(
      fc.property(fc.oneof(longer, textOnly), fc.array(fc.nat(300), { maxLength: 4 }), (bytes, cuts) => {
        const ends = [...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
        const [host, own] = [utf8.validator!(), new Utf8Validator()];
        // What lies behind a piece is not part of it.
        const buffer = new Uint8Array(bytes.length + 4).fill(0xbf);
        buffer.set(bytes);
        let start = 0;
        for (const end of ends) {
          const expected = own.write(buffer, start, end);
          expect(host.write(buffer, start, end)).toBe(expected);
          if (!expected) return;
          expect(host.pending).toBe(own.pending);
          start = end;
        }
      }),
      runs,
    );
  });

  test("keeps U+FFFD and U+FEFF", () => {
    for (const text of ["\ufffd", "\ufeff", "a\ufffdb", "\ufeff".repeat(40), "\ufffd".repeat(300)]) {
      const bytes = encoder.encode(text);
      expect(utf8.decode(bytes, 0, bytes.length)).toBe(text);
    }
    // A real U+FFFD excuses nothing else.
    expect(utf8.decode(new Uint8Array([0xef, 0xbf, 0xbd, 0xff]), 0, 4)).toBeUndefined();
  });

  test("encodes as a TextEncoder does, lone surrogates included, and writes nothing beyond", () => {
    const anyString = fc.oneof(
      wellFormed,
      fc.array(fc.nat(0xffff), { maxLength: 100 }).map((units) => String.fromCharCode(...units)),
    );
    fc.assert(
      fc.property(anyString, fc.nat(20), (text, offset) => {
        const expected = encoder.encode(text);
        const target = new Uint8Array(offset + expected.length + 5).fill(0xaa);
        expect(utf8.encodeInto(text, target, offset)).toBe(expected.length);
        expect(utf8.byteLength(text)).toBe(expected.length);
        expect(target.subarray(offset, offset + expected.length)).toEqual(expected);
        expect([...target.subarray(0, offset), ...target.subarray(offset + expected.length)].every((byte) => byte === 0xaa)).toBe(true);
      }),
      runs,
    );
  });
});

/** What `node:buffer` does not document. */
describe("the functions of Buffer.prototype are tried before they are used", () => {
  const native = Buffer.prototype as unknown as BufferMethods;

  test("these keep their promises, and so do those that take their place", () => {
    expect([keepPromises(native), keepPromises(documented)]).toEqual([true, true]);
  });

  test.each<[string, Partial<BufferMethods>]>([
    ["decode from the start of the memory", { utf8Slice: (start, end) => `${start}${end}` }],
    ["are missing", { latin1Slice: undefined as never }],
    ["write nothing", { utf8Write: () => 6 }],
    [
      "write beside their place",
      {
        utf8Write(text, offset) {
          return documented.utf8Write.call(
            new Uint8Array(this.buffer, this.byteOffset - 1, this.length),
            text,
            offset,
            this.length - offset,
          );
        },
      },
    ],
  ])("when they %s, they are not used", (_, broken) => {
    expect(keepPromises({ ...documented, ...broken })).toBe(false);
  });
});
