export {
  type AcceptOptions,
  type Closed,
  type CloseServerOptions,
  Connection,
  ConnectionError,
  type ConnectionErrorCode,
  type ConnectionHandler,
  type ConnectionHandlers,
  type ConnectionOptions,
  HandshakeError,
  type HandshakeErrorCode,
  type Server,
  type ServerOptions,
  type UpgradeAnswer,
} from "@ws/endpoint";
export { type DeflateOptions, permessageDeflate } from "@ws/endpoint/zlib";

export { connect, type ConnectOptions, type TlsClientOptions } from "./connect.ts";
export { listen, type ListenOptions, type TlsServerOptions } from "./listen.ts";
