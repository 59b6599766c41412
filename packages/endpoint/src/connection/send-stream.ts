/**
 * A message from a source that gives it piece by piece (§5.4), as a promise that only rejects, may be ignored, and can be given up.
 *
 * The program's source may hang, throw, and belong to somebody else, as when it is another connection's message: nothing here waits for it alone, and it
 * is let go in every case.
 */
import { EMPTY } from "@ws/codec";

import type { AbortSignalLike } from "../ports/abort-signal.ts";
import type { Outgoing, SendState } from "./carrier.ts";
import { takeOptions, type KnownOptions } from "./check-options.ts";
import { ignorable } from "./ignorable.ts";
import { flag, oneOf, signal } from "./option-kinds.ts";
import { opcodeOf, type Piece, type SendOptions, textOrBytes } from "./message-writer.ts";
import { unlessAborted } from "./unless-aborted.ts";

export interface StreamOptions extends SendOptions {
  /** By default what the first chunk is: a string makes a text message. */
  readonly type?: "text" | "binary" | undefined;
  /** Gives up sending. Before the first piece nothing is sent; behind it the connection is closed with 1011, as the message cannot be ended (§5.4). */
  readonly signal?: AbortSignalLike | undefined;
}

export type Pieces = AsyncIterable<Piece> | Iterable<Piece>;

const known: KnownOptions<StreamOptions> = { copy: flag, type: /* @__PURE__ */ oneOf("text", "binary"), signal };

export function sendStream(sending: Outgoing, chunks: Pieces, options: StreamOptions | undefined): Promise<SendState> {
  return ignorable(() => send(sending, chunks, options));
}

/**
 * Waits for room before each piece, and neither for room nor for the source once the connection takes no more or the signal is aborted.
 */
async function send(sending: Outgoing, chunks: Pieces, given: StreamOptions | undefined): Promise<SendState> {
  const { source, options } = taken(sending, chunks, given);
  const { signal, copy } = options;
  if (signal?.aborted === true) {
    source.letGo();
    throw signal.reason;
  }
  // The turn is taken before anything is awaited, so that messages keep the order of the calls.
  const turn = sending.claimMessage();
  if (turn === "closing") {
    source.letGo();
    return "closing";
  }
  let { type } = options;
  let hasTurn = turn === undefined;
  let begun = false;
  try {
    await (turn === undefined ? undefined : unlessAborted(turn, signal));
    hasTurn = true;
    for (;;) {
      const next = await unlessAborted(sending.unlessEnded(source.next()), signal);
      if (next === "closing") return "closing";
      const ended = next.done === true;
      // What is no piece is noticed before a message is begun that it could not go on with.
      const piece = ended ? undefined : textOrBytes(next.value);
      type ??= typeof piece === "string" ? "text" : "binary";
      if (!begun && sending.beginMessage(opcodeOf(type)) === "closing") return "closing";
      begun = true;
      if (piece === undefined) return sending.sendChunk(type === "text" ? "" : EMPTY, true, false);
      if (sending.sendChunk(piece, false, copy === true) === "closing") return "closing";
      if ((await unlessAborted(sending.unlessEnded(sending.pieceReady), signal)) === "closing") return "closing";
    }
  } catch (error) {
    if (begun) sending.breakMessage(error);
    throw error;
  } finally {
    source.letGo();
    if (hasTurn) sending.releaseMessage();
    // Given up before it came: it goes to the next when it comes.
    else void turn!.then(() => sending.releaseMessage());
  }
}

interface SomeIterator {
  next(): PromiseLike<IteratorResult<Piece>> | IteratorResult<Piece>;
  return?(): unknown;
}

class Source {
  readonly #iterator: SomeIterator;
  #ended = false;

  constructor(iterator: SomeIterator) {
    this.#iterator = iterator;
  }

  async next(): Promise<IteratorResult<Piece>> {
    try {
      const next = await this.#iterator.next();
      this.#ended = next.done === true;
      return next;
    } catch (error) {
      // One that throws has ended.
      this.#ended = true;
      throw error;
    }
  }

  /** Nothing more is taken of it. Unless it has ended it is told, and not waited for: a source that hangs must not hang the caller too. */
  letGo(): void {
    if (this.#ended) return;
    try {
      Promise.resolve(this.#iterator.return?.()).then(
        () => undefined,
        () => undefined,
      );
    } catch {
      // It has nothing to do with the connection any more.
    }
  }
}

/** The mistake is the program's: it is told even if it ignores the promise. */
function taken(sending: Outgoing, chunks: Pieces, given: StreamOptions | undefined): { source: Source; options: StreamOptions } {
  try {
    const options = given === undefined ? {} : takeOptions(given, known);
    return { source: new Source(iterate(chunks)), options };
  } catch (error) {
    sending.report(error);
    throw error;
  }
}

function iterate(chunks: Pieces): SomeIterator {
  // Iterable too, though of numbers.
  if (ArrayBuffer.isView(chunks))
    throw new TypeError("sendStream takes an iterable of strings or bytes, not bytes: did you mean [bytes], or send(bytes)?");
  const source = chunks as Partial<AsyncIterable<Piece> & Iterable<Piece>> | null | undefined;
  const asynchronous = source?.[Symbol.asyncIterator];
  if (asynchronous !== undefined) return asynchronous.call(source);
  const synchronous = source?.[Symbol.iterator];
  if (synchronous === undefined) throw new TypeError("sendStream takes an iterable of strings or bytes");
  return synchronous.call(source);
}
