/**
 * The program: its handlers and callbacks, and the one place where they are called. Whatever one of them throws, rejects with or returns, the
 * connection goes on as it must: the error goes to `onError`, and the caller learns that the call has failed.
 */
import type { FrameHeader } from "@ws/codec";

import type { Closed } from "../connection/closed.ts";
import type { Connection } from "../connection/connection.ts";
import type { ConnectionHandlers, ConnectionOptions } from "../connection/options.ts";
import { callGuarded } from "./guarded.ts";
import { isPromiseLike } from "./promise-like.ts";

/** What is used of the group: where errors go that nobody takes. */
interface ErrorPrinter {
  readonly printError: (error: unknown) => void;
}

/** What a call came to: undefined, a promise that does not reject, or {@link FAILED}. */
export type Called = PromiseLike<unknown> | typeof FAILED | undefined;

/** The function threw, or its promise was rejected; it has been reported. */
export const FAILED: unique symbol = /* @__PURE__ */ Symbol("failed");

const NO_PROMISE =
  "the handler is a function and returned no promise, so nothing says when it is done: write async (connection) => { … }, which keeps the " +
  "connection until it returns, or handlers, { open(connection) { … }, message(connection, message) { … } }";

type AnyConnection = Connection<unknown>;

export class Program {
  /** Undefined: iterator style. */
  readonly handlers: ConnectionHandlers<unknown> | undefined;
  readonly #onError: ((error: unknown, connection: AnyConnection | undefined) => void) | undefined;
  readonly #inspect: ConnectionOptions["inspect"];
  readonly #printer: ErrorPrinter;

  constructor(
    printer: ErrorPrinter,
    handlers: ConnectionHandlers<unknown> | undefined,
    onError: ((error: unknown, connection: AnyConnection | undefined) => void) | undefined,
    inspect?: ConnectionOptions["inspect"],
  ) {
    this.#printer = printer;
    this.handlers = handlers;
    this.#onError = onError;
    this.#inspect = inspect;
  }

  message(connection: AnyConnection, message: string | Uint8Array<ArrayBuffer>): Called {
    try {
      const result = this.handlers!.message!(connection, message);
      return result === undefined ? undefined : this.#promised(result, connection);
    } catch (error) {
      return this.#failed(error, connection);
    }
  }

  chunk(connection: AnyConnection, chunk: string | Uint8Array<ArrayBuffer>, first: boolean, last: boolean): Called {
    try {
      const result = this.handlers!.chunk!(connection, chunk, first, last);
      return result === undefined ? undefined : this.#promised(result, connection);
    } catch (error) {
      return this.#failed(error, connection);
    }
  }

  /** `open`, `drain`, `closing`; nothing where there is no such handler. */
  event(name: "open" | "drain" | "closing", connection: AnyConnection): Called {
    try {
      return this.#promised(this.handlers?.[name]?.(connection), connection);
    } catch (error) {
      return this.#failed(error, connection);
    }
  }

  close(connection: AnyConnection, closed: Closed): Called {
    try {
      return this.#promised(this.handlers?.close?.(connection, closed), connection);
    } catch (error) {
      return this.#failed(error, connection);
    }
  }

  /**
   * Function style. What iteration throws when the connection ends is no failure of the function's: {@link isOutcome} tells. One without a promise
   * seems to be done with the connection before it has begun, as nothing says when it is: a mistake.
   */
  run(run: (connection: AnyConnection) => unknown, connection: AnyConnection, isOutcome: (error: unknown) => boolean): Called {
    const failed = (error: unknown): typeof FAILED | undefined => (isOutcome(error) ? undefined : this.#failed(error, connection));
    try {
      const result = run(connection);
      if (!isPromiseLike(result)) throw new TypeError(NO_PROMISE);
      return Promise.resolve(result).then(() => undefined, failed);
    } catch (error) {
      return failed(error);
    }
  }

  /** Sees a frame's header. It only looks, so what it throws ends nothing. */
  inspect(header: Readonly<FrameHeader>, direction: "received" | "sent", connection: AnyConnection): void {
    callGuarded(
      () => this.#inspect!(header, direction, connection),
      (error) => this.report(error, connection),
    );
  }

  get inspects(): boolean {
    return this.#inspect !== undefined;
  }

  report(error: unknown, connection: AnyConnection | undefined): void {
    const onError = this.#onError;
    if (onError === undefined) this.#print(error);
    else
      callGuarded(
        () => onError(error, connection),
        (second) => this.#print(second),
      );
  }

  #print(error: unknown): void {
    try {
      this.#printer.printError(error);
    } catch {
      // There is nobody left to tell.
    }
  }

  #promised(result: unknown, connection: AnyConnection): Called {
    if (!isPromiseLike(result)) return undefined;
    return Promise.resolve(result).then(
      () => undefined,
      (error: unknown) => this.#failed(error, connection),
    );
  }

  #failed(error: unknown, connection: AnyConnection): typeof FAILED {
    this.report(error, connection);
    return FAILED;
  }
}
