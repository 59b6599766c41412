/** How the target ended the connection: after a Close (§5.5.1, §7.1), after the peer's FIN (§7.1.4), after a violation (failing.ts). */
import type { ExpectedEnding } from "../oracle.ts";
import type { Deviation } from "./deviation.ts";
import { howEnded, type Close, type Evidence } from "./evidence.ts";
import { judgeFailing } from "./failing.ts";
import { smallLimit } from "./limits.ts";

/** `before`: what is known against the target already. */
export function judgeEnding(evidence: Evidence, before: readonly Deviation[]): Deviation[] {
  const { ending } = evidence.branch;
  if (ending.kind === "close") return judgeClosing(evidence, ending, before);
  if (ending.kind === "fail") return judgeFailing(evidence, ending, before);
  if (ending.kind === "eof" && !evidence.gone && evidence.transcript.timedOut)
    return [
      {
        kind: "tcp-open-after-eof",
        level: "SHOULD",
        section: "RFC 6455 §7.1.4",
        happened: "after the peer's FIN the target left its side of TCP open",
        allowed: "TCP is closed: the WebSocket connection cannot be closed cleanly any more",
      },
    ];
  return [];
}

type Closing = Extract<ExpectedEnding, { kind: "close" }>;

/** The peer sent a valid Close: it is answered with a Close, whose reason is the target's own business, and TCP is closed. */
function judgeClosing(evidence: Evidence, ending: Closing, before: readonly Deviation[]): Deviation[] {
  const { close, badClose } = evidence;
  if (close === undefined && !badClose) return [judgeSilence(evidence)];
  if (close !== undefined && before.length === 0) {
    const failure = judgeFailureCode(evidence, ending, close);
    if (failure !== undefined) return failure;
  }
  const echoed = close === undefined || before.length > 0 ? [] : judgeEchoedCode(ending, close);
  return [...echoed, ...judgeTcpEnd(evidence)];
}

function judgeSilence({ gone, transcript }: Evidence): Deviation {
  const base = { level: "MUST", section: "RFC 6455 §5.5.1" } as const;
  if (!gone)
    return {
      ...base,
      kind: "close-unanswered",
      happened: "no Close frame came in response to a Close frame",
      allowed: "a Close frame in response, then the end of TCP",
    };
  return {
    ...base,
    kind: "close-reply-missing",
    happened: `TCP was ${transcript.ended === "reset" ? "reset" : "closed"} without a Close frame`,
    allowed: "a Close frame in response",
  };
}

/** Codes that nobody answers a harmless code with. */
const FAILURES: readonly number[] = [1002, 1003, 1007, 1009, 1010, 1011];

/** A connection may be failed while our Close is on its way. undefined: the code is no sign of that. */
function judgeFailureCode(evidence: Evidence, { code }: Closing, close: Close): Deviation[] | undefined {
  if (close.code === undefined || close.code === code || !FAILURES.includes(close.code)) return undefined;
  if (evidence.overLimit) return [];
  if (close.code === 1009) return [smallLimit(evidence)];
  // 1012 to 1014 came after the RFC, by IANA's registry: an endpoint that does not know them is behind, not wrong.
  if (code !== undefined && code >= 1012 && code <= 1014)
    return [
      {
        kind: "rejects-registered-code",
        level: "tolerated",
        section: "RFC 6455 §7.4.2",
        happened: `Close ${code} was answered with ${close.code}`,
        allowed: `Close ${code}`,
      },
    ];
  return [
    {
      kind: "failed-legal",
      level: "MUST",
      section: "RFC 6455 §7.1.7",
      happened: `the target ended the connection (${howEnded(evidence)}) on legal input`,
      allowed: `Close ${code ?? "without a code"}`,
    },
  ];
}

/** §5.5.1: an endpoint "typically echos the status code it received". Nothing is said of the reason. */
function judgeEchoedCode({ code }: Closing, close: Close): Deviation[] {
  const base = { kind: "close-code-changed", level: "SHOULD", section: "RFC 6455 §5.5.1" } as const;
  if (code !== undefined && close.code !== code)
    return [
      {
        ...base,
        happened: `Close ${code} was answered with ${close.code === undefined ? "an empty Close" : close.code}`,
        allowed: `Close ${code}`,
      },
    ];
  if (code === undefined && close.code !== undefined && close.code !== 1000)
    return [{ ...base, happened: `an empty Close was answered with ${close.code}`, allowed: "an empty Close, or 1000" }];
  return [];
}

function judgeTcpEnd({ gone, transcript }: Evidence): Deviation[] {
  if (!gone)
    return [
      {
        kind: "tcp-open-after-close",
        level: "MUST",
        section: "RFC 6455 §7.1.1",
        happened: "after the closing handshake the TCP connection stayed open",
        allowed: transcript.target === "server" ? "the server closes TCP at once" : "the client closes TCP when the server has",
      },
    ];
  if (transcript.target === "client" && !transcript.closedTcp)
    return [
      {
        kind: "client-closed-tcp-first",
        level: "SHOULD",
        section: "RFC 6455 §7.1.1",
        happened: "the client closed TCP before the server did",
        allowed: "the client waits for the server to close",
      },
    ];
  return [];
}
