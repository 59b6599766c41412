/**
 * Sessions: what is done on one connection, as data. Everything else of this package makes them (`/arbitraries`), judges them
 * (`/oracle`) or plays them (`/run`), so they are what the root has. They need no fast-check and no runtime.
 */
export { type Area, AREAS } from "./sessions/areas.ts";
export { describeReceived, describeSession, describeStep, sessionHex } from "./sessions/describe.ts";
export { type Plan, planOf } from "./sessions/plan.ts";
export { type SessionFile, sessionFromJson, sessionToJson } from "./sessions/session-file.ts";
export {
  closePayload,
  DEFAULT_REQUEST,
  DEFAULT_RESPONSE,
  type FrameStep,
  frameStep,
  type Headers,
  type RequestSpec,
  type ResponseSpec,
  type Session,
  type Step,
  stepBytes,
  type TargetRole,
} from "./sessions/session.ts";
export { type ShrinkResult, shrinkSession } from "./sessions/shrink.ts";
export type { LengthForm } from "./wire/frame.ts";
