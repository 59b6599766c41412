// Connections over any byte transport: what programs use, and what a program brings that has a transport and a host of its own.

export type { AbortSignalLike, HostAbortSignal } from "./ports/abort-signal.ts";
export { acceptConnection, acceptUpgrade } from "./opening/accepting.ts";
export type { Clock } from "./ports/clock.ts";
export type { Closed } from "./connection/closed.ts";
export type { AcceptUpgrade, DuplexLike, HttpRequest } from "./opening/http-upgrade.ts";
export { connectTarget, type ConnectTarget, type UrlLike } from "./opening/connect-target.ts";
export { Connection, type Sendable } from "./connection/connection.ts";
export type { MessageWriter, SendOptions } from "./connection/message-writer.ts";
export type { StreamOptions } from "./connection/send-stream.ts";
export { ENDPOINT_DEFAULTS } from "./connection/defaults.ts";
export type { SendState } from "./connection/carrier.ts";
export type { HostOptions } from "./driver/driver-group.ts";
export { createHost, type Host } from "./driver/host.ts";
export type { ErrorKind } from "./connection/error-kind.ts";
export type {
  ClientHandshakeErrorCode,
  ConnectionErrorCode,
  HandshakeErrorCode,
  ServerHandshakeErrorCode,
} from "./connection/error-code.ts";
export { ConnectionError, HandshakeError, type ErrorClass } from "./connection/errors.ts";
export type { MessageReader } from "./connection/message-reader.ts";
export type { ClientLeniencies, ServerLeniencies } from "./connection/leniencies.ts";
export { memoryTransportPair, type MemoryTransport, type PipeOptions } from "./transports/memory-transport.ts";
export { openConnection, type Dial, type OnCancel } from "./opening/opening.ts";
export type { Accept, AnyAnswer, ContextOf, NoContext, Refuse, ResponseLike, Undecided, UpgradeAnswer } from "./connection/answer.ts";
export type {
  AcceptOptions,
  AcceptOptionsWithUpgrade,
  ConnectionHandler,
  ConnectionHandlers,
  ConnectionOptions,
  OpenOptions,
  ServerOptions,
  Upgrade,
} from "./connection/options.ts";
export type { UpgradeRequest } from "./opening/upgrade-request.ts";
export { listenWith, type Acceptor, type Binding, type CloseServerOptions, type Listener, type Server } from "./server.ts";
export type { Transport, TransportSink } from "./ports/transport.ts";

// Programs import only this package.
export { CloseCode, type FrameHeader, type Utf8 } from "@ws/codec";
export { DEFAULTS, InvalidStateError, type PreparedMessage } from "@ws/protocol";
export { prepareMessage } from "./connection/prepare-message.ts";
export { type DeflateOptions } from "@ws/protocol/deflate";
export {
  type Extension,
  type Header,
  type HeaderList,
  type HeadersInput,
  type AllowedOrigins,
  type RequestHead,
  type ResponseHead,
} from "@ws/protocol/handshake";
