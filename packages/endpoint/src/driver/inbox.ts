/** Iterator style: what has arrived and not been taken by the program, and who waits for it. */
import { Queue } from "@ws/protocol/internal";

import type { Incoming } from "../connection/carrier.ts";
import type { Closed } from "../connection/closed.ts";
import type { Connection } from "../connection/connection.ts";
import type { Received } from "../connection/received.ts";
import { type Delivery, type DeliveryOwner, sizeOf } from "./delivery.ts";
import { FAILED, type Program } from "./program.ts";

type Result = IteratorResult<Received, undefined>;

interface Waiter {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

const DONE: IteratorReturnResult<undefined> = /* @__PURE__ */ Object.freeze({ done: true, value: undefined });

export class Inbox implements Delivery, Incoming {
  backlogBytes = 0;
  turns = 0;
  done = false;
  readonly deadline: number = Infinity;
  readonly #owner: DeliveryOwner;
  readonly #program: Program;
  readonly #items = new Queue<Received>();
  readonly #waiters = new Queue<Waiter>();
  /** The program has taken a message and not asked for another: this is its turn. */
  #taken = false;
  #ended = false;
  #error: Error | undefined = undefined;
  /** What iteration throws at the end, and thereby the function too. */
  #outcome: Error | undefined = undefined;

  constructor(owner: DeliveryOwner, program: Program) {
    this.#owner = owner;
    this.#program = program;
  }

  get behind(): boolean {
    return this.#waiters.length === 0 && (this.#taken || this.backlogBytes > 0);
  }

  message(message: string | Uint8Array<ArrayBuffer>): void {
    this.#push(message);
  }

  chunk(chunk: string | Uint8Array<ArrayBuffer>, first: boolean, last: boolean): void {
    this.#push({ chunk, first, last });
  }

  #push(item: Received): void {
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) {
      this.#taken = true;
      waiter.resolve({ done: false, value: item });
      return;
    }
    this.#items.push(item);
    this.backlogBytes += sizeOf(item);
  }

  /** Nothing follows. What waits can still be taken; then the end comes, or `error` once. */
  closed({ error }: Closed): void {
    this.#ended = true;
    this.#error = this.#outcome = error;
    for (let waiter = this.#waiters.shift(); waiter !== undefined; waiter = this.#waiters.shift()) {
      // One reader learns of the error, as with any iteration; for those that wait behind it the iteration is over.
      if (this.#error === undefined) waiter.resolve(DONE);
      else waiter.reject(this.#error);
      this.#error = undefined;
    }
    this.done = true;
    this.#owner.delivered();
  }

  next(): Promise<Result> {
    this.turns++;
    const item = this.#items.shift();
    if (item !== undefined) {
      this.#taken = true;
      this.backlogBytes -= sizeOf(item);
      // What is behind it is looked at when the program has had its turn with this one; only a backlog is refilled.
      return Promise.resolve({ done: false, value: item });
    }
    if (!this.#ended) {
      this.#taken = false;
      const result = new Promise<Result>((resolve, reject) => this.#waiters.push({ resolve, reject }));
      this.#owner.turnTaken();
      return result;
    }
    const error = this.#error;
    if (error === undefined) return Promise.resolve(DONE);
    this.#error = undefined;
    return Promise.reject(error);
  }

  leave(): void {
    this.turns++;
    this.#taken = false;
    this.#owner.turnTaken();
  }

  handleTimeout(): void {
    // The end waits for nobody: who iterates learns of it in order.
  }
  /** Function style: closed with 1000 when the function returns while the connection is open, with 1011 when it throws. */
  open(run: ((connection: Connection<unknown>) => unknown) | undefined): void {
    if (run === undefined) return;
    const called = this.#program.run(run, this.#owner.connection, (error) => error !== undefined && error === this.#outcome);
    const returned = (result: unknown): void => (result === FAILED ? this.#owner.programFailed() : this.#owner.functionReturned());
    if (typeof called === "object") void called.then(returned);
    else returned(called);
  }
  drain(): void {
    // Told by `ready`.
  }
  closing(): void {
    // Told by `state`, and at the end.
  }
  discard(): void {
    // What has arrived before our Close can be taken; nothing is added.
  }
}
