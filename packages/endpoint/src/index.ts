// Connections over any byte transport: what programs use, what adapters implement, and what both need of the layers below.

export type { AbortSignalLike } from "./abort-signal.ts";
export { acceptConnection, acceptUpgrade, type HandOff } from "./accept.ts";
export type { Clock } from "./clock.ts";
export type { Closed } from "./closed.ts";
export { connectTarget, type ConnectTarget, type UrlLike } from "./connect-target.ts";
export { Connection, MessageWriter, type Sendable, type SendOptions, type StreamOptions } from "./connection.ts";
export { ENDPOINT_DEFAULTS } from "./defaults.ts";
export type { SendState } from "./driver.ts";
export { DriverGroup, type DriverGroupOptions } from "./driver-group.ts";
export { ConnectionError, HandshakeError, type ConnectionErrorCode, type HandshakeErrorCode } from "./errors.ts";
export type { IncomingMessage } from "./incoming-message.ts";
export { memoryTransportPair, MemoryTransport, type PipeOptions } from "./memory-transport.ts";
export { openConnection, type Dial } from "./open.ts";
export type {
  AcceptOptions,
  ConnectionHandler,
  ConnectionHandlers,
  ConnectionOptions,
  OpenOptions,
  ServerOptions,
  UpgradeAnswer,
} from "./options.ts";
export { listenWith, type Acceptor, type Binding, type CloseServerOptions, type Listener, type Server } from "./server.ts";
export type { Transport, TransportSink } from "./transport.ts";
export { WriteQueue } from "./write-queue.ts";

// Adapters and programs import only this package.
export { CloseCode, utf8, type FrameHeader, type Utf8 } from "@ws/codec";
export {
  DEFAULTS,
  InvalidStateError,
  originAllowed,
  prepareMessage,
  type Extension,
  type Header,
  type HeadersInput,
  type OriginPolicy,
  type PreparedMessage,
  type RequestHead,
  type ResponseHead,
  type UpgradeRequest,
} from "@ws/protocol";
