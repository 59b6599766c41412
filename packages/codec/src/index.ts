// The codec of RFC 6455: frames, messages, masking, UTF-8 and close codes as functions of bytes.

export { CloseCode, isValidCloseCode } from "./close-code.ts";
export { decodeClosePayload, encodeClosePayload, type ClosePayload } from "./close-payload.ts";
export { FrameDecoder, FrameEvent, type FrameDecoderOptions } from "./frame-decoder.ts";
export {
  encodeFrame,
  encodeFrameHeaderInto,
  encodeFrameInto,
  encodeTextInto,
  firstByte,
  frameHeaderLength,
  type EncodeFrameOptions,
} from "./frame-encoding.ts";
export { allocate, EMPTY } from "./empty.ts";
export { decodeFrameHeader, type FrameHeader } from "./frame-header.ts";
export { validateFrameHeader, type FrameLeniencies, type FrameRules } from "./frame-rules.ts";
export { applyMask, applyMaskInto, type Mask } from "./mask.ts";
export { MessageAssembler, type MessageAssemblerOptions } from "./message-assembler.ts";
export { MessageDecoder, MessageEvent, type MessageDecoderOptions } from "./message-decoder.ts";
export { Opcode, type Role } from "./opcode.ts";
export { ProtocolError, type ProtocolErrorCode } from "./protocol-error.ts";
export { Utf8Validator } from "./utf8-validator.ts";
export { decodeUtf8, encodeUtf8Into, utf8, utf8ByteLength, type Utf8 } from "./utf8.ts";
