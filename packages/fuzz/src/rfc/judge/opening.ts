/** Judges the opening handshake, RFC 6455 §4 and RFC 7692 §7.1: a server by its answer, a client by its request and what it does next. */
import type { Session } from "../../sessions/session.ts";
import { type Head, readHead } from "../../wire/head.ts";
import type { Agreement } from "../agreement.ts";
import { agreementOf, isValidDeflateOffer, offeredExtensions } from "../deflate-negotiation.ts";
import { HANDSHAKE_PROBLEMS, type HandshakeProblem } from "../handshake-problems.ts";
import { requestProblems, responseProblems } from "../handshake.ts";
import { receiveStream } from "../receive.ts";
import type { Deviation, Judgement } from "./deviation.ts";
import type { Transcript } from "./transcript.ts";

/** `agreement` is there when the connection is open, so that frames are to be judged. */
export interface OpeningJudgement extends Judgement {
  readonly agreement?: Agreement | undefined;
}

export function judgeOpening(session: Session, transcript: Transcript): OpeningJudgement {
  return transcript.target === "server" ? judgeServer(session, transcript) : judgeClient(transcript);
}

function title(problems: readonly HandshakeProblem[]): string {
  return problems.map((problem) => HANDSHAKE_PROBLEMS[problem].title).join("; ");
}

function problemDeviation(problem: HandshakeProblem, whose: "sent" | "accepts", happened: string, allowed: string): Deviation {
  const { section, tolerated } = HANDSHAKE_PROBLEMS[problem];
  return { kind: `handshake-${whose}:${problem}`, level: tolerated === true ? "tolerated" : "MUST", section, happened, allowed };
}

function judgeServer(session: Session, transcript: Transcript): OpeningJudgement {
  const request = readHead(transcript.requestBytes);
  const response = readHead(transcript.responseBytes);
  const problems: HandshakeProblem[] = request === undefined ? ["field-syntax"] : requestProblems(request);
  if (response === undefined || !/^HTTP\/\d\.\d 101( |$)/.test(response.start)) {
    if (problems.length === 0) return refusedLegal(session, transcript, request!, response);
    return { deviations: response === undefined ? refusedSilently(transcript, problems) : refusedIllegal(problems, response) };
  }
  if (problems.length === 1 && problems[0] === "version-draft") return { deviations: [] };
  if (problems.length > 0) {
    const worst = problems.find((problem) => HANDSHAKE_PROBLEMS[problem].tolerated !== true) ?? problems[0]!;
    const happened = `the server accepted (101) a request in which ${title(problems)}`;
    return { deviations: [problemDeviation(worst, "accepts", happened, "an HTTP error such as 400, and no WebSocket connection")] };
  }
  return {
    agreement: agreementOf(response, request!),
    deviations: responseProblems(response, request!).map((problem) =>
      problemDeviation(
        problem,
        "sent",
        `in the response, ${HANDSHAKE_PROBLEMS[problem].title}`,
        "a response by RFC 6455 §4.2.2 and RFC 7692 §7.1",
      ),
    ),
  };
}

/** Nothing is wrong with the request, and no 101 came. */
function refusedLegal(session: Session, transcript: Transcript, request: Head, response: Head | undefined): Judgement {
  const offers = offeredExtensions(request).filter((offer) => offer.name === "permessage-deflate");
  if (response !== undefined && offers.some((offer) => !isValidDeflateOffer(offer)))
    return {
      deviations: [
        {
          kind: "refused-for-offer",
          level: "SHOULD",
          section: "RFC 7692 §7.1",
          happened: `the answer was ${JSON.stringify(response.start)}`,
          allowed: "the offer is declined and the connection opened without it",
        },
      ],
    };
  if (session.early === true && response !== undefined)
    return { deviations: [], notApplicable: "the server refuses bytes that come before its 101, as it may" };
  if (response === undefined && transcript.ended === "open")
    return {
      deviations: [
        {
          kind: "handshake-unanswered",
          level: "MUST",
          section: "RFC 6455 §4.2.2",
          happened: "no response came",
          allowed: "a response with status 101",
        },
      ],
    };
  return {
    deviations: [
      {
        kind: "handshake-refused",
        level: "MUST",
        section: "RFC 6455 §4.2.2",
        happened:
          response === undefined
            ? `the connection was closed without a response (${transcript.ended})`
            : `the answer was ${JSON.stringify(response.start)}`,
        allowed: "a response with status 101, as to an equivalent request",
      },
    ],
  };
}

/** The request was refused by an HTTP response, as it has to be. */
function refusedIllegal(problems: readonly HandshakeProblem[], response: Head): Deviation[] {
  const deviations: Deviation[] = [];
  const forVersion = problems.length === 1 && (problems[0] === "version" || problems[0] === "version-draft");
  if (forVersion && !names13(response))
    deviations.push({
      kind: "version-not-told",
      level: "MUST",
      section: "RFC 6455 §4.2.2",
      happened: `${JSON.stringify(response.start)} without Sec-WebSocket-Version`,
      allowed: "a Sec-WebSocket-Version header that names the versions the server understands",
    });
  if (!/^HTTP\/1\.\d [2345]\d\d/.test(response.start))
    deviations.push({
      kind: "refusal-status",
      level: "MUST",
      section: "RFC 6455 §4.2.1",
      happened: `the answer was ${JSON.stringify(response.start)}`,
      allowed: "an HTTP response with an appropriate error code",
    });
  return deviations;
}

/** §4.2.1 asks for an HTTP response; servers that close at once on what is not HTTP are common. */
function refusedSilently(transcript: Transcript, problems: readonly HandshakeProblem[]): Deviation[] {
  const hangs = transcript.ended === "open";
  return [
    {
      kind: hangs ? "refusal-unanswered" : "refusal-without-response",
      level: hangs ? "MUST" : "tolerated",
      section: "RFC 6455 §4.2.1",
      happened: `${hangs ? "no answer came" : "the connection was closed without a response"} to a request in which ${title(problems)}`,
      allowed: "an HTTP response with an appropriate error code, such as 400",
    },
  ];
}

function names13(response: Head): boolean {
  return response.headers.some(
    ([name, value]) => name.toLowerCase() === "sec-websocket-version" && value.split(",").some((item) => item.trim() === "13"),
  );
}

function judgeClient(transcript: Transcript): OpeningJudgement {
  const request = readHead(transcript.requestBytes);
  if (request === undefined) return { deviations: [], inconclusive: "the client sent no complete request" };
  const deviations = requestProblems(request)
    // A client that sends what a server may let pass has broken the rule all the same.
    .map((problem): Deviation => ({
      ...problemDeviation(problem, "sent", `in the request, ${HANDSHAKE_PROBLEMS[problem].title}`, "a request by RFC 6455 §4.1"),
      level: "MUST",
    }));
  const response = readHead(transcript.responseBytes);
  if (response === undefined) return { deviations, inconclusive: "the response was not sent" };
  const problems = responseProblems(response, request);
  const agreement = agreementOf(response, request);
  if (problems.length === 0) return { deviations, agreement };
  // §4.1: the client must fail the connection. Then it sends no frame that answers one.
  const { events } = receiveStream(transcript.received, { receiver: "server", agreement });
  const acts = events.some((event) => event.kind === "message" || event.kind === "pong");
  const problem = problems[0]!;
  if (acts) {
    const happened = `the client took the connection as open although, in the response, ${title(problems)}`;
    deviations.push(problemDeviation(problem, "accepts", happened, "the connection is failed: nothing is echoed or answered"));
  } else if (transcript.ended === "open" && problem !== "status") {
    const happened = `the client kept the TCP connection open although, in the response, ${title(problems)}`;
    deviations.push(problemDeviation(problem, "accepts", happened, "the connection is failed"));
  }
  return { deviations };
}
