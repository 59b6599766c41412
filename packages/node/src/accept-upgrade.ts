import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

import { acceptUpgrade as acceptOn, type AcceptOptions, type Connection, type ConnectionHandler } from "@ws/endpoint";
import { requestHead, SocketTransport } from "@ws/endpoint/node-http";

import { group } from "./host.ts";

/**
 * Answers one request of an existing `http` or `https` server: call it from the server's `upgrade` event.
 *
 * Resolves with the open connection and rejects with a `HandshakeError` when the request was refused, which has been answered by
 * then. The promise may be ignored.
 */
export function acceptUpgrade<Context = undefined>(
  request: IncomingMessage,
  socket: Duplex,
  head: Uint8Array,
  options?: AcceptOptions<Context>,
  handler?: ConnectionHandler<Context>,
): Promise<Connection<Context>> {
  const accepted = acceptOn(group, new SocketTransport(socket), requestHead(request), new Uint8Array(head), options, handler);
  // An unhandled rejection ends the process, and a stranger's bad request must not.
  accepted.catch(() => undefined);
  return accepted;
}
