/**
 * What a {@link Connection} stands on, and all that it knows of it: something that carries messages both ways, keeps their order, says how full it
 * is, and ends once. The driver (an engine on a byte transport) is one; a host's own WebSocket may be another.
 */
import type { Opcode } from "@ws/codec";
import type { PreparedMessage } from "@ws/protocol";

import type { Closed } from "./closed.ts";
import type { Received } from "./received.ts";

/** What `send` answers. */
export type SendState = "ready" | "full" | "closing";

export interface Carrier {
  readonly state: "open" | "closing" | "closed";
  readonly remoteAddress: string | undefined;
  /** Messages arrive in pieces. */
  readonly streaming: boolean;
  /** Iterator style: where the program takes what has arrived. Undefined with handlers. */
  readonly incoming: Incoming | undefined;
  readonly sending: Outgoing;
  /** Resolves when the connection is over. Never rejects. */
  readonly outcome: Promise<Closed>;
  close(code?: number, reason?: string): void;
  abort(reason: unknown): void;
}

/** Iterator style. */
export interface Incoming {
  /** The next message or piece; asking for it says that the program is done with the one before. */
  next(): Promise<IteratorResult<Received, undefined>>;
  /** The program has left the loop: it is done with the message that it took. */
  leave(): void;
}

export interface Outgoing {
  /** Accepted for sending and not yet taken by the transport. After the end: what never left. */
  readonly bufferedBytes: number;
  /** Resolves below the high-water mark, and at the end. */
  readonly ready: Promise<void>;
  send(message: string | Uint8Array | PreparedMessage, copy: boolean): SendState;
  /** Writes now instead of at the end of the turn. */
  flush(): void;
  ping(payload: Uint8Array | undefined): Promise<number>;
  /** A slip of the program's, for `onError`. */
  report(error: unknown): void;

  // ---- a message in pieces (§5.4) ----

  /** Somebody has the turn to send a message piece by piece. */
  readonly messageClaimed: boolean;
  /**
   * Takes the turn, to be given back by `releaseMessage`. Whole messages, further streamed ones and Close wait behind it.
   *
   * @returns a promise when others come first; "closing" when nothing is accepted any more
   */
  claimMessage(): Promise<void> | undefined | "closing";
  /** As `ready`, for whoever has the turn: what waits behind the message does not count. */
  readonly pieceReady: Promise<void>;
  beginMessage(opcode: typeof Opcode.TEXT | typeof Opcode.BINARY): SendState;
  sendChunk(chunk: string | Uint8Array, last: boolean, copy: boolean): SendState;
  /** The message has ended, or was never begun. */
  releaseMessage(): void;
  /** The message was begun and cannot be completed: the connection fails, since §5.4 has no way to give a message up. */
  breakMessage(cause: unknown): void;
  /** What `wait` settles with, or "closing" as soon as no further piece will be accepted. For whoever has the turn. */
  unlessEnded<Value>(wait: PromiseLike<Value>): Promise<Value | "closing">;
}
