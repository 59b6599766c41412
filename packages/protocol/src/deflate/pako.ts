import { EMPTY } from "@ws/codec";
import {
  zlibDeflate,
  zlibDeflateInit2,
  zlibDeflateReset,
  zlibInflate,
  zlibInflateInit2,
  zlibInflateReset,
  Z_DEFAULT_STRATEGY,
  ZStream,
} from "pako";

import type { Extension } from "../extension/extension.ts";
import { DeflateContexts, type ContextLimits } from "./contexts.ts";
import { createDeflateExtension, type DeflateOptions } from "./extension.ts";
import type { DeflateStreamOptions, Zlib, ZlibFlush, ZlibStream } from "./zlib-port.ts";

/**
 * permessage-deflate in nothing but ECMAScript, for hosts without zlib: pako, zlib's own algorithm in JavaScript. A
 * sibling of the root export, so that only who imports `@ws/protocol/pako` carries it.
 */

export interface PakoOptions {
  /**
   * Fulfilled in a later turn of the host's event loop, after other events had theirs: large messages are then handled in
   * steps. Without it every message is handled at once.
   */
  readonly pause?: (() => PromiseLike<void>) | undefined;
}

export function createPakoZlib(options: PakoOptions = {}): Zlib {
  return {
    createDeflate: (streamOptions) => new PakoDeflate(streamOptions),
    createInflate: ({ windowBits }) => new PakoInflate(windowBits),
    pause: options.pause,
  };
}

/** The extension over pako. Every call makes its own streams: one extension serves any number of connections. */
export function permessageDeflate(options: DeflateOptions & PakoOptions & ContextLimits = {}): Extension {
  return createDeflateExtension(new DeflateContexts(createPakoZlib(options), options), options);
}

abstract class PakoStream implements ZlibStream {
  protected readonly zStream: ZStream = new ZStream();

  get inputLeft(): number {
    return this.zStream.avail_in;
  }

  get outputLeft(): number {
    return this.zStream.avail_out;
  }

  abstract reset(): void;
  protected abstract work(flush: ZlibFlush): number;

  write(
    flush: ZlibFlush,
    input: Uint8Array,
    start: number,
    end: number,
    output: Uint8Array,
    outputStart: number,
    outputEnd: number,
  ): boolean {
    const stream = this.zStream;
    stream.input = input;
    stream.next_in = start;
    stream.avail_in = end - start;
    stream.output = output as Uint8Array<ArrayBuffer>;
    stream.next_out = outputStart;
    stream.avail_out = outputEnd - outputStart;
    const status = this.work(flush);
    // Nothing of the caller's is held between two calls.
    stream.input = EMPTY;
    stream.output = EMPTY as Uint8Array<ArrayBuffer>;
    // Z_OK, Z_STREAM_END, and Z_BUF_ERROR: no progress was possible, which is no fault.
    return status >= 0 || status === -5;
  }

  close(): void {
    // Nothing outside of JavaScript is held.
  }
}

class PakoDeflate extends PakoStream {
  constructor({ level, windowBits, memLevel }: DeflateStreamOptions) {
    super();
    // zlib has no raw compressor with 8 bits, and with 9 keeps to distances of at most 250.
    zlibDeflateInit2(this.zStream, level, DEFLATED, -Math.max(9, windowBits), memLevel, Z_DEFAULT_STRATEGY);
  }

  reset(): void {
    zlibDeflateReset(this.zStream);
  }

  protected work(flush: ZlibFlush): number {
    return zlibDeflate(this.zStream, flush);
  }
}

class PakoInflate extends PakoStream {
  constructor(windowBits: number) {
    super();
    zlibInflateInit2(this.zStream, -windowBits);
  }

  reset(): void {
    zlibInflateReset(this.zStream);
  }

  protected work(flush: ZlibFlush): number {
    return zlibInflate(this.zStream, flush);
  }
}

/** zlib's Z_DEFLATED, its only method. */
const DEFLATED = 8;
