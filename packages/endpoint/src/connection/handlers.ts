/** What a program does with a connection, by either of two styles. */
import type { Closed } from "./closed.ts";
import type { Connection } from "./connection.ts";

/**
 * Handler style: one object for any number of connections, called once per event, with nothing allocated per message.
 *
 * Order: `open`, then `message` or `chunk` in the order sent, `drain` in between, `closing` at most once, `close` once, last. A handler
 * that returns a promise is awaited before the next `message` or `chunk` of that connection, and meanwhile the peer is slowed down. What a
 * handler throws closes the connection with 1011 and goes to `onError`.
 */
export interface ConnectionHandlers<Context = unknown> {
  readonly open?: ((connection: Connection<Context>) => unknown) | undefined;
  /** A whole message: text as string, binary as bytes (the receiver's to keep, unless `borrow`). */
  readonly message?: ((connection: Connection<Context>, message: string | Uint8Array<ArrayBuffer>) => unknown) | undefined;
  /** A piece of a message (option `streaming`): `first` and `last` mark its ends, the type of the piece that of the message. */
  readonly chunk?:
    ((connection: Connection<Context>, chunk: string | Uint8Array<ArrayBuffer>, first: boolean, last: boolean) => unknown) | undefined;
  /** After `send` answered "full": below the high-water mark again. */
  readonly drain?: ((connection: Connection<Context>) => unknown) | undefined;
  /** The peer's Close has arrived, be it the first or the answer to ours, or the connection has failed (§7.1.3). */
  readonly closing?: ((connection: Connection<Context>) => unknown) | undefined;
  /** The end, with what `connection.closed` resolves to. */
  readonly close?: ((connection: Connection<Context>, close: Closed) => unknown) | undefined;
}

/**
 * What a program does with a connection, in either role: handlers, or an asynchronous function. When its promise is fulfilled while the connection
 * is open, it is closed with 1000; when it is rejected, with 1011. A function that returns none is a mistake, a TypeError for `onError`, and 1011.
 */
export type ConnectionHandler<Context = unknown> =
  ConnectionHandlers<Context> | ((connection: Connection<Context>) => PromiseLike<unknown>);
