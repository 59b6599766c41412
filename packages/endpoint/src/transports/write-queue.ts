/**
 * Bytes on their way out, for a runtime that writes one buffer at a time: small pieces are joined, large ones go as they are.
 */
import { concatenate } from "@ws/protocol/internal";

import type { Transport } from "../ports/transport.ts";

/** Joining stops at this size: beyond it, copying costs more than another system call. */
const JOINED = 65_536;

export class WriteQueue {
  readonly #transport: Pick<Transport, "destroy">;
  #pieces: Uint8Array[] = [];
  #first = 0;
  /** Of the piece handed out last. */
  #written = 0;
  #joined: Uint8Array | undefined;
  /** Bytes added and not yet taken. */
  byteLength = 0;

  /** @param transport destroyed when the program has transferred bytes away that were to leave: nothing can follow them */
  constructor(transport: Pick<Transport, "destroy">) {
    this.#transport = transport;
  }

  add(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      if (piece.length === 0) continue;
      this.#pieces.push(piece);
      this.byteLength += piece.length;
    }
  }

  /**
   * What to write now (a view, never empty): the rest of what was handed out before, or else as much as is worth joining. Undefined: nothing is left, or
   * the transport has just been destroyed.
   */
  next(): Uint8Array | undefined {
    const bytes = this.#rest();
    if (bytes?.length !== 0) return bytes;
    this.#transport.destroy();
    return undefined;
  }

  /** Empty: transferred away. */
  #rest(): Uint8Array | undefined {
    const rest = this.#joined;
    if (rest !== undefined) return this.#written === 0 || rest.length < this.#written ? rest : rest.subarray(this.#written);
    const first = this.#pieces[this.#first];
    if (first === undefined) return undefined;
    let end = this.#first + 1;
    let total = first.length;
    // A piece without bytes was transferred since it was added. It is given alone: what comes behind it must not take its place.
    for (; total > 0 && end < this.#pieces.length; end++) {
      const length = this.#pieces[end]!.length;
      if (length === 0 || total + length > JOINED) break;
      total += length;
    }
    this.#joined = end === this.#first + 1 ? first : concatenate(this.#pieces.slice(this.#first, end));
    this.#written = 0;
    this.#first = end;
    if (this.#first === this.#pieces.length) {
      this.#pieces = [];
      this.#first = 0;
    }
    return this.#joined;
  }

  /** So many bytes of what `next` gave have been taken. */
  written(length: number): void {
    this.#written += length;
    this.byteLength -= length;
    if (this.#joined !== undefined && this.#written === this.#joined.length) this.#joined = undefined;
  }

  /** Lets the pieces go: they can be sent no more, and stay counted. */
  discard(): void {
    this.#pieces = [];
    this.#first = 0;
    this.#joined = undefined;
  }
}
