/**
 * What a peer sends before it is its turn, kept as copies. Reading goes on up to a limit, so that the peer's end is seen; beyond it the
 * transport is paused.
 */
import { concatenate } from "@ws/protocol/internal";

import type { Transport } from "../ports/transport.ts";

export class EarlyBytes {
  readonly #transport: Transport;
  readonly #limit: number;
  #pieces: Uint8Array[] = [];
  #length = 0;
  #paused = false;

  constructor(transport: Transport, limit: number) {
    this.#transport = transport;
    this.#limit = limit;
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  /** Keeps a copy. */
  push(bytes: Uint8Array): void {
    this.#pieces.push(bytes.slice());
    this.#length += bytes.length;
    if (this.#length < this.#limit || this.#paused) return;
    this.#paused = true;
    this.#transport.pause();
  }

  /** Everything so far, which is not kept any longer. */
  take(): Uint8Array {
    const pieces = this.#pieces;
    const whole = pieces.length === 1 ? pieces[0]! : concatenate(pieces);
    this.#pieces = [];
    this.#length = 0;
    return whole;
  }

  /** Reads again, if it was paused. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#transport.resume();
  }
}
