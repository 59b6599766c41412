// The web platform's client interfaces on a Connection. Not imported by the root export. Each adapter defines its own from its `connect`.

export { createCloseEvent, getCloseEvent, type CloseEventClass, type CloseEventFields, type CloseEventFieldsInit } from "./close-event.ts";
export type { WebHost } from "./host.ts";
export type { WebOptions, WebSocketOptions } from "./options.ts";
export type {
  ErrorEventFields,
  ListenerOptions,
  StandardWebSocket,
  WebSocketClass,
  WebSocketCloseInfo,
  WebSocketEvents,
  WebSocketFailure,
  WebSocketInstance,
  WebSocketOpenInfo,
  WebSocketStreamClass,
  WebSocketStreamInstance,
} from "./types.ts";
export { defineWebSocket } from "./web-socket.ts";
export { WebSocketError } from "./web-socket-error.ts";
export { defineWebSocketStream } from "./web-socket-stream.ts";
