/**
 * The public face, written down once as a program relies on it. Compiled only: the check of each runtime compares its adapter with this, so nothing changes
 * without being changed here, which is where to think of those who upgrade.
 *
 * Times are milliseconds, and `false` where one may be absent; sizes are `…Bytes`; bytes handed out lie in an `ArrayBuffer`, any view is taken; calls are
 * (where, options, handler).
 */
import type * as endpoint from "@ws/endpoint";

export type Bytes = Uint8Array<ArrayBuffer>;
export type Message = string | Bytes;
export type Header = readonly [name: string, value: string];
export type HeadersInput = Iterable<Header> | Readonly<Record<string, string | readonly string[] | undefined>>;
export interface HeaderList extends Iterable<[name: string, value: string]> {
  get(name: string): string | null;
  getAll(name: string): string[];
}
export type Signal = Pick<AbortSignal, "aborted" | "reason" | "addEventListener" | "removeEventListener">;

// ---- the opening handshake ----

export interface UpgradeRequest {
  readonly url: string;
  readonly target: string;
  readonly host: string;
  readonly origin: string | undefined;
  readonly headers: HeaderList;
  readonly subprotocols: readonly string[];
  readonly subprotocol: string;
  readonly remoteAddress: string | undefined;
  readonly secure: boolean;
  readonly httpVersion: "1.1" | "2";
  readonly signal: AbortSignal;
}

export interface Accept {
  readonly status?: undefined;
  readonly context?: unknown;
  readonly subprotocol?: string | undefined;
  readonly headers?: HeadersInput | undefined;
  readonly handler?: ConnectionHandler<never> | undefined;
}
export interface Refuse {
  readonly status: number;
  readonly headers?: HeadersInput | undefined;
  readonly body?: string | Uint8Array | undefined;
  readonly context?: never;
}

// ---- options ----

export interface ConnectionOptions {
  readonly maxMessageBytes?: number | undefined;
  readonly maxFrameBytes?: number | undefined;
  readonly maxFragments?: number | undefined;
  readonly maxBufferedBytes?: number | undefined;
  readonly maxPendingPings?: number | undefined;
  readonly maxHeadBytes?: number | undefined;
  readonly maxHeaders?: number | undefined;
  readonly sendHighWaterMark?: number | undefined;
  readonly receiveHighWaterMark?: number | undefined;
  readonly keepAlive?: { readonly interval?: number | undefined; readonly timeout?: number | undefined } | false | undefined;
  readonly idleTimeout?: number | false | undefined;
  readonly stallTimeout?: number | false | undefined;
  readonly closeTimeout?: number | undefined;
  readonly handshakeTimeout?: number | undefined;
  readonly lenient?: { readonly nonMinimalLengths?: boolean | undefined } | undefined;
  readonly streaming?: boolean | undefined;
  readonly borrow?: boolean | undefined;
  readonly compress?: boolean | endpoint.DeflateOptions | undefined;
  readonly extensions?: readonly endpoint.Extension[] | undefined;
  readonly inspect?:
    ((header: Readonly<endpoint.FrameHeader>, direction: "received" | "sent", connection: endpoint.Connection) => void) | undefined;
}
export interface AcceptOptions extends ConnectionOptions {
  readonly subprotocols?: readonly string[] | undefined;
  readonly subprotocolOrder?: "client" | "server" | undefined;
  readonly allowedOrigins?: "same" | "any" | readonly string[] | ((origin: string, request: UpgradeRequest) => boolean) | undefined;
  readonly lenient?: ServerLeniencies | undefined;
  readonly upgrade?: ((request: UpgradeRequest) => Accept | Refuse | Response | PromiseLike<Accept | Refuse | Response>) | undefined;
  readonly onRefused?: ((error: HandshakeError, request: UpgradeRequest | undefined) => void) | undefined;
  readonly onError?: ((error: unknown, connection: endpoint.Connection | undefined) => void) | undefined;
}
export interface ServerLeniencies {
  readonly nonMinimalLengths?: boolean | undefined;
  readonly emptyHandshakeFields?: boolean | undefined;
  readonly strayKeyBits?: boolean | undefined;
  readonly leadingEmptyLines?: boolean | undefined;
}
export interface ClientLeniencies {
  readonly nonMinimalLengths?: boolean | undefined;
  readonly emptyHandshakeFields?: boolean | undefined;
  readonly missingReasonSpace?: boolean | undefined;
}
export interface ListenOptions extends AcceptOptions {
  readonly port?: number | undefined;
  readonly hostname?: string | undefined;
  readonly unix?: string | undefined;
  readonly backlog?: number | undefined;
  readonly tls?: { readonly key: string; readonly cert: string } | undefined;
  readonly fetch?: ((request: Request) => Response | Promise<Response>) | undefined;
  readonly maxConnections?: number | undefined;
  readonly maxPendingHandshakes?: number | undefined;
  readonly signal?: Signal | undefined;
}
export interface ConnectOptions extends ConnectionOptions {
  readonly subprotocols?: readonly string[] | undefined;
  readonly headers?: HeadersInput | undefined;
  readonly origin?: string | undefined;
  readonly lenient?: ClientLeniencies | undefined;
  readonly signal?: Signal | undefined;
  readonly unix?: string | undefined;
  readonly tls?: { readonly ca?: string | undefined; readonly servername?: string | undefined } | undefined;
  readonly onError?: ((error: unknown, connection: endpoint.Connection | undefined) => void) | undefined;
}

// ---- one connection, and how it ends ----

export type SendState = "ready" | "full" | "closing";
export type Sendable = string | ArrayBufferView | ArrayBufferLike | endpoint.PreparedMessage;
export type ErrorKind = "protocol" | "limit" | "timeout" | "lost" | "aborted" | "refused" | "internal";
export interface ConnectionError extends Error {
  readonly name: "ConnectionError";
  readonly kind: ErrorKind;
  readonly code: string;
  readonly closeCode: number;
  readonly section: string;
}
export interface HandshakeError extends Error {
  readonly name: "HandshakeError";
  readonly kind: ErrorKind;
  readonly code: string;
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: Bytes;
}
export type Closed = { readonly code: number; readonly reason: string; readonly initiator: "local" | "remote" } & (
  { readonly wasClean: true; readonly error?: undefined } | { readonly wasClean: false; readonly error: ConnectionError }
);
export interface Connection<Context = unknown> extends AsyncIterable<Message>, AsyncDisposable {
  readonly context: Context;
  readonly subprotocol: string;
  readonly extensions: string;
  readonly request: UpgradeRequest | undefined;
  readonly response: { readonly status: number } | undefined;
  readonly remoteAddress: string | undefined;
  readonly state: "open" | "closing" | "closed";
  send(message: Sendable, options?: { readonly copy?: boolean | undefined }): SendState;
  sendStream(
    chunks: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
    options?: { readonly copy?: boolean | undefined; readonly type?: "text" | "binary" | undefined; readonly signal?: Signal | undefined },
  ): Promise<SendState>;
  beginMessage(type: "text" | "binary"): MessageWriter | undefined;
  incoming(): AsyncIterableIterator<MessageReader, undefined>;
  flush(): void;
  readonly ready: Promise<void>;
  readonly bufferedBytes: number;
  ping(payload?: Uint8Array, options?: { readonly signal?: Signal | undefined }): Promise<number>;
  close(code?: number, reason?: string): void;
  abort(reason?: unknown): void;
  readonly closed: Promise<Closed>;
}
export interface MessageWriter {
  readonly type: "text" | "binary";
  readonly ready: Promise<void>;
  write(chunk: string | Uint8Array, options?: { readonly copy?: boolean | undefined }): SendState;
  end(chunk?: string | Uint8Array, options?: { readonly copy?: boolean | undefined }): SendState;
}
export interface MessageReader extends AsyncIterableIterator<Message, undefined> {
  readonly type: "text" | "binary";
}
export interface ConnectionHandlers<Context = unknown> {
  readonly open?: ((connection: endpoint.Connection<Context>) => unknown) | undefined;
  readonly message?: ((connection: endpoint.Connection<Context>, message: Message) => unknown) | undefined;
  readonly chunk?: ((connection: endpoint.Connection<Context>, chunk: Message, first: boolean, last: boolean) => unknown) | undefined;
  readonly drain?: ((connection: endpoint.Connection<Context>) => unknown) | undefined;
  readonly closing?: ((connection: endpoint.Connection<Context>) => unknown) | undefined;
  readonly close?: ((connection: endpoint.Connection<Context>, closed: Closed) => unknown) | undefined;
}
export type ConnectionHandler<Context = unknown> =
  ConnectionHandlers<Context> | ((connection: endpoint.Connection<Context>) => PromiseLike<unknown>);

export interface Server<Context = unknown> extends AsyncDisposable {
  readonly port: number;
  readonly hostname: string;
  readonly unix: string | undefined;
  readonly url: string;
  readonly connections: { readonly size: number; [Symbol.iterator](): IterableIterator<Connection<Context>> };
  close(options?: {
    readonly timeout?: number | undefined;
    readonly code?: number | undefined;
    readonly reason?: string | undefined;
  }): Promise<void>;
}

// ---- the comparison ----

interface User {
  readonly name: string;
}
/** `true` where the types are the same, not only alike. */
export type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Fits<Narrow extends Wide, Wide> = Narrow;

/** Each of them is true. */
export type Hold<Claims extends readonly true[]> = Claims;

/** Not one name more or less. */
export type Names = Hold<
  [
    Same<keyof endpoint.ConnectionOptions, keyof ConnectionOptions>,
    Same<keyof endpoint.AcceptOptions, keyof AcceptOptions>,
    Same<keyof endpoint.ConnectionHandlers, keyof ConnectionHandlers>,
    Same<keyof endpoint.Connection, keyof Connection>,
    Same<keyof endpoint.Server, keyof Server>,
    Same<keyof endpoint.UpgradeRequest, keyof UpgradeRequest>,
    Same<keyof endpoint.Accept, keyof Accept>,
    Same<keyof endpoint.Refuse, keyof Refuse>,
    Same<keyof endpoint.MessageWriter, keyof MessageWriter>,
    Same<keyof endpoint.MessageReader, keyof MessageReader>,
    Same<keyof endpoint.ConnectionError, keyof ConnectionError>,
    Same<keyof endpoint.HandshakeError, keyof HandshakeError>,
    Same<keyof endpoint.ServerLeniencies, keyof ServerLeniencies>,
    Same<keyof endpoint.ClientLeniencies, keyof ClientLeniencies>,
    Same<endpoint.SendState, SendState>,
    Same<endpoint.Sendable, Sendable>,
    Same<endpoint.ErrorKind, ErrorKind>,
  ]
>;

/** The same for what an adapter adds; `createConnection` gives what is a stream in its runtime. */
export type AdapterNames<Listen, Connect> = [
  Same<keyof Listen, keyof ListenOptions>,
  Same<keyof Connect, keyof ConnectOptions | "createConnection">,
];

/** What a program is given is at least this. */
export type Given = [
  Fits<endpoint.Connection<User>, Connection<User>>,
  Fits<endpoint.Server<User>, Server<User>>,
  Fits<endpoint.UpgradeRequest, UpgradeRequest>,
  Fits<endpoint.Closed, Closed>,
  Fits<endpoint.ConnectionError, ConnectionError>,
  Fits<endpoint.HandshakeError, HandshakeError>,
  Fits<endpoint.MessageWriter, MessageWriter>,
  Fits<endpoint.MessageReader, MessageReader>,
];

/** What a program gives is taken, by every adapter. */
export type Taken = [
  Fits<ConnectionOptions, endpoint.ConnectionOptions>,
  Fits<AcceptOptions, endpoint.AcceptOptions<endpoint.AnyAnswer>>,
  Fits<ConnectionHandler<User>, endpoint.ConnectionHandler<User>>,
  Fits<HeadersInput, endpoint.HeadersInput>,
];

/** An adapter: three ways to a connection, and what belongs to them. The inference of contexts is in context.ts. */
export interface Face {
  listen(options: ListenOptions, handler: ConnectionHandler): Promise<Server>;
  connect(url: string | URL, options?: ConnectOptions, handler?: ConnectionHandler<undefined>): Promise<Connection<undefined>>;
  acceptUpgrade(
    request: Parameters<endpoint.AcceptUpgrade>[0],
    socket: Parameters<endpoint.AcceptUpgrade>[1],
    head: Uint8Array,
    options?: AcceptOptions,
    handler?: ConnectionHandler,
  ): Promise<Connection>;
  prepareMessage(message: string | ArrayBufferView | ArrayBufferLike): endpoint.PreparedMessage;
  readonly CloseCode: { readonly NORMAL: 1000; readonly GOING_AWAY: 1001; readonly INTERNAL_ERROR: 1011 };
  readonly ConnectionError: abstract new (...hidden: never) => ConnectionError;
  readonly HandshakeError: abstract new (...hidden: never) => HandshakeError;
  readonly WebSocket: unknown;
  readonly WebSocketStream: unknown;
}
