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

export { acceptUpgrade } from "./accept-upgrade.ts";
export { connect, type ConnectOptions } from "./connect.ts";
export { listen, type ListenOptions } from "./listen.ts";
