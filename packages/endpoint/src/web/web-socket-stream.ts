/**
 * `WebSocketStream`: https://github.com/whatwg/websockets/pull/48. Comments in quotes are its words. What differs stands in docs/web-api.md.
 */
import type { OpenOptions } from "../connection/options.ts";
import { effectiveCode, validateCloseCodeAndReason } from "./close-arguments.ts";
import type { WebHost } from "./host.ts";
import { Link, type LinkEnd, type LinkEvents, neverOpened } from "./link.ts";
import { alone, knownOptions, type WebConnection, type WebOptions } from "./options.ts";
import { checkProtocols } from "./subprotocols.ts";
import type { WebSocketCloseInfo, WebSocketOpenInfo, WebSocketStreamClass } from "./types.ts";
import { getURLRecord } from "./url-record.ts";
import { toCloseInfo, WebSocketError, webSocketErrorOf } from "./web-socket-error.ts";
import { copyOfBufferSource, defineInterface, requireArgument, toDictionary, toSequence, toUSVString } from "./webidl.ts";

type Chunk = string | Uint8Array<ArrayBuffer>;

interface Deferred<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
  readonly reject: (reason: unknown) => void;
}

type ReadyState = "connecting" | "open" | "closing" | "closed";

/** The `WebSocketStream` of a host. */
export function defineWebSocketStream<ConnectOptions extends OpenOptions>(
  webHost: WebHost<ConnectOptions>,
): WebSocketStreamClass<ConnectOptions> {
  const host = webHost as unknown as WebHost<OpenOptions>;

  const known = knownOptions(webHost);

  class WebSocketStream {
    readonly #record: URL;
    readonly #opened = deferred<WebSocketOpenInfo>();
    readonly #closed = deferred<Required<WebSocketCloseInfo>>();
    #link: Link | undefined = undefined;
    #readyState: ReadyState = "connecting";
    #connection: WebConnection | undefined = undefined;
    #readable: ReadableStreamDefaultController<Chunk> | undefined = undefined;
    #writable: WritableStreamDefaultController | undefined = undefined;
    /** The readable was cancelled: it cannot be closed. */
    #cancelled = false;
    /** Lets go of the signal, which may live much longer. */
    #handshakeOver: (() => void) | undefined = undefined;
    /** The writable was aborted: a write that waits for the peer must not hold that up. */
    #abortWrite: ((reason: unknown) => void) | undefined = undefined;
    /** Closing the writable ends with the connection. */
    #writableClosing: Deferred<undefined> | undefined = undefined;

    constructor(
      url: string | URL,
      options: Omit<WebOptions<ConnectOptions>, "protocols"> & { protocols?: readonly string[] | undefined } = {} as Omit<
        WebOptions<ConnectOptions>,
        "protocols"
      >,
    ) {
      requireArgument(arguments.length, "WebSocketStream constructor");
      const address = toUSVString(url);
      const { protocols, signal } = toDictionary(options, "options");
      const offered = protocols === undefined ? [] : toSequence(protocols, toUSVString, "protocols");
      if (signal !== undefined && !(signal instanceof AbortSignal)) throw new TypeError("signal is not an AbortSignal");
      this.#record = getURLRecord(address);
      checkProtocols(offered);
      if (signal?.aborted === true) {
        this.#readyState = "closed";
        this.#opened.reject(signal.reason);
        this.#closed.reject(signal.reason);
        return;
      }
      const events: LinkEvents = {
        established: (connection) => this.#established(connection),
        message: (message) => this.#message(message),
        closing: () => this.#closingStarted(),
        closed: (end) => this.#hasClosed(end),
      };
      // What the signal does is defined here, in the draft's order, and not by `connect`.
      const connectOptions = { ...(options as WebOptions<OpenOptions>), signal: undefined };
      this.#link = new Link({ host, record: this.#record, protocols: offered, options: connectOptions, known, oneByOne: true }, events);
      if (signal === undefined) return;
      const aborted = (): void => this.#abortHandshake(signal.reason);
      signal.addEventListener("abort", aborted);
      this.#handshakeOver = () => signal.removeEventListener("abort", aborted);
    }

    get url(): string {
      return this.#record.href;
    }

    get opened(): Promise<WebSocketOpenInfo> {
      return this.#opened.promise;
    }

    get closed(): Promise<Required<WebSocketCloseInfo>> {
      return this.#closed.promise;
    }

    close(closeInfo: WebSocketCloseInfo = {}): void {
      const { closeCode, reason } = toCloseInfo(closeInfo);
      this.#closeWith(closeCode, reason);
    }

    /** "If the WebSocket connection is not yet established": afterwards the signal does nothing. */
    #abortHandshake(reason: unknown): void {
      if (this.#readyState !== "connecting") return;
      this.#link!.fail(reason);
      this.#readyState = "closing";
      this.#opened.reject(reason);
      this.#closed.reject(reason);
    }

    /** "Close the WebSocket." */
    #closeWith(code: number | undefined, reason: string): void {
      validateCloseCodeAndReason(code, reason);
      if (this.#readyState === "connecting")
        this.#link!.fail(new DOMException("the WebSocketStream was closed during the handshake", "AbortError"));
      else if (this.#readyState === "open") this.#connection!.close(effectiveCode(code, reason), reason);
      else return;
      this.#readyState = "closing";
    }

    /** "Close using reason": of a WebSocketError its code and reason. */
    #closeUsingReason(reason: unknown): void {
      if (reason instanceof WebSocketError) {
        try {
          this.#closeWith(reason.closeCode ?? undefined, reason.reason);
          return;
        } catch {
          // "If this throws an exception, discard code and reasonString": a server's code cannot be sent back.
        }
      }
      this.#closeWith(undefined, "");
    }

    // ---- "Feedback to WebSocketStream from the protocol": each of these is a task ----

    #established(connection: WebConnection): void {
      this.#handshakeOver?.();
      if (this.#readyState !== "connecting") return;
      this.#readyState = "open";
      this.#connection = connection;
      const readable = new ReadableStream<Chunk>({
        start: (controller) => {
          this.#readable = controller;
        },
        // "If stream is currently applying backpressure, release backpressure."
        pull: () => this.#link!.release(),
        cancel: (reason) => {
          this.#cancelled = true;
          this.#closeUsingReason(reason);
        },
      });
      const writable = new WritableStream<Chunk | ArrayBuffer | ArrayBufferView<ArrayBuffer>>({
        start: (controller) => {
          this.#writable = controller;
          const { signal } = controller as WritableStreamDefaultController & { readonly signal: AbortSignal };
          signal.addEventListener("abort", () => this.#abortWrite?.(signal.reason));
        },
        write: (chunk) => this.#write(chunk),
        close: () => {
          this.#closeWith(undefined, "");
          return this.#untilClosed();
        },
        abort: (reason) => this.#closeUsingReason(reason),
      });
      const { extensions, subprotocol: protocol } = connection;
      this.#opened.resolve({ extensions, protocol, readable, writable });
    }

    #message(message: Chunk): void {
      if (this.#readyState === "open") this.#readable!.enqueue(typeof message === "string" ? message : alone(message));
    }

    #closingStarted(): void {
      if (this.#readyState === "open") this.#readyState = "closing";
    }

    #hasClosed(end: LinkEnd): void {
      this.#handshakeOver?.();
      this.#readyState = "closed";
      // After an aborted handshake both promises are settled, and none of this has an effect.
      const neverConnected = this.#connection === undefined;
      const { code, reason, wasClean, failure } = neverConnected ? neverOpened(end.failure) : end;
      if (wasClean) {
        if (!this.#cancelled) this.#readable!.close();
        this.#writable!.error(closedError());
        this.#closed.resolve({ closeCode: code, reason });
        this.#writableClosing?.resolve(undefined);
      } else {
        const error = webSocketErrorOf(failure?.message ?? "the connection was not closed cleanly", code, reason, failure);
        if (neverConnected) this.#opened.reject(error);
        this.#readable?.error(error);
        this.#writable?.error(error);
        this.#closed.reject(error);
        this.#writableClosing?.reject(error);
      }
    }

    /** Resolves when the peer has taken so much that the next may be written; rejects when the connection is lost with some of it unsent. */
    async #write(chunk: unknown): Promise<void> {
      const data = copyOfChunk(chunk);
      const connection = this.#connection!;
      const state = connection.send(data);
      if (state === "ready") return;
      const closed = this.#closed.promise;
      await new Promise<unknown>((resolve, reject) => {
        this.#abortWrite = reject;
        // "Wait until there is sufficient buffer space in stream": behind the message, which may itself be what fills it.
        if (state === "full") void connection.ready.then(() => resolve(isUnsent(connection) ? closed : undefined));
        // "If the closing handshake has not yet started": else nothing is accepted.
        else closed.then(() => reject(closedError()), reject);
      });
    }

    #untilClosed(): Promise<undefined> {
      this.#writableClosing ??= deferred<undefined>();
      return this.#writableClosing.promise;
    }
  }

  defineInterface(WebSocketStream, { name: "WebSocketStream" });
  return WebSocketStream;
}

/** The connection is over, and something accepted never left. */
function isUnsent({ state, bufferedBytes }: WebConnection): boolean {
  return state === "closed" && bufferedBytes > 0;
}

function closedError(): DOMException {
  return new DOMException("the WebSocketStream is closed", "InvalidStateError");
}

/** Bytes of a buffer or a view; anything else is converted to a string. */
function copyOfChunk(chunk: unknown): Chunk {
  return copyOfBufferSource(chunk) ?? toUSVString(chunk);
}

/** "Mark as handled": a program that looks at one of the two promises only is not ended by the other. */
function deferred<Value>(): Deferred<Value> {
  let resolve!: (value: Value) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<Value>((settle, refuse) => {
    resolve = settle;
    reject = refuse;
  });
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
