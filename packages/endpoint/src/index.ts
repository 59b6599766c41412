// Connections over any byte transport: what programs use, what adapters implement, and what both need of the layers below.

export type { AbortSignalLike, HostAbortSignal } from "./ports/abort-signal.ts";
export { acceptConnection, acceptUpgrade } from "./opening/accepting.ts";
export { errorReporter } from "./driver/guarded.ts";
export type { HandOff, OrdinaryRequest } from "./opening/server-opening.ts";
export type { Clock } from "./ports/clock.ts";
export type { Closed } from "./connection/closed.ts";
export { connectTarget, parseUrl, type ConnectTarget, type UrlLike } from "./opening/connect-target.ts";
export { Connection, type Sendable } from "./connection/connection.ts";
export { MessageWriter, type SendOptions, type StreamOptions } from "./connection/message-writer.ts";
export { ENDPOINT_DEFAULTS } from "./connection/defaults.ts";
export type { SendState } from "./connection/carrier.ts";
export { DriverGroup, type DriverGroupOptions } from "./driver/driver-group.ts";
export { ConnectionError, HandshakeError, type ConnectionErrorCode, type HandshakeErrorCode } from "./connection/errors.ts";
export { checkConnect, checkListen, openOptions, serverOptions, type KnownOptions } from "./connection/known-options.ts";
export * as optionKinds from "./connection/option-kinds.ts";
export type { IncomingMessage } from "./connection/incoming-message.ts";
export { memoryTransportPair, MemoryTransport, type PipeOptions } from "./transports/memory-transport.ts";
export { openConnection, type Dial, type OnCancel } from "./opening/opening.ts";
export type {
  AcceptOptions,
  ConnectionHandler,
  ConnectionHandlers,
  ConnectionOptions,
  OpenOptions,
  ResponseLike,
  ServerOptions,
  UpgradeAnswer,
} from "./connection/options.ts";
export type { PendingRequest } from "./opening/asked-request.ts";
export {
  listenWith,
  type Acceptor,
  type Binding,
  type CloseServerOptions,
  type Listener,
  type OrdinaryServer,
  type Server,
} from "./server.ts";
export type { Transport, TransportSink } from "./ports/transport.ts";
export { WriteQueue } from "./transports/write-queue.ts";

// Adapters and programs import only this package.
export { CloseCode, utf8, type FrameHeader, type Utf8 } from "@ws/codec";
export {
  DEFAULTS,
  InvalidStateError,
  isOriginAllowed,
  prepareMessage,
  type Extension,
  type Header,
  type HeaderList,
  type HeadersInput,
  type AllowedOrigins,
  type PreparedMessage,
  type RequestHead,
  type ResponseHead,
  type UpgradeRequest,
} from "@ws/protocol";
