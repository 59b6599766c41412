/** RFC 6455 §10.4: an endpoint may have limits, and Close 1009 names them. Large exchanges may be refused; small ones not. */
import type { Deviation } from "./deviation.ts";
import type { Evidence } from "./evidence.ts";

/** A limit that leaves nothing to judge: the exchange is small, and other endpoints take it. */
export function smallLimit({ expectation }: Evidence): Deviation {
  return {
    kind: "small-limit",
    level: "SHOULD",
    section: "RFC 6455 §10.4",
    happened: `the target refuses a message of ${expectation.largest} bytes in ${expectation.fragments} frames with 1009`,
    allowed: "",
  };
}

/** What there is to say of a target that refuses the exchange for its size; undefined: it does not. */
export function judgeRefusal(evidence: Evidence): Deviation[] | undefined {
  const { branch, close, early, gone, overLimit, transcript } = evidence;
  const refused = early && (close?.code === 1009 || (overLimit && (gone || close !== undefined)));
  if (!refused || branch.ending.kind === "fail") return undefined;
  if (!overLimit) return [smallLimit(evidence)];
  if (close !== undefined) return [];
  return [
    {
      kind: "no-close-frame",
      level: "SHOULD",
      section: "RFC 6455 §7.1.7",
      happened: `TCP ended (${transcript.ended}) without a Close frame`,
      allowed: "a Close frame, with 1009 where a limit is the reason",
    },
  ];
}
