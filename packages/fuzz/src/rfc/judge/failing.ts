/** The peer broke a rule: the connection must be failed (§7.1.7), with a Close that says why (§7.4.1), and then nothing is processed. */
import { equalBytes } from "../../wire/bytes.ts";
import { words } from "../../wire/words.ts";
import type { ExpectedEnding } from "../oracle.ts";
import { isFoundLate, VIOLATIONS } from "../violations.ts";
import type { Deviation } from "./deviation.ts";
import { accepts, type Evidence } from "./evidence.ts";
import { PROBE } from "./transcript.ts";

type Failing = Extract<ExpectedEnding, { kind: "fail" }>;

/** `before`: what is known against the target already. */
export function judgeFailing(evidence: Evidence, ending: Failing, before: readonly Deviation[]): Deviation[] {
  const known = before.some((each) => each.kind.startsWith("accepts:"));
  const found = signsOfLife(evidence, ending, before, known);
  if (known || found.some((each) => each.kind.startsWith("accepts:"))) return found;
  const { close, badClose, gone, transcript } = evidence;
  if (close === undefined && !badClose && !gone)
    return ending.optional ? found : [...found, accepts(evidence, "the connection stayed open")];
  found.push(...judgeFailure(evidence, ending));
  if (!gone && transcript.timedOut)
    found.push({
      kind: "tcp-open-after-fail",
      level: transcript.target === "server" ? "MUST" : "SHOULD",
      section: "RFC 6455 §7.1.7",
      happened: "the target failed the connection and left TCP open",
      allowed: "TCP is closed",
    });
  return found;
}

/** What shows that the violation was let pass. */
function signsOfLife(evidence: Evidence, { violation }: Failing, before: readonly Deviation[], known: boolean): Deviation[] {
  const { branch, pongs, close, badClose, gone, transcript } = evidence;
  const isAnswered = (payload: Uint8Array): boolean => pongs.some((pong) => equalBytes(pong.payload, payload));
  // A Pong may overtake what is found by looking into a message, if the connection is failed then.
  const excused = (close !== undefined || badClose || gone) && isFoundLate(violation);
  const found: Deviation[] = [];
  if (transcript.probedAt !== undefined && isAnswered(PROBE) && !excused && !known)
    found.push(accepts(evidence, "it still answers a Ping"));
  const isFirst = (): boolean => before.length + found.length === 0;
  const answered = branch.pingsBehind.find(isAnswered);
  if (answered !== undefined && !excused && isFirst()) found.push(accepts(evidence, `a Ping ${words(answered)} behind it was answered`));
  if (branch.waitedAt !== undefined && transcript.wrote > branch.waitedAt && isFirst())
    found.push(accepts(evidence, "the connection was not failed before the next bytes were sent"));
  // A Close frame that is wrong was taken for a right one if the answer is that to a right one.
  if (
    branch.badClose !== undefined &&
    close !== undefined &&
    isFirst() &&
    (close.code === undefined ||
      close.code === 1000 ||
      (close.code === branch.badClose.code && !VIOLATIONS[violation].codes.includes(close.code)))
  )
    found.push(accepts(evidence, `it was answered with ${close.code === undefined ? "an empty Close" : `Close ${close.code}`}`));
  return found;
}

/** The manner of failing: a Close frame with a fitting code, then the end of TCP. */
function judgeFailure(evidence: Evidence, ending: Failing): Deviation[] {
  const { branch, close, badClose, gone, overLimit, transcript } = evidence;
  const { codes, title } = VIOLATIONS[ending.violation];
  if (close !== undefined) {
    if (codes.includes(close.code ?? 1005) || (close.code === 1009 && overLimit)) return [];
    return [
      {
        kind: `close-code:${ending.violation}`,
        level: "SHOULD",
        section: "RFC 6455 §7.4.1",
        happened: `after ${title} the Close frame has ${close.code === undefined ? "no code" : close.code}`,
        allowed: `Close ${codes.join(" or ")}`,
      },
    ];
  }
  const reset = transcript.ended === "reset";
  // A FIN may be the answer to ours; a reset, to bytes that a closed socket did not read.
  const isExcused = reset ? branch.ignored : ending.optional && transcript.closedTcp;
  if (badClose || !gone || isExcused) return [];
  return [
    {
      kind: "no-close-frame",
      level: "SHOULD",
      section: "RFC 6455 §7.1.7",
      happened: `TCP was ${reset ? "reset" : "closed"} without a Close frame after ${title}`,
      allowed: `Close ${codes.join(" or ")}, then the end of TCP`,
    },
  ];
}
