/**
 * The RFC as an executable oracle: given the bytes that were sent, what an endpoint that echoes every message may do. Often more
 * than one behaviour is allowed; each is a branch.
 */
import { planOf, type Plan } from "../sessions/plan.ts";
import { closePayload, frameStep, type Session, type Step, type TargetRole } from "../sessions/session.ts";
import { toHex } from "../wire/bytes.ts";
import { Opcode, readFrames } from "../wire/frame.ts";
import type { Agreement } from "./agreement.ts";
import { receiveStream, type Receipt } from "./receive.ts";
import { isToleratedViolation, type ViolationKind } from "./violations.ts";

/** Something the target owes. */
export type DueAnswer =
  /** `hard`: it had to come back before the session went on, so nothing excuses its absence. `end`: the offset at which it was due. */
  | { readonly kind: "message"; readonly opcode: number; readonly payload: Uint8Array; readonly hard: boolean; readonly end: number }
  | { readonly kind: "pong"; readonly payload: Uint8Array; readonly hard: boolean; readonly end: number };

export type ExpectedEnding =
  /** The peer sent a valid Close: it must be answered, and TCP closed. */
  | { readonly kind: "close"; readonly code: number | undefined }
  /** The peer broke a rule: the connection must be failed. `optional`: nobody has to have noticed yet. */
  | { readonly kind: "fail"; readonly violation: ViolationKind; readonly optional: boolean; readonly codes: readonly number[] }
  /** The peer's TCP stream ended without a Close. */
  | { readonly kind: "eof" }
  | { readonly kind: "reset" }
  | { readonly kind: "open" };

export interface ExpectedBranch {
  /** Tolerated violations that this behaviour lets pass: it earns a warning. */
  readonly lenient: ViolationKind[];
  readonly due: DueAnswer[];
  readonly ending: ExpectedEnding;
  /** The offset behind the bytes that end the connection. */
  readonly endsAt: number;
  /** Bytes behind the ending are to be ignored; true if there are any. */
  readonly ignored: boolean;
  /** The violation is in a Close frame with this code (undefined: with none). */
  readonly badClose: { code: number | undefined } | undefined;
  /** The offset at which the fuzzer waited, behind a violation, for the connection to be failed. */
  readonly waitedAt: number | undefined;
  /** Pings behind a violation: who answers them went on. */
  readonly pingsBehind: Uint8Array[];
}

export interface Expectation {
  /** The first is the strict one. */
  readonly branches: ExpectedBranch[];
  /** The receiver may refuse with 1009: §10.4 lets it have limits. The largest message in bytes, and the most frames of one message. */
  readonly largest: number;
  readonly fragments: number;
  /** A length was declared that no receiver has to accept. */
  readonly huge: boolean;
  readonly pings: number;
  /** A frame is left incomplete. */
  readonly partial: boolean;
}

/** A target may refuse messages above this many bytes, messages of more frames, and more Pings than these, without being asked why. */
export const MODEST_MESSAGE = 65_536;
export const MODEST_FRAGMENTS = 1_000;
export const MODEST_PINGS = 16;

function ending(receipt: Receipt, plan: Plan): { ending: ExpectedEnding; from: number; codes?: readonly number[] } {
  const stop = plan.marks.find((mark) => mark.kind === "end" || mark.kind === "reset");
  const last = receipt.events[receipt.events.length - 1];
  if (last?.kind === "close" && (stop === undefined || stop.at >= last.end))
    return { ending: { kind: "close", code: last.code }, from: last.end };
  if (last?.kind === "violation" && (stop === undefined || stop.at >= last.end)) {
    return { ending: { kind: "fail", violation: last.violation, optional: last.optional, codes: [] }, from: last.end };
  }
  if (stop !== undefined) return { ending: { kind: stop.kind === "end" ? "eof" : "reset" }, from: stop.at };
  return { ending: { kind: "open" }, from: Infinity };
}

function branchOf(receipt: Receipt, plan: Plan, lenient: ViolationKind[]): ExpectedBranch {
  const { ending: end, from } = ending(receipt, plan);
  const due: DueAnswer[] = [];
  // Awaited before the step that ends the connection began (its `end` lies behind), or never ended at all.
  const hardUntil =
    from === Infinity
      ? Infinity
      : Math.max(-1, ...plan.marks.filter((mark) => mark.kind === "await" && mark.at < from).map((mark) => mark.at));
  const hardUntilFin =
    end.kind === "eof" || end.kind === "reset"
      ? Math.max(-1, ...plan.marks.filter((mark) => mark.kind === "await" && mark.at <= from).map((mark) => mark.at))
      : hardUntil;
  for (const event of receipt.events) {
    if (event.end > from) break;
    const hard = event.end <= hardUntilFin;
    if (event.kind === "message") due.push({ kind: "message", opcode: event.opcode, payload: event.payload, hard, end: event.end });
    else if (event.kind === "ping") due.push({ kind: "pong", payload: event.payload, hard, end: event.end });
  }
  return {
    lenient,
    due,
    ending: end,
    endsAt: Math.min(from, plan.bytes.length),
    ignored: receipt.ignored > 0,
    ...behind(receipt, plan, end, from),
  };
}

function behind(
  receipt: Receipt,
  plan: Plan,
  end: ExpectedEnding,
  from: number,
): Pick<ExpectedBranch, "badClose" | "waitedAt" | "pingsBehind"> {
  if (end.kind !== "fail") return { badClose: undefined, waitedAt: undefined, pingsBehind: [] };
  const frame = receipt.frames.find((each) => each.end === from);
  const badClose =
    frame?.opcode === Opcode.CLOSE
      ? { code: frame.payload.length < 2 ? undefined : frame.payload[0]! * 256 + frame.payload[1]! }
      : undefined;
  const before = new Set(receipt.events.filter((event) => event.kind === "ping").map((event) => toHex(event.payload)));
  const pingsBehind = readFrames(plan.bytes, from)
    .frames.filter((each) => each.opcode === Opcode.PING && each.complete && !before.has(toHex(each.payload)))
    .map((each) => each.payload);
  return { badClose, waitedAt: plan.marks.find((mark) => mark.kind === "await" && mark.at >= from)?.at, pingsBehind };
}

/** What the target may do. `agreement`: what the handshake agreed on. */
export function expectationOf(plan: Plan, target: TargetRole, agreement: Agreement): Expectation {
  const branches: ExpectedBranch[] = [];
  const pauses = plan.marks.filter((mark) => mark.kind === "await").map((mark) => mark.at);
  const lenient: ViolationKind[] = [];
  let first: Receipt | undefined;
  for (;;) {
    const receipt = receiveStream(plan.bytes, { receiver: target, agreement, lenient: new Set(lenient), maxMessage: 1 << 23, pauses });
    first ??= receipt;
    const branch = branchOf(receipt, plan, [...lenient]);
    branches.push(branch);
    if (branch.ending.kind !== "fail" || !isToleratedViolation(branch.ending.violation)) break;
    lenient.push(branch.ending.violation);
  }
  let largest = 0;
  let fragments = 0;
  let run = 0;
  let size = 0;
  for (const each of first.frames) {
    if (each.opcode >= 8) continue;
    run = each.opcode === 0 ? run + 1 : 1;
    size = (each.opcode === 0 ? size : 0) + each.payload.length;
    fragments = Math.max(fragments, run);
    largest = Math.max(largest, size);
  }
  for (const event of first.events) if (event.kind === "message") largest = Math.max(largest, event.payload.length);
  return {
    branches,
    largest,
    fragments,
    huge: first.tooBig || first.frames.some((each) => each.length > BigInt(MODEST_MESSAGE)),
    pings: first.events.filter((event) => event.kind === "ping").length,
    partial: first.partial,
  };
}

/** The step that every harmless session ends with. */
export const GOODBYE: Step = frameStep(Opcode.CLOSE, closePayload(1000));

/**
 * Adds what a session leaves unsaid: if it ends with the connection open, everything due is awaited and a closing handshake made;
 * in the middle of a frame, where no Close can be said, TCP is half-closed.
 */
export function completedSession(session: Session, target: TargetRole, agreement: Agreement): Session {
  const plan = planOf(session.steps, target);
  const { branches, partial } = expectationOf(plan, target, agreement);
  const end = branches[branches.length - 1]!.ending;
  if (end.kind !== "open" && !(end.kind === "fail" && end.optional)) return session;
  const tail: Step[] = partial ? [{ kind: "await" }, { kind: "end" }] : [{ kind: "await" }, GOODBYE];
  return { ...session, steps: [...session.steps, ...tail] };
}
