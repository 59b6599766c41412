/** Plays a session on an established TCP connection and writes down what the target does. */
import type { Socket } from "node:net";

import type { Agreement } from "../rfc/agreement.ts";
import { PROBE, type Transcript } from "../rfc/judge/transcript.ts";
import { expectationOf } from "../rfc/oracle.ts";
import { isFoundLate, isTolerated } from "../rfc/violations.ts";
import { planOf } from "../sessions/plan.ts";
import { closePayload, cutOffsets, frame, type Session, stepBytes, type TargetRole } from "../sessions/session.ts";
import { EMPTY, toHex } from "../wire/bytes.ts";
import { Opcode } from "../wire/frame.ts";
import { Scanner } from "./scanner.ts";

export interface DriveOptions {
  /** Milliseconds a target has for anything it owes. */
  timeout: number;
  /** Milliseconds after which a target that should have failed the connection is asked with a Ping whether it lives. */
  grace: number;
  behaviour: "echo" | "silent";
}

/** A socket with everything that happened on it. */
export class Wire {
  readonly scanner: Scanner = new Scanner();
  /** Bytes of the head, until the head is complete. */
  head: Uint8Array = EMPTY;
  ended: "open" | "fin" | "reset" = "open";
  readonly socket: Socket;
  private wake: (() => void) | undefined;
  private inHead: boolean;

  constructor(socket: Socket, inHead: boolean) {
    this.socket = socket;
    this.inHead = inHead;
    socket.on("data", (chunk: Uint8Array) => {
      if (this.inHead) this.head = this.head.length === 0 ? chunk.slice() : Buffer.concat([this.head, chunk]);
      else this.scanner.push(chunk);
      this.wake?.();
    });
    socket.on("end", () => {
      if (this.ended === "open") this.ended = "fin";
      this.wake?.();
    });
    socket.on("error", () => {
      if (this.ended === "open") this.ended = "reset";
      this.wake?.();
    });
    socket.on("close", () => {
      if (this.ended === "open") this.ended = "reset";
      this.wake?.();
    });
  }

  /** The head has been read: what follows are frames. */
  headDone(length: number): void {
    this.inHead = false;
    const rest = this.head.subarray(length);
    this.head = this.head.subarray(0, length);
    if (rest.length > 0) this.scanner.push(rest);
  }

  /** Waits until the condition holds. false: the time is over. */
  until(condition: () => boolean, ms: number): Promise<boolean> {
    if (condition()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => done(false), ms);
      const done = (result: boolean): void => {
        clearTimeout(timer);
        this.wake = undefined;
        resolve(result);
      };
      this.wake = () => {
        if (condition()) done(true);
      };
    });
  }

  write(bytes: Uint8Array): void {
    if (bytes.length > 0 && this.socket.writable) this.socket.write(bytes);
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => (ms <= 0 ? setImmediate(resolve) : setTimeout(resolve, ms)));

/** Writes bytes in pieces; each piece leaves before the next is written. */
export async function writeCut(wire: Wire, bytes: Uint8Array, offsets: readonly number[], gap: number): Promise<void> {
  let at = 0;
  for (const cut of [...offsets, bytes.length]) {
    if (cut <= at) continue;
    wire.write(bytes.subarray(at, cut));
    at = cut;
    if (at < bytes.length) await sleep(gap);
  }
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
  const plan = planOf(session.steps, target);
  const { scanner } = wire;
  const expectation = expectationOf(plan, target, agreement);
  const [strict] = expectation.branches as [(typeof expectation.branches)[0]];
  const played: Played = { probedAt: undefined, closedTcp: false, timedOut: false, wrote: plan.bytes.length };
  const offsets = cutOffsets(session.cuts, plan.bytes.length);
  const gone = (): boolean => wire.ended !== "open";
  let at = alreadyWritten;
  let stopped = false;

  async function writeUntil(end: number): Promise<void> {
    if (end <= at) return;
    const piece = plan.bytes.subarray(at, end);
    if (offsets.length === 0) wire.write(piece);
    else {
      const from = at;
      await writeCut(
        wire,
        piece,
        offsets.filter((cut) => cut > from && cut < end).map((cut) => cut - from),
        session.gap ?? 0,
      );
    }
    at = end;
  }
  for (const mark of plan.marks) {
    await writeUntil(mark.at);
    if (mark.kind === "pause") await sleep(mark.ms ?? 0);
    else if (mark.kind === "await" && strict.ending.kind === "fail" && strict.endsAt <= mark.at) {
      // The connection has to be failed now. Whoever lets the violation pass, where that is tolerated, shows it by an answer.
      const answers = (kind: "message" | "pong"): number => strict.due.filter((each) => each.kind === kind).length;
      const passed = (): boolean =>
        isTolerated(violation) && (scanner.messages > answers("message") || scanner.pongs.length > answers("pong"));
      const { violation } = strict.ending;
      await wire.until(() => gone() || scanner.closed || passed(), isTolerated(violation) ? options.timeout / 2 : options.timeout);
      if (gone() || scanner.closed) {
        stopped = true;
        break;
      }
    } else if (mark.kind === "await") {
      const due = strict.due.filter((each) => each.end <= mark.at);
      const messages = options.behaviour === "echo" ? due.filter((each) => each.kind === "message").length : 0;
      const lastPong = due.findLast((each) => each.kind === "pong");
      const pong = lastPong === undefined ? undefined : toHex(lastPong.payload);
      const inTime = await wire.until(
        () => gone() || scanner.closed || (scanner.messages >= messages && (pong === undefined || scanner.pongs.includes(pong))),
        options.timeout,
      );
      if (!inTime) played.timedOut = true;
      if (gone() || scanner.closed) {
        stopped = at < plan.bytes.length || mark !== plan.marks[plan.marks.length - 1];
        if (stopped) break;
      }
    } else if (mark.kind === "end") {
      wire.socket.end();
      played.closedTcp = true;
    } else {
      await sleep(0);
      if ("encrypted" in wire.socket) wire.socket.destroy();
      else wire.socket.resetAndDestroy();
      return played;
    }
  }
  if (stopped) played.wrote = at;
  else await writeUntil(plan.bytes.length);

  const { ending } = strict;
  const said = ending.kind === "close" && !stopped;
  if (ending.kind === "fail" && !gone() && !scanner.closed) {
    const messages = options.behaviour === "echo" ? strict.due.filter((each) => each.kind === "message").length : Infinity;
    const decided = (): boolean => gone() || scanner.closed || scanner.messages > messages;
    if (!(await wire.until(decided, options.grace)) && !expectation.partial && !played.closedTcp) {
      played.probedAt = scanner.size;
      wire.write(stepBytes(frame(Opcode.PING, PROBE), target));
    }
    const probe = toHex(PROBE);
    const lives = (): boolean => !isFoundLate(ending.violation) && scanner.pongs.includes(probe);
    if (!(await wire.until(() => decided() || lives(), options.timeout))) played.timedOut = true;
    if (scanner.pongs.includes(probe) || scanner.messages > messages) {
      // It lives: what it made of the violation may still be on its way.
      await wire.until(() => gone() || scanner.closed, options.grace);
    }
  } else if (ending.kind === "close" && !stopped) {
    if (!(await wire.until(() => gone() || scanner.closed, options.timeout))) played.timedOut = true;
  } else if (ending.kind === "eof") {
    if (!(await wire.until(() => gone() || scanner.closed, options.timeout))) played.timedOut = true;
  }
  if (scanner.closed && !gone()) {
    // §5.5.1: a Close is answered, unless one was sent.
    if (!said && !played.closedTcp) wire.write(stepBytes(frame(Opcode.CLOSE, closePayload(1000)), target));
    if (target === "client" && !played.closedTcp) {
      // §7.1.1: the server closes TCP first; a moment shows whether the client leaves that to the server.
      await wire.until(gone, 2);
      if (!gone()) {
        wire.socket.end();
        played.closedTcp = true;
      }
    }
    if (!(await wire.until(gone, options.timeout))) played.timedOut = true;
  }
  wire.socket.destroy();
  return played;
}

export function transcriptOf(
  target: TargetRole,
  wire: Wire,
  heads: { request: Uint8Array; response: Uint8Array },
  played: Partial<Played>,
  started: number,
): Transcript {
  return {
    target,
    requestBytes: heads.request,
    responseBytes: heads.response,
    received: wire.scanner.bytes().slice(),
    ended: wire.ended,
    wrote: played.wrote ?? 0,
    probedAt: played.probedAt,
    closedTcp: played.closedTcp ?? false,
    timedOut: played.timedOut ?? false,
    duration: performance.now() - started,
  };
}
