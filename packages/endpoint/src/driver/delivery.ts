/**
 * The receiving side, from the engine's events to the program, in the program's style.
 *
 * The program has its turn with one message before the engine is polled for what follows it: a handler until the promise that it returned is
 * settled, a loop until it asks for the next message. So `state` and the answers of `send` are those of the moment at which the message arrived,
 * and an answer leaves before the connection fails for what came behind the message. A program that keeps its turn for long is *behind*:
 * what is polled meanwhile (see driver.ts) waits in a backlog.
 */
import type { Closed } from "../connection/closed.ts";
import type { Connection } from "../connection/connection.ts";
import type { Received } from "../connection/received.ts";

export interface Delivery {
  /** The program has not had its turn with what it was given. */
  readonly behind: boolean;
  /** Of what waits behind it, as an estimate of the memory it holds. */
  readonly backlogBytes: number;
  /** How often the program has finished a turn. */
  readonly turns: number;
  /** The program has been told of the end, and is done with it. */
  readonly done: boolean;
  /** When `handleTimeout` is due; Infinity: never. */
  readonly deadline: number;
  handleTimeout(now: number): void;
  /** @param run function style: what runs on the connection */
  open(run: ((connection: Connection<unknown>) => unknown) | undefined): void;
  message(message: string | Uint8Array<ArrayBuffer>): void;
  chunk(chunk: string | Uint8Array<ArrayBuffer>, first: boolean, last: boolean): void;
  drain(): void;
  /** §7.1.3: the peer's Close has arrived, or the connection has failed. */
  closing(now: number): void;
  /** §7.1.4: the connection is closed. */
  closed(outcome: Closed, now: number): void;
  /** Our own end has begun: what the program has not been given is dropped. */
  discard(): void;
}

/** The driver, as a delivery sees it. */
export interface DeliveryOwner {
  readonly connection: Connection<unknown>;
  readonly now: number;
  /** The program has finished a turn. */
  turnTaken(): void;
  /** A handler failed: the connection is closed with 1011. */
  programFailed(): void;
  /** Function style: it has come to its end. */
  functionReturned(): void;
  /** Nothing of the program is called or awaited any more. */
  delivered(): void;
}

/** What each message counts for besides its own length, so that endless empty ones are not free. */
const MESSAGE_OVERHEAD = 64;

export function sizeOf(item: Received): number {
  return (typeof item === "string" || item instanceof Uint8Array ? item.length : item.chunk.length) + MESSAGE_OVERHEAD;
}
