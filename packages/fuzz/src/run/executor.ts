/** The port between a campaign and its target: a session goes out, what happened comes back. How it travels is the executor's business. */
import type { Agreement } from "../rfc/agreement.ts";
import type { Deviation, Judgement } from "../rfc/judge/deviation.ts";
import type { Transcript } from "../rfc/judge/transcript.ts";
import type { Session, TargetRole } from "../sessions/session.ts";

export interface SessionRun {
  /** As it was played, with everything that was left unsaid. */
  readonly session: Session;
  readonly transcript: Transcript;
  readonly judgement: Judgement;
}

export interface RunOptions {
  /** Multiplies every timeout. */
  readonly patience?: number | undefined;
  /** The number of the announced case, for a client under test. */
  readonly slot?: number | undefined;
}

export interface Executor {
  readonly target: TargetRole;
  readonly name: string;
  /** Sessions at a time. Infinity: all are announced before the first is run. */
  readonly concurrency: number;
  /** undefined: there is no way to run another session. */
  run(session: Session, options?: RunOptions): Promise<SessionRun | undefined>;
  /** Whether the target still does its work, after an attack. undefined: fine. */
  alive?(): Promise<Deviation | undefined>;
  /** A dead target comes back. Without this, nothing that happens after its death is blamed on anybody. */
  readonly restarts?: boolean | undefined;
  /** The target's memory in bytes, where that can be known. */
  memory?(): number | undefined;
  /** Known before anything else was run. */
  readonly agreement?: Agreement | undefined;
  /** Wake whatever waits for follow-ups: there are none any more. */
  finish?(): void;
}

/** Whether the target's response accepted permessage-deflate. */
export function agreedDeflate({ transcript }: SessionRun): boolean {
  return /^sec-websocket-extensions:.*permessage-deflate/im.test(Buffer.from(transcript.responseBytes).toString("latin1"));
}
