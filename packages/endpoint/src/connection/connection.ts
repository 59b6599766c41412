import { CloseCode } from "@ws/codec";
import { InvalidStateError, type PreparedMessage } from "@ws/protocol";
import { isPrepared } from "@ws/protocol/internal";
import type { ResponseHead } from "@ws/protocol/handshake";

import { disposable } from "./async-dispose.ts";
import { bytesOf } from "./bytes.ts";
import type { Carrier, Incoming, Outgoing, SendState } from "./carrier.ts";
import type { Closed } from "./closed.ts";
import { IncomingMessages, type MessageReader } from "./message-reader.ts";
import { type MessageWriter, opcodeOf, PieceWriter, type SendOptions } from "./message-writer.ts";
import { shown } from "./option-kinds.ts";
import { ping, type PingOptions } from "./ping.ts";
import { made, requireProof } from "./proof.ts";
import { type Pieces, sendStream, type StreamOptions } from "./send-stream.ts";
import type { StoredRequest } from "../opening/stored-request.ts";
import type { UpgradeRequest } from "../opening/upgrade-request.ts";

/** What can be sent: text, bytes (of any view), or a message prepared for many. */
export type Sendable = string | ArrayBufferView | ArrayBufferLike | PreparedMessage;

/** What the opening handshake agreed on. */
export interface Agreement {
  readonly subprotocol: string;
  readonly extensions: string;
  readonly request: UpgradeRequest | StoredRequest | undefined;
  readonly response: ResponseHead | undefined;
}

/** The constructor, for this package only. */
export let createConnection: <Context>(carrier: Carrier, agreement: Agreement, context: Context) => Connection<Context>;

/**
 * One open WebSocket connection, of either role.
 *
 * Iterated, it gives the messages: the loop ends after a closing handshake, throws a ConnectionError when the connection was lost or failed, and
 * slows the peer down while the program is busy. Leaving the loop early closes nothing: a later loop goes on behind the last message taken. With handlers there is nothing to iterate.
 */
export class Connection<Context = unknown> implements AsyncIterable<string | Uint8Array<ArrayBuffer>>, AsyncDisposable {
  /** Server: what `upgrade` answered. A client has none. */
  readonly context: Context;
  /** The subprotocol agreed on; empty: none. */
  readonly subprotocol: string;
  /** The value of `Sec-WebSocket-Extensions` agreed on; empty: none. */
  readonly extensions: string;
  /** Client: the response that opened the connection. */
  readonly response: ResponseHead | undefined;
  /** `await using`: closes with 1000 and waits for the end, in runtimes that have `Symbol.asyncDispose`. */
  declare readonly [Symbol.asyncDispose]: () => Promise<void>;
  readonly #carrier: Carrier;
  readonly #sending: Outgoing;
  #request: Agreement["request"];

  /** Made by accepting and opening only: this throws. */
  private constructor(proof: typeof made, carrier: Carrier, agreement: Agreement, context: Context) {
    requireProof(proof, "connections are made by connecting and accepting");
    this.#carrier = carrier;
    this.#sending = carrier.sending;
    this.context = context;
    this.subprotocol = agreement.subprotocol;
    this.extensions = agreement.extensions;
    this.#request = agreement.request;
    this.response = agreement.response;
  }

  static {
    createConnection = (carrier, agreement, context) => new Connection(made, carrier, agreement, context);
  }

  /** Server: the request that opened the connection. */
  get request(): UpgradeRequest | undefined {
    if (typeof this.#request === "function") this.#request = this.#request();
    return this.#request;
  }

  /** The peer's address, as the runtime writes it. */
  get remoteAddress(): string | undefined {
    return this.#carrier.remoteAddress;
  }

  /** "closing" from the first Close, ours or the peer's, or from failing; "closed" when the transport has ended (§7.1). */
  get state(): "open" | "closing" | "closed" {
    return this.#carrier.state;
  }

  // ---- sending ----

  /**
   * Sends a message.
   *
   * - `"ready"`: accepted, below the high-water mark.
   * - `"full"`: accepted; await {@link ready} before sending more.
   * - `"closing"`: not accepted, because the connection is closing or closed. A race, not an error.
   *
   * It leaves when the read that is being handled is done, else in a microtask, together with everything else sent meanwhile.
   * While a streamed message is open it waits for its end (§5.4).
   */
  send(message: Sendable, options?: SendOptions): SendState {
    if (typeof message === "string" || message instanceof Uint8Array) return this.#sending.send(message, options?.copy === true);
    return this.#sending.send(asSendable(message), options?.copy === true);
  }

  /**
   * Sends one message piece by piece, for payloads larger than memory: waits for room before each piece. Resolves with what the last piece
   * was answered with; "closing": the message was not sent whole. A second one waits for the first.
   *
   * When `chunks` throws or the signal is aborted, the promise rejects with that. Before the first piece nothing has been sent; behind it the message
   * cannot be ended (§5.4), and the connection is closed with 1011 and the same as cause. The promise may be ignored; `chunks` that cannot be
   * iterated are then told to `onError`.
   */
  sendStream(chunks: Pieces, options?: StreamOptions): Promise<SendState> {
    return sendStream(this.#sending, chunks, options);
  }

  /**
   * Begins a message that is sent piece by piece. Undefined: the connection is closing. To be ended: Close waits for it, though not longer than
   * `closeTimeout`.
   *
   * @throws InvalidStateError while another streamed message is open or waits; {@link sendStream} waits instead
   */
  beginMessage(type: "text" | "binary"): MessageWriter | undefined {
    const opcode = opcodeOf(type);
    const sending = this.#sending;
    if (sending.messageClaimed) throw new InvalidStateError("another streamed message is open (RFC 6455 §5.4)");
    if (sending.claimMessage() === "closing") return undefined;
    if (sending.beginMessage(opcode) !== "closing") return new PieceWriter(sending, type);
    sending.releaseMessage();
    return undefined;
  }

  /** Writes now what was sent, instead of at the end of the turn. */
  flush(): void {
    this.#sending.flush();
  }

  /** Resolves when less than the high-water mark is buffered, at once if it is so already, and when the connection ends. Never rejects. */
  get ready(): Promise<void> {
    return this.#sending.ready;
  }

  /** Bytes accepted for sending and not yet taken by the operating system. */
  get bufferedBytes(): number {
    return this.#sending.bufferedBytes;
  }

  /**
   * Sends a Ping (§5.5.2) and resolves with the round-trip time in milliseconds, at its own Pong or that of a later Ping. Rejects when the connection
   * ends first, or `maxPendingPings` are waiting.
   *
   * @param payload at most 125 bytes
   */
  ping(payload?: ArrayBufferView | ArrayBufferLike, options?: PingOptions): Promise<number> {
    return ping(this.#sending, payload, options);
  }

  // ---- the end ----

  /**
   * Begins the closing handshake (§7.1.2): everything accepted is sent first, a streamed message that is open is awaited. Messages that arrive from
   * here on are dropped. Without effect when the connection is closing already.
   *
   * @throws TypeError for values of another kind, or a reason without a code; RangeError for a code that must not be sent (§7.4), or a reason of more than 123 bytes
   */
  close(code?: number, reason?: string): void {
    if (code !== undefined && typeof code !== "number") throw new TypeError(`a close code is a number, not ${shown(code)}`);
    if (reason !== undefined && typeof reason !== "string") throw new TypeError(`a reason is a string, not ${shown(reason)}`);
    this.#carrier.close(code, reason);
  }

  /** Ends the connection at once, without a closing handshake; what is buffered is dropped. */
  abort(reason?: unknown): void {
    this.#carrier.abort(reason);
  }

  /** Resolves when the connection is closed, with how it ended. Never rejects. */
  get closed(): Promise<Closed> {
    return this.#carrier.outcome;
  }

  // ---- receiving, iterator style ----

  /** The messages, in order. TypeError with handlers, and with the option `streaming`. */
  [Symbol.asyncIterator](): AsyncIterableIterator<string | Uint8Array<ArrayBuffer>, undefined> {
    const incoming = this.#incoming;
    if (this.#carrier.streaming) throw new TypeError("with `streaming`, iterate over connection.incoming()");
    const iterator: AsyncIterableIterator<string | Uint8Array<ArrayBuffer>, undefined> = {
      next: () => incoming.next() as Promise<IteratorResult<string | Uint8Array<ArrayBuffer>, undefined>>,
      return: () => {
        incoming.leave();
        return Promise.resolve({ done: true, value: undefined });
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  /**
   * With the option `streaming`: the messages, each to be iterated for its pieces as they arrive. The next message comes when this one has
   * ended; what was not taken of it is dropped.
   */
  incoming(): AsyncIterableIterator<MessageReader, undefined> {
    const incoming = this.#incoming;
    if (!this.#carrier.streaming) throw new TypeError("incoming() needs the option `streaming`");
    return new IncomingMessages(incoming);
  }

  get #incoming(): Incoming {
    const { incoming } = this.#carrier;
    if (incoming === undefined) throw new TypeError("this connection has handlers: they receive its messages");
    return incoming;
  }
}

disposable(Connection.prototype, async function () {
  this.close(CloseCode.NORMAL);
  await this.closed;
});

function asSendable(message: ArrayBufferView | ArrayBufferLike | PreparedMessage): Uint8Array | PreparedMessage {
  const sendable = bytesOf(message) ?? message;
  if (sendable instanceof Uint8Array || isPrepared(sendable)) return sendable;
  throw new TypeError("a message is a string, bytes, or what prepareMessage of this copy of the package returned");
}
