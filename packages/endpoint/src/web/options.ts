/** What a program may choose beyond the standard, and what is different from `connect` when it does not. */
import type { DeflateOptions } from "@ws/protocol/deflate";
import { ClientHandshake, type Header, type HeadersInput } from "@ws/protocol/handshake";

import type { AbortSignalLike } from "../ports/abort-signal.ts";
import type { Connection } from "../connection/connection.ts";
import type { OpenOptions } from "../connection/options.ts";
import { takeOptions, type KnownOptions, type Names } from "../connection/check-options.ts";
import { compress } from "../connection/known-options.ts";
import * as kinds from "../connection/option-kinds.ts";
import { resolveSettings } from "../connection/settings.ts";
import type { WebHost } from "./host.ts";
import { isIterable, toDOMString } from "./webidl.ts";

interface OwnOptions {
  /** The subprotocols offered, preferred first: what the standard has as the second argument itself. */
  readonly protocols?: string | readonly string[] | undefined;
  /** The same, by its name in `connect`. */
  readonly subprotocols?: string | readonly string[] | undefined;
  /** Further header lines of the request: cookies, authorization, … */
  readonly headers?: HeadersInput | undefined;
  /** Offers permessage-deflate, as the standard demands: the default without `extensions`. `false` does not, an object chooses its parameters. */
  readonly compress?: boolean | DeflateOptions | undefined;
  /** Gives up connecting. Once the connection is open it has no effect. */
  readonly signal?: AbortSignalLike | undefined;
  /** Largest message accepted; a larger one fails the connection. 128 MiB, as in Node's own. */
  readonly maxMessageBytes?: number | undefined;
  /** Most bytes that wait to be transmitted; passing it fails the connection. 128 MiB: programs for browsers do not look. */
  readonly maxBufferedBytes?: number | undefined;
}

const ownOptions: KnownOptions<OwnOptions> = {
  protocols: kinds.any,
  subprotocols: kinds.any,
  headers: kinds.headers,
  compress,
  signal: kinds.signal,
  maxMessageBytes: kinds.number,
  maxBufferedBytes: kinds.number,
};

/** What `connect` has, and events take the place of. */
type LeftOut = keyof Pick<OpenOptions, "onError" | "streaming" | "borrow">;
const leftOut: Readonly<Record<LeftOut, true>> = { onError: true, streaming: true, borrow: true };

type Replaced = keyof OwnOptions | LeftOut;

/** The options of the adapter's `connect` (TLS, limits, time, `createConnection`, …), and those that a `WebSocket` has in Node, Deno and Bun. */
export type WebOptions<ConnectOptions> = Omit<ConnectOptions, Replaced> & OwnOptions;

/** Those of `WebSocket`, which programs come to from other classes of this name. */
export type WebSocketOptions<ConnectOptions> = WebOptions<ConnectOptions> & {
  /** `compress`, by its name in other libraries. */
  readonly perMessageDeflate?: boolean | DeflateOptions | undefined;
};

/** Programs for browsers have no way to choose limits. */
const MAX_BYTES = 134_217_728;

/** @internal What `connect` is given. */
export function connectOptions(
  host: WebHost<OpenOptions>,
  given: WebSocketOptions<OpenOptions>,
  known: Names,
  protocols: readonly string[],
  authorization: string | undefined,
): OpenOptions & { maxBufferedBytes: number } {
  const options = takeOptions(given, known);
  const { protocols: _, perMessageDeflate, ...rest } = options;
  if (perMessageDeflate !== undefined && options.compress !== undefined)
    throw new TypeError("perMessageDeflate is another name of compress: leave one of them out");
  const headers = headerLines(options.headers);
  if (authorization !== undefined && !headers.some(([name]) => name.toLowerCase() === "authorization"))
    headers.push(["Authorization", authorization]);
  const result = {
    ...rest,
    subprotocols: protocols,
    headers,
    compress: options.compress ?? perMessageDeflate ?? options.extensions === undefined,
    maxMessageBytes: options.maxMessageBytes ?? MAX_BYTES,
    maxBufferedBytes: options.maxBufferedBytes ?? MAX_BYTES,
    streaming: false,
    borrow: false,
  } satisfies OpenOptions;
  // A usage error is thrown from the constructor, where the program sees it: everything that goes into the request is checked by making one.
  resolveSettings(result, undefined, host.deflate);
  const { origin } = options;
  new ClientHandshake({
    host: "localhost",
    target: "/",
    nonce: new Uint8Array(16),
    subprotocols: protocols,
    headers,
    ...(origin !== undefined && { origin }),
  });
  return result;
}

/** @internal Of both classes. */
export function knownOptions<ConnectOptions>(host: WebHost<ConnectOptions>): Names {
  const taken = Object.entries<kinds.Kind>(host.knownOptions).filter(([name]) => !Object.hasOwn(leftOut, name));
  return { ...Object.fromEntries(taken), ...ownOptions };
}

/** @internal Of `WebSocket`. */
export function webSocketOptions<ConnectOptions>(host: WebHost<ConnectOptions>): Names {
  return { ...knownOptions(host), perMessageDeflate: compress };
}

/** The subprotocols among the options; a string is one. */
export function protocolsOf(options: { protocols?: unknown; subprotocols?: unknown }): unknown {
  return options.protocols ?? options.subprotocols ?? [];
}

function headerLines(headers: HeadersInput | undefined): Header[] {
  if (headers === undefined || headers === null) return [];
  const lines: Header[] = [];
  for (const [name, value] of isIterable(headers) ? (headers as Iterable<readonly [string, string]>) : Object.entries(headers)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) lines.push([toDOMString(name), toDOMString(one)]);
  }
  return lines;
}

/** @internal What is under these interfaces. */
export type WebConnection = Connection;

/** @internal The bytes of a message alone in their buffer, which is the program's as well: the same if they are so already. */
export function alone(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return bytes.buffer.byteLength === bytes.byteLength ? bytes : bytes.slice();
}
