import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

import {
  acceptUpgrade as acceptOn,
  type AcceptOptions,
  type AcceptOptionsWithUpgrade,
  type Connection,
  type ConnectionHandler,
  type ContextOf,
  type NoContext,
  type Refuse,
  type AnyAnswer,
} from "@ws/endpoint";
import { requestHead, SocketTransport } from "@ws/endpoint/internal/node-http";

import { host } from "./host.ts";

/**
 * Answers one request of an existing `http` or `https` server: call it from the server's `upgrade` event.
 *
 * Resolves with the open connection and rejects with a `HandshakeError` when the request was refused, which has been answered by
 * then. The promise may be ignored. A client that has sent other requests before is answered behind the responses to those.
 *
 * @throws TypeError, RangeError for options that cannot work; the client is answered with 500 then
 */
export function acceptUpgrade<A extends AnyAnswer = Refuse>(
  request: IncomingMessage,
  socket: Duplex,
  head: Uint8Array,
  options: AcceptOptionsWithUpgrade<A>,
  handler?: ConnectionHandler<ContextOf<A>>,
): Promise<Connection<ContextOf<A>>>;
export function acceptUpgrade<A extends AnyAnswer = NoContext>(
  request: IncomingMessage,
  socket: Duplex,
  head: Uint8Array,
  options?: AcceptOptions<A>,
  handler?: ConnectionHandler<ContextOf<A>>,
): Promise<Connection<ContextOf<A>>>;
export function acceptUpgrade<A extends AnyAnswer>(
  request: IncomingMessage,
  socket: Duplex,
  head: Uint8Array,
  options?: AcceptOptions<A>,
  handler?: ConnectionHandler<ContextOf<A>>,
): Promise<Connection<ContextOf<A>>> {
  const accepted = acceptOn(
    host,
    new SocketTransport(socket),
    requestHead(request),
    new Uint8Array(head),
    options,
    handler,
    responseOn(socket) && afterResponses(socket),
  );
  // An unhandled rejection ends the process, and a stranger's bad request must not.
  accepted.catch(() => undefined);
  return accepted;
}

/** The response that is being sent on a connection: `node:http` keeps it there, for want of a public place. Where it does not, nothing is waited for. */
function responseOn(socket: Duplex): ServerResponse | undefined {
  return (socket as Duplex & { _httpMessage?: ServerResponse | null })._httpMessage ?? undefined;
}

/** RFC 9112 §9.3.2: responses leave in the order of the requests. Fulfilled with whether the connection can still carry one. */
async function afterResponses(socket: Duplex): Promise<boolean> {
  for (let response = responseOn(socket); response !== undefined; response = responseOn(socket)) {
    if (response.closed || socket.destroyed) break;
    const current = response;
    // When it has been sent, `node:http` puts the next one in its place, before anybody hears of "close".
    await new Promise((resolve) => current.once("close", resolve));
  }
  // Set for the next request of an idle connection, and meant for the HTTP server, which has let go of this one.
  (socket as Partial<Socket>).setTimeout?.(0);
  return !socket.destroyed && socket.writable;
}
