/**
 * Whether the transport is read and the engine polled.
 *
 * | state   | the engine      | the transport                               | until                                       |
 * |---------|-----------------|---------------------------------------------|---------------------------------------------|
 * | flowing | polled          | read                                        |                                             |
 * | held    | not polled      | read for one chunk more, paused behind it   | the program, or an extension, has its turn  |
 * | yielded | not polled      | the same                                    | the other connections have had theirs       |
 *
 * A program that is only briefly behind costs no pause. While the engine is not polled it keeps a copy of what the transport will overwrite.
 */
import type { ConnectionEngine } from "@ws/protocol";

import type { Transport } from "../ports/transport.ts";
import type { DriverGroup, NextTurn } from "./driver-group.ts";

/** Events of one connection in one turn of the loop. */
export const SHARE = 512;

export class Reading {
  /** Events since the connection's share of a turn began. */
  spent = 0;
  state: "flowing" | "held" | "yielded" = "flowing";
  readonly #engine: ConnectionEngine;
  readonly #transport: Transport;
  /** The transport is paused: a chunk arrived while held. */
  #paused = false;
  /** The engine has bytes that the transport will overwrite. */
  #lent = false;

  constructor(engine: ConnectionEngine, transport: Transport) {
    this.#engine = engine;
    this.#transport = transport;
  }

  /** A chunk for an engine that is polled at once. */
  receive(bytes: Uint8Array): void {
    this.spent = 0;
    this.#engine.receive(bytes);
    this.#lent = this.#transport.borrowed;
  }

  /** A chunk too many: it waits in the engine, and no further one is read. */
  receiveBehind(bytes: Uint8Array): void {
    this.#engine.receive(this.#transport.borrowed ? bytes.slice() : bytes);
    if (this.#paused) return;
    this.#paused = true;
    this.#transport.pause();
  }

  hold(): void {
    if (this.state === "flowing") this.state = "held";
    if (!this.#lent) return;
    this.#lent = false;
    this.#engine.retain();
  }

  /** All of it has been looked at. `isGone`: the transport cannot be read any more. */
  letGo(isGone: boolean): void {
    this.state = "flowing";
    this.#lent = false;
    if (!this.#paused || isGone) return;
    this.#paused = false;
    this.#transport.resume();
  }

  /** The connection has had its share of this turn; `next` is called in the next one. */
  yield(group: DriverGroup, next: NextTurn): void {
    this.hold();
    if (this.state !== "yielded") group.atNextTurn(next);
    this.state = "yielded";
  }

  nextTurn(): void {
    this.spent = 0;
    this.state = "held";
  }
}
