import { firstByte, Opcode } from "@ws/codec";

import type { Output } from "./output.ts";

const PING_FRAME = /* @__PURE__ */ firstByte(Opcode.PING);
const PONG_FRAME = /* @__PURE__ */ firstByte(Opcode.PONG);

/** Pings and Pongs in both directions (RFC 6455 §5.5.2, §5.5.3), as many as `maxPendingPings` says. */
export class Pings {
  readonly #output: Output;
  readonly #most: number;
  #lastId = 0;
  /** Ours, without an answer yet. */
  #pending: { readonly id: number; readonly payload: Uint8Array }[] = [];
  /** Pongs in the output. */
  #pongs = 0;
  /** The answer to the latest ping, when the output holds too many. */
  #heldPong: Uint8Array | undefined = undefined;

  constructor(output: Output, most: number) {
    this.#output = output;
    this.#most = most;
  }

  /** @returns the id, above that of every earlier one; 0: not sent, too many are unanswered */
  send(payload: Uint8Array | undefined): number {
    if (this.#pending.length >= this.#most) return 0;
    const id = ++this.#lastId;
    const content = payload?.slice() ?? Uint8Array.of(id >>> 24, id >>> 16, id >>> 8, id);
    this.#output.writeBytes(PING_FRAME, content, true);
    this.#pending.push({ id, payload: content });
    return id;
  }

  /** An unsolicited Pong. */
  sendPong(payload: Uint8Array): void {
    this.#output.writeBytes(PONG_FRAME, payload, true);
  }

  /**
   * A Pong answers the Ping with the same payload, and all before it: a peer may "elect to send a Pong frame for only the most
   * recently processed Ping frame". Of two with the same payload it answers the earlier.
   *
   * @returns the highest id answered; 0 for an unsolicited Pong
   */
  answeredBy(payload: Uint8Array): number {
    const index = this.#pending.findIndex((ping) => equal(ping.payload, payload));
    if (index < 0) return 0;
    const { id } = this.#pending[index]!;
    this.#pending = this.#pending.slice(index + 1);
    return id;
  }

  /** §5.5.2: a Ping is answered "as soon as is practical". */
  answer(payload: Uint8Array): void {
    if (this.#pongs < this.#most) {
      this.#pongs++;
      this.sendPong(payload);
    } else {
      // §5.5.3: "only the most recently processed Ping" needs an answer when there are many.
      this.#heldPong = payload.slice();
    }
  }

  /** The output is about to be taken. */
  release(): void {
    this.flush();
    this.#pongs = 0;
  }

  /** What is held goes to the output: nothing follows a Close frame. */
  flush(): void {
    if (this.#heldPong === undefined) return;
    this.sendPong(this.#heldPong);
    this.#heldPong = undefined;
  }

  discard(): void {
    this.#heldPong = undefined;
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, index) => octet === b[index]);
}
