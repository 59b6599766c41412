/** Messages sent piece by piece (§5.4), for payloads larger than memory: by a writer, or from a source. */
import { EMPTY, Opcode } from "@ws/codec";
import { InvalidStateError } from "@ws/protocol";

import { requireBytes } from "./bytes.ts";
import type { Outgoing, SendState } from "./carrier.ts";

export interface SendOptions {
  /** Takes a copy of the bytes, so that they may be changed at once. Without it they must stay as they are until they are flushed. */
  readonly copy?: boolean | undefined;
}

export interface StreamOptions extends SendOptions {
  /** By default what the first chunk is: a string makes a text message. */
  readonly type?: "text" | "binary" | undefined;
}

/** A piece of a message: text, or bytes of any view. */
export type Piece = string | ArrayBufferView | ArrayBufferLike;
export type Pieces = AsyncIterable<Piece> | Iterable<Piece>;

export function opcodeOf(type: "text" | "binary"): typeof Opcode.TEXT | typeof Opcode.BINARY {
  return type === "text" ? Opcode.TEXT : Opcode.BINARY;
}

/** One message being sent piece by piece. */
export interface MessageWriter {
  readonly type: "text" | "binary";
  /** Sends a piece, as a fragment of its own (§5.4): a string in a text message, bytes in a binary one. */
  write(chunk: Piece, options?: SendOptions): SendState;
  /** Ends the message, with a last piece if there is one. */
  end(chunk?: Piece, options?: SendOptions): SendState;
  /** As that of the connection. */
  readonly ready: Promise<void>;
}

export class PieceWriter implements MessageWriter {
  readonly type: "text" | "binary";
  readonly #sending: Outgoing;
  #ended = false;

  constructor(sending: Outgoing, type: "text" | "binary") {
    this.#sending = sending;
    this.type = type;
  }

  write(chunk: Piece, options?: SendOptions): SendState {
    return this.#send(chunk, false, options);
  }

  end(chunk: Piece = this.type === "text" ? "" : EMPTY, options?: SendOptions): SendState {
    return this.#send(chunk, true, options);
  }

  get ready(): Promise<void> {
    return this.#sending.ready;
  }

  #send(chunk: Piece, last: boolean, options: SendOptions | undefined): SendState {
    if (this.#ended) throw new InvalidStateError("the message has ended");
    const state = this.#sending.sendChunk(textOrBytes(chunk), last, options?.copy === true);
    if (last || state === "closing") {
      this.#ended = true;
      this.#sending.releaseMessage();
    }
    return state;
  }
}

/**
 * Sends what `chunks` gives as one message. Waits for room before each piece, and neither for room nor for the source once the connection takes no
 * more: the source is let go then.
 */
export async function sendStream(sending: Outgoing, chunks: Pieces, options: StreamOptions | undefined): Promise<SendState> {
  const source = iterate(chunks);
  // The turn is taken before anything is awaited, so that messages keep the order of the calls.
  const turn = sending.claimMessage();
  if (turn === "closing") {
    letGo(source);
    return "closing";
  }
  const copy = options?.copy === true;
  let type = options?.type;
  let begun = false;
  let ended = false;
  try {
    await turn;
    for (;;) {
      // A source that throws has ended.
      ended = true;
      const next = await sending.unlessEnded(Promise.resolve(source.next()));
      ended = next !== "closing" && next.done === true;
      if (next === "closing") return "closing";
      type ??= !ended && typeof next.value === "string" ? "text" : "binary";
      if (!begun && sending.beginMessage(opcodeOf(type)) === "closing") return "closing";
      begun = true;
      if (ended) return sending.sendChunk(type === "text" ? "" : EMPTY, true, false);
      if (sending.sendChunk(textOrBytes(next.value), false, copy) === "closing") return "closing";
      if ((await sending.unlessEnded(sending.ready)) === "closing") return "closing";
    }
  } catch (error) {
    if (begun) sending.breakMessage(error);
    throw error;
  } finally {
    if (!ended) letGo(source);
    sending.releaseMessage();
  }
}

type Source = { next(): unknown; return?(): unknown };

function iterate(chunks: Pieces): {
  next(): PromiseLike<IteratorResult<Piece>> | IteratorResult<Piece>;
  return?(): unknown;
} {
  const source = chunks as Partial<AsyncIterable<Piece> & Iterable<Piece>> | null | undefined;
  const asynchronous = source?.[Symbol.asyncIterator];
  if (asynchronous !== undefined) return asynchronous.call(source);
  const synchronous = source?.[Symbol.iterator];
  if (synchronous === undefined) throw new TypeError("sendStream takes an iterable of strings or bytes");
  return synchronous.call(source);
}

/** Nothing more is taken of it. It is told, and not waited for: a source that hangs must not hang the caller too. */
function letGo(source: Source): void {
  try {
    Promise.resolve(source.return?.()).then(undefined, () => undefined);
  } catch {
    // It has nothing to do with the connection any more.
  }
}

function textOrBytes(piece: unknown): string | Uint8Array {
  return typeof piece === "string" ? piece : requireBytes(piece);
}
