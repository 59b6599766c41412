/** RFC 6455 and RFC 7692 as arbitraries, an oracle and a judge. It brings a writer and a reader of its own and no engine. */
export { concat, equal, fill, fromHex, toHex } from "./bytes.ts";
export { checkUtf8, isUtf8, Utf8Reader, type Utf8Check } from "./utf8.ts";
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
} from "./frame.ts";
export { bomb, compressedPayload, deflateLiterals, writeBlocks, type DeflateBlock, type Token } from "./deflate.ts";
export { inflate, MessageInflater, TAIL, type Inflated, type InflateProblem } from "./inflate.ts";
export { list, parseExtensions, readHead, values, type ExtensionItem, type Head } from "./http.ts";
export {
  acceptFor,
  agreementOf,
  HANDSHAKE_PROBLEMS,
  isValidOffer,
  offeredExtensions,
  requestProblems,
  responseProblems,
  type HandshakeProblem,
} from "./handshake.ts";
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
} from "./receive.ts";
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
} from "./session.ts";
export { completed, expectationOf, planOf, type Branch, type Due, type Ending, type Expectation, type Plan } from "./oracle.ts";
export { judge, type Deviation, type Judgement, type Level, type Transcript } from "./judge.ts";
export { describeFrame, describeReceived, describeSession, describeStep, hexOf } from "./describe.ts";
export { shrink, simpler, type ShrinkResult } from "./shrink.ts";
export * from "./arbitraries/parts.ts";
export * from "./arbitraries/handshakes.ts";
export { session } from "./arbitraries/sessions.ts";
export { AREAS, matches, type Area, type Rule } from "./rules/rule.ts";
export { homeOf, RULES } from "./rules/index.ts";
export { AUTOBAHN_CASES, AUTOBAHN_GROUPS, autobahnIndex, rulesFor, type AutobahnCase } from "./autobahn.ts";
