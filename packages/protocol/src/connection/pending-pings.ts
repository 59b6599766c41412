/** Our Pings that have no answer yet (RFC 6455 §5.5.2, §5.5.3). */
export class PendingPings {
  #lastId = 0;
  #pings: { readonly id: number; readonly payload: Uint8Array }[] = [];

  get size(): number {
    return this.#pings.length;
  }

  /** The id of the next ping, above that of every earlier one. */
  get nextId(): number {
    return this.#lastId + 1;
  }

  /** Notes a ping as sent. */
  add(payload: Uint8Array): number {
    this.#pings.push({ id: ++this.#lastId, payload });
    return this.#lastId;
  }

  /**
   * A Pong answers the Ping with the same payload, and all before it: a peer may "elect to send a Pong frame for only the most
   * recently processed Ping frame". Of two with the same payload it answers the earlier.
   *
   * @returns the highest id answered; 0 for an unsolicited Pong
   */
  answer(payload: Uint8Array): number {
    const index = this.#pings.findIndex((ping) => equal(ping.payload, payload));
    if (index < 0) return 0;
    const { id } = this.#pings[index]!;
    this.#pings = this.#pings.slice(index + 1);
    return id;
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, index) => octet === b[index]);
}
