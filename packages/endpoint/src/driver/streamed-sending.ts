/**
 * Order on the sending side while a message is sent piece by piece. §5.4: the fragments of one message are not interleaved with those of
 * another, so whole messages, further streamed messages and Close wait in the order of their calls; control frames do not.
 */
import type { PreparedMessage } from "@ws/protocol";

type Sendable = string | Uint8Array | PreparedMessage;

export class StreamedSending {
  /** Somebody has the turn to send a message piece by piece. */
  claimed = false;
  /** What waits counts towards `bufferedBytes`. */
  waitingBytes = 0;
  /** Close waits too: nothing further is accepted. */
  close: { readonly code: number | undefined; readonly reason: string | undefined } | undefined = undefined;
  /** Messages, and functions that give somebody the turn. */
  #waiting: (Sendable | (() => void))[] = [];

  wait(message: Sendable): void {
    this.#waiting.push(message);
    this.waitingBytes += sizeOf(message);
  }

  /** Resolves when it is the caller's turn. */
  waitForTurn(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The next in order. */
  take(): Sendable | (() => void) | undefined {
    const next = this.#waiting.shift();
    if (next !== undefined && typeof next !== "function") this.waitingBytes -= sizeOf(next);
    return next;
  }

  /** No message follows: those that wait are dropped, and whoever waits for a turn learns by sending. */
  abandon(): void {
    this.claimed = false;
    for (let next = this.take(); next !== undefined; next = this.take()) {
      if (typeof next === "function") next();
    }
  }
}

function sizeOf(message: Sendable): number {
  return typeof message === "string" || message instanceof Uint8Array ? message.length : message.payload.length;
}
