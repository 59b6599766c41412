/**
 * How long a program may keep its turn with a message before the connection looks at what comes behind it. A program that asks for the end, or
 * for the answer to its Ping, waits for just that, and is passed at once.
 */
import type { Delivery } from "./delivery.ts";

/** ms. Answers that take no longer leave before a Close behind the message is answered. */
const PATIENCE = 1000;

export class Patience {
  /** When to look whether the program is still behind; Infinity: it was not. */
  deadline: number = Infinity;
  readonly #delivery: Delivery;
  /** How many turns the program had finished at the last look. */
  #turnsSeen = 0;
  #isOver = false;

  constructor(delivery: Delivery) {
    this.#delivery = delivery;
  }

  /** Asked only while the program is behind. The time of a turn is not taken: one look in so long costs less than a clock for each message. */
  isOver(now: number): boolean {
    if (!this.#isOver && this.deadline === Infinity) {
      this.#turnsSeen = this.#delivery.turns;
      this.deadline = now + PATIENCE;
    }
    return this.#isOver;
  }

  /** The program is passed, or will be should it be behind. */
  get isUp(): boolean {
    return this.#isOver;
  }

  /** The program has caught up. */
  restore(): void {
    this.#isOver = false;
  }

  /** The program waits for what comes behind. Of a handler that has not returned yet it is not known whether it is behind: if not, {@link restore} comes with the next run. */
  end(): void {
    this.#isOver = true;
  }

  handleTimeout(now: number): void {
    if (now < this.deadline) return;
    const { turns, behind } = this.#delivery;
    if (behind && turns === this.#turnsSeen) this.#isOver = true;
    this.#turnsSeen = turns;
    this.deadline = behind && !this.#isOver ? now + PATIENCE : Infinity;
  }
}
