/**
 * WebSocket and ordinary HTTP on one port, on Bun's `node:net`, `node:tls` and `node:http`: `Bun.serve` takes no connection that has been
 * read from, and does not show the head a strict evaluation needs.
 */
import { createRequestListener } from "@remix-run/node-fetch-server";
import type { Binding } from "@ws/endpoint";
import { type Fetch, fetchListener, socketBinding, type SocketTransport } from "@ws/endpoint/internal/node-http";

import type { Address } from "./listen.ts";

export function httpBinding(address: Address, fetch: Fetch, onError: (error: unknown) => void): Binding<SocketTransport> {
  const protocol = address.tls === undefined ? "http:" : "https:";
  return socketBinding({ ...address, requests: fetchListener(createRequestListener, fetch, { protocol, onError }), onError });
}
