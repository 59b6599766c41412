import type { ProtocolErrorCode } from "@ws/codec";

import { History } from "./history.ts";
import { Joining, scratch, SCRATCH_SIZE } from "./output.ts";
import { ZlibFlush, type ZlibStream } from "./zlib-port.ts";

/**
 * Decompressing one message (RFC 7692 §7.2.2), in steps that are short enough for an event loop.
 *
 * zlib says neither that the data ends too soon nor that something follows a final block. Both show in what it consumes:
 *
 * - The payload alone is given first. What it does not consume follows a block with BFINAL (§7.2.3.4: senders may use such
 *   blocks), which ends zlib's stream but not the message: the stream starts again behind it, with the same history.
 * - Then comes the tail that §7.2.1 removed, with one more byte, and the order to stop at the end of a block. The tail is
 *   the rest of an empty stored block if, and only if, exactly that one byte is left and no byte of output appears: in the
 *   middle of a block the tail is read as codes, lengths or literals, whose output or different end gives it away.
 */
export class Inflation {
  readonly #stream: ZlibStream;
  readonly #payload: Uint8Array;
  readonly #maxLength: number;
  readonly #windowSize: number;
  readonly #history: History | undefined;
  #offset = 0;
  /** Output so far. Between two steps all of it is in pieces. */
  #length = 0;
  readonly #pieces: Uint8Array[] = [];
  /** Everything is decompressed. */
  #joining: Joining | undefined;
  #finalBlocks = 0;
  /** The history behind the latest final block, and how many pieces are in it. */
  #past: History | undefined;
  #pastPieces = 0;
  result: Uint8Array | InflationFailure | undefined;

  /**
   * @param stream has seen the history and nothing else
   * @param history `undefined`: the message begins without any
   */
  constructor(stream: ZlibStream, payload: Uint8Array, maxLength: number, windowSize: number, history: History | undefined) {
    this.#stream = stream;
    this.#payload = payload;
    this.#maxLength = maxLength;
    this.#windowSize = windowSize;
    this.#history = history;
  }

  /** Works for about a millisecond at most. True: `result` is there. */
  step(): boolean {
    if (this.#joining !== undefined) return this.#join(this.#joining);
    const stream = this.#stream;
    const payload = this.#payload;
    const area = scratch();
    const inputEnd = Math.min(payload.length, this.#offset + STEP_INPUT);
    const lengthEnd = this.#length + STEP_OUTPUT;
    const finalBlocksEnd = this.#finalBlocks + STEP_FINAL_BLOCKS;
    let filled = 0;
    for (;;) {
      // One byte more than allowed, so that exactly the limit is told from more.
      const end = Math.min(SCRATCH_SIZE, filled + this.#maxLength - this.#length + 1);
      if (!stream.write(ZlibFlush.SYNC, payload, this.#offset, inputEnd, area, filled, end))
        return this.#fail("INVALID_COMPRESSED_PAYLOAD");
      this.#offset = inputEnd - stream.inputLeft;
      const produced = end - filled - stream.outputLeft;
      filled += produced;
      this.#length += produced;
      if (this.#length > this.#maxLength) return this.#fail("MESSAGE_TOO_BIG");
      if (stream.outputLeft === 0) {
        // There may be more without further input.
        this.#pieces.push(area.slice(0, filled));
        filled = 0;
        if (this.#length >= lengthEnd) return false;
        continue;
      }
      if (stream.inputLeft === 0) break;
      // Input and room are left: the stream has ended.
      if (filled > 0) this.#pieces.push(area.slice(0, filled));
      filled = 0;
      if (++this.#finalBlocks > MOST_FINAL_BLOCKS + payload.length / 256) return this.#fail("INVALID_COMPRESSED_PAYLOAD");
      this.#restart();
      if (this.#finalBlocks >= finalBlocksEnd) return false;
    }
    if (this.#offset < payload.length) {
      if (filled > 0) this.#pieces.push(area.slice(0, filled));
      return false;
    }
    if (!this.#endsHere(area, filled)) return this.#fail("INVALID_COMPRESSED_PAYLOAD");
    if (this.#pieces.length === 0) {
      this.result = area.slice(0, filled);
      return true;
    }
    this.#pieces.push(area.slice(0, filled));
    this.#joining = new Joining(this.#pieces);
    if (this.#joining.whole === undefined) return this.#fail("MESSAGE_TOO_BIG");
    return this.#join(this.#joining);
  }

  #join(joining: Joining): boolean {
    if (!joining.step()) return false;
    this.result = joining.whole;
    return true;
  }

  #endsHere(area: Uint8Array, filled: number): boolean {
    const stream = this.#stream;
    if (!stream.write(ZlibFlush.BLOCK, TAIL, 0, TAIL.length, area, filled, SCRATCH_SIZE)) return false;
    // Nothing consumed: the payload ends with a final block. §7.2.1 wants an empty block behind it, but there is no doubt
    // about the end, and ws and Chromium take it too. The next message finds an ended stream, and restarts it.
    return (stream.inputLeft === 1 || stream.inputLeft === TAIL.length) && stream.outputLeft === SCRATCH_SIZE - filled;
  }

  /** §7.2.3.4: the window goes on over a final block, as it does over the end of a message. */
  #restart(): void {
    this.#past ??= this.#history?.clone() ?? new History(this.#windowSize);
    for (; this.#pastPieces < this.#pieces.length; this.#pastPieces++) this.#past.append(this.#pieces[this.#pastPieces]!);
    primeInflate(this.#stream, this.#past);
  }

  #fail(failure: InflationFailure["failure"]): true {
    this.result = { failure };
    return true;
  }
}

export interface InflationFailure {
  readonly failure: ProtocolErrorCode & ("MESSAGE_TOO_BIG" | "INVALID_COMPRESSED_PAYLOAD");
}

/**
 * Shows a decompressor its history: as a stored block, whose bytes it copies into its window (2 µs for 32 KiB). zlib's
 * `dictionary` would do the same, but Deno 2.9 ignores it for raw streams.
 */
export function primeInflate(stream: ZlibStream, history: History | undefined): void {
  stream.reset();
  if (history === undefined || history.length === 0) return;
  const area = scratch();
  const length = history.length;
  // RFC 1951 §3.2.4: three bits, five unused, LEN and its complement. A window is never larger than a stored block.
  STORED_HEADER[1] = length & 0xff;
  STORED_HEADER[2] = length >>> 8;
  STORED_HEADER[3] = ~length & 0xff;
  STORED_HEADER[4] = (~length >>> 8) & 0xff;
  stream.write(ZlibFlush.SYNC, STORED_HEADER, 0, 5, area, 0, SCRATCH_SIZE);
  for (const piece of history.latest(length)) {
    if (piece.length > 0) stream.write(ZlibFlush.SYNC, piece, 0, piece.length, area, 0, SCRATCH_SIZE);
  }
}

const STORED_HEADER = /* @__PURE__ */ new Uint8Array(5);

/** 00 00 ff ff (§7.2.2), and the byte that must be left. */
const TAIL = /* @__PURE__ */ Uint8Array.of(0x00, 0x00, 0xff, 0xff, 0x00);

/** Bytes of input a step: the slowest to read are dynamic blocks that produce nothing (docs/compression.md, "Worst cases"). */
export const STEP_INPUT = 16_384;
/** Bytes of output a step. */
export const STEP_OUTPUT = 131_072;
/** Final blocks a step: each costs a restart, 2 to 4 µs with a full window. */
const STEP_FINAL_BLOCKS = 256;
/** Beyond this, one for each 256 bytes, so that a restart for every second byte is no way to buy time cheaply. */
const MOST_FINAL_BLOCKS = 1024;
