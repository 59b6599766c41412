/**
 * Iterator style: what has been received and not yet taken by the program, and who waits for it.
 */

/** What each message counts for besides its own length, so that endless empty ones are not free. */
const MESSAGE_OVERHEAD = 64;

/** A first-in first-out queue in an array that is compacted as it goes: adding and taking cost O(1) on average. */
class Queue<Item> {
  #items: (Item | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  /** Only when `size` is above 0. */
  shift(): Item {
    const item = this.#items[this.#head] as Item;
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length) {
      this.#items.length = this.#head = 0;
    } else if (this.#head >= 1024 && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}

interface Waiter<Item> {
  readonly resolve: (result: IteratorResult<Item, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

const DONE: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });

/** Whose inbox it is. */
interface InboxOwner<Item> {
  /** Bytes that an item holds. */
  inboxSize(item: Item): number;
  /** An item that waited has been taken. */
  inboxTaken(): void;
}

/** Messages, or pieces of messages, in order. */
export class Inbox<Item> {
  /** Bytes waiting, as an estimate of the memory they hold. */
  bytes = 0;
  readonly #owner: InboxOwner<Item>;
  readonly #items = new Queue<Item>();
  readonly #waiters = new Queue<Waiter<Item>>();
  #ended = false;
  #error: Error | undefined;

  constructor(owner: InboxOwner<Item>) {
    this.#owner = owner;
  }

  push(item: Item): void {
    if (this.#waiters.size > 0) {
      this.#waiters.shift().resolve({ done: false, value: item });
      return;
    }
    this.#items.push(item);
    this.bytes += this.#owner.inboxSize(item) + MESSAGE_OVERHEAD;
  }

  /** Nothing follows. What waits can still be taken; then the end comes, or `error` once. */
  end(error: Error | undefined): void {
    this.#ended = true;
    while (this.#waiters.size > 0) {
      const waiter = this.#waiters.shift();
      // One reader learns of the error, as with any iteration; for those that wait behind it the iteration is over.
      if (error === undefined) waiter.resolve(DONE);
      else waiter.reject(error);
      error = undefined;
    }
    this.#error = error;
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    if (this.#items.size > 0) {
      const item = this.#items.shift();
      this.bytes -= this.#owner.inboxSize(item) + MESSAGE_OVERHEAD;
      this.#owner.inboxTaken();
      return Promise.resolve({ done: false, value: item });
    }
    if (!this.#ended) return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
    const error = this.#error;
    if (error === undefined) return Promise.resolve(DONE);
    this.#error = undefined;
    return Promise.reject(error);
  }
}
