/** Bytes: a writer that writes whatever it is told to, and a reader that judges nothing. Small and slow on purpose. */
export { concatBytes, equalBytes, filledBytes, fromHex, toHex } from "./wire/bytes.ts";
export {
  compressedPayload,
  type DeflateBlock,
  deflateBomb,
  deflateLiterals,
  type DeflateToken,
  writeDeflateBlocks,
} from "./wire/deflate.ts";
export {
  type LengthForm,
  maskPayload,
  Opcode,
  readFrame,
  type ReadFrame,
  readFrames,
  RSV1,
  RSV2,
  RSV3,
  shortestLengthForm,
  writeFrame,
  writeFrameHeader,
  type WrittenFrame,
} from "./wire/frame.ts";
export { type ExtensionItem, type Head, headerList, headerValues, parseExtensions, readHead } from "./wire/head.ts";
export { inflate, type Inflated, type InflateOptions, type InflateProblem } from "./wire/inflate.ts";
export { DEFLATE_TAIL, MessageInflater, type MessageInflaterOptions } from "./wire/message-inflater.ts";
export { checkUtf8, isUtf8, type Utf8Check, Utf8Reader } from "./wire/utf8.ts";
