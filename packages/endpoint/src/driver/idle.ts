/** `idleTimeout`: since when no message has gone in either direction. */
export class Idle {
  readonly #timeout: number;
  #since: number;

  /** @param timeout ms; Infinity: none */
  constructor(timeout: number, now: number) {
    this.#timeout = timeout;
    this.#since = now;
  }

  get deadline(): number {
    return this.#since + this.#timeout;
  }

  /** Whether the time of a message is of interest. */
  get isWatched(): boolean {
    return this.#timeout !== Infinity;
  }

  messageAt(now: number): void {
    this.#since = now;
  }

  /** The connection is closing: other deadlines hold. */
  stop(): void {
    this.#since = Infinity;
  }
}
