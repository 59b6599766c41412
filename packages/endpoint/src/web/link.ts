/**
 * "Establish a WebSocket connection", and the protocol's feedback as tasks in one order: what `WebSocket` and `WebSocketStream` have in common.
 */
import type { Closed } from "../connection/closed.ts";
import type { ClientHandshakeErrorCode } from "../connection/error-code.ts";
import { HandshakeError, handshakeError } from "../connection/errors.ts";
import type { Names } from "../connection/check-options.ts";
import type { ConnectionHandlers, OpenOptions } from "../connection/options.ts";
import { connectOptions, type WebConnection, type WebSocketOptions } from "./options.ts";
import type { WebHost } from "./host.ts";
import type { WebSocketFailure } from "./types.ts";
import { takeCredentials } from "./url-record.ts";

/** Each method is a task of its own, in the order of the events. */
export interface LinkEvents {
  /** "The WebSocket connection is established." */
  established(connection: WebConnection): void;
  /** "A WebSocket message has been received." */
  message(message: string | Uint8Array<ArrayBuffer>): void;
  /** "The WebSocket closing handshake is started", by the peer or by failing. */
  closing(): void;
  /** "The WebSocket connection is closed", as the last one. */
  closed(end: LinkEnd): void;
}

export interface LinkEnd {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
  /** Set when "the user agent was required to fail the WebSocket connection". */
  readonly failure: WebSocketFailure | undefined;
}

/** §7.1.5: 1006, as there was no Close frame. Also how it ends for a program that gave up before it was told of the connection: whatever the peer said meanwhile. */
export function neverOpened(failure: WebSocketFailure | undefined): LinkEnd {
  return {
    code: 1006,
    reason: "",
    wasClean: false,
    failure: failure ?? handshakeError("ABORTED", "the WebSocket was closed before the connection was established", 0),
  };
}

/** From a handler's promise to the next message. Should the driver take more of them, the message gets a task of its own. */
const UNTIL_DELIVERED = 5;

/** A power of two. */
const MOST_AHEAD = 32;

export interface LinkOptions {
  readonly host: WebHost<OpenOptions>;
  readonly record: URL;
  readonly protocols: readonly string[];
  readonly options: WebSocketOptions<OpenOptions>;
  /** The names that they may have. */
  readonly known: Names;
  /** The next message is taken when `release` is called for the one before, and the peer is slowed down. */
  readonly oneByOne: boolean;
}

export class Link {
  /** The limit chosen, or the default. */
  readonly maxBufferedBytes: number;
  readonly #events: LinkEvents;
  readonly #queueTask: (task: () => void) => void;
  readonly #oneByOne: boolean;
  readonly #protocols: readonly string[];
  readonly #abort = new AbortController();
  #connection: WebConnection | undefined = undefined;
  #release: (() => void) | undefined = undefined;
  #failure: WebSocketFailure | undefined = undefined;
  /** Nothing else has run in the present task. */
  #turnBegins = false;
  /** What the next of the tasks that are queued for turns has to settle. */
  #due: (() => void) | undefined = undefined;
  /** How many of them are queued, and how many will be the next time. */
  #spare = 0;
  #ahead = 1;
  readonly #turn = (): void => {
    this.#spare--;
    const due = this.#due;
    this.#due = undefined;
    if (due !== undefined) this.#nextTurn(due);
  };

  /** @throws TypeError, RangeError for options that cannot be */
  constructor({ host, record, protocols, options, known, oneByOne }: LinkOptions, events: LinkEvents) {
    this.#events = events;
    this.#queueTask = host.queueTask;
    this.#oneByOne = oneByOne;
    this.#protocols = protocols;
    const { url, authorization } = takeCredentials(record);
    const handlers: ConnectionHandlers<undefined> = {
      open: (connection) => this.#established(connection),
      message: (_, message) => this.#received(message as string | Uint8Array<ArrayBuffer>),
      closing: () => this.#queueTask(() => this.#events.closing()),
      close: (_, closed) => this.#closed(closed),
    };
    const { signal } = options;
    const resolved = connectOptions(host, options, known, protocols, authorization);
    this.maxBufferedBytes = resolved.maxBufferedBytes;
    const aborted = (): void => {
      if (this.#connection === undefined) this.#abort.abort(signal!.reason);
    };
    if (signal?.aborted === true) aborted();
    else signal?.addEventListener("abort", aborted);
    host
      .connect(url, { ...resolved, signal: this.#abort.signal }, handlers)
      .catch((error: unknown) => this.#notEstablished(error))
      .finally(() => signal?.removeEventListener("abort", aborted));
  }

  /** "Fail the WebSocket connection" before it is established; afterwards, to end it at once. */
  fail(reason?: unknown): void {
    if (this.#connection === undefined) this.#abort.abort(reason);
    else this.#connection.abort(reason);
  }

  /** The program's data cannot be sent: the connection has failed, which ending it at the program's wish is not. */
  failWith(failure: WebSocketFailure): void {
    this.#failure ??= failure;
    this.fail(failure);
  }

  /** With `oneByOne`: the next message is welcome, when the program has had its turn with this one. */
  release(): void {
    const release = this.#release;
    this.#release = undefined;
    if (release !== undefined) this.#queueTask(() => this.#nextTurn(release));
  }

  #established(connection: WebConnection): Promise<void> | undefined {
    this.#connection = connection;
    // Beyond RFC 6455 §4.1: a server that acknowledges none of the subprotocols offered is refused.
    if (this.#protocols.length > 0 && connection.subprotocol === "") {
      const message = `the server chose none of the subprotocols ${this.#protocols.join(", ")}`;
      this.failWith(handshakeError("SUBPROTOCOL_NOT_OFFERED", message, 101));
      return undefined;
    }
    return this.#inTurn(() => this.#events.established(connection));
  }

  /**
   * A task of its own. Until it and its microtasks have run, the engine is polled no further: what the program sees then is the state in which the event
   * happened, and what it answers leaves before the connection fails for what came behind it.
   */
  #inTurn(task: () => void): Promise<void> {
    return new Promise((resolve) =>
      this.#asTask(() => {
        // Another task is behind all microtasks of this one.
        this.#due = resolve;
        if (this.#spare === 0) this.#queueTurns();
        task();
      }),
    );
  }

  /** A turn of the event loop is dear: while messages come without a break, the tasks of several are queued in one. */
  #queueTurns(): void {
    for (let turn = 0; turn < this.#ahead; turn++) this.#queueTask(this.#turn);
    this.#spare = this.#ahead;
    this.#ahead = Math.min(this.#ahead * 2, MOST_AHEAD);
  }

  #asTask(task: () => void): void {
    if (this.#turnBegins) task();
    else {
      this.#ahead = 1;
      this.#queueTask(task);
    }
    this.#turnBegins = false;
  }

  /** A task has just begun: what the driver delivers now needs none of its own, which saves a turn of the event loop for each message. */
  #nextTurn(resolve: () => void): void {
    this.#turnBegins = true;
    resolve();
    let microtasks = UNTIL_DELIVERED;
    const later = (): void => {
      if (!this.#turnBegins) return;
      if (microtasks-- > 0) queueMicrotask(later);
      else this.#turnBegins = false;
    };
    later();
  }

  #received(message: string | Uint8Array<ArrayBuffer>): Promise<void> {
    if (!this.#oneByOne) return this.#inTurn(() => this.#events.message(message));
    return new Promise((resolve) => {
      this.#release = resolve;
      this.#asTask(() => this.#events.message(message));
    });
  }

  #closed({ code, reason, wasClean, error }: Closed): void {
    // §7.2.1: a connection that is lost has to be failed too. Ended by the program itself, it has not failed.
    const failure = this.#failure ?? (error?.kind === "aborted" ? undefined : error);
    this.#queueTask(() => this.#events.closed({ code, reason, wasClean, failure }));
  }

  #notEstablished(error: unknown): void {
    // What a program's options get wrong is thrown by the constructor. Anything else that is not ours kept the stream from being opened.
    const failure =
      error instanceof HandshakeError
        ? (error as HandshakeError<ClientHandshakeErrorCode>)
        : handshakeError("TRANSPORT_LOST", error instanceof Error ? error.message : String(error), 0, undefined, error);
    this.#queueTask(() => this.#events.closed(neverOpened(failure)));
  }
}
