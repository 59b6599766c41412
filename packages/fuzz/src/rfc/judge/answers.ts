/** What the target owes while the connection is open: every message back (§5.6, §6.2), a Pong for the latest Ping (§5.5.2, §5.5.3). */
import { equalBytes } from "../../wire/bytes.ts";
import { opcodeName, words } from "../../wire/words.ts";
import type { DueAnswer } from "../oracle.ts";
import type { Deviation } from "./deviation.ts";
import { accepts, howEnded, type Evidence, type Message } from "./evidence.ts";
import { PROBE } from "./transcript.ts";

type DueMessage = Extract<DueAnswer, { kind: "message" }>;

function inWords(due: DueAnswer): string {
  return due.kind === "pong" ? `Pong ${words(due.payload)}` : `${opcodeName(due.opcode)} message ${words(due.payload)}`;
}

export function judgeAnswers(evidence: Evidence): Deviation[] {
  const { behaviour, branch, pongs, gone, close, badClose, early } = evidence;
  const { found, matched } = behaviour === "echo" ? judgeEchoes(evidence) : { found: [], matched: 0 };
  const dueMessages = branch.due.filter((due) => due.kind === "message");
  // §5.5.3: only the latest of several unanswered Pings has to be answered.
  const ping = branch.due.findLast((due) => due.kind === "pong" && due.hard);
  const lost = behaviour === "echo" && found.length === 0 ? dueMessages.slice(matched).find((due) => due.hard) : undefined;
  if (found.length === 0 && (gone || close !== undefined || badClose) && early)
    return [
      {
        kind: "failed-legal",
        level: "MUST",
        section: "RFC 6455 §7.1.7",
        happened: `the target ended the connection (${howEnded(evidence)}) on legal input`,
        allowed: lost !== undefined ? inWords(lost) : ping !== undefined ? inWords(ping) : "the connection stays open",
      },
    ];
  if (lost !== undefined)
    found.push({
      kind: "lost-message",
      level: "MUST",
      section: "RFC 6455 §6.2",
      happened: `nothing came back for the ${inWords(lost)}`,
      allowed: inWords(lost),
    });
  else if (ping !== undefined && !pongs.some((pong) => equalBytes(pong.payload, ping.payload))) {
    const other = pongs.find((pong) => !equalBytes(pong.payload, PROBE));
    found.push({
      kind: "pong-missing",
      level: "MUST",
      section: "RFC 6455 §5.5.2",
      happened:
        other === undefined
          ? `no Pong came for the Ping ${words(ping.payload)}`
          : `the Ping ${words(ping.payload)} was answered with Pong ${words(other.payload)}`,
      allowed: inWords(ping),
    });
  }
  return found;
}

function same(one: Message | DueMessage, other: Message | DueMessage): boolean {
  return one.opcode === other.opcode && equalBytes(one.payload, other.payload);
}

/** Messages come back in order, unchanged, each once. `matched`: how many did. */
function judgeEchoes(evidence: Evidence): { found: Deviation[]; matched: number } {
  const { branch, messages } = evidence;
  const dues = branch.due.filter((due) => due.kind === "message");
  let matched = 0;
  for (const message of messages) {
    const due = dues[matched];
    if (due === undefined) return { found: [judgeExtra(evidence, message)], matched };
    if (!same(due, message))
      return { found: [judgeDifference(due, dues.slice(matched + 1), message, messages.slice(matched + 1))], matched };
    matched++;
  }
  return { found: [], matched };
}

/** A message came where another was due. */
function judgeDifference(
  due: DueMessage,
  laterDues: readonly DueMessage[],
  message: Message,
  laterMessages: readonly Message[],
): Deviation {
  const isLater = laterDues.some((other) => same(other, message));
  const base = { level: "MUST", section: "RFC 6455 §6.2", allowed: inWords(due) } as const;
  if (isLater && laterMessages.some((other) => same(other, due)))
    return {
      ...base,
      kind: "reordered",
      happened: `${words(message.payload)} came back before ${words(due.payload)}`,
      allowed: "messages in the order in which they were sent",
    };
  if (isLater) return { ...base, kind: "lost-message", happened: `the ${inWords(due)} was not delivered; a later one was` };
  if (due.opcode !== message.opcode)
    return {
      ...base,
      kind: "wrong-type",
      section: "RFC 6455 §5.6",
      happened: `a ${opcodeName(due.opcode)} message came back as ${opcodeName(message.opcode)}: ${words(message.payload)}`,
    };
  return { ...base, kind: "changed-message", happened: `${words(due.payload)} came back as ${words(message.payload)}` };
}

/** A message came when all that were due had come. */
function judgeExtra(evidence: Evidence, message: Message): Deviation {
  const { branch } = evidence;
  if (branch.ending.kind === "fail")
    return accepts(evidence, `after it a ${opcodeName(message.opcode)} message ${words(message.payload)} came`);
  if (branch.ending.kind === "close" && branch.ignored)
    return {
      kind: "data-after-close",
      level: "MUST",
      section: "RFC 6455 §5.5.1",
      happened: `a message sent behind the Close frame was processed: ${words(message.payload)}`,
      allowed: "what follows a Close frame is ignored",
    };
  return {
    kind: "extra-message",
    level: "MUST",
    section: "RFC 6455 §6.2",
    happened: `a message came that nobody had sent: ${opcodeName(message.opcode)} ${words(message.payload)}`,
    allowed: "each message once",
  };
}
