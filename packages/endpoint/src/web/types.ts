/**
 * The interfaces as programs see them. Declared here and not taken from a host's types, so that one declaration serves all; a type-level test compares
 * them with those of the DOM.
 */
import type { ClientHandshakeErrorCode } from "../connection/error-code.ts";
import type { ConnectionError, HandshakeError } from "../connection/errors.ts";
import type { CloseEventFields } from "./close-event.ts";
import type { WebOptions, WebSocketOptions } from "./options.ts";

/** Why a WebSocket failed: it never opened, or did not end well. Both have a `kind`. */
export type WebSocketFailure = HandshakeError<ClientHandshakeErrorCode> | ConnectionError;

/** Beyond the standard: what the `error` event, otherwise its plain `Event`, has. */
export interface ErrorEventFields {
  readonly error: WebSocketFailure;
  readonly message: string;
}

export interface WebSocketEvents {
  open: Event;
  message: MessageEvent;
  error: Event & ErrorEventFields;
  close: Event & CloseEventFields;
}

export interface ListenerOptions {
  capture?: boolean;
  once?: boolean;
  passive?: boolean;
  signal?: AbortSignal;
}

/** https://websockets.spec.whatwg.org/#the-websocket-interface */
export interface StandardWebSocket extends EventTarget {
  readonly url: string;
  readonly readyState: 0 | 1 | 2 | 3;
  readonly bufferedAmount: number;
  onopen: ((this: StandardWebSocket, event: Event) => unknown) | null;
  get onerror(): ((this: StandardWebSocket, event: Event) => unknown) | null;
  // As it is read it fits the DOM's interface, whose event has nothing to say.
  set onerror(value: ((this: StandardWebSocket, event: WebSocketEvents["error"]) => unknown) | null);
  onclose: ((this: StandardWebSocket, event: WebSocketEvents["close"]) => unknown) | null;
  onmessage: ((this: StandardWebSocket, event: MessageEvent) => unknown) | null;
  readonly extensions: string;
  readonly protocol: string;
  binaryType: "blob" | "arraybuffer";
  close(code?: number, reason?: string): void;
  send(data: string | ArrayBuffer | ArrayBufferView<ArrayBuffer> | Blob): void;
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
  addEventListener<Type extends keyof WebSocketEvents>(
    type: Type,
    listener: ((this: StandardWebSocket, event: WebSocketEvents[Type]) => unknown) | null,
    options?: boolean | ListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: ((event: Event) => unknown) | { handleEvent(event: Event): unknown } | null,
    options?: boolean | ListenerOptions,
  ): void;
  removeEventListener<Type extends keyof WebSocketEvents>(
    type: Type,
    listener: ((this: StandardWebSocket, event: WebSocketEvents[Type]) => unknown) | null,
    options?: boolean | { capture?: boolean },
  ): void;
  removeEventListener(
    type: string,
    listener: ((event: Event) => unknown) | { handleEvent(event: Event): unknown } | null,
    options?: boolean | { capture?: boolean },
  ): void;
}

/** With what this stack adds. */
export interface WebSocketInstance extends StandardWebSocket {
  /**
   * Beyond the standard: sends a Ping (RFC 6455 §5.5.2) and resolves with the round-trip time in milliseconds. Rejects when the connection is not open,
   * or ends first.
   *
   * @param payload at most 125 bytes
   */
  ping(payload?: ArrayBufferView | ArrayBufferLike): Promise<number>;
  /** Beyond the standard: ends the connection, or the attempt to connect, at once and without a closing handshake. `close` follows, with 1006. */
  terminate(): void;
}

/** `new WebSocket(url, protocols)`, and beyond the standard `new WebSocket(url, options)`. */
export interface WebSocketClass<ConnectOptions> {
  new (url: string | URL, protocols?: string | readonly string[] | WebSocketOptions<ConnectOptions>): WebSocketInstance;
  readonly prototype: WebSocketInstance;
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
}

/** What `opened` resolves to. */
export interface WebSocketOpenInfo {
  /** Strings for text messages, `Uint8Array`s for binary ones. Not reading slows the peer down. */
  readable: ReadableStream<string | Uint8Array<ArrayBuffer>>;
  /** Strings, buffers and views; anything else is sent as the string it converts to. */
  writable: WritableStream<string | ArrayBuffer | ArrayBufferView<ArrayBuffer>>;
  extensions: string;
  protocol: string;
}

export interface WebSocketCloseInfo {
  closeCode?: number;
  reason?: string;
}

/** https://github.com/whatwg/websockets/pull/48 */
export interface WebSocketStreamInstance {
  readonly url: string;
  readonly opened: Promise<WebSocketOpenInfo>;
  readonly closed: Promise<Required<WebSocketCloseInfo>>;
  close(closeInfo?: WebSocketCloseInfo): void;
}

export interface WebSocketStreamClass<ConnectOptions> {
  new (
    url: string | URL,
    options?: Omit<WebOptions<ConnectOptions>, "protocols"> & { protocols?: readonly string[] | undefined },
  ): WebSocketStreamInstance;
  readonly prototype: WebSocketStreamInstance;
}
