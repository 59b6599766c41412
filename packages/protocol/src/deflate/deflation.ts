import type { History } from "./history.ts";
import { Joining, scratch, SCRATCH_SIZE } from "./output.ts";
import { FLUSH_TAIL, ZlibFlush, type ZlibStream } from "./zlib-port.ts";

/** Compressing one message (RFC 7692 §7.2.1), in steps that are short enough for an event loop. */
export class Deflation {
  readonly #stream: ZlibStream;
  readonly #payload: Uint8Array;
  readonly #stepInput: number;
  #offset = 0;
  readonly #pieces: Uint8Array[] = [];
  /** Everything is compressed. */
  #joining: Joining | undefined;
  result: Uint8Array | undefined;

  /** @param stream has seen the history and nothing else */
  constructor(stream: ZlibStream, payload: Uint8Array, stepInput: number) {
    this.#stream = stream;
    this.#payload = payload;
    this.#stepInput = stepInput;
  }

  /** Works for about a millisecond at most. True: `result` is there, without the tail. */
  step(): boolean {
    if (this.#joining !== undefined) return this.#join(this.#joining);
    const stream = this.#stream;
    const payload = this.#payload;
    const area = scratch();
    const end = Math.min(payload.length, this.#offset + this.#stepInput);
    const flush = end === payload.length ? ZlibFlush.SYNC : ZlibFlush.NONE;
    do {
      stream.write(flush, payload, this.#offset, end, area, 0, SCRATCH_SIZE);
      this.#offset = end - stream.inputLeft;
      if (stream.outputLeft < SCRATCH_SIZE) this.#pieces.push(area.slice(0, SCRATCH_SIZE - stream.outputLeft));
    } while (stream.outputLeft === 0);
    if (flush === ZlibFlush.NONE) return false;
    this.#joining = new Joining(this.#pieces);
    if (this.#joining.whole === undefined) throw new RangeError("this host has no room for the compressed message");
    return this.#join(this.#joining);
  }

  /** "Remove 4 octets (that are 0x00 0x00 0xff 0xff) from the tail end" (§7.2.1). A flush of at least one byte always ends with them. */
  #join(joining: Joining): boolean {
    if (!joining.step()) return false;
    this.result = joining.whole!.subarray(0, -FLUSH_TAIL.length);
    return true;
  }
}

/** The same in one call, for a message that is sure to fit into the scratch area. */
export function deflateAtOnce(stream: ZlibStream, payload: Uint8Array): Uint8Array {
  const area = scratch();
  stream.write(ZlibFlush.SYNC, payload, 0, payload.length, area, 0, SCRATCH_SIZE);
  return area.slice(0, SCRATCH_SIZE - stream.outputLeft - FLUSH_TAIL.length);
}

/**
 * Shows a compressor its history by compressing it, and throws the result away. zlib's `dictionary` is quicker for more
 * than 4 KiB, but needs a new stream each time, and Deno 2.9 ignores it for raw streams.
 */
export function primeDeflate(stream: ZlibStream, history: History | undefined): void {
  stream.reset();
  if (history === undefined || history.length === 0) return;
  const [older, newer] = history.latest(history.length);
  // Both are at most half of the scratch area, so everything fits.
  if (newer.length === 0) {
    stream.write(ZlibFlush.SYNC, older, 0, older.length, scratch(), 0, SCRATCH_SIZE);
  } else {
    stream.write(ZlibFlush.NONE, older, 0, older.length, scratch(), 0, SCRATCH_SIZE);
    stream.write(ZlibFlush.SYNC, newer, 0, newer.length, scratch(), 0, SCRATCH_SIZE);
  }
}
