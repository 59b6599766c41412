/** Compares what a target did on one connection with what the oracle allows: the opening handshake first, then the frames. */
import type { Session } from "../../sessions/session.ts";
import type { JudgeOptions, Judgement } from "./deviation.ts";
import { judgeExchange } from "./exchange.ts";
import { judgeOpening } from "./opening.ts";
import type { Transcript } from "./transcript.ts";

/** Judges one connection. */
export function judgeTranscript(session: Session, transcript: Transcript, options: JudgeOptions = { behaviour: "echo" }): Judgement {
  if (transcript.error !== undefined) return { deviations: [], inconclusive: transcript.error };
  const { agreement, ...opening } = judgeOpening(session, transcript);
  if (agreement === undefined) return opening;
  const exchange = judgeExchange(session, transcript, agreement, options);
  return { ...exchange, deviations: [...opening.deviations, ...exchange.deviations] };
}
