import {
  defineWebSocket,
  defineWebSocketStream,
  type WebHost,
  type WebSocketClass,
  type WebSocketInstance,
  type WebSocketOptions as OptionsWith,
  type WebSocketStreamClass,
  type WebSocketStreamInstance,
} from "@ws/endpoint/web";
import { permessageDeflate } from "@ws/endpoint/zlib";

import { connect } from "./connect.ts";
import type { ConnectOptions } from "./options.ts";
import { connectOptions } from "./known-options.ts";

/** The second argument of `WebSocket`, instead of the subprotocols: those of `connect`, in the shape known from the runtime's own. */
export type WebSocketOptions = OptionsWith<ConnectOptions>;

const host: WebHost<ConnectOptions> = {
  connect,
  knownOptions: connectOptions,
  deflate: permessageDeflate,
  queueTask: (task) => {
    setImmediate(task);
  },
};

/** `WebSocket` of the WebSockets Standard. What differs stands in docs/web-api.md. */
export const WebSocket: WebSocketClass<ConnectOptions> = /* @__PURE__ */ defineWebSocket(host);
export type WebSocket = WebSocketInstance;

/** `WebSocketStream` of the draft for the WebSockets Standard. */
export const WebSocketStream: WebSocketStreamClass<ConnectOptions> = /* @__PURE__ */ defineWebSocketStream(host);
export type WebSocketStream = WebSocketStreamInstance;
