/**
 * Handler style. Calls come in order: `open`, messages, `closing`, `close`; `drain` in between.
 *
 * A handler's promise is awaited before the next message is given. `closing` and `close` wait for what was received before them, and for promises
 * that are pending, the latter not longer than `closeTimeout`: a handler that never settles cannot keep the program from learning of the end.
 */
import { Queue } from "@ws/protocol/internal";

import type { Closed } from "../connection/closed.ts";
import type { Chunk, Received } from "../connection/received.ts";
import { type Delivery, type DeliveryOwner, sizeOf } from "./delivery.ts";
import { type Called, FAILED, type Program } from "./program.ts";

export class HandlerDelivery implements Delivery {
  backlogBytes = 0;
  turns = 0;
  done = false;
  deadline: number = Infinity;
  readonly #owner: DeliveryOwner;
  readonly #program: Program;
  readonly #patience: number;
  /** Promises of handlers that are pending. */
  #pending = 0;
  #backlog: Queue<Received> | undefined = undefined;
  #discarding = false;
  /** `closing` is called once. */
  #closing: "unseen" | "due" | "called" = "unseen";
  #closed: Closed | undefined = undefined;

  /** @param patience how long the end waits for pending promises, ms */
  constructor(owner: DeliveryOwner, program: Program, patience: number) {
    this.#owner = owner;
    this.#program = program;
    this.#patience = patience;
  }

  get behind(): boolean {
    return this.#pending > 0 || this.backlogBytes > 0;
  }

  open(): void {
    if (this.#program.handlers!.open !== undefined) this.#await(this.#program.event("open", this.#owner.connection));
  }

  message(message: string | Uint8Array<ArrayBuffer>): void {
    if (this.behind) this.#wait(message);
    else if (this.#program.handlers!.message !== undefined) {
      const called = this.#program.message(this.#owner.connection, message);
      if (called !== undefined) this.#await(called);
    }
  }

  chunk(chunk: string | Uint8Array<ArrayBuffer>, first: boolean, last: boolean): void {
    if (this.behind) this.#wait({ chunk, first, last });
    else {
      const called = this.#program.chunk(this.#owner.connection, chunk, first, last);
      if (called !== undefined) this.#await(called);
    }
  }

  drain(): void {
    if (this.#program.handlers!.drain !== undefined) this.#await(this.#program.event("drain", this.#owner.connection));
  }

  closing(now: number): void {
    if (this.#closing !== "unseen" || this.#program.handlers!.closing === undefined) return;
    this.#closing = "due";
    this.#callEnd(now);
  }

  closed(outcome: Closed, now: number): void {
    this.#closed = outcome;
    this.#callEnd(now);
  }

  discard(): void {
    this.#discarding = true;
    this.#backlog = undefined;
    this.backlogBytes = 0;
  }

  handleTimeout(now: number): void {
    if (now >= this.deadline) this.#callEnd(now, true);
  }

  #wait(item: Received): void {
    // A view that is lent ends with this turn.
    const kept = item instanceof Uint8Array ? item.slice() : item;
    (this.#backlog ??= new Queue()).push(kept);
    this.backlogBytes += sizeOf(kept);
  }

  #await(called: Called): void {
    if (called === undefined) return;
    if (called === FAILED) {
      this.#owner.programFailed();
      return;
    }
    this.#pending++;
    void called.then((result) => {
      this.#pending--;
      if (result === FAILED) this.#owner.programFailed();
      this.#turnTaken();
    });
  }

  /** What waits is given in order, as far as the handlers' promises allow. */
  #turnTaken(): void {
    if (this.#pending > 0) return;
    this.turns++;
    while (this.#pending === 0) {
      const item = this.#backlog?.shift();
      if (item === undefined) break;
      this.backlogBytes -= sizeOf(item);
      this.#give(item);
    }
    if (this.#pending === 0 && (this.#closing === "due" || this.#closed !== undefined)) this.#callEnd(this.#owner.now);
    this.#owner.turnTaken();
  }

  #give(item: Received): void {
    const { connection } = this.#owner;
    if (typeof item === "string" || item instanceof Uint8Array) {
      if (this.#program.handlers!.message !== undefined) this.#await(this.#program.message(connection, item));
    } else {
      const { chunk, first, last } = item satisfies Chunk;
      this.#await(this.#program.chunk(connection, chunk, first, last));
    }
  }

  /** Calls of the end that have their turn. `impatient`: although promises are pending. */
  #callEnd(now: number, impatient = this.#discarding): void {
    if (this.backlogBytes > 0) return;
    if (this.#pending > 0 && !impatient) {
      if (this.deadline === Infinity) this.deadline = now + this.#patience;
      return;
    }
    this.deadline = Infinity;
    if (this.#closing === "due") {
      this.#closing = "called";
      this.#await(this.#program.event("closing", this.#owner.connection));
    }
    const closed = this.#closed;
    if (closed === undefined) return;
    if (this.#pending > 0 && !impatient) {
      this.deadline = now + this.#patience;
      return;
    }
    this.#closed = undefined;
    const called = this.#program.close(this.#owner.connection, closed);
    if (called === undefined || called === FAILED) this.#finish();
    else void called.then(() => this.#finish());
  }

  #finish(): void {
    this.done = true;
    this.#owner.delivered();
  }
}
