import { MessageDecoder, MessageEvent } from "@ws/codec";

import type { MessageTransform } from "../extension/transform.ts";
import type { DecodingOptions } from "./engine-options.ts";
import { Queue } from "../queue.ts";
import { TransformedMessages } from "./transformed-messages.ts";

/** What was received and has not been shown: the decoder with its chunk, and the chunks behind that one, in order. */
export class IncomingMessages {
  readonly decoder: MessageDecoder | TransformedMessages;
  /** The decoder when there is a transform. */
  readonly transformed: TransformedMessages | undefined;
  /** The decoder has a chunk that is not used up. */
  isReading = false;
  /** Of the chunks behind it. */
  unreadBytes = 0;
  #unread: Queue<Uint8Array> | undefined = undefined;

  constructor(options: DecodingOptions, transform: MessageTransform | undefined, nextWorkId: () => number) {
    this.transformed = transform && new TransformedMessages(options, transform, nextWorkId);
    this.decoder = this.transformed ?? new MessageDecoder(options);
  }

  /** Everything has been shown, save what is in the present chunk. */
  get isIdle(): boolean {
    return this.transformed?.idle !== false;
  }

  receive(chunk: Uint8Array): void {
    if (this.isReading) {
      this.#unread ??= new Queue();
      this.#unread.push(chunk);
      this.unreadBytes += chunk.length;
    } else {
      this.isReading = true;
      this.decoder.receive(chunk);
    }
  }

  /** Copies what is held, so that its arrays may be reused. What the last event showed is over. */
  retain(): void {
    if (this.isReading) this.decoder.retain();
    const unread = this.#unread;
    if (unread === undefined) return;
    for (let { length } = unread; length > 0; length--) unread.push(unread.shift()!.slice());
  }

  /** The next event of the decoder, over all chunks. NONE: there is nothing more, or the result of `work` is missing. */
  poll(): MessageEvent {
    for (;;) {
      const event = this.decoder.poll();
      if (event !== MessageEvent.NONE || !this.#nextChunk()) return event;
    }
  }

  discard(): void {
    this.transformed?.discard();
    this.#unread = undefined;
    this.unreadBytes = 0;
    this.isReading = false;
  }

  /** False: there is none, or the decoder is held back. */
  #nextChunk(): boolean {
    if (this.transformed?.drained === false) return false;
    const chunk = this.#unread?.shift();
    this.isReading = chunk !== undefined;
    if (chunk === undefined) return false;
    this.unreadBytes -= chunk.length;
    this.decoder.receive(chunk);
    return true;
  }
}
