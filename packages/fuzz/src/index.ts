/** RFC 6455 and RFC 7692 as arbitraries, an oracle and a judge. It brings a writer and a reader of its own and no engine. */
export { AUTOBAHN_CASES, type AutobahnCase, rulesFor } from "./autobahn/cases.ts";
export { AUTOBAHN_GROUPS } from "./autobahn/groups.ts";
export { autobahnIndex } from "./autobahn/index-json.ts";
export type { Agreement, DeflateAgreement } from "./rfc/agreement.ts";
export { closeCodeKind } from "./rfc/close-codes.ts";
export { agreementOf, isValidOffer, offeredExtensions } from "./rfc/deflate-negotiation.ts";
export { HANDSHAKE_PROBLEMS, type HandshakeProblem } from "./rfc/handshake-problems.ts";
export { acceptFor, requestProblems, responseProblems } from "./rfc/handshake.ts";
export type { Deviation, JudgeOptions, Judgement, Level } from "./rfc/judge/deviation.ts";
export { judge } from "./rfc/judge/judge.ts";
export type { Transcript } from "./rfc/judge/transcript.ts";
export { type Branch, completed, type Due, type Ending, type Expectation, expectationOf } from "./rfc/oracle.ts";
export { type Receipt, receive, type Received, type ReceiveOptions } from "./rfc/receive.ts";
export { isTolerated, type ViolationKind, VIOLATIONS } from "./rfc/violations.ts";
export { matches } from "./rules/glob.ts";
export { homeOf } from "./rules/homes.ts";
export { RULES } from "./rules/index.ts";
export type { Rule } from "./rules/rule.ts";
export { session } from "./sessions/arbitraries/sessions.ts";
export { type Area, AREAS } from "./sessions/areas.ts";
export { describeFrame, describeReceived, describeSession, describeStep, hexOf } from "./sessions/describe.ts";
export { type Plan, planOf } from "./sessions/plan.ts";
export { sessionFromJson, sessionToJson } from "./sessions/session-file.ts";
export {
  closePayload,
  DEFAULT_REQUEST,
  DEFAULT_RESPONSE,
  frame,
  type FrameStep,
  type Headers,
  type RequestSpec,
  type ResponseSpec,
  type Session,
  type Step,
  stepBytes,
  type TargetRole,
} from "./sessions/session.ts";
export { shrink, type ShrinkResult } from "./sessions/shrink.ts";
export { simpler } from "./sessions/simpler.ts";
export { concat, equal, fill, fromHex, toHex } from "./wire/bytes.ts";
export { bomb, compressedPayload, type DeflateBlock, deflateLiterals, type Token, writeBlocks } from "./wire/deflate.ts";
export {
  type LengthForm,
  mask,
  Opcode,
  readFrame,
  type ReadFrame,
  readFrames,
  RSV1,
  RSV2,
  RSV3,
  shortestForm,
  writeFrame,
  writeHeader,
  type WrittenFrame,
} from "./wire/frame.ts";
export { type ExtensionItem, type Head, list, parseExtensions, readHead, values } from "./wire/head.ts";
export { inflate, type Inflated, type InflateProblem } from "./wire/inflate.ts";
export { MessageInflater, TAIL } from "./wire/message-inflater.ts";
export { checkUtf8, isUtf8, type Utf8Check, Utf8Reader } from "./wire/utf8.ts";
export * from "./sessions/arbitraries/parts.ts";
export * from "./sessions/arbitraries/handshakes.ts";
