import { EMPTY } from "@ws/codec";

/**
 * Where frames are encoded: slabs that are filled from front to back and not used again, so that bytes handed to a transport stay as they
 * are for as long as anybody holds them. Only what was {@link free | freed} is written anew. One arena serves any number of connections.
 */
export class SendArena {
  readonly #size: number;
  /** The slab being filled. Empty until the first `reserve`, so that an unused arena costs nothing. */
  slab: Uint8Array<ArrayBuffer> = EMPTY;
  /** Index in `slab` of the first free byte. Whoever wrote behind it moves it. */
  offset = 0;

  /** @param size bytes of a slab */
  constructor(size = 65_536) {
    if (!Number.isInteger(size) || size < 1) throw new RangeError(`size must be a positive integer, not ${size}`);
    this.#size = size;
  }

  /** Makes `length` bytes free from `slab[offset]` on, in a new slab where necessary. */
  reserve(length: number): void {
    if (length <= this.slab.length - this.offset) return;
    this.slab = new Uint8Array(length > this.#size ? length : this.#size);
    this.offset = 0;
  }

  /**
   * Nobody holds `piece` any more, which an {@link Output} had taken from here: if it was the last one written, its memory is used again.
   * A transport that the kernel takes everything from needs no new slab, ever.
   */
  free(piece: Uint8Array): void {
    if (piece.byteOffset + piece.length === this.offset && piece.buffer === this.slab.buffer) this.offset = piece.byteOffset;
  }
}
