/**
 * WebSocket and ordinary HTTP on one port, on Bun's `node:net`, `node:tls` and `node:http`: `Bun.serve` takes no connection that has been
 * read from, and does not show the head a strict evaluation needs.
 */
import { createRequestListener } from "@remix-run/node-fetch-server";
import type { Binding, ServerOptions } from "@ws/endpoint";
import { socketBinding, type SocketTransport } from "@ws/endpoint/node-http";

import type { Address } from "./listen.ts";

export function httpBinding(
  address: Address,
  fetch: (request: Request) => Response | Promise<Response>,
  { handshakeTimeout, closeTimeout, maxConnections }: Pick<ServerOptions, "handshakeTimeout" | "closeTimeout" | "maxConnections">,
  onError: (error: unknown) => void,
): Binding<SocketTransport> {
  return socketBinding({
    ...address,
    requests: createRequestListener(fetch, { protocol: address.tls === undefined ? "http:" : "https:", onError }),
    handshakeTimeout,
    closeTimeout,
    maxConnections,
    onError,
  });
}
