/**
 * What a transport delivered while its connection could not take it: the chunk that was on its way when reading was paused, and the
 * stream's end behind it.
 */
export class Backlog {
  readonly #chunks: Uint8Array[] = [];
  #end: "ended" | "lost" | undefined;
  /** What the transport said with its loss. */
  error: unknown = undefined;

  get empty(): boolean {
    return this.#chunks.length === 0 && this.#end === undefined;
  }

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
  }

  /** The end takes its turn behind the chunks. */
  addEnd(end: "ended" | "lost", error?: unknown): void {
    this.#end = end;
    this.error = error;
  }

  /** The next in order; undefined: empty. */
  take(): Uint8Array | "ended" | "lost" | undefined {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) return chunk;
    const end = this.#end;
    this.#end = undefined;
    return end;
  }
}
