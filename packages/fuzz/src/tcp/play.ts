/** Plays a session on an established TCP connection: writes, waits for what is due, and gives the target time to end. It judges nothing. */
import type { Agreement } from "../rfc/agreement.ts";
import { PROBE } from "../rfc/judge/transcript.ts";
import { expectationOf, type ExpectedBranch, type ExpectedEnding, type Expectation } from "../rfc/oracle.ts";
import { isFoundLate, isToleratedViolation, type ViolationKind } from "../rfc/violations.ts";
import { planOf, type Plan } from "../sessions/plan.ts";
import { closePayload, cutOffsets, frameStep, stepBytes, type Session, type TargetRole } from "../sessions/session.ts";
import { toHex } from "../wire/bytes.ts";
import { Opcode } from "../wire/frame.ts";
import { sleep, writeCut, type Wire } from "./wire.ts";

export interface DriveOptions {
  /** Milliseconds a target has for anything it owes. */
  readonly timeout: number;
  /** Milliseconds after which a target that should have failed the connection is asked with a Ping whether it lives. */
  readonly grace: number;
  readonly behaviour: "echo" | "silent";
}

export interface Played {
  probedAt: number | undefined;
  closedTcp: boolean;
  timedOut: boolean;
  wrote: number;
}

/**
 * Plays the steps of a completed session. `alreadyWritten`: bytes of the plan that left together with the handshake.
 * The socket is destroyed at the end.
 */
export async function play(
  wire: Wire,
  session: Session,
  target: TargetRole,
  agreement: Agreement,
  options: DriveOptions,
  alreadyWritten = 0,
): Promise<Played> {
  const player = new Player(wire, session, target, agreement, options, alreadyWritten);
  await player.play();
  return player.played;
}

type Mark = Plan["marks"][number];

class Player {
  readonly played: Played;
  readonly #wire: Wire;
  readonly #target: TargetRole;
  readonly #options: DriveOptions;
  readonly #plan: Plan;
  readonly #expectation: Expectation;
  /** What the RFC wants by the letter. */
  readonly #strict: ExpectedBranch;
  /** Offsets at which writes are cut, and milliseconds between them. */
  readonly #cuts: readonly number[];
  readonly #gap: number;
  /** Bytes of the plan that were written. */
  #at: number;

  constructor(wire: Wire, session: Session, target: TargetRole, agreement: Agreement, options: DriveOptions, alreadyWritten: number) {
    this.#wire = wire;
    this.#target = target;
    this.#options = options;
    this.#plan = planOf(session.steps, target);
    this.#expectation = expectationOf(this.#plan, target, agreement);
    this.#strict = this.#expectation.branches[0]!;
    this.#cuts = cutOffsets(session.cuts, this.#plan.bytes.length);
    this.#gap = session.gap ?? 0;
    this.#at = alreadyWritten;
    this.played = { probedAt: undefined, closedTcp: false, timedOut: false, wrote: this.#plan.bytes.length };
  }

  async play(): Promise<void> {
    const { marks, bytes } = this.#plan;
    let stopped = false;
    for (const [index, mark] of marks.entries()) {
      await this.#writeUntil(mark.at);
      if (mark.kind === "reset") return this.#reset();
      const ended = await this.#pass(mark);
      // Behind the last step there is nothing left to be stopped from.
      stopped = ended === "failed" || (ended === "ended" && (this.#at < bytes.length || index < marks.length - 1));
      if (stopped) break;
    }
    if (stopped) this.played.wrote = this.#at;
    else await this.#writeUntil(bytes.length);
    const { ending } = this.#strict;
    if (ending.kind === "fail") await this.#awaitFailure(ending);
    else if (ending.kind === "eof" || (ending.kind === "close" && !stopped)) await this.#until(this.#isOver, this.#options.timeout);
    await this.#close(ending.kind === "close" && !stopped);
    this.#wire.socket.destroy();
  }

  readonly #isGone = (): boolean => this.#wire.ended !== "open";
  readonly #isOver = (): boolean => this.#isGone() || this.#wire.scanner.closed;

  /** Gives the target this much time, and notes if that was not enough. */
  async #until(condition: () => boolean, ms: number): Promise<void> {
    if (!(await this.#wire.until(condition, ms))) this.played.timedOut = true;
  }

  async #writeUntil(end: number): Promise<void> {
    if (end <= this.#at) return;
    const from = this.#at;
    const piece = this.#plan.bytes.subarray(from, end);
    if (this.#cuts.length === 0) this.#wire.write(piece);
    else {
      const cuts = this.#cuts.filter((cut) => cut > from && cut < end).map((cut) => cut - from);
      await writeCut(this.#wire, piece, cuts, this.#gap);
    }
    this.#at = end;
  }

  async #reset(): Promise<void> {
    const { socket } = this.#wire;
    await sleep(0);
    // Behind a FIN that is still to be sent Node says EINVAL, and leaves the socket open.
    if ("encrypted" in socket || (socket.writableEnded && !socket.writableFinished)) socket.destroy();
    else socket.resetAndDestroy();
  }

  /** What is done between two writes. "ended": the target is done with the connection; "failed": as it had to be. */
  async #pass(mark: Mark): Promise<"open" | "ended" | "failed"> {
    const { ending, endsAt } = this.#strict;
    if (mark.kind === "pause") await sleep(mark.ms ?? 0);
    else if (mark.kind === "end") {
      this.#wire.socket.end();
      this.played.closedTcp = true;
    } else if (ending.kind === "fail" && endsAt <= mark.at) return (await this.#isFailed(ending.violation)) ? "failed" : "open";
    else if (mark.kind === "await") {
      await this.#until(this.#isAnswered(mark.at), this.#options.timeout);
      if (this.#isOver()) return "ended";
    }
    return "open";
  }

  /** Everything that is due until this offset has come, or nothing will come any more. */
  #isAnswered(at: number): () => boolean {
    const { scanner } = this.#wire;
    const due = this.#strict.due.filter((each) => each.end <= at);
    const messages = this.#options.behaviour === "echo" ? due.filter((each) => each.kind === "message").length : 0;
    const lastPong = due.findLast((each) => each.kind === "pong");
    const pong = lastPong === undefined ? undefined : toHex(lastPong.payload);
    return () => this.#isOver() || (scanner.messages >= messages && (pong === undefined || scanner.pongs.includes(pong)));
  }

  /** The connection has to be failed now. Whoever lets the violation pass, where that is tolerated, shows it by an answer. */
  async #isFailed(violation: ViolationKind): Promise<boolean> {
    const { scanner } = this.#wire;
    const { timeout } = this.#options;
    const due = (kind: "message" | "pong"): number => this.#strict.due.filter((each) => each.kind === kind).length;
    const tolerated = isToleratedViolation(violation);
    const passed = (): boolean => tolerated && (scanner.messages > due("message") || scanner.pongs.length > due("pong"));
    await this.#wire.until(() => this.#isOver() || passed(), tolerated ? timeout / 2 : timeout);
    return this.#isOver();
  }

  /** The last bytes broke a rule: the target fails the connection, or answers a Ping and shows that it did not. */
  async #awaitFailure({ violation }: Extract<ExpectedEnding, { kind: "fail" }>): Promise<void> {
    if (this.#isOver()) return;
    const { scanner } = this.#wire;
    const { behaviour, grace, timeout } = this.#options;
    const messages = behaviour === "echo" ? this.#strict.due.filter((each) => each.kind === "message").length : Infinity;
    const decided = (): boolean => this.#isOver() || scanner.messages > messages;
    if (!(await this.#wire.until(decided, grace)) && !this.#expectation.partial && !this.played.closedTcp) {
      this.played.probedAt = scanner.size;
      this.#wire.write(stepBytes(frameStep(Opcode.PING, PROBE), this.#target));
    }
    const answered = (): boolean => scanner.pongs.includes(toHex(PROBE));
    await this.#until(() => decided() || (!isFoundLate(violation) && answered()), timeout);
    // It lives: what it made of the violation may still be on its way.
    if (answered() || scanner.messages > messages) await this.#wire.until(this.#isOver, grace);
  }

  /** §5.5.1: a Close is answered, unless one was sent. §7.1.1: the server closes TCP first. */
  async #close(said: boolean): Promise<void> {
    const { scanner, socket } = this.#wire;
    if (!scanner.closed || this.#isGone()) return;
    if (!said && !this.played.closedTcp) this.#wire.write(stepBytes(frameStep(Opcode.CLOSE, closePayload(1000)), this.#target));
    if (this.#target === "client" && !this.played.closedTcp) {
      // A moment shows whether the client leaves that to the server.
      await this.#wire.until(this.#isGone, 2);
      if (!this.#isGone()) {
        socket.end();
        this.played.closedTcp = true;
      }
    }
    await this.#until(this.#isGone, this.#options.timeout);
  }
}
