/** Judges the frames of one connection: of all behaviours that the oracle allows, the one that comes closest is the measure. */
import { planOf } from "../../sessions/plan.ts";
import type { Session } from "../../sessions/session.ts";
import type { Agreement } from "../agreement.ts";
import { expectationOf } from "../oracle.ts";
import { receiveStream } from "../receive.ts";
import { type ViolationKind, VIOLATIONS } from "../violations.ts";
import { judgeAnswers } from "./answers.ts";
import type { Deviation, Judgement, JudgeOptions } from "./deviation.ts";
import { judgeEnding } from "./ending.ts";
import { type Evidence, evidenceOf } from "./evidence.ts";
import { judgeRefusal } from "./limits.ts";
import { judgeSent } from "./sent.ts";
import type { Transcript } from "./transcript.ts";

/** The target's tolerated violations pass first, to see what came behind, and are named separately. */
const TOLERANT: ReadonlySet<ViolationKind> = new Set(["non-minimal-length", "utf8-late", "close-code-unassigned", "deflate-truncated"]);

export function judgeExchange(session: Session, transcript: Transcript, agreement: Agreement, options: JudgeOptions): Judgement {
  const { target } = transcript;
  const receiver = target === "server" ? "client" : "server";
  const expectation = expectationOf(planOf(session.steps, target), target, agreement);
  const strict = receiveStream(transcript.received, { receiver, agreement });
  const tolerant = receiveStream(transcript.received, { receiver, agreement, lenient: TOLERANT });

  const sent = judgeSent(strict, transcript);
  const last = strict.events[strict.events.length - 1];
  if (last?.kind === "violation" && VIOLATIONS[last.violation].tolerated === true)
    sent.push(...judgeSent(tolerant, transcript).filter((each) => !sent.some((other) => other.kind === each.kind)));

  const candidates = expectation.branches.map((branch) => compare(evidenceOf(branch, expectation, tolerant, transcript, options)));
  const best = candidates.reduce((least, each) => (costOf(each) < costOf(least) ? each : least));
  const all = [...sent, ...best];
  const limit = all.find((each) => each.kind === "small-limit");
  return limit === undefined ? { deviations: all } : { deviations: all.filter((each) => each !== limit), inconclusive: limit.happened };
}

function costOf(deviations: readonly Deviation[]): number {
  return deviations.reduce((sum, each) => sum + (each.level === "MUST" ? 100 : 1), 0);
}

/** Everything in which a target differs from one allowed behaviour. */
function compare(evidence: Evidence): Deviation[] {
  const lenient = evidence.branch.lenient.map((violation): Deviation => {
    const { section, title } = VIOLATIONS[violation];
    return {
      kind: `accepts:${violation}`,
      level: "tolerated",
      section,
      happened: `the target let pass ${title}`,
      allowed: "the connection is failed",
    };
  });
  const refusal = judgeRefusal(evidence);
  if (refusal !== undefined) return [...refusal, ...lenient];
  const answers = judgeAnswers(evidence);
  // Who ended a legal exchange is not asked how.
  const ending = answers.some((each) => each.kind === "failed-legal") ? [] : judgeEnding(evidence, answers);
  return [...answers, ...ending, ...lenient];
}
