import { Opcode } from "@ws/codec";
import { InvalidStateError, type PreparedMessage, type ResponseHead, type UpgradeRequest } from "@ws/protocol";

import type { Closed } from "./closed.ts";
import type { Driver, SendState } from "../driver/driver.ts";
import { IncomingMessages, type IncomingMessage } from "./incoming-message.ts";
import type { StoredRequest } from "../opening/stored-request.ts";

/** What can be sent: text, bytes (of any view), or a message prepared for many. */
export type Sendable = string | ArrayBufferView | ArrayBufferLike | PreparedMessage;

export interface SendOptions {
  /** Takes a copy of the bytes, so that they may be changed at once. Without it they must stay as they are until they are flushed. */
  readonly copy?: boolean | undefined;
}

export interface StreamOptions extends SendOptions {
  /** By default what the first chunk is: a string makes a text message. */
  readonly type?: "text" | "binary" | undefined;
}

/** What the opening handshake agreed on. */
export interface Agreement {
  readonly subprotocol: string;
  readonly extensions: string;
  readonly request: UpgradeRequest | StoredRequest | undefined;
  readonly response: ResponseHead | undefined;
}

/**
 * One open WebSocket connection, of either role.
 *
 * Iterated, it gives the messages: the loop ends after a closing handshake, throws a ConnectionError when the connection was lost or failed, and
 * slows the peer down while the program is busy. Leaving the loop early closes nothing: a later loop goes on behind the last message taken. With handlers there is nothing to iterate.
 */
export class Connection<Context = undefined> implements AsyncIterable<string | Uint8Array> {
  /** What `upgrade` returned (server), or the option `context` (client). */
  readonly context: Context;
  /** The subprotocol agreed on; empty: none. */
  readonly subprotocol: string;
  /** The value of `Sec-WebSocket-Extensions` agreed on; empty: none. */
  readonly extensions: string;
  /** Client: the response that opened the connection. */
  readonly response: ResponseHead | undefined;
  readonly #driver: Driver;
  #request: Agreement["request"];

  /** @internal Made by accepting and opening only. */
  constructor(driver: Driver, agreement: Agreement, context: Context) {
    this.#driver = driver;
    this.context = context;
    this.subprotocol = agreement.subprotocol;
    this.extensions = agreement.extensions;
    this.#request = agreement.request;
    this.response = agreement.response;
  }

  /** Server: the request that opened the connection. */
  get request(): UpgradeRequest | undefined {
    if (typeof this.#request === "function") this.#request = this.#request();
    return this.#request;
  }

  /** The peer's address, as the runtime writes it. */
  get remoteAddress(): string | undefined {
    return this.#driver.transport.remoteAddress;
  }

  /** "closing" from the first Close, ours or the peer's, or from failing; "closed" when the transport has ended (§7.1). */
  get state(): "open" | "closing" | "closed" {
    return this.#driver.state;
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
    if (typeof message === "string" || message instanceof Uint8Array) return this.#driver.send(message, options?.copy === true);
    return this.#driver.send(asSendable(message), options?.copy === true);
  }

  /**
   * Sends one message piece by piece, for payloads larger than memory: waits for room before each piece. Resolves with what the last piece
   * was answered with; "closing": the message was not sent whole. A second one waits for the first.
   *
   * When `chunks` throws, the message cannot be ended (§5.4): the connection is closed with 1011, and the promise rejects.
   */
  async sendStream(
    chunks: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
    options?: StreamOptions,
  ): Promise<SendState> {
    const driver = this.#driver;
    // The turn is taken before anything is awaited, so that messages keep the order of the calls.
    const turn = driver.claimMessage();
    if (turn === "closing") return "closing";
    const copy = options?.copy === true;
    let type = options?.type;
    let begun = false;
    try {
      await turn;
      for await (const chunk of chunks) {
        type ??= typeof chunk === "string" ? "text" : "binary";
        if (!begun && driver.beginMessage(opcodeOf(type)) === "closing") return "closing";
        begun = true;
        if (driver.sendChunk(chunk, false, copy) === "closing") return "closing";
        await driver.ready;
      }
      type ??= "binary";
      if (!begun && driver.beginMessage(opcodeOf(type)) === "closing") return "closing";
      begun = true;
      return driver.sendChunk(type === "text" ? "" : EMPTY, true, false);
    } catch (error) {
      if (begun) driver.breakMessage();
      throw error;
    } finally {
      driver.releaseMessage();
    }
  }

  /**
   * Begins a message that is sent piece by piece. Undefined: the connection is closing.
   *
   * @throws InvalidStateError while another streamed message is open or waits; {@link sendStream} waits instead
   */
  beginMessage(type: "text" | "binary"): MessageWriter | undefined {
    const driver = this.#driver;
    if (driver.messageClaimed) throw new InvalidStateError("another streamed message is open (RFC 6455 §5.4)");
    if (driver.claimMessage() === "closing") return undefined;
    if (driver.beginMessage(opcodeOf(type)) !== "closing") return new MessageWriter(driver, type);
    driver.releaseMessage();
    return undefined;
  }

  /** Writes now what was sent, instead of at the end of the turn. */
  flush(): void {
    this.#driver.flush();
  }

  /** Resolves when less than the high-water mark is buffered, at once if it is so already, and when the connection ends. Never rejects. */
  get ready(): Promise<void> {
    return this.#driver.ready;
  }

  /** Bytes accepted for sending and not yet taken by the operating system. */
  get bufferedBytes(): number {
    return this.#driver.bufferedBytes;
  }

  /**
   * Sends a Ping (§5.5.2) and resolves with the round-trip time in milliseconds, at its own Pong or that of a later Ping. Rejects when the connection
   * ends first, or `maxPendingPings` are waiting.
   *
   * @param payload at most 125 bytes
   */
  ping(payload?: Uint8Array): Promise<number> {
    return this.#driver.ping(payload);
  }

  // ---- the end ----

  /**
   * Begins the closing handshake (§7.1.2): everything accepted is sent first, a streamed message that is open is awaited. Messages that arrive from
   * here on are dropped. Without effect when the connection is closing already.
   *
   * @throws RangeError for a code that must not be sent (§7.4), or a reason of more than 123 bytes
   */
  close(code?: number, reason?: string): void {
    this.#driver.close(code, reason);
  }

  /** Ends the connection at once, without a closing handshake; what is buffered is dropped. */
  abort(reason?: unknown): void {
    this.#driver.abort(reason);
  }

  /** Resolves when the connection is closed, with how it ended. Never rejects. */
  get closed(): Promise<Closed> {
    return this.#driver.outcome;
  }

  // ---- receiving, iterator style ----

  /** The messages, in order. TypeError with handlers, and with the option `streaming`. */
  [Symbol.asyncIterator](): AsyncIterableIterator<string | Uint8Array, undefined> {
    const { inbox, streaming } = this.#driver;
    if (inbox === undefined) throw new TypeError("this connection has handlers: they receive its messages");
    if (streaming) throw new TypeError("with `streaming`, iterate over connection.incoming()");
    const iterator: AsyncIterableIterator<string | Uint8Array, undefined> = {
      next: () => inbox.next() as Promise<IteratorResult<string | Uint8Array, undefined>>,
      return: () => Promise.resolve({ done: true, value: undefined }),
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  /**
   * With the option `streaming`: the messages, each to be iterated for its pieces as they arrive. The next message comes when this one has
   * ended; what was not taken of it is dropped.
   */
  incoming(): AsyncIterableIterator<IncomingMessage, undefined> {
    const { inbox, streaming } = this.#driver;
    if (inbox === undefined) throw new TypeError("this connection has handlers: they receive its messages");
    if (!streaming) throw new TypeError("incoming() needs the option `streaming`");
    return new IncomingMessages(inbox);
  }
}

/** One message being sent piece by piece. */
export class MessageWriter {
  readonly type: "text" | "binary";
  readonly #driver: Driver;
  #ended = false;

  /** @internal */
  constructor(driver: Driver, type: "text" | "binary") {
    this.#driver = driver;
    this.type = type;
  }

  /** Sends a piece, as a fragment of its own (§5.4): a string in a text message, bytes in a binary one. */
  write(chunk: string | Uint8Array, options?: SendOptions): SendState {
    return this.#send(chunk, false, options);
  }

  /** Ends the message, with a last piece if there is one. */
  end(chunk: string | Uint8Array = this.type === "text" ? "" : EMPTY, options?: SendOptions): SendState {
    return this.#send(chunk, true, options);
  }

  /** As that of the connection. */
  get ready(): Promise<void> {
    return this.#driver.ready;
  }

  #send(chunk: string | Uint8Array, last: boolean, options: SendOptions | undefined): SendState {
    if (this.#ended) throw new InvalidStateError("the message has ended");
    const state = this.#driver.sendChunk(chunk, last, options?.copy === true);
    if (last || state === "closing") {
      this.#ended = true;
      this.#driver.releaseMessage();
    }
    return state;
  }
}

const EMPTY = /* @__PURE__ */ new Uint8Array(0);

function opcodeOf(type: "text" | "binary"): typeof Opcode.TEXT | typeof Opcode.BINARY {
  return type === "text" ? Opcode.TEXT : Opcode.BINARY;
}

/** Views are sent by their bytes (byteLength, not length), never by what else is in their buffer. */
function asSendable(message: ArrayBufferView | ArrayBufferLike | PreparedMessage): Uint8Array | PreparedMessage {
  if (ArrayBuffer.isView(message)) return new Uint8Array(message.buffer, message.byteOffset, message.byteLength);
  if (typeof message === "object" && message !== null) {
    if ("frame" in message) return message;
    const tag = Object.prototype.toString.call(message);
    if (tag === "[object ArrayBuffer]" || tag === "[object SharedArrayBuffer]") return new Uint8Array(message);
  }
  throw new TypeError("a message is a string, bytes, or what prepareMessage returned");
}
