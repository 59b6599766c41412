/** A socket of which an HTTP server has let go, at its `upgrade` event. */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

import type { DuplexLike, HttpRequest, Upgraded } from "../opening/http-upgrade.ts";
import { requestHead } from "./request-head.ts";
import { SocketTransport } from "./socket-transport.ts";

export function takeOver(request: HttpRequest, socket: DuplexLike): Upgraded {
  const duplex = socket as unknown as Duplex;
  const transport = new SocketTransport(duplex);
  releaseTimeout(duplex);
  return { transport, head: requestHead(request), earlier: responseOn(duplex) && afterResponses(duplex) };
}

/** Set for the next request of an idle connection, and meant for the HTTP server. */
function releaseTimeout(socket: Duplex): void {
  (socket as Partial<Socket>).setTimeout?.(0);
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
  releaseTimeout(socket);
  return !socket.destroyed && socket.writable;
}
