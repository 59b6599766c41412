/** Random sessions of one area, in an order that the seed decides; harmless ones share a connection. */
import fc from "fast-check";

import type { Agreement } from "../rfc/agreement.ts";
import { completedSession, expectationOf } from "../rfc/oracle.ts";
import { session as sessionOf } from "../sessions/arbitraries/sessions.ts";
import { AREAS, type Area } from "../sessions/areas.ts";
import { planOf } from "../sessions/plan.ts";
import { cutOffsets, type Session, type Step, type TargetRole } from "../sessions/session.ts";

/** Sessions made at a time; each block has a seed of its own. */
const BLOCK = 50;

function mix(...values: number[]): number {
  let state = 0x811c9dc5;
  for (const value of values) {
    state = Math.imul(state ^ value, 0x01000193);
    state = Math.imul(state ^ (state >>> 15), 0x85ebca6b);
  }
  return (state ^ (state >>> 13)) >>> 0;
}

/** The first `count` random sessions of an area for this seed, always the same. */
export function sampleSessions(area: Area, target: TargetRole, seed: number, count: number, from = 0): Session[] {
  const sessions: Session[] = [];
  const arbitrary = sessionOf(area, target);
  for (let index = Math.floor(from / BLOCK); sessions.length < count + (from % BLOCK); index++)
    sessions.push(...fc.sample(arbitrary, { seed: mix(seed, AREAS.indexOf(area), index), numRuns: BLOCK }));
  return sessions.slice(from % BLOCK, (from % BLOCK) + count);
}

export interface BatchesOptions {
  readonly seed: number;
  /** The first session, and how many there are. */
  readonly from: number;
  readonly count: number;
  /** Sessions of a batch. */
  readonly size: number;
  readonly agreement: Agreement;
}

export class Batches {
  /** Something severe was seen: a shared connection would hide what follows it. */
  single = false;
  readonly #area: Area;
  readonly #target: TargetRole;
  readonly #options: BatchesOptions;
  #made: Session[] = [];
  #given = 0;

  constructor(area: Area, target: TargetRole, options: BatchesOptions) {
    this.#area = area;
    this.#target = target;
    this.#options = options;
  }

  /** undefined: there are no more. */
  next(): Session[] | undefined {
    const { count, size, agreement } = this.#options;
    const batch: Session[] = [];
    while (this.#given < count && (batch.length === 0 || batch.length < (this.single ? 1 : size))) {
      const each = this.#draw();
      batch.push(each);
      if (size === 1 || !isHarmless(each, this.#target, agreement)) break;
    }
    return batch.length === 0 ? undefined : batch;
  }

  #draw(): Session {
    if (this.#made.length === 0)
      this.#made = sampleSessions(this.#area, this.#target, this.#options.seed, BLOCK, this.#options.from + this.#given);
    this.#given++;
    return this.#made.shift()!;
  }
}

/** A message that would be a violation inside an unfinished one. */
const FRESH: Step = { kind: "frame", fin: true, rsv: 0, opcode: 1, payload: new Uint8Array(0), maskingKey: 0 };

/** Whether other sessions may follow on the same connection. */
function isHarmless(session: Session, target: TargetRole, agreement: Agreement): boolean {
  if (session.request !== undefined || session.response !== undefined || session.cutHandshake === true || session.early === true)
    return false;
  const expectation = expectationOf(planOf(session.steps, target), target, agreement);
  const last = session.steps[session.steps.length - 1];
  if (expectation.branches.length > 1 || expectation.partial || last?.kind === "bytes") return false;
  const followed = completedSession({ steps: [...session.steps, FRESH] }, target, agreement);
  const after = expectationOf(planOf(followed.steps, target), target, agreement);
  return after.branches[0]!.ending.kind === "close" && expectation.branches[0]!.ending.kind === "open" && !expectation.huge;
}

/** Endpoints may limit the Pings they have not answered yet. */
const MOST_PINGS = 8;

/** Several sessions as one. */
export function joined(sessions: readonly Session[], target: TargetRole): Session {
  if (sessions.length === 1) return sessions[0]!;
  const cuts: number[] = [];
  let at = 0;
  let gap = 0;
  let pings = 0;
  const steps: Step[] = [];
  for (const each of sessions) {
    const { bytes } = planOf(each.steps, target);
    const more = each.steps.reduce((sum, step) => sum + (step.kind === "frame" && step.opcode === 9 ? (step.times ?? 1) : 0), 0);
    if (pings > 0 && pings + more > MOST_PINGS) {
      steps.push({ kind: "await" });
      pings = 0;
    }
    pings += more;
    steps.push(...each.steps);
    if (each.cuts !== undefined) for (const cut of cutOffsets(each.cuts, bytes.length)) cuts.push(at + cut);
    gap = Math.max(gap, each.gap ?? 0);
    at += bytes.length;
  }
  const { extensions } = sessions[0]!;
  return {
    steps,
    ...(extensions === undefined ? {} : { extensions }),
    ...(cuts.length === 0 ? {} : { cuts }),
    ...(gap === 0 ? {} : { gap }),
  };
}
