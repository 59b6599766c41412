/** RFC 6455 and RFC 7692 as programs: what a receiver makes of bytes, what a target may do, and what is wrong with what it did. */
export type { Agreement, DeflateAgreement } from "./rfc/agreement.ts";
export { closeCodeKind } from "./rfc/close-codes.ts";
export { agreementOf, isValidDeflateOffer, offeredExtensions } from "./rfc/deflate-negotiation.ts";
export { HANDSHAKE_PROBLEMS, type HandshakeProblem } from "./rfc/handshake-problems.ts";
export { acceptKeyFor, requestProblems, responseProblems } from "./rfc/handshake.ts";
export type { Deviation, DeviationLevel, Judgement, JudgeOptions } from "./rfc/judge/deviation.ts";
export { judgeTranscript } from "./rfc/judge/judge.ts";
export type { Transcript } from "./rfc/judge/transcript.ts";
export {
  completedSession,
  type DueAnswer,
  type Expectation,
  expectationOf,
  type ExpectedBranch,
  type ExpectedEnding,
} from "./rfc/oracle.ts";
export { type Receipt, type ReceivedEvent, type ReceiveOptions, receiveStream } from "./rfc/receive.ts";
export { isToleratedViolation, type ViolationKind, VIOLATIONS } from "./rfc/violations.ts";
