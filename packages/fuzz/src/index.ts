/** RFC 6455 and RFC 7692 as arbitraries, an oracle and a judge. It brings a writer and a reader of its own and no engine. */
export { concat, equal, fill, fromHex, toHex } from "./wire/bytes.ts";
export { checkUtf8, isUtf8, Utf8Reader, type Utf8Check } from "./wire/utf8.ts";
export {
  mask,
  Opcode,
  readFrame,
  readFrames,
  RSV1,
  RSV2,
  RSV3,
  shortestForm,
  writeFrame,
  writeHeader,
  type LengthForm,
  type ReadFrame,
  type WrittenFrame,
} from "./wire/frame.ts";
export { bomb, compressedPayload, deflateLiterals, writeBlocks, type DeflateBlock, type Token } from "./wire/deflate.ts";
export { inflate, MessageInflater, TAIL, type Inflated, type InflateProblem } from "./wire/inflate.ts";
export { list, parseExtensions, readHead, values, type ExtensionItem, type Head } from "./wire/head.ts";
export {
  acceptFor,
  agreementOf,
  HANDSHAKE_PROBLEMS,
  isValidOffer,
  offeredExtensions,
  requestProblems,
  responseProblems,
  type HandshakeProblem,
} from "./rfc/handshake.ts";
export {
  closeCodeKind,
  isTolerated,
  receive,
  VIOLATIONS,
  type Agreement,
  type DeflateAgreement,
  type Receipt,
  type Received,
  type ReceiveOptions,
  type ViolationKind,
} from "./rfc/receive.ts";
export {
  closePayload,
  DEFAULT_REQUEST,
  DEFAULT_RESPONSE,
  frame,
  sessionFromJson,
  sessionToJson,
  stepBytes,
  type FrameStep,
  type Headers,
  type RequestSpec,
  type ResponseSpec,
  type Session,
  type Step,
  type TargetRole,
} from "./sessions/session.ts";
export { completed, expectationOf, planOf, type Branch, type Due, type Ending, type Expectation, type Plan } from "./rfc/oracle.ts";
export { judge, type Deviation, type Judgement, type Level, type Transcript } from "./rfc/judge.ts";
export { describeFrame, describeReceived, describeSession, describeStep, hexOf } from "./sessions/describe.ts";
export { shrink, simpler, type ShrinkResult } from "./sessions/shrink.ts";
export * from "./sessions/arbitraries/parts.ts";
export * from "./sessions/arbitraries/handshakes.ts";
export { session } from "./sessions/arbitraries/sessions.ts";
export { AREAS, matches, type Area, type Rule } from "./rules/rule.ts";
export { homeOf, RULES } from "./rules/index.ts";
export { AUTOBAHN_CASES, AUTOBAHN_GROUPS, autobahnIndex, rulesFor, type AutobahnCase } from "./autobahn/cases.ts";
