/**
 * WebSocket and ordinary HTTP on sockets of `node:net`, in every runtime that has these modules. Not imported by the root export.
 * For adapters. No semver.
 */
export { dialOver, dialSocket, type StreamTarget } from "./dialing.ts";
export { socketBinding, type SocketBindingOptions } from "./listen.ts";
export { fetchListener, type CreateListener, type Fetch, type FetchListenerOptions } from "./fetch-listener.ts";
export { SocketTransport } from "./socket-transport.ts";
export { takeOver } from "./take-over.ts";
