export {
  CloseCode,
  Connection,
  ConnectionError,
  DEFAULTS,
  HandshakeError,
  InvalidStateError,
  prepareMessage,
  type AcceptOptions,
  type Closed,
  type CloseServerOptions,
  type ConnectionErrorCode,
  type ConnectionHandler,
  type ConnectionHandlers,
  type ConnectionOptions,
  type ConnectTarget,
  type Extension,
  type FrameHeader,
  type HandshakeErrorCode,
  type Header,
  type HeadersInput,
  type IncomingMessage,
  type MessageWriter,
  type OpenOptions,
  type OriginPolicy,
  type PreparedMessage,
  type ResponseHead,
  type Sendable,
  type SendOptions,
  type SendState,
  type Server,
  type ServerOptions,
  type StreamOptions,
  type UpgradeAnswer,
  type UpgradeRequest,
} from "@ws/endpoint";
export { type DeflateOptions, permessageDeflate } from "@ws/endpoint/zlib";

export { acceptUpgrade } from "./accept-upgrade.ts";
export { connect, type ConnectOptions } from "./connect.ts";
export { listen, type ListenOptions } from "./listen.ts";
export { WebSocket, WebSocketStream, type WebSocketOptions } from "./web-socket.ts";
export { getCloseEvent, WebSocketError } from "@ws/endpoint/web";
