/**
 * `WebSocket`: https://websockets.spec.whatwg.org/#the-websocket-interface. Comments in quotes are its words. What differs stands in docs/web-api.md.
 */
import type { OpenOptions } from "../connection/options.ts";
import { BufferedAmount } from "./buffered-amount.ts";
import { effectiveCode, validateCloseCodeAndReason } from "./close-arguments.ts";
import { getCloseEvent } from "./close-event.ts";
import { EventHandlers } from "./event-handlers.ts";
import type { WebHost } from "./host.ts";
import { Link, type LinkEnd, type LinkEvents, neverOpened } from "./link.ts";
import { alone, protocolsOf, type WebConnection, type WebSocketOptions, webSocketOptions } from "./options.ts";
import { byteLengthOf, Outgoing, type OutgoingMessage } from "./outgoing.ts";
import { checkProtocols } from "./subprotocols.ts";
import type { WebSocketClass, WebSocketFailure, WebSocketInstance } from "./types.ts";
import { getURLRecord } from "./url-record.ts";
import {
  copyOfBufferSource,
  defineInterface,
  isIterable,
  isObject,
  requireArgument,
  toClampedUnsignedShort,
  toDOMString,
  toSequence,
  toUSVString,
} from "./webidl.ts";

// What a program puts over this method does not see the events of the protocol.
const { dispatchEvent } = EventTarget.prototype;

const ReadyState = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 } as const;
type ReadyState = (typeof ReadyState)[keyof typeof ReadyState];

type Handler<Name extends "onopen" | "onerror" | "onclose" | "onmessage"> = WebSocketInstance[Name];

/** The `WebSocket` of a host: a class of its own for each, as each has its own way to connect. */
export function defineWebSocket<ConnectOptions extends OpenOptions>(webHost: WebHost<ConnectOptions>): WebSocketClass<ConnectOptions> {
  const host = webHost as unknown as WebHost<OpenOptions>;

  const known = webSocketOptions(webHost);

  class WebSocket extends EventTarget {
    declare readonly CONNECTING: 0;
    declare readonly OPEN: 1;
    declare readonly CLOSING: 2;
    declare readonly CLOSED: 3;
    declare static readonly CONNECTING: 0;
    declare static readonly OPEN: 1;
    declare static readonly CLOSING: 2;
    declare static readonly CLOSED: 3;

    readonly #record: URL;
    readonly #link: Link;
    readonly #handlers: EventHandlers;
    readonly #amount: BufferedAmount;
    #connection: WebConnection | undefined = undefined;
    #outgoing: Outgoing | undefined = undefined;
    #readyState: ReadyState = ReadyState.CONNECTING;
    #binaryType: "blob" | "arraybuffer" = "blob";

    constructor(url: string | URL, protocols: string | readonly string[] | WebSocketOptions<ConnectOptions> = []) {
      requireArgument(arguments.length, "WebSocket constructor");
      const address = toUSVString(url);
      const { offered, options } = convertSecondArgument(protocols);
      super();
      this.#record = getURLRecord(address);
      checkProtocols(offered);
      this.#handlers = new EventHandlers(this);
      this.#amount = new BufferedAmount(host.queueTask);
      const events: LinkEvents = {
        established: (connection) => this.#established(connection),
        message: (message) => this.#message(message),
        closing: () => this.#closingStarted(),
        closed: (end) => this.#closed(end),
      };
      this.#link = new Link({ host, record: this.#record, protocols: offered, options, known, oneByOne: false }, events);
    }

    get url(): string {
      return this.#record.href;
    }

    get readyState(): ReadyState {
      return this.#readyState;
    }

    get bufferedAmount(): number {
      return this.#amount.value;
    }

    get onopen(): Handler<"onopen"> {
      return this.#handlers.get("open") as Handler<"onopen">;
    }
    set onopen(value: Handler<"onopen">) {
      this.#handlers.set("open", value);
    }

    get onerror(): Handler<"onerror"> {
      return this.#handlers.get("error") as Handler<"onerror">;
    }
    set onerror(value: Handler<"onerror">) {
      this.#handlers.set("error", value);
    }

    get onclose(): Handler<"onclose"> {
      return this.#handlers.get("close") as Handler<"onclose">;
    }
    set onclose(value: Handler<"onclose">) {
      this.#handlers.set("close", value);
    }

    get extensions(): string {
      return this.#connection?.extensions ?? "";
    }

    get protocol(): string {
      return this.#connection?.subprotocol ?? "";
    }

    // The defaults make `length` what §3.7.7 demands: the number of arguments that are required.
    close(code: number | undefined = undefined, reason: string | undefined = undefined): void {
      const readyState = this.#readyState;
      const closeCode = code === undefined ? undefined : toClampedUnsignedShort(code);
      const closeReason = reason === undefined ? "" : toUSVString(reason);
      validateCloseCodeAndReason(closeCode, closeReason);
      switch (readyState) {
        case ReadyState.CLOSING:
        case ReadyState.CLOSED:
          return;
        // "If the WebSocket connection is not yet established: fail the WebSocket connection". It may be so, and the task that says it still be queued:
        // what the program sees decides, or it would get a `close` that is clean without an `open`.
        case ReadyState.CONNECTING:
          this.#link.fail(new DOMException("the WebSocket was closed before the connection was established", "AbortError"));
          break;
        case ReadyState.OPEN:
          this.#outgoing!.close(effectiveCode(closeCode, closeReason), closeReason);
      }
      this.#readyState = ReadyState.CLOSING;
    }

    get onmessage(): Handler<"onmessage"> {
      return this.#handlers.get("message") as Handler<"onmessage">;
    }
    set onmessage(value: Handler<"onmessage">) {
      this.#handlers.set("message", value);
    }

    get binaryType(): "blob" | "arraybuffer" {
      return this.#binaryType;
    }
    set binaryType(value: "blob" | "arraybuffer") {
      const before = this.#binaryType;
      const type = toDOMString(value);
      // §3.7.6: what is no value of the enumeration is ignored.
      this.#binaryType = type === "blob" || type === "arraybuffer" ? type : before;
    }

    send(data: string | ArrayBuffer | ArrayBufferView<ArrayBuffer> | Blob): void {
      const readyState = this.#readyState;
      requireArgument(arguments.length, "WebSocket.send");
      // (BufferSource or Blob or USVString). What is queued is the data as it is now.
      const message: OutgoingMessage = data instanceof Blob ? data : (copyOfBufferSource(data) ?? toUSVString(data));
      if (readyState === ReadyState.CONNECTING) throw new DOMException("the connection is not established yet", "InvalidStateError");
      this.#amount.add(byteLengthOf(message));
      if (readyState === ReadyState.OPEN) this.#outgoing!.send(message);
    }

    ping(payload?: ArrayBufferView | ArrayBufferLike): Promise<number> {
      if (this.#readyState !== ReadyState.OPEN) return Promise.reject(new DOMException("the connection is not open", "InvalidStateError"));
      return this.#connection!.ping(payload);
    }

    terminate(): void {
      if (this.#readyState === ReadyState.CLOSED) return;
      this.#readyState = ReadyState.CLOSING;
      this.#link.fail(new DOMException("the WebSocket was terminated", "AbortError"));
    }

    // ---- "Feedback from the protocol": each of these is a task ----

    #established(connection: WebConnection): void {
      // close() came first.
      if (this.#readyState !== ReadyState.CONNECTING) return;
      this.#readyState = ReadyState.OPEN;
      this.#connection = connection;
      this.#outgoing = new Outgoing(connection, this.#amount, this.#link.maxBufferedBytes, (error) => this.#link.failWith(error));
      this.#amount.opened(connection);
      dispatchEvent.call(this, new Event("open"));
    }

    #message(message: string | Uint8Array<ArrayBuffer>): void {
      if (this.#readyState !== ReadyState.OPEN) return;
      const data = typeof message === "string" ? message : this.#binaryType === "blob" ? new Blob([message]) : alone(message).buffer;
      dispatchEvent.call(this, new MessageEvent("message", { data, origin: this.#record.origin }));
    }

    #closingStarted(): void {
      if (this.#readyState === ReadyState.OPEN) this.#readyState = ReadyState.CLOSING;
    }

    #closed(end: LinkEnd): void {
      const { code, reason, wasClean, failure } = this.#connection === undefined ? neverOpened(end.failure) : end;
      this.#readyState = ReadyState.CLOSED;
      this.#amount.closed(wasClean);
      if (failure !== undefined) dispatchEvent.call(this, errorEvent(failure));
      const CloseEvent = getCloseEvent();
      dispatchEvent.call(this, new CloseEvent("close", { code, reason, wasClean }));
    }
  }

  defineInterface(WebSocket, { name: "WebSocket", constants: ReadyState, extensions: ["ping", "terminate"] });
  // Listeners are EventTarget's, which knows no types of events.
  const checked: new (
    ...parameters: ConstructorParameters<WebSocketClass<ConnectOptions>>
  ) => Omit<WebSocketInstance, "addEventListener" | "removeEventListener"> = WebSocket;
  return checked as unknown as WebSocketClass<ConnectOptions>;
}

/** `(DOMString or sequence<DOMString>)`, and beyond the standard an object that is no sequence: options. Null is the string "null". */
function convertSecondArgument(value: unknown): { offered: string[]; options: WebSocketOptions<OpenOptions> } {
  if (typeof value === "object" && value !== null && !isIterable(value)) {
    const options = value as WebSocketOptions<OpenOptions>;
    return { offered: convertProtocols(protocolsOf(options)), options };
  }
  return { offered: convertProtocols(value), options: {} };
}

function convertProtocols(value: unknown): string[] {
  return isObject(value) && isIterable(value) ? toSequence(value, toDOMString, "protocols") : [toDOMString(value)];
}

/** A plain `Event`, as in the standard, that also says what is wrong: there is no page here that has to be kept from knowing. */
function errorEvent(error: WebSocketFailure): Event {
  const event = new Event("error");
  Object.defineProperty(event, "error", { value: error, enumerable: true, configurable: true });
  Object.defineProperty(event, "message", { value: error.message, enumerable: true, configurable: true });
  return event;
}
