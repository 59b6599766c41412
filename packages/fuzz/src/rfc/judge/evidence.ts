/** What came back on one connection, beside one behaviour that is allowed: what every part of the judge looks at. */
import { MODEST_FRAGMENTS, MODEST_MESSAGE, MODEST_PINGS, type ExpectedBranch, type Expectation } from "../oracle.ts";
import type { Receipt, ReceivedEvent } from "../receive.ts";
import { VIOLATIONS, type ViolationKind } from "../violations.ts";
import { words } from "../../wire/words.ts";
import type { Deviation, JudgeOptions } from "./deviation.ts";
import type { Transcript } from "./transcript.ts";

export type Message = Extract<ReceivedEvent, { kind: "message" }>;
export type Pong = Extract<ReceivedEvent, { kind: "pong" }>;
export type Close = Extract<ReceivedEvent, { kind: "close" }>;

export interface Evidence {
  readonly branch: ExpectedBranch;
  readonly expectation: Expectation;
  readonly transcript: Transcript;
  readonly behaviour: JudgeOptions["behaviour"];
  readonly messages: readonly Message[];
  readonly pongs: readonly Pong[];
  readonly close: Close | undefined;
  /** A Close that is itself wrong (sent.ts judges that) is a Close all the same. */
  readonly badClose: boolean;
  /** The target ended its TCP stream. */
  readonly gone: boolean;
  /** The target went, or may have gone, before it was sent what ends the connection. */
  readonly early: boolean;
  /** §10.4: the exchange is beyond what every endpoint has to take. */
  readonly overLimit: boolean;
}

export function evidenceOf(
  branch: ExpectedBranch,
  expectation: Expectation,
  receipt: Receipt,
  transcript: Transcript,
  { behaviour }: JudgeOptions,
): Evidence {
  const { events } = receipt;
  return {
    branch,
    expectation,
    transcript,
    behaviour,
    messages: events.filter((event) => event.kind === "message"),
    pongs: events.filter((event) => event.kind === "pong"),
    close: events.find((event) => event.kind === "close"),
    badClose: events.some((event) => event.kind === "violation" && event.violation.startsWith("close-")),
    gone: transcript.ended !== "open",
    early: transcript.wrote < branch.endsAt || branch.ending.kind === "open",
    overLimit:
      expectation.largest > MODEST_MESSAGE ||
      expectation.fragments > MODEST_FRAGMENTS ||
      expectation.huge ||
      expectation.pings > MODEST_PINGS,
  };
}

/** The target went on although the peer broke a rule. */
export function accepts({ branch }: Evidence, proof: string): Deviation {
  const { violation } = branch.ending as { violation: ViolationKind };
  const { section, title, codes } = VIOLATIONS[violation];
  return {
    kind: `accepts:${violation}`,
    level: "MUST",
    section,
    happened: `the target let pass ${title}: ${proof}`,
    allowed: `the connection is failed: Close ${codes.join(" or ")}, then the end of TCP`,
  };
}

export function howEnded({ close, transcript }: Evidence): string {
  if (close !== undefined) return `Close ${close.code ?? "without a code"}${close.reason.length > 0 ? ` ${words(close.reason, 60)}` : ""}`;
  return transcript.ended === "open" ? "an invalid Close" : transcript.ended === "fin" ? "TCP FIN" : "TCP RST";
}
