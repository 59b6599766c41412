import { EMPTY, decodeFrameHeader, encodeFrameInto, encodeTextInto, firstByte, frameHeaderLength, encodeFrameHeaderInto } from "@ws/codec";
import type { FrameHeader, Utf8 } from "@ws/codec";

import type { SendArena } from "./arena.ts";
import type { PreparedContent } from "../prepared-message.ts";
import { requireMemory } from "../usage.ts";

/**
 * Payloads up to this many bytes are copied behind their header, so that neighbouring frames are one piece; longer ones of a
 * server are pieces of their own, by reference. Copying 8 KiB takes about as long as a further entry in a vectored write.
 */
const COPY_UP_TO = 8_192;

/**
 * Frames up to this long that must be copied or masked anyway lie in the arena as well, which then has a slab of their size; longer ones
 * are arrays of their own, so that no slab keeps more than this alive.
 */
const ARENA_UP_TO = 262_144;

/** What a frame's header takes at most (§5.2). */
const MAX_HEADER = 14;

/**
 * Frames on their way to the transport (RFC 6455 §5.2, §5.3), as the pieces of one vectored write. Small frames lie side by
 * side in the arena and form one piece; nothing is allocated for them. A client masks while it copies.
 */
export class Output {
  /** Of all frames that `take` would return. */
  byteLength = 0;
  readonly #arena: SendArena;
  /** Present in a client: a new masking key for each frame (§5.3). */
  readonly #randomUint32: (() => number) | undefined;
  readonly #utf8: Utf8;
  readonly #onHeader: ((header: FrameHeader, direction: "sent") => void) | undefined;
  #pieces: Uint8Array[] = [];
  /** The piece being filled is `#slab[#start, #end)`. An idle output holds no slab. */
  #slab = EMPTY;
  #start = 0;
  #end = 0;

  constructor(
    arena: SendArena,
    randomUint32: (() => number) | undefined,
    utf8: Utf8,
    onHeader: ((header: FrameHeader, direction: "sent") => void) | undefined,
  ) {
    this.#arena = arena;
    this.#randomUint32 = randomUint32;
    this.#utf8 = utf8;
    this.#onHeader = onHeader;
  }

  /** A frame with a text for payload. `first` is the first byte of its header. */
  writeText(first: number, text: string): void {
    const key = this.#nextKey();
    const room = MAX_HEADER + text.length * 3;
    if (room <= COPY_UP_TO) {
      const offset = this.#reserve(room);
      this.#commit(encodeTextInto(this.#slab, offset, text, key, this.#utf8, first));
      return;
    }
    const length = this.#utf8.byteLength(text);
    const size = frameHeaderLength(length, key !== undefined) + length;
    if (size <= ARENA_UP_TO) {
      const offset = this.#reserve(size);
      this.#commit(encodeTextInto(this.#slab, offset, text, key, this.#utf8, first));
      return;
    }
    const frame = requireMemory(size);
    encodeTextInto(frame, 0, text, key, this.#utf8, first);
    this.#push(frame);
    this.#report(frame, 0);
  }

  /** A frame. A long payload goes by reference when that is possible, unless `copy`. */
  writeBytes(first: number, payload: Uint8Array, copy: boolean): void {
    const { length } = payload;
    const key = this.#nextKey();
    const owned = copy || key !== undefined;
    if (length <= (owned ? ARENA_UP_TO : COPY_UP_TO)) {
      const offset = this.#reserve(MAX_HEADER + length);
      this.#commit(encodeFrameInto(this.#slab, offset, first, payload, key));
    } else if (owned) {
      const frame = requireMemory(frameHeaderLength(length, key !== undefined) + length);
      encodeFrameInto(frame, 0, first, payload, key);
      this.#push(frame);
      this.#report(frame, 0);
    } else {
      const offset = this.#reserve(MAX_HEADER);
      const slab = this.#slab;
      this.#advance(encodeFrameHeaderInto(slab, offset, first, length));
      this.#push(payload);
      this.#report(slab, offset);
    }
  }

  /** A whole message that was prepared. */
  writePrepared(message: PreparedContent): void {
    const { frame } = message;
    // Beside other small frames it joins their piece; alone it needs none.
    if (this.#randomUint32 === undefined && (this.byteLength === 0 || frame.length > COPY_UP_TO)) {
      this.#push(frame);
      this.#report(frame, 0);
    } else {
      this.writeBytes(firstByte(message.opcode), message.payload, false);
    }
  }

  /**
   * The frames in order, for one vectored write.
   *
   * @returns a new list of VIEWS: into the arena, and of payloads given by reference
   * @throws TypeError when a payload given by reference has another length than its header says; everything is dropped then
   */
  take(): Uint8Array[] {
    this.#closePiece();
    const { byteLength } = this;
    const pieces = this.#pieces;
    this.discard();
    let length = 0;
    for (let index = 0; index < pieces.length; index++) length += pieces[index]!.length;
    if (length !== byteLength) throw new TypeError("bytes given to send were transferred or resized before they had left");
    return pieces;
  }

  /** Drops what was not taken. */
  discard(): void {
    this.#pieces = [];
    this.#slab = EMPTY;
    this.#start = this.#end = 0;
    this.byteLength = 0;
  }

  /** Makes room for `length` bytes at the returned offset of `#slab`. */
  #reserve(length: number): number {
    const arena = this.#arena;
    arena.reserve(length);
    // Another connection may have written to the arena meanwhile.
    if (arena.slab !== this.#slab || arena.offset !== this.#end) {
      this.#closePiece();
      this.#slab = arena.slab;
      this.#start = this.#end = arena.offset;
    }
    return this.#end;
  }

  /** A frame of `length` bytes lies at the end of the piece being filled. */
  #commit(length: number): void {
    const slab = this.#slab;
    const offset = this.#end;
    this.#advance(length);
    this.#report(slab, offset);
  }

  #advance(length: number): void {
    this.#end += length;
    this.#arena.offset = this.#end;
    this.byteLength += length;
  }

  /** Only when the frame is there as a whole: who is told may send from within. */
  #report(bytes: Uint8Array, offset: number): void {
    if (this.#onHeader !== undefined) this.#onHeader(decodeFrameHeader(bytes, offset)!, "sent");
  }

  /** A piece of its own. */
  #push(piece: Uint8Array): void {
    this.#closePiece();
    this.#pieces.push(piece);
    this.byteLength += piece.length;
  }

  #closePiece(): void {
    const length = this.#end - this.#start;
    if (length === 0) return;
    this.#pieces.push(new Uint8Array(this.#slab.buffer, this.#slab.byteOffset + this.#start, length));
    this.#start = this.#end;
  }

  #nextKey(): number | undefined {
    return this.#randomUint32?.();
  }
}
