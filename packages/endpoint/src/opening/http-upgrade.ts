/**
 * `acceptUpgrade` of the adapters: a request that a program's own `node:http` or `node:https` server has read, whichever runtime brings that module.
 * Written without its types, which a program need not load.
 */
import { InvalidStateError } from "@ws/protocol";
import type { RequestHead } from "@ws/protocol/handshake";

import type { AnyAnswer, ContextOf, NoContext, Undecided } from "../connection/answer.ts";
import type { Connection } from "../connection/connection.ts";
import { ignorable } from "../connection/ignorable.ts";
import type { AcceptOptions, AcceptOptionsWithUpgrade, ConnectionHandler } from "../connection/options.ts";
import { type Host, reportSlip } from "../driver/host.ts";
import type { Transport } from "../ports/transport.ts";
import { acceptUpgrade } from "./accepting.ts";

/** What is used of an `http.IncomingMessage`. */
export interface HttpRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly httpVersion: string;
  readonly rawHeaders: readonly string[];
}

/** What is used of a `stream.Duplex`. */
export interface DuplexLike {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a listener of any event
  on(event: string, listener: (...args: any[]) => void): unknown;
  write(bytes: Uint8Array): boolean;
  resume(): unknown;
  destroy(error?: Error): unknown;
}

/**
 * Answers one request of an existing `http` or `https` server: call it from the server's `upgrade` event, with what that gives: `rest` are the bytes
 * behind the request's head.
 *
 * Resolves with the open connection. Rejects with a `HandshakeError` when the request was refused, which has been answered by then, and with a TypeError or
 * RangeError for options that cannot work, which `onError` is told too, and the client is answered with 500. `onError` is also told of arguments that
 * are not what the event gives (a TypeError), and of a socket that was given before (an InvalidStateError). The promise may be ignored. A client that
 * has sent other requests before is answered behind the responses to those.
 */
export interface AcceptUpgrade {
  <A extends AnyAnswer = Undecided>(
    request: HttpRequest,
    socket: DuplexLike,
    rest: Uint8Array,
    options: AcceptOptionsWithUpgrade<A>,
    handler?: ConnectionHandler<ContextOf<A>>,
  ): Promise<Connection<ContextOf<A>>>;
  <A extends AnyAnswer = NoContext>(
    request: HttpRequest,
    socket: DuplexLike,
    rest: Uint8Array,
    options?: AcceptOptions<A>,
    handler?: ConnectionHandler<ContextOf<A>>,
  ): Promise<Connection<ContextOf<A>>>;
}

/** What the HTTP server left behind. */
export interface Upgraded {
  readonly transport: Transport;
  readonly head: RequestHead;
  /** Set while responses to earlier requests are on their way: whether anything can be sent behind them. */
  readonly earlier: Promise<boolean> | undefined;
}

/** @param load gives what takes over a socket of `node:http`; called when the first request has come, since the module is large */
export function defineAcceptUpgrade(
  host: Host,
  load: () => PromiseLike<{ takeOver(request: HttpRequest, socket: DuplexLike): Upgraded }>,
): AcceptUpgrade {
  const accept = async (
    request: HttpRequest,
    socket: DuplexLike,
    rest: Uint8Array,
    options?: AcceptOptions<AnyAnswer>,
    handler?: ConnectionHandler<never>,
  ): Promise<Connection<never>> => {
    takeOnce(host, request, socket, rest, options);
    // Until the transport listens nobody else does, and an error would end the process.
    socket.on("error", () => undefined);
    // Unmasked in place: the program's array stays as it is.
    const copy = new Uint8Array(rest);
    const { takeOver } = await load();
    const { transport, head, earlier } = takeOver(request, socket);
    return (await acceptUpgrade(host, transport, head, copy, options, handler as ConnectionHandler<unknown>, earlier)) as Connection<never>;
  };
  return ((...parameters: Parameters<typeof accept>) => ignorable(() => accept(...parameters))) as AcceptUpgrade;
}

/** Sockets that were given once: two connections on one would write into each other's frames. */
const taken = new WeakSet<DuplexLike>();

/** A slip here would be seen by nobody when the promise is ignored, and the client would wait. */
function takeOnce(host: Host, request: unknown, socket: unknown, rest: unknown, options: unknown): void {
  const given = (value: unknown, name: string, kind: string): boolean => typeof (value as Record<string, unknown> | null)?.[name] === kind;
  let error: Error | undefined;
  if (!given(request, "rawHeaders", "object") || !given(socket, "destroy", "function") || !(rest instanceof Uint8Array))
    error = new TypeError("call acceptUpgrade(request, socket, rest, options, handler), with the three that the event `upgrade` gives");
  else if (taken.has(socket as DuplexLike)) error = new InvalidStateError("acceptUpgrade was called for this socket before");
  if (error === undefined) {
    taken.add(socket as DuplexLike);
    return;
  }
  reportSlip(host, options, error);
  throw error;
}
