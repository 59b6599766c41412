// What several tests need: bytes in hex, events as lists.

import { MessageDecoder, MessageEvent, type MessageDecoderOptions } from "@ws/codec";

import type { Receiver } from "./chunking.ts";

/** Bytes from hex; spaces are ignored. */
export function hex(text: string): Uint8Array {
  const digits = text.replaceAll(/\s/g, "");
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

/** Bytes as hex. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
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
  const receiver = messages(options);
  for (const chunk of chunks) receiver.receive(chunk);
  return receiver.finish();
}

/** A decoder whose chunks may be cut anywhere. */
export function messages(options: MessageDecoderOptions): Receiver<Said[]> {
  const decoder = new MessageDecoder(options);
  const said: Said[] = [];
  return {
    receive(chunk) {
      if (decoder.error !== undefined) return;
      decoder.receive(chunk);
      said.push(...drain(decoder));
    },
    get failure() {
      return decoder.error?.code;
    },
    finish: () => said,
  };
}

/** Messages that come in pieces, which depend on the chunks, as one each; what is unfinished goes. */
export function joined(receiver: Receiver<Said[]>): Receiver<Said[]> {
  return {
    receive: (chunk) => receiver.receive(chunk),
    get failure() {
      return receiver.failure;
    },
    finish() {
      let content = "";
      return receiver.finish().flatMap((said): Said[] => {
        if (!("chunk" in said)) return [said];
        content = said.first ? said.chunk : content + said.chunk;
        return said.last ? [{ ...said, first: true, chunk: content }] : [];
      });
    },
  };
}

/** How often properties run: FAST_CHECK_RUNS or the given number. */
export function runs(standard: number): { numRuns: number } {
  return { numRuns: Number(process.env["FAST_CHECK_RUNS"] ?? standard) };
}
