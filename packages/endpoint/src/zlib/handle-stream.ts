import { createDeflateRaw, createInflateRaw } from "node:zlib";

import type { DeflateStreamOptions, ZlibFlush, ZlibStream } from "@ws/protocol/deflate";

/**
 * A zlib stream of `node:zlib` used synchronously, call by call.
 *
 * The documented synchronous functions make a new stream for each call, which costs more than the compression of a small
 * message, and Deno 2.9 ignores their `dictionary`, so a history could not be passed on. The stream's handle does exactly
 * what is needed: `writeSync` with the same arguments in Node 22 to 26, Bun 1.4 and Deno 2.9, and in Node since 0.11,
 * because npm's own tar reader (minizlib) lives on it too. It is not documented, so `index.ts` tries it before relying on
 * it, and has pako instead should it ever behave differently.
 */
interface ZlibHandle {
  writeSync(
    flush: number,
    input: Uint8Array,
    inputOffset: number,
    inputLength: number,
    output: Uint8Array,
    outputOffset: number,
    outputLength: number,
  ): void;
  reset(): void;
  onerror: (message: string, errno: number, code: string) => void;
}

interface StreamWithHandle {
  readonly _handle: ZlibHandle;
  /** After each write: bytes of output room left, bytes of input left. */
  readonly _writeState: Uint32Array;
  close(): void;
}

export class HandleStream implements ZlibStream {
  readonly #stream: StreamWithHandle;
  readonly #handle: ZlibHandle;
  readonly #state: Uint32Array;
  #failed = false;

  constructor(stream: unknown) {
    this.#stream = stream as StreamWithHandle;
    this.#handle = this.#stream._handle;
    this.#state = this.#stream._writeState;
    this.#handle.onerror = () => {
      this.#failed = true;
    };
  }

  get inputLeft(): number {
    return this.#state[1]!;
  }

  get outputLeft(): number {
    return this.#state[0]!;
  }

  reset(): void {
    this.#failed = false;
    this.#handle.reset();
  }

  write(
    flush: ZlibFlush,
    input: Uint8Array,
    start: number,
    end: number,
    output: Uint8Array,
    outputStart: number,
    outputEnd: number,
  ): boolean {
    this.#handle.writeSync(flush, input, start, end - start, output, outputStart, outputEnd - outputStart);
    return !this.#failed;
  }

  close(): void {
    this.#stream.close();
  }
}

/** The stream's own output buffer is never used: as small as allowed. */
const chunkSize = 64;

export function createDeflate({ level, memLevel, windowBits }: DeflateStreamOptions): ZlibStream {
  // zlib has no raw compressor with 8 bits; with 9 it keeps to distances of at most 250, see DeflateStreamOptions.
  return new HandleStream(createDeflateRaw({ level, memLevel, windowBits: Math.max(9, windowBits), chunkSize }));
}

export function createInflate({ windowBits }: { readonly windowBits: number }): ZlibStream {
  return new HandleStream(createInflateRaw({ windowBits, chunkSize }));
}
