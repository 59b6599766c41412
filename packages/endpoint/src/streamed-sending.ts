/**
 * Order on the sending side while a message is sent piece by piece. §5.4: the fragments of one message are not interleaved with those of
 * another, so whole messages, further streamed messages and Close wait until its last fragment; control frames do not.
 */
import type { PreparedMessage } from "@ws/protocol";

type Sendable = string | Uint8Array | PreparedMessage;

export class StreamedSending {
  /** A streamed message has begun and not ended. */
  open = false;
  /** What waits counts towards `bufferedBytes`. */
  waitingBytes = 0;
  /** Close waits too: no message is accepted any more. */
  close: { readonly code: number | undefined; readonly reason: string | undefined } | undefined = undefined;
  #waiting: Sendable[] = [];
  readonly #turns: (() => void)[] = [];

  wait(message: Sendable): void {
    this.#waiting.push(message);
    this.waitingBytes += typeof message === "string" ? message.length : message instanceof Uint8Array ? message.length : message.payload.length;
  }

  /** The messages that waited, in order. */
  takeWaiting(): Sendable[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.waitingBytes = 0;
    return waiting;
  }

  /** Resolves when the open message has ended and it is the caller's turn to begin one. */
  turn(): Promise<void> {
    return new Promise((resolve) => this.#turns.push(resolve));
  }

  nextTurn(): void {
    this.#turns.shift()?.();
  }

  /** No message follows: what waits is dropped, and whoever waits for a turn learns it by sending. */
  abandon(): void {
    this.open = false;
    this.takeWaiting();
    for (const turn of this.#turns.splice(0)) turn();
  }
}
