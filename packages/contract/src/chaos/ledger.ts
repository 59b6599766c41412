/**
 * The model of one direction of one connection: what was accepted for sending, and what has arrived of it. What arrives has to be what was accepted, in that
 * order, each message once, and every byte of it.
 */
import { type Content, difference, isSame, partOf } from "./payload.ts";
import type { MessageKind } from "./script.ts";

export interface Entry {
  readonly content: Content;
  readonly kind: MessageKind;
  /** Characters, of which wide ones have three bytes. A message that is being written grows. */
  size: number;
  /**
   * - whole: accepted. It arrives, unless the connection ends too early.
   * - open: it is being written, and has no end yet.
   * - doubtful: it may never be begun; if it is not, those behind it arrive all the same.
   * - withdrawn: not accepted. It must not arrive.
   */
  state: "whole" | "open" | "doubtful" | "withdrawn";
}

/** What one end has sent. */
export class Outbox {
  readonly entries: Entry[] = [];
  readonly tag: number;
  readonly direction: number;

  constructor(tag: number, direction: number) {
    this.tag = tag;
    this.direction = direction;
  }

  add(kind: MessageKind, size: number, state: Entry["state"], content?: Content): Entry {
    const own = { tag: this.tag, direction: this.direction, number: this.entries.length };
    const entry = { content: content ?? own, kind, size, state };
    this.entries.push(entry);
    return entry;
  }
}

/** What the other end has been given of it. */
export class Arrivals {
  /** Messages that arrived whole. */
  count = 0;
  readonly #from: Outbox;
  readonly #fault: (kind: string, detail: string) => void;
  #next = 0;
  /** A message that arrives in pieces. */
  #current: { entry: Entry | undefined; length: number } | undefined;
  #failed = false;

  constructor(from: Outbox, fault: (kind: string, detail: string) => void) {
    this.#from = from;
    this.#fault = fault;
  }

  /** Content of the message that `whole` took last. */
  last: Entry | undefined = undefined;

  whole(message: string | Uint8Array): void {
    this.last = undefined;
    if (this.#failed) return;
    let expected: string | Uint8Array | undefined;
    for (let entry = this.#following(); entry !== undefined; entry = this.#following()) {
      if (entry.state === "withdrawn") continue;
      expected = partOf(entry.content, entry.kind, 0, entry.size);
      if (isSame(message, expected)) {
        this.count++;
        this.last = entry;
        return;
      }
      if (entry.state !== "doubtful") break;
    }
    this.#wrong(
      expected === undefined
        ? `a message that nobody sent: ${difference(message, typeof message === "string" ? "" : new Uint8Array(0))}`
        : `message ${this.#next - 1}: ${difference(message, expected)}`,
    );
  }

  piece(piece: string | Uint8Array, first: boolean, last: boolean): void {
    if (this.#failed) return;
    if (first !== (this.#current === undefined)) return this.#wrong(first ? "a message begins within another" : "a piece of no message");
    if (first) this.#current = { entry: undefined, length: 0 };
    const current = this.#current!;
    if (piece.length > 0) {
      current.entry ??= this.#beginningWith(piece);
      const { entry, length } = current;
      if (entry === undefined) return this.#wrong("a piece of a message that nobody sent");
      const expected = partOf(entry.content, entry.kind, length, length + piece.length);
      if (!isSame(piece, expected))
        return this.#wrong(`message ${this.#next - 1}, from place ${length} on: ${difference(piece, expected)}`);
      current.length += piece.length;
    }
    if (last) this.#ended(current);
  }

  #ended({ entry, length }: { entry: Entry | undefined; length: number }): void {
    this.#current = undefined;
    const whole = entry ?? this.#beginningWith("");
    if (whole === undefined) return this.#wrong("an empty message that nobody sent");
    if (whole.size !== length) return this.#wrong(`message ${this.#next - 1}: ${length} instead of ${whole.size} characters`);
    this.count++;
  }

  /** The entry that a first piece is of. */
  #beginningWith(piece: string | Uint8Array): Entry | undefined {
    for (let entry = this.#following(); entry !== undefined; entry = this.#following()) {
      if (entry.state === "withdrawn") continue;
      if (entry.state !== "doubtful") return entry;
      // Whatever may not have been begun has something in it: nothing at all is of one behind it.
      if (piece.length > 0 && isSame(piece, partOf(entry.content, entry.kind, 0, piece.length))) return entry;
    }
    return undefined;
  }

  #following(): Entry | undefined {
    const entry = this.#from.entries[this.#next];
    if (entry !== undefined) this.#next++;
    return entry;
  }

  #wrong(detail: string): void {
    this.#failed = true;
    this.#fault("wrong message", detail);
  }

  /** A message has begun, and what it was sent with has not all arrived. Of one that is empty no piece tells which it is: it is the next. */
  get isShort(): boolean {
    const { entry = this.#upcoming, length = 0 } = this.#current ?? {};
    return entry === undefined || entry.state === "open" || length !== entry.size;
  }

  get #upcoming(): Entry | undefined {
    return this.#from.entries.slice(this.#next).find(({ state }) => state !== "withdrawn");
  }

  /** Accepted, and not arrived. */
  get missing(): Entry[] {
    return this.#failed ? [] : this.#from.entries.slice(this.#next).filter(({ state }) => state === "whole");
  }
}
