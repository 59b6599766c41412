export * from "@ws/endpoint/api";
export { getCloseEvent, WebSocketError } from "@ws/endpoint/web";
export { type DeflateOptions, permessageDeflate } from "@ws/endpoint/zlib";

export type { ByteConn } from "./conn-transport.ts";
export { connect, type ConnectOptions, type CreateConnection, type DuplexLike, type TlsClientOptions } from "./connect.ts";
export { listen, type ListenOptions, type TlsServerOptions } from "./listen.ts";
export { WebSocket, WebSocketStream, type WebSocketOptions } from "./web-socket.ts";
