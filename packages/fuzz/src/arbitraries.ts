/** Sessions and their parts as arbitraries of fast-check, which the program brings: theirs and ours must be the same. */
export { deflateOffer, illegalRequest, illegalResponse, legalRequest, legalResponse } from "./sessions/arbitraries/handshakes.ts";
export {
  binaryPayload,
  chunking,
  compressedMessage,
  controlFrame,
  controlPayload,
  deflateBlocks,
  deflatedPayload,
  fragmentedMessage,
  ILL_FORMED_UTF8,
  illegalClosePayload,
  illegalFragments,
  illegalFrame,
  interleavedMessage,
  invalidDeflatedPayload,
  invalidUtf8Payload,
  legalClosePayload,
  legalSteps,
  maskingKey,
  messageFrame,
  nonMinimalFrame,
  payloadLength,
  utf8Payload,
} from "./sessions/arbitraries/parts.ts";
export { session } from "./sessions/arbitraries/sessions.ts";
