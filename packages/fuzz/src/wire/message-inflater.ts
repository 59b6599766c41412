/** RFC 7692 §7.2.2: the state a receiver of compressed messages keeps from one message to the next. */
import { concatBytes, EMPTY } from "./bytes.ts";
import { inflate, type Inflated } from "./inflate.ts";

/** §7.2.2: these four bytes are removed by the sender and put back by the receiver. */
export const DEFLATE_TAIL: Uint8Array = Uint8Array.of(0x00, 0x00, 0xff, 0xff);

/** RFC 7692 §7.1: what was agreed on for this direction. */
export interface MessageInflaterOptions {
  readonly noContextTakeover: boolean;
  readonly windowBits: number;
}

export class MessageInflater {
  #history: Uint8Array = EMPTY;
  readonly #noContextTakeover: boolean;
  readonly #windowBits: number;

  constructor(options: MessageInflaterOptions) {
    this.#noContextTakeover = options.noContextTakeover;
    this.#windowBits = options.windowBits;
  }

  /** Inflates one whole message. */
  message(payload: Uint8Array, maxLength?: number): Inflated {
    const options = { history: this.#history, windowBits: this.#windowBits, maxLength };
    let result = inflate(concatBytes([payload, DEFLATE_TAIL]), options);
    if (result.problem !== undefined && result.final) {
      // §7.2.3.4: behind a last block with BFINAL comes 0x00, the rest of an empty block. A sender that leaves it out is understood.
      const bare = inflate(payload, options);
      if (bare.problem === undefined && bare.final) result = bare;
    }
    if (result.problem === undefined) {
      const whole = this.#noContextTakeover ? EMPTY : concatBytes([this.#history, result.output]);
      this.#history = whole.slice(Math.max(0, whole.length - 32768));
    }
    return result;
  }
}
