import { describe, expect, test } from "vitest";

import { utf8, type MessageDecoderOptions } from "@ws/codec";

import { sameInAnyChunks } from "./chunking.ts";
import { decodeChunks, hex, messages } from "./support.ts";
import { vectors } from "./vectors.ts";

// As a host would plug in its own.
const host = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const hostUtf8 = {
  ...utf8,
  decode(bytes: Uint8Array, start: number, end: number): string | undefined {
    try {
      return host.decode(bytes.subarray(start, end));
    } catch {
      return undefined;
    }
  },
};

function hostMask(bytes: Uint8Array, start: number, end: number, key: number): boolean {
  for (let index = start; index < end; index++) bytes[index]! ^= key >>> (24 - 8 * ((index - start) % 4));
  return true;
}

const ways: [string, Partial<MessageDecoderOptions>][] = [
  ["copies", {}],
  ["borrowed views", { borrow: true }],
  ["chunks left as they are", { unmask: "copy" }],
  ["chunks left as they are, borrowed", { unmask: "copy", borrow: true }],
  ["a host's UTF-8", { utf8: hostUtf8 }],
  ["a host's masking", { mask: hostMask }],
  [
    "a host's masking, of long pieces only",
    { mask: (bytes, start, end, key) => end - start > 3 && hostMask(bytes, start, end, key), borrow: true },
  ],
];

describe.each(ways)("every vector at every chunk size: %s", (_, way) => {
  test.each(vectors)("$rule", ({ bytes, role = "server", options, said }) => {
    expect(sameInAnyChunks(hex(bytes), () => messages({ role, ...options, ...way }))).toEqual(said);
  });
});

test("chunks stay as they are with unmask: copy", () => {
  for (const { bytes, role = "server", options } of vectors) {
    const chunk = hex(bytes);
    decodeChunks([chunk], { role, ...options, unmask: "copy", borrow: true });
    expect(chunk).toEqual(hex(bytes));
  }
});
