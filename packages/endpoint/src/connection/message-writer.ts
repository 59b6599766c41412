/** Messages sent piece by piece (§5.4), for payloads larger than memory, by a writer. From a source: send-stream.ts. */
import { EMPTY, Opcode } from "@ws/codec";
import { InvalidStateError } from "@ws/protocol";

import { requireBytes } from "./bytes.ts";
import type { Outgoing, SendState } from "./carrier.ts";
import { shown } from "./option-kinds.ts";

export interface SendOptions {
  /** Takes a copy of the bytes, so that they may be changed at once. Without it they must stay as they are until they are flushed. */
  readonly copy?: boolean | undefined;
}

/** A piece of a message: text, or bytes of any view. */
export type Piece = string | ArrayBufferView | ArrayBufferLike;

export function opcodeOf(type: "text" | "binary"): typeof Opcode.TEXT | typeof Opcode.BINARY {
  if (type !== "text" && type !== "binary") throw new TypeError(`the type of a message is "text" or "binary", not ${shown(type)}`);
  return type === "text" ? Opcode.TEXT : Opcode.BINARY;
}

/** One message being sent piece by piece. */
export interface MessageWriter {
  readonly type: "text" | "binary";
  /** Sends a piece, as a fragment of its own (§5.4): a string in a text message, bytes in a binary one. */
  write(chunk: Piece, options?: SendOptions): SendState;
  /** Ends the message, with a last piece if there is one. */
  end(chunk?: Piece, options?: SendOptions): SendState;
  /** As that of the connection, but what waits behind this message does not count. */
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
    return this.#sending.pieceReady;
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

export function textOrBytes(piece: unknown): string | Uint8Array {
  return typeof piece === "string" ? piece : requireBytes(piece);
}
