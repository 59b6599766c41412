/**
 * The compressor port: what permessage-deflate needs of a zlib. `node:zlib` implements it in @ws/endpoint/zlib, pako in
 * @ws/protocol/pako; a host with a native zlib of its own needs about forty lines.
 */
export interface Zlib {
  /** A raw DEFLATE compressor (RFC 1951), zlib's `deflateInit2` with negative window bits. */
  createDeflate(options: DeflateStreamOptions): ZlibStream;
  /** A raw DEFLATE decompressor, zlib's `inflateInit2` with negative window bits. */
  createInflate(options: { readonly windowBits: number }): ZlibStream;
  /**
   * Fulfilled in a later turn of the host's event loop, after other events had theirs; for one caller a turn. Without it
   * every message is handled at once, however long that takes.
   */
  readonly pause?: (() => PromiseLike<void>) | undefined;
}

export interface DeflateStreamOptions {
  /**
   * Distances must not exceed 2 to this power, 8 to 15. zlib has no compressor with 8: it takes 9, whose distances are
   * at most 512 - 262 = 250 (MAX_DIST in deflate.h), so the property holds; test/deflate/checks.ts checks it.
   */
  readonly windowBits: number;
  /** 1 to 9. */
  readonly level: number;
  /** 1 to 9. */
  readonly memLevel: number;
}

/** One stream: zlib's `z_stream`, synchronous. */
export interface ZlibStream {
  /** Back to the state after creation: no history, no pending bytes, no error. */
  reset(): void;
  /**
   * Takes input[start, end) and fills output[outputStart, outputEnd), until one of them is exhausted, the stream has ended
   * (inflate: the end of a block with BFINAL), or, with `BLOCK`, at the next end of a block. Afterwards `inputLeft` and
   * `outputLeft` say how much was not used. False: invalid data (inflate); only `reset` helps then.
   */
  write(
    flush: ZlibFlush,
    input: Uint8Array,
    start: number,
    end: number,
    output: Uint8Array,
    outputStart: number,
    outputEnd: number,
  ): boolean;
  readonly inputLeft: number;
  readonly outputLeft: number;
  /** Frees what is held outside of JavaScript, if anything. */
  close(): void;
}

/** zlib's own numbers. */
export const ZlibFlush = { NONE: 0, SYNC: 2, BLOCK: 5 } as const;
export type ZlibFlush = (typeof ZlibFlush)[keyof typeof ZlibFlush];

/**
 * The end of a `Z_SYNC_FLUSH`: an empty stored block without its first three bits. §7.2.1 removes it from every message,
 * §7.2.2 puts it back.
 */
export const FLUSH_TAIL: Uint8Array = /* @__PURE__ */ Uint8Array.of(0x00, 0x00, 0xff, 0xff);
