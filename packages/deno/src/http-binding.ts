/**
 * Listeners on Deno's `node:net`, `node:tls` and `node:http`. With ordinary HTTP beside WebSocket: `Deno.serve` takes no connection that has
 * been read from, and does not show the head a strict evaluation needs. With TLS: connections of `Deno.listenTls` hold their sockets until the
 * peer has finished the TLS handshake, however long it takes.
 */
import { createRequestListener } from "@remix-run/node-fetch-server";
import type { Binding } from "@ws/endpoint";
import { type Fetch, fetchListener, socketBinding, type SocketTransport } from "@ws/endpoint/internal/node-http";

import type { Address } from "./listen.ts";

export function httpBinding(address: Address, fetch: Fetch | undefined, onError: (error: unknown) => void): Binding<SocketTransport> {
  const protocol = address.tls === undefined ? "http:" : "https:";
  return socketBinding({ ...address, requests: fetch && fetchListener(createRequestListener, fetch, { protocol, onError }), onError });
}
