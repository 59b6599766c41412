// Hosts hold strings and arrays up to a length of their own, which may be below the program's limits: the connection is failed, nothing is thrown.
import { afterEach, describe, expect, test, vi } from "vitest";

import { encodeFrame, MessageDecoder, utf8, type MessageDecoderOptions, type Utf8 } from "@ws/codec";

import { chunksOf } from "./chunking.ts";
import { drain } from "./support.ts";

/** A host whose strings have at most so many characters. */
function shortStrings(longest: number): Utf8 {
  return {
    ...utf8,
    decode(bytes, start, end) {
      if (end - start > longest) throw new Error("Cannot create a string longer than that");
      return utf8.decode(bytes, start, end);
    },
  };
}

/** What a decoder says that must not throw. */
function decode(options: Partial<MessageDecoderOptions>, chunks: readonly Uint8Array[]): unknown[] {
  const decoder = new MessageDecoder({ role: "client", ...options });
  const said: unknown[] = [];
  for (const chunk of chunks) {
    decoder.receive(chunk);
    said.push(...drain(decoder));
  }
  decoder.receive(Uint8Array.of(0x81, 0));
  expect(drain(decoder)).toMatchObject([{ failed: "MESSAGE_TOO_BIG" }]);
  return said;
}

const failed = { failed: "MESSAGE_TOO_BIG", closeCode: 1009 };
const text = new TextEncoder().encode("a".repeat(100));

describe("a text that the host cannot hold as a string", () => {
  test.each([
    ["in one frame and one chunk", encodeFrame(1, text), 1000],
    ["in one frame and many chunks", encodeFrame(1, text), 7],
    ["in two frames", Uint8Array.of(...encodeFrame(1, text.subarray(0, 50), { fin: false }), ...encodeFrame(0, text.subarray(50))), 1000],
  ])("%s: 1009", (_name, bytes, size) => {
    expect(decode({ utf8: shortStrings(99) }, chunksOf(bytes, size)).at(-1)).toEqual(failed);
  });

  test("streamed, when a piece of it is too long", () => {
    expect(decode({ utf8: shortStrings(49), streaming: true }, [encodeFrame(1, text)]).at(-1)).toEqual(failed);
  });

  test("says so", () => {
    for (const maxMessageBytes of [undefined, 100]) {
      const decoder = new MessageDecoder({ role: "client", maxMessageBytes, utf8: shortStrings(99) });
      decoder.receive(encodeFrame(1, text));
      drain(decoder);
      expect(decoder.error!.received).toBe("100 > what this host can hold");
    }
  });
});

describe("a message that the host has no memory for", () => {
  afterEach(() => void vi.unstubAllGlobals());

  /** No array of more than so many bytes can be had. */
  function limitMemory(largest: number): void {
    const Real = Uint8Array;
    vi.stubGlobal(
      "Uint8Array",
      new Proxy(Real, {
        construct(target, args: unknown[], newTarget) {
          if (typeof args[0] === "number" && args[0] > largest) throw new RangeError("Array buffer allocation failed");
          return Reflect.construct(target, args, newTarget) as object;
        },
      }),
    );
  }

  test.each([
    ["text", 1, {}],
    ["binary", 2, {}],
    ["streamed text", 1, { streaming: true }],
    ["streamed binary", 2, { streaming: true }],
    ["binary in one chunk", 2, { whole: true }],
  ])("%s: 1009", (_name, opcode, { whole = false, ...options }: { whole?: boolean; streaming?: boolean }) => {
    const bytes = encodeFrame(opcode, text);
    // Pieces of what is streamed are as large as the chunks they come in.
    const size = whole ? 1000 : options.streaming === true ? 60 : 7;
    const chunks = chunksOf(bytes, size);
    limitMemory(50);
    expect(decode(options, chunks).at(-1)).toEqual(failed);
  });
});
