/**
 * Order on the sending side while a message is sent piece by piece. §5.4: the fragments of one message are not interleaved with those of
 * another, so whole messages, further streamed messages and Close wait in the order of their calls; control frames do not.
 */
import type { PreparedMessage } from "@ws/protocol";
import { contentOf, Queue } from "@ws/protocol/internal";

export type Message = string | Uint8Array | PreparedMessage;

export class StreamedMessages {
  /** Somebody has the turn to send a message piece by piece. */
  claimed = false;
  /** What waits counts towards `bufferedBytes`. */
  waitingBytes = 0;
  /** Close waits too: nothing further is accepted. */
  close: { readonly code: number | undefined; readonly reason: string | undefined } | undefined = undefined;
  /** Until when Close waits for the end of the message. */
  deadline: number = Infinity;
  /** Tells whoever has the turn that nothing more is accepted. */
  ended: (() => void) | undefined = undefined;
  /** Messages, and functions that give somebody the turn. */
  readonly #waiting = new Queue<Message | (() => void)>();

  wait(message: Message): void {
    this.#waiting.push(message);
    this.waitingBytes += sizeOf(message);
  }

  /** Resolves when it is the caller's turn. */
  waitForTurn(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The next in order. */
  take(): Message | (() => void) | undefined {
    const next = this.#waiting.shift();
    if (next !== undefined && typeof next !== "function") this.waitingBytes -= sizeOf(next);
    return next;
  }

  /**
   * Nothing is accepted any more: what waits is dropped, and whoever waits for a turn learns by sending.
   *
   * @returns whether messages were dropped that had been accepted
   */
  abandon(): boolean {
    const unsent = this.waitingBytes > 0;
    this.claimed = false;
    this.deadline = Infinity;
    for (let next = this.take(); next !== undefined; next = this.take()) {
      if (typeof next === "function") next();
    }
    const { ended } = this;
    this.ended = undefined;
    ended?.();
    return unsent;
  }
}

/** At least 1, so that an empty message counts. */
function sizeOf(message: Message): number {
  return 1 + (typeof message === "string" || message instanceof Uint8Array ? message.length : contentOf(message).payload.length);
}
