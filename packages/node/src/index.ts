export * from "@ws/endpoint/api";
export { getCloseEvent, WebSocketError } from "@ws/endpoint/web";
export { type DeflateOptions, permessageDeflate } from "@ws/endpoint/zlib";

export { acceptUpgrade } from "./accept-upgrade.ts";
export { connect, type ConnectOptions } from "./connect.ts";
export { listen, type ListenOptions } from "./listen.ts";
export { WebSocket, WebSocketStream, type WebSocketOptions } from "./web-socket.ts";
