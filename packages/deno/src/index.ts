export * from "@ws/endpoint/internal/api";
export { getCloseEvent, WebSocketError } from "@ws/endpoint/web";

export type { ByteConn } from "./conn-transport.ts";
export { acceptUpgrade } from "./accept-upgrade.ts";
export { connect } from "./connect.ts";
export { listen } from "./listen.ts";
export type {
  ConnectOptions,
  CreateConnection,
  ListenOptions,
  ListenOptionsWithUpgrade,
  TlsClientOptions,
  TlsServerOptions,
} from "./options.ts";
export { WebSocket, WebSocketStream, type WebSocketOptions } from "./web-socket.ts";
