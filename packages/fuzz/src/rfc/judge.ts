/** Compares what a target did with what the oracle allows. */
import { equal, toHex } from "../wire/bytes.ts";
import {
  agreementOf,
  HANDSHAKE_PROBLEMS,
  isValidOffer,
  offeredExtensions,
  requestProblems,
  responseProblems,
  type HandshakeProblem,
} from "./handshake.ts";
import { readHead, type Head } from "../wire/head.ts";
import {
  expectationOf,
  MODEST_FRAGMENTS,
  MODEST_MESSAGE,
  MODEST_PINGS,
  planOf,
  type Branch,
  type Due,
  type Expectation,
} from "./oracle.ts";
import { isFoundLate, receive, VIOLATIONS, type Agreement, type Receipt, type ViolationKind } from "./receive.ts";
import { requestBytes, requestOf, responseBytes, responseOf, type Session, type TargetRole } from "../sessions/session.ts";

export type Level = "MUST" | "SHOULD" | "tolerated";

/** One way in which a target differs from everything that is allowed. */
export interface Deviation {
  /** Stable name, e.g. `accepts:rsv`. */
  kind: string;
  level: Level;
  section: string;
  /** What happened. */
  happened: string;
  /** What would have been allowed. */
  allowed: string;
}

/** Everything seen on one connection. */
export interface Transcript {
  target: TargetRole;
  /** The head that was sent and the one that came, as bytes; empty when there was none. */
  requestBytes: Uint8Array;
  responseBytes: Uint8Array;
  /** Bytes received behind the head. */
  received: Uint8Array;
  /** How the target's TCP stream ended: not at all within the time, with FIN, or with RST. */
  ended: "open" | "fin" | "reset";
  /** Bytes of the plan that were written before the target's end was seen. */
  wrote: number;
  /** The fuzzer asked, with a Ping "ws-fuzz?", whether the target still lives after a violation; the length of `received` then. */
  probedAt?: number | undefined;
  /** The fuzzer closed TCP itself before the target's end was seen (a server must, §7.1.1). */
  closedTcp: boolean;
  /** The target was given all the time it has. */
  timedOut: boolean;
  /** No connection at all. */
  error?: string | undefined;
  /** Milliseconds. */
  duration: number;
}

export interface JudgeOptions {
  behaviour: "echo" | "silent";
}

export interface Judgement {
  deviations: Deviation[];
  /** Why no judgement is possible. */
  inconclusive?: string;
  notApplicable?: string;
}

export const PROBE: Uint8Array = Uint8Array.from([..."ws-fuzz?"].map((character) => character.charCodeAt(0)));

export function words(bytes: Uint8Array, most = 24): string {
  if (bytes.length === 0) return "empty";
  const printable = bytes.every((byte) => byte >= 0x20 && byte <= 0x7e);
  const shown = bytes.subarray(0, most);
  const value = printable ? JSON.stringify(String.fromCharCode(...shown)) : toHex(shown);
  return bytes.length > most ? `${value}… (${bytes.length} bytes)` : value;
}

const NAMES: Record<number, string> = { 0: "continuation", 1: "text", 2: "binary", 8: "Close", 9: "Ping", 10: "Pong" };
export function opcodeName(opcode: number): string {
  return NAMES[opcode] ?? `opcode ${opcode}`;
}

function describeDue(due: Due): string {
  return due.kind === "pong" ? `Pong ${words(due.payload)}` : `${opcodeName(due.opcode)} message ${words(due.payload)}`;
}

/** Judges one connection. */
export function judge(session: Session, transcript: Transcript, options: JudgeOptions = { behaviour: "echo" }): Judgement {
  if (transcript.error !== undefined) return { deviations: [], inconclusive: transcript.error };
  return transcript.target === "server" ? judgeServer(session, transcript, options) : judgeClient(session, transcript, options);
}

// The opening handshake

function handshakeDeviation(problem: HandshakeProblem, whose: "sent" | "accepts", happened: string, allowed: string): Deviation {
  const row = HANDSHAKE_PROBLEMS[problem];
  const { tolerated } = row;
  return {
    kind: `handshake-${whose}:${problem}`,
    level: tolerated === true ? "tolerated" : "MUST",
    section: row.section,
    happened,
    allowed,
  };
}

function judgeServer(session: Session, transcript: Transcript, options: JudgeOptions): Judgement {
  const request = readHead(transcript.requestBytes);
  const problems: HandshakeProblem[] = request === undefined ? ["field-syntax"] : requestProblems(request);
  const response = readHead(transcript.responseBytes);
  const accepted = response !== undefined && /^HTTP\/\d\.\d 101( |$)/.test(response.start);
  const hard = problems.filter((problem) => HANDSHAKE_PROBLEMS[problem].tolerated !== true);
  if (!accepted) {
    if (problems.length === 0) {
      const badOffer =
        request !== undefined &&
        response !== undefined &&
        offeredExtensions(request).some((offer) => offer.name === "permessage-deflate" && !isValidOffer(offer));
      if (badOffer)
        return {
          deviations: [
            deviation(
              "refused-for-offer",
              "SHOULD",
              "RFC 7692 §7.1",
              `the answer was ${JSON.stringify(response.start)}`,
              "the offer is declined and the connection opened without it",
            ),
          ],
        };
      if (session.early === true && response !== undefined)
        return { deviations: [], notApplicable: "the server refuses bytes that come before its 101, as it may" };
      if (response === undefined && transcript.ended === "open")
        return {
          deviations: [deviation("handshake-unanswered", "MUST", "RFC 6455 §4.2.2", "no response came", "a response with status 101")],
        };
      return {
        deviations: [
          deviation(
            "handshake-refused",
            "MUST",
            "RFC 6455 §4.2.2",
            response === undefined
              ? `the connection was closed without a response (${transcript.ended})`
              : `the answer was ${JSON.stringify(response.start)}`,
            "a response with status 101, as to an equivalent request",
          ),
        ],
      };
    }
    if (response !== undefined) {
      const deviations: Deviation[] = [];
      if ((problems.includes("version") || problems.includes("version-draft")) && problems.length === 1 && values13(response) === false) {
        deviations.push(
          deviation(
            "version-not-told",
            "MUST",
            "RFC 6455 §4.2.2",
            `${JSON.stringify(response.start)} without Sec-WebSocket-Version`,
            "a Sec-WebSocket-Version header that names the versions the server understands",
          ),
        );
      }
      if (!/^HTTP\/1\.\d [2345]\d\d/.test(response.start))
        deviations.push(
          deviation(
            "refusal-status",
            "MUST",
            "RFC 6455 §4.2.1",
            `the answer was ${JSON.stringify(response.start)}`,
            "an HTTP response with an appropriate error code",
          ),
        );
      return { deviations };
    }
    if (transcript.ended === "open")
      return {
        deviations: [
          deviation(
            "refusal-unanswered",
            "MUST",
            "RFC 6455 §4.2.1",
            `no answer came to a request in which ${title(problems)}`,
            "an HTTP response with an appropriate error code, such as 400",
          ),
        ],
      };
    // §4.2.1 asks for an HTTP response; servers that close at once on what is not HTTP are common.
    return {
      deviations: [
        deviation(
          "refusal-without-response",
          "tolerated",
          "RFC 6455 §4.2.1",
          `the connection was closed without a response to a request in which ${title(problems)}`,
          "an HTTP response with an appropriate error code, such as 400",
        ),
      ],
    };
  }
  if (problems.length === 1 && problems[0] === "version-draft") return { deviations: [] };
  if (problems.length > 0) {
    const worst = hard[0] ?? problems[0]!;
    return {
      deviations: [
        handshakeDeviation(
          worst,
          "accepts",
          `the server accepted (101) a request in which ${title(problems)}`,
          "an HTTP error such as 400, and no WebSocket connection",
        ),
      ],
    };
  }
  const wrong = responseProblems(response, request!);
  const deviations = wrong.map((problem) =>
    handshakeDeviation(
      problem,
      "sent",
      `in the response, ${HANDSHAKE_PROBLEMS[problem].title}`,
      "a response by RFC 6455 §4.2.2 and RFC 7692 §7.1",
    ),
  );
  return judgeFrames(session, transcript, agreementOf(response, request!), options, deviations);
}

function values13(response: Head): boolean {
  return response.headers.some(
    ([name, value]) => name.toLowerCase() === "sec-websocket-version" && value.split(",").some((item) => item.trim() === "13"),
  );
}

function title(problems: readonly HandshakeProblem[]): string {
  return problems.map((problem) => HANDSHAKE_PROBLEMS[problem].title).join("; ");
}

function judgeClient(session: Session, transcript: Transcript, options: JudgeOptions): Judgement {
  const request = readHead(transcript.requestBytes);
  if (request === undefined) return { deviations: [], inconclusive: "the client sent no complete request" };
  const deviations = requestProblems(request)
    // A client that sends what a server may let pass has broken the rule all the same.
    .map((problem): Deviation => ({
      ...handshakeDeviation(problem, "sent", `in the request, ${HANDSHAKE_PROBLEMS[problem].title}`, "a request by RFC 6455 §4.1"),
      level: "MUST",
    }));
  const response = readHead(transcript.responseBytes);
  if (response === undefined) return { deviations, inconclusive: "the response was not sent" };
  const problems = responseProblems(response, request);
  const receipt = receive(transcript.received, { receiver: "server", agreement: agreementOf(response, request) });
  if (problems.length === 0) return judgeFrames(session, transcript, agreementOf(response, request), options, deviations);
  // §4.1: the client must fail the connection. Then it sends no frame that answers one.
  const acts = receipt.events.some((event) => event.kind === "message" || event.kind === "pong");
  const problem = problems[0]!;
  if (acts)
    deviations.push(
      handshakeDeviation(
        problem,
        "accepts",
        `the client took the connection as open although, in the response, ${title(problems)}`,
        "the connection is failed: nothing is echoed or answered",
      ),
    );
  else if (transcript.ended === "open" && problem !== "status") {
    deviations.push(
      handshakeDeviation(
        problem,
        "accepts",
        `the client kept the TCP connection open although, in the response, ${title(problems)}`,
        "the connection is failed",
      ),
    );
  }
  return { deviations };
}

function deviation(kind: string, level: Level, section: string, happened: string, allowed: string): Deviation {
  return { kind, level, section, happened, allowed };
}

// Frames

/** What the target's own bytes must not be. */
function judgeSent(receipt: Receipt, transcript: Transcript): Deviation[] {
  const deviations: Deviation[] = [];
  const last = receipt.events[receipt.events.length - 1];
  if (last?.kind === "violation" && !(last.optional && transcript.ended !== "fin")) {
    const row = VIOLATIONS[last.violation];
    deviations.push(
      deviation(
        `sent:${last.violation}`,
        row.tolerated === true ? "tolerated" : "MUST",
        row.section,
        `the target sent ${row.title}: ${describeLast(receipt)}`,
        "frames by RFC 6455 §5",
      ),
    );
  }
  if (last?.kind === "close" && receipt.ignored > 0) {
    deviations.push(
      deviation(
        "sent:after-close",
        "MUST",
        "RFC 6455 §5.5.1",
        `${receipt.ignored} bytes followed the target's Close frame`,
        "nothing after a Close frame",
      ),
    );
  }
  if (receipt.partial && transcript.ended === "fin")
    deviations.push(
      deviation("sent:partial-frame", "MUST", "RFC 6455 §5.2", "the target's TCP stream ended inside a frame", "whole frames"),
    );
  // §5.3: a fresh key for every frame. Two equal ones in a row have a chance of 2^-32.
  const keys = receipt.frames.filter((frame) => frame.masked && frame.payload.length > 0).map((frame) => frame.maskingKey);
  if (keys.some((key, index) => index > 0 && key === keys[index - 1])) {
    deviations.push(
      deviation(
        "sent:masking-key-reused",
        "MUST",
        "RFC 6455 §5.3",
        "two frames in a row have the same masking key",
        "a fresh, unpredictable key for every frame",
      ),
    );
  } else if (keys.length > 2 && keys.every((key, index) => index === 0 || key === keys[index - 1]! + 1)) {
    deviations.push(
      deviation(
        "sent:masking-key-predictable",
        "MUST",
        "RFC 6455 §5.3",
        "the masking keys count upwards",
        "a fresh, unpredictable key for every frame",
      ),
    );
  }
  return deviations;
}

function describeLast(receipt: Receipt): string {
  const frame = receipt.frames[receipt.frames.length - 1];
  if (frame === undefined) return "?";
  return `${opcodeName(frame.opcode)}, FIN ${frame.fin ? 1 : 0}, RSV ${frame.rsv.toString(2).padStart(3, "0")}, MASK ${frame.masked ? 1 : 0}, length ${frame.length}${frame.payload.length > 0 ? `, ${words(frame.payload)}` : ""}`;
}

function judgeFrames(
  session: Session,
  transcript: Transcript,
  agreement: Agreement,
  options: JudgeOptions,
  deviations: Deviation[],
): Judgement {
  const plan = planOf(session.steps, transcript.target);
  const expectation = expectationOf(plan, transcript.target, agreement);
  const receiver = transcript.target === "server" ? "client" : "server";
  // The judge lets the target's tolerated violations pass first, to see what came behind, and names them separately.
  const strict = receive(transcript.received, { receiver, agreement });
  const tolerant = receive(transcript.received, {
    receiver,
    agreement,
    lenient: new Set<ViolationKind>(["non-minimal-length", "utf8-late", "close-code-unassigned", "deflate-truncated"]),
  });
  deviations.push(...judgeSent(strict, transcript));
  const strictLast = strict.events[strict.events.length - 1];
  if (strictLast?.kind === "violation" && VIOLATIONS[strictLast.violation].tolerated === true) {
    deviations.push(...judgeSent(tolerant, transcript).filter((each) => !deviations.some((other) => other.kind === each.kind)));
  }
  let best: { found: Deviation[]; cost: number } | undefined;
  for (const branch of expectation.branches) {
    const found = compare(branch, expectation, tolerant, transcript, options);
    for (const violation of branch.lenient) {
      const row = VIOLATIONS[violation];
      found.push(
        deviation(`accepts:${violation}`, "tolerated", row.section, `the target let pass ${row.title}`, "the connection is failed"),
      );
    }
    const cost = found.reduce((sum, each) => sum + (each.level === "MUST" ? 100 : 1), 0);
    if (best === undefined || cost < best.cost) best = { found, cost };
  }
  const all = [...deviations, ...best!.found];
  const limit = all.find((each) => each.kind === "small-limit");
  if (limit !== undefined) return { deviations: all.filter((each) => each !== limit), inconclusive: limit.happened };
  return { deviations: all };
}

function compare(branch: Branch, expectation: Expectation, receipt: Receipt, transcript: Transcript, options: JudgeOptions): Deviation[] {
  const found: Deviation[] = [];
  const messages = receipt.events.filter((event) => event.kind === "message");
  const pongs = receipt.events.filter((event) => event.kind === "pong");
  const close = receipt.events.find((event) => event.kind === "close");
  // A Close that is itself wrong (judged above) is a Close all the same.
  const badClose = receipt.events.some((event) => event.kind === "violation" && event.violation.startsWith("close-"));
  const gone = transcript.ended !== "open";
  const dueMessages = branch.due.filter((due) => due.kind === "message");
  const duePongs = branch.due.filter((due) => due.kind === "pong");
  const end = branch.ending;
  const probeAnswered = transcript.probedAt !== undefined && pongs.some((pong) => equal(pong.payload, PROBE));

  // §10.4: limits.
  const overLimit =
    expectation.largest > MODEST_MESSAGE ||
    expectation.fragments > MODEST_FRAGMENTS ||
    expectation.huge ||
    expectation.pings > MODEST_PINGS;
  const early = transcript.wrote < branch.endsAt || end.kind === "open";
  const refusedForSize = (close?.code === 1009 && early) || (overLimit && early && (gone || close !== undefined));
  if (refusedForSize && end.kind !== "fail") {
    if (overLimit) {
      if (close === undefined)
        found.push(
          deviation(
            "no-close-frame",
            "SHOULD",
            "RFC 6455 §7.1.7",
            `TCP ended (${transcript.ended}) without a Close frame`,
            "a Close frame, with 1009 where a limit is the reason",
          ),
        );
      return found;
    }
    found.push(
      deviation(
        "small-limit",
        "SHOULD",
        "RFC 6455 §10.4",
        `the target refuses a message of ${expectation.largest} bytes in ${expectation.fragments} frames with 1009`,
        "",
      ),
    );
    return found;
  }

  // Messages: in order, unchanged, each once.
  let matched = 0;
  if (options.behaviour === "echo") {
    for (const message of messages) {
      const due = dueMessages[matched];
      if (due === undefined) break;
      if (due.opcode !== message.opcode || !equal(due.payload, message.payload)) {
        const same = (one: { opcode: number; payload: Uint8Array }, other: { opcode: number; payload: Uint8Array }): boolean =>
          one.opcode === other.opcode && equal(one.payload, other.payload);
        const isLater = dueMessages.slice(matched + 1).some((other) => same(other, message));
        if (isLater && messages.slice(matched + 1).some((other) => same(other, due)))
          found.push(
            deviation(
              "reordered",
              "MUST",
              "RFC 6455 §6.2",
              `${words(message.payload)} came back before ${words(due.payload)}`,
              "messages in the order in which they were sent",
            ),
          );
        else if (isLater)
          found.push(
            deviation(
              "lost-message",
              "MUST",
              "RFC 6455 §6.2",
              `the ${describeDue(due)} was not delivered; a later one was`,
              describeDue(due),
            ),
          );
        else if (due.opcode !== message.opcode)
          found.push(
            deviation(
              "wrong-type",
              "MUST",
              "RFC 6455 §5.6",
              `a ${opcodeName(due.opcode)} message came back as ${opcodeName(message.opcode)}: ${words(message.payload)}`,
              describeDue(due),
            ),
          );
        else
          found.push(
            deviation(
              "changed-message",
              "MUST",
              "RFC 6455 §6.2",
              `${words(due.payload)} came back as ${words(message.payload)}`,
              describeDue(due),
            ),
          );
        break;
      }
      matched++;
    }
    const extra = messages.length - matched;
    if (found.length === 0 && extra > 0) {
      const first = messages[matched]!;
      if (end.kind === "fail") found.push(accepts(branch, `after it a ${opcodeName(first.opcode)} message ${words(first.payload)} came`));
      else if (end.kind === "close" && branch.ignored)
        found.push(
          deviation(
            "data-after-close",
            "MUST",
            "RFC 6455 §5.5.1",
            `a message sent behind the Close frame was processed: ${words(first.payload)}`,
            "what follows a Close frame is ignored",
          ),
        );
      else
        found.push(
          deviation(
            "extra-message",
            "MUST",
            "RFC 6455 §6.2",
            `a message came that nobody had sent: ${opcodeName(first.opcode)} ${words(first.payload)}`,
            "each message once",
          ),
        );
    }
  }
  // §5.5.3: only the latest of several unanswered Pings has to be answered.
  const lastHard = duePongs.findLast((due) => due.hard);
  const pongMissing = lastHard !== undefined && !pongs.some((pong) => equal(pong.payload, lastHard.payload));
  const lostHard = options.behaviour === "echo" && found.length === 0 ? dueMessages.slice(matched).find((due) => due.hard) : undefined;
  // The target went before it had been sent what ends the connection.
  if (found.length === 0 && (gone || close !== undefined || badClose) && early) {
    found.push(
      deviation(
        "failed-legal",
        "MUST",
        "RFC 6455 §7.1.7",
        `the target ended the connection (${howEnded(close, transcript)}) on legal input`,
        lostHard !== undefined ? describeDue(lostHard) : lastHard !== undefined ? describeDue(lastHard) : "the connection stays open",
      ),
    );
    return found;
  }
  if (lostHard !== undefined)
    found.push(
      deviation("lost-message", "MUST", "RFC 6455 §6.2", `nothing came back for the ${describeDue(lostHard)}`, describeDue(lostHard)),
    );
  else if (pongMissing) {
    const other = pongs.find((pong) => !equal(pong.payload, PROBE));
    found.push(
      deviation(
        "pong-missing",
        "MUST",
        "RFC 6455 §5.5.2",
        other === undefined
          ? `no Pong came for the Ping ${words(lastHard.payload)}`
          : `the Ping ${words(lastHard.payload)} was answered with Pong ${words(other.payload)}`,
        describeDue(lastHard),
      ),
    );
  }

  if (end.kind === "close") {
    if (close === undefined && !badClose) {
      if (gone)
        found.push(
          transcript.ended === "reset"
            ? deviation(
                "close-reply-missing",
                "MUST",
                "RFC 6455 §5.5.1",
                "TCP was reset without a Close frame",
                "a Close frame in response",
              )
            : deviation(
                "close-reply-missing",
                "MUST",
                "RFC 6455 §5.5.1",
                "TCP was closed without a Close frame",
                "a Close frame in response",
              ),
        );
      else
        found.push(
          deviation(
            "close-unanswered",
            "MUST",
            "RFC 6455 §5.5.1",
            "no Close frame came in response to a Close frame",
            "a Close frame in response, then the end of TCP",
          ),
        );
      return found;
    }
    // A connection may be failed while our Close is on its way: nobody answers a harmless code with one of these.
    if (
      close?.code !== undefined &&
      close.code !== end.code &&
      [1002, 1003, 1007, 1009, 1010, 1011].includes(close.code) &&
      found.length === 0
    ) {
      if (overLimit) return found;
      if (close.code === 1009)
        found.push(
          deviation(
            "small-limit",
            "SHOULD",
            "RFC 6455 §10.4",
            `the target refuses a message of ${expectation.largest} bytes in ${expectation.fragments} frames with 1009`,
            "",
          ),
        );
      // 1012 to 1014 came after the RFC, by IANA's registry: an endpoint that does not know them is behind, not wrong.
      else if (end.code !== undefined && end.code >= 1012 && end.code <= 1014)
        found.push(
          deviation(
            "rejects-registered-code",
            "tolerated",
            "RFC 6455 §7.4.2",
            `Close ${end.code} was answered with ${close.code}`,
            `Close ${end.code}`,
          ),
        );
      else
        found.push(
          deviation(
            "failed-legal",
            "MUST",
            "RFC 6455 §7.1.7",
            `the target ended the connection (${howEnded(close, transcript)}) on legal input`,
            `Close ${end.code ?? "without a code"}`,
          ),
        );
      return found;
    }
    if (
      close !== undefined &&
      found.length === 0 &&
      (close.code === undefined ? end.code !== undefined : end.code !== undefined && close.code !== end.code)
    ) {
      // §5.5.1: "it typically echos the status code it received".
      found.push(
        deviation(
          "close-code-changed",
          "SHOULD",
          "RFC 6455 §5.5.1",
          `Close ${end.code} was answered with ${close.code === undefined ? "an empty Close" : close.code}`,
          `Close ${end.code}`,
        ),
      );
    }
    if (close?.code !== undefined && end.code === undefined && close.code !== 1000 && found.length === 0) {
      found.push(
        deviation(
          "close-code-changed",
          "SHOULD",
          "RFC 6455 §5.5.1",
          `an empty Close was answered with ${close.code}`,
          "an empty Close, or 1000",
        ),
      );
    }
    if (!gone)
      found.push(
        deviation(
          "tcp-open-after-close",
          "MUST",
          "RFC 6455 §7.1.1",
          "after the closing handshake the TCP connection stayed open",
          transcript.target === "server" ? "the server closes TCP at once" : "the client closes TCP when the server has",
        ),
      );
    if (gone && transcript.target === "client" && !transcript.closedTcp) {
      found.push(
        deviation(
          "client-closed-tcp-first",
          "SHOULD",
          "RFC 6455 §7.1.1",
          "the client closed TCP before the server did",
          "the client waits for the server to close",
        ),
      );
    }
    return found;
  }
  if (end.kind === "fail") {
    const failed = close !== undefined || badClose || gone;
    const excused = failed && isFoundLate(end.violation);
    if (probeAnswered && !excused && found.every((each) => !each.kind.startsWith("accepts:")))
      found.push(accepts(branch, "it still answers a Ping"));
    const answered = branch.pingsBehind.find((payload) => pongs.some((pong) => equal(pong.payload, payload)));
    if (answered !== undefined && !excused && found.length === 0)
      found.push(accepts(branch, `a Ping ${words(answered)} behind it was answered`));
    if (branch.waitedAt !== undefined && transcript.wrote > branch.waitedAt && found.length === 0)
      found.push(accepts(branch, "the connection was not failed before the next bytes were sent"));
    // A Close frame that is wrong was taken for a right one if the answer is that to a right one.
    if (
      branch.badClose !== undefined &&
      close !== undefined &&
      found.length === 0 &&
      (close.code === undefined ||
        close.code === 1000 ||
        (close.code === branch.badClose.code && !codesOf(end.violation).includes(close.code)))
    ) {
      found.push(accepts(branch, `it was answered with ${close.code === undefined ? "an empty Close" : `Close ${close.code}`}`));
    }
    if (found.some((each) => each.kind.startsWith("accepts:"))) return found;
    if (close === undefined && !badClose && !gone) {
      if (!end.optional) found.push(accepts(branch, "the connection stayed open"));
      return found;
    }
    // A Close that only answers our own is not a failure of the connection.
    if (close === undefined && !badClose && gone && transcript.ended === "fin") {
      if (!(end.optional && transcript.closedTcp))
        found.push(
          deviation(
            "no-close-frame",
            "SHOULD",
            "RFC 6455 §7.1.7",
            `TCP was closed without a Close frame after ${VIOLATIONS[end.violation].title}`,
            `Close ${codesOf(end.violation).join(" or ")}, then the end of TCP`,
          ),
        );
    } else if (close === undefined && !badClose && gone && !branch.ignored) {
      found.push(
        deviation(
          "no-close-frame",
          "SHOULD",
          "RFC 6455 §7.1.7",
          `TCP was reset without a Close frame after ${VIOLATIONS[end.violation].title}`,
          `Close ${codesOf(end.violation).join(" or ")}, then the end of TCP`,
        ),
      );
    } else if (close !== undefined && !codesOf(end.violation).includes(close.code ?? 1005) && !(close.code === 1009 && overLimit)) {
      found.push(
        deviation(
          `close-code:${end.violation}`,
          "SHOULD",
          "RFC 6455 §7.4.1",
          `after ${VIOLATIONS[end.violation].title} the Close frame has ${close.code === undefined ? "no code" : close.code}`,
          `Close ${codesOf(end.violation).join(" or ")}`,
        ),
      );
    }
    if (!gone && transcript.timedOut)
      found.push(
        deviation(
          "tcp-open-after-fail",
          transcript.target === "server" ? "MUST" : "SHOULD",
          "RFC 6455 §7.1.7",
          "the target failed the connection and left TCP open",
          "TCP is closed",
        ),
      );
    return found;
  }
  if (end.kind === "eof" && !gone && transcript.timedOut) {
    found.push(
      deviation(
        "tcp-open-after-eof",
        "SHOULD",
        "RFC 6455 §7.1.4",
        "after the peer's FIN the target left its side of TCP open",
        "TCP is closed: the WebSocket connection cannot be closed cleanly any more",
      ),
    );
  }
  return found;
}

function codesOf(violation: ViolationKind): readonly number[] {
  return VIOLATIONS[violation].codes;
}

function accepts(branch: Branch, evidence: string): Deviation {
  const { violation } = branch.ending as { violation: ViolationKind };
  const row = VIOLATIONS[violation];
  return deviation(
    `accepts:${violation}`,
    "MUST",
    row.section,
    `the target let pass ${row.title}: ${evidence}`,
    `the connection is failed: Close ${row.codes.join(" or ")}, then the end of TCP`,
  );
}

function howEnded(close: { code: number | undefined; reason: Uint8Array } | undefined, transcript: Transcript): string {
  if (close !== undefined) return `Close ${close.code ?? "without a code"}${close.reason.length > 0 ? ` ${words(close.reason, 60)}` : ""}`;
  return transcript.ended === "open" ? "an invalid Close" : transcript.ended === "fin" ? "TCP FIN" : "TCP RST";
}

/** The heads of a session, filled in, for those who judge without a connection. */
export function headsOf(session: Session, values: Readonly<Record<string, string>>): { request: Uint8Array; response: Uint8Array } {
  return { request: requestBytes(requestOf(session), values), response: responseBytes(responseOf(session), values) };
}
