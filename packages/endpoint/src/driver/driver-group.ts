/**
 * What all connections of one process share: the clock, one timer for all their deadlines, randomness, one send arena, and one
 * microtask a turn in which everything they sent leaves.
 */
import type { Mask, Utf8 } from "@ws/codec";
import { type ConnectionEngine, SendArena } from "@ws/protocol";

import type { Deflate } from "../connection/settings.ts";
import type { Clock } from "../ports/clock.ts";
import { Deadlines } from "./deadlines.ts";

/** What a host brings. */
export interface HostOptions {
  readonly clock: Clock;
  /** Fills `bytes` with cryptographically strong randomness (`crypto.getRandomValues`). Clients need it (§5.3); servers do not. */
  readonly fillRandom?: ((bytes: Uint8Array<ArrayBuffer>) => unknown) | undefined;
  /** A faster UTF-8 than the codec's own. */
  readonly utf8?: Utf8 | undefined;
  /** A faster masking, for what transports read. */
  readonly mask?: Mask | undefined;
  /** A faster SHA-1 than the protocol's own. */
  readonly sha1?: ((bytes: Uint8Array) => Uint8Array) | undefined;
  /** The extension for the option `compress`, such as `permessageDeflate` of @ws/endpoint/zlib or @ws/protocol/pako. Without it `compress` is a TypeError. */
  readonly deflate?: Deflate | undefined;
  /** Where errors of handlers go when there is no `onError` (`console.error`). */
  readonly printError: (error: unknown) => void;
  /** For tests: overwrites a borrowed message when its handler has returned, so that a view kept too long is noticed. */
  readonly poisonBorrowed?: boolean | undefined;
}

/** Someone with something to do at the end of the turn. */
interface Turn {
  endTurn(): void;
}

/** Someone who goes on in the next turn of the loop. */
export interface NextTurn {
  nextTurn(): void;
}

const POISON = 0xdd;

/** Masking keys are taken from a pool of this many, refilled at once: one call of the host's random source costs µs. */
const KEY_POOL_SIZE = 1024;

export class DriverGroup {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly arena: SendArena = new SendArena();
  readonly utf8: Utf8 | undefined;
  readonly mask: Mask | undefined;
  readonly sha1: ((bytes: Uint8Array) => Uint8Array) | undefined;
  readonly deflate: Deflate | undefined;
  readonly printError: (error: unknown) => void;
  readonly poisonBorrowed: boolean;
  /** §5.3: a fresh, unpredictable masking key. Undefined when the host gave no randomness. */
  readonly randomUint32: (() => number) | undefined;
  /** A transport's read buffer, while views into it are lent to handlers: what is sent of it has to be copied. */
  borrowedBuffer: ArrayBufferLike | undefined = undefined;
  readonly #fillRandom: ((bytes: Uint8Array<ArrayBuffer>) => unknown) | undefined;
  readonly #endTurn = (): void => this.#turnEnded();
  readonly #turn = (): void => this.#turned();
  #next: NextTurn[] = [];
  #turns: Turn[] = [];
  #spareTurns: Turn[] = [];

  constructor(options: HostOptions) {
    this.clock = options.clock;
    this.deadlines = new Deadlines(options.clock);
    this.utf8 = options.utf8;
    this.mask = options.mask;
    this.sha1 = options.sha1;
    this.deflate = options.deflate;
    this.printError = options.printError;
    this.poisonBorrowed = options.poisonBorrowed ?? false;
    this.#fillRandom = options.fillRandom;
    this.randomUint32 = options.fillRandom && keyPool(options.fillRandom);
  }

  /** Fresh random bytes. TypeError without a random source. */
  randomBytes(length: number): Uint8Array {
    if (this.#fillRandom === undefined) throw new TypeError("a client needs `fillRandom` (§5.3)");
    const bytes = new Uint8Array(length);
    this.#fillRandom(bytes);
    return bytes;
  }

  /** Calls `turn.endTurn()` in a microtask that all connections of the group share. */
  atEndOfTurn(turn: Turn): void {
    if (this.#turns.push(turn) === 1) this.clock.microtask(this.#endTurn);
  }

  /** Calls `next.nextTurn()` when the loop has turned: whoever has used up its share goes on there, behind the others. */
  atNextTurn(next: NextTurn): void {
    if (this.#next.push(next) === 1) this.clock.turn(this.#turn);
  }

  #turned(): void {
    const next = this.#next;
    this.#next = [];
    for (const one of next) one.nextTurn();
  }

  /** A view into a read buffer that is lent to handlers. What is sent of it, here or on other connections, has to be copied. */
  isBorrowed(bytes: Uint8Array, engine: ConnectionEngine): boolean {
    const { borrowedBuffer } = this;
    if (borrowedBuffer === undefined) return false;
    // The very message that was lent, behind its header; an array of its own begins at 0. Asking for `buffer` takes engines 8 to 12 ns.
    return (bytes === engine.payload && bytes.byteOffset > 0) || bytes.buffer === borrowedBuffer;
  }

  /** The handler has returned: a view that was lent to it is over. */
  endLoan(lent: string | Uint8Array, engine: ConnectionEngine): void {
    if (this.poisonBorrowed && typeof lent !== "string" && this.isBorrowed(lent, engine)) lent.fill(POISON);
  }

  #turnEnded(): void {
    // What asks again from within goes to a microtask of its own.
    const turns = this.#turns;
    this.#turns = this.#spareTurns;
    for (const turn of turns) turn.endTurn();
    turns.length = 0;
    this.#spareTurns = turns;
  }
}

/** Keys from a pool that nobody else sees. */
function keyPool(fillRandom: (bytes: Uint8Array<ArrayBuffer>) => unknown): () => number {
  let pool: Uint32Array<ArrayBuffer> | undefined;
  let next = KEY_POOL_SIZE;
  return () => {
    pool ??= new Uint32Array(KEY_POOL_SIZE);
    if (next === KEY_POOL_SIZE) {
      fillRandom(new Uint8Array(pool.buffer, pool.byteOffset, pool.byteLength));
      next = 0;
    }
    return pool[next++]!;
  };
}
