export type { AbortSignalLike } from "./abort-signal.ts";
export { acceptConnection, acceptUpgrade, type HandOff } from "./accept.ts";
export type { Clock } from "./clock.ts";
export type { Closed } from "./closed.ts";
export { Connection } from "./connection.ts";
export { DriverGroup, type DriverGroupOptions } from "./driver-group.ts";
export { ConnectionError, HandshakeError, type ConnectionErrorCode, type HandshakeErrorCode } from "./errors.ts";
export { connectTarget, openConnection, type ConnectTarget, type Dial, type UrlLike } from "./open.ts";
export type {
  AcceptOptions,
  ConnectionHandler,
  ConnectionHandlers,
  ConnectionOptions,
  HeaderLines,
  OpenOptions,
  ServerOptions,
  UpgradeAnswer,
} from "./options.ts";
export { listenWith, type Acceptor, type Binding, type CloseServerOptions, type Listener, type Server } from "./server.ts";
export type { Transport, TransportSink } from "./transport.ts";
