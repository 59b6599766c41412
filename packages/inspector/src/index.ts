/**
 * Reading a WebSocket conversation: from octets to heads, frames and messages, and on to JSON and pcapng. The page is made of
 * this; programs can use it too. The proxy is `@ws/inspector/server`.
 */
export { exportJson, type ExportedConversation, type ExportedLog } from "./export/json.ts";
export { exportPcapng } from "./export/pcapng.ts";
export type {
  CloseInfo,
  Conversation,
  DirectionCount,
  Entry,
  FrameEntry,
  HeadEntry,
  MessagePart,
  NoteEntry,
  OpaqueEntry,
  Piece,
} from "./model/entry.ts";
export type { AcceptProof, HeadLine, Problem, ReadRequest, ReadResponse } from "./model/handshake.ts";
export { ConversationLog, LOG_LIMITS, type LogLimits } from "./model/log.ts";
export { closeCodeName, explainCloseCode, explainOpcode, opcodeName } from "./model/names.ts";
export { payloadOf, textOf } from "./model/payload.ts";
export {
  decodeRecords,
  encodeRecords,
  RecordKind,
  type Address,
  type ConversationEvent,
  type ConversationStart,
  type Direction,
  type FeedRecord,
  type Rewritten,
  type Setup,
  type Target,
} from "./model/records.ts";
