// What several tests need: bytes in hex, events as lists, every chunking.

import { MessageDecoder, MessageEvent, type MessageDecoderOptions } from "@ws/codec";

/** Bytes from hex; spaces are ignored. */
export function hex(text: string): Uint8Array {
  const digits = text.replaceAll(/\s/g, "");
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

/** Bytes as hex. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** `bytes` in pieces of `size`, each in an array of its own (decoders may change what they are given). */
export function chunksOf(bytes: Uint8Array, size: number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let i = 0; i < bytes.length; i += size) chunks.push(bytes.slice(i, i + size));
  return chunks;
}

/** `bytes` cut at the given places, which may be in any order and out of range. */
export function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...new Set([...places.map((place) => place % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  return ends.map((end, i) => bytes.slice(i === 0 ? 0 : ends[i - 1], end));
}

/** What a decoder said, in words. */
export type Said =
  | { text: string }
  | { binary: string }
  | { ping: string }
  | { pong: string }
  | { close: number; reason: string }
  | { chunk: string; opcode: number; first: boolean; last: boolean }
  | { failed: string; closeCode: number };

/** Polls until NONE or FAILED. */
export function drain(decoder: MessageDecoder): Said[] {
  const said: Said[] = [];
  for (;;) {
    switch (decoder.poll()) {
      case MessageEvent.NONE:
        return said;
      case MessageEvent.TEXT:
        said.push({ text: decoder.text });
        break;
      case MessageEvent.BINARY:
        said.push({ binary: toHex(decoder.payload) });
        break;
      case MessageEvent.PING:
        said.push({ ping: toHex(decoder.payload) });
        break;
      case MessageEvent.PONG:
        said.push({ pong: toHex(decoder.payload) });
        break;
      case MessageEvent.CLOSE:
        said.push({ close: decoder.closeCode, reason: decoder.closeReason });
        break;
      case MessageEvent.CHUNK: {
        const { opcode, first, last } = decoder;
        said.push({ chunk: opcode === 1 ? decoder.text : toHex(decoder.payload), opcode, first, last });
        break;
      }
      case MessageEvent.COMPRESSED: {
        const { opcode, first, last } = decoder;
        said.push({ chunk: toHex(decoder.payload), opcode, first, last });
        break;
      }
      case MessageEvent.FAILED: {
        const { code, closeCode } = decoder.error!;
        return [...said, { failed: code, closeCode }];
      }
    }
  }
}

/** Everything a new decoder says about these chunks. */
export function decodeChunks(chunks: readonly Uint8Array[], options: MessageDecoderOptions): Said[] {
  const decoder = new MessageDecoder(options);
  const said: Said[] = [];
  for (const chunk of chunks) {
    decoder.receive(chunk);
    said.push(...drain(decoder));
    if (decoder.error !== undefined) break;
  }
  return said;
}

/** How often properties run: FAST_CHECK_RUNS or the given number. */
export function runs(standard: number): { numRuns: number } {
  return { numRuns: Number(process.env["FAST_CHECK_RUNS"] ?? standard) };
}
