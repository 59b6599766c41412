/** Iterator style with the option `streaming`: messages of any length, piece by piece. */
import type { Incoming } from "./carrier.ts";
import type { Chunk } from "./received.ts";

/** A message that is arriving: iterate over its pieces, which are strings (cut between characters) or bytes by its type. */
export interface MessageReader extends AsyncIterableIterator<string | Uint8Array<ArrayBuffer>, undefined> {
  readonly type: "text" | "binary";
}

/** The messages of a connection, one after the other. */
export class IncomingMessages implements AsyncIterableIterator<MessageReader, undefined> {
  readonly #incoming: Incoming;
  #current: Pieces | undefined = undefined;

  constructor(incoming: Incoming) {
    this.#incoming = incoming;
  }

  async next(): Promise<IteratorResult<MessageReader, undefined>> {
    await this.#current?.skip();
    for (;;) {
      const result = await this.#incoming.next();
      if (result.done === true) return { done: true, value: undefined };
      const chunk = result.value as Chunk;
      // Pieces of a message whose beginning an earlier iteration took.
      if (!chunk.first) continue;
      this.#current = new Pieces(this.#incoming, chunk);
      return { done: false, value: this.#current };
    }
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#incoming.leave();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

class Pieces implements MessageReader {
  readonly type: "text" | "binary";
  readonly #incoming: Incoming;
  #first: Chunk | undefined;
  #ended: boolean;

  constructor(incoming: Incoming, first: Chunk) {
    this.type = typeof first.chunk === "string" ? "text" : "binary";
    this.#incoming = incoming;
    this.#first = first;
    this.#ended = first.last;
  }

  async next(): Promise<IteratorResult<string | Uint8Array<ArrayBuffer>, undefined>> {
    const first = this.#first;
    if (first !== undefined) {
      this.#first = undefined;
      return { done: false, value: first.chunk };
    }
    if (this.#ended) return { done: true, value: undefined };
    const result = await this.#incoming.next();
    if (result.done === true) {
      this.#ended = true;
      return { done: true, value: undefined };
    }
    const { chunk, last } = result.value as Chunk;
    this.#ended = last;
    return { done: false, value: chunk };
  }

  /** Drops what is left. */
  async skip(): Promise<void> {
    while (!(await this.next()).done);
  }

  /** Leaving the loop: what is left is dropped when the next message is asked for. */
  return(): Promise<IteratorReturnResult<undefined>> {
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
