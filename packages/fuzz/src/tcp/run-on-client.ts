/** Speaks to a client under test: one session on one connection that it has made. */
import { agreementOf, isValidDeflateOffer, offeredExtensions } from "../rfc/deflate-negotiation.ts";
import { acceptKeyFor } from "../rfc/handshake.ts";
import { judgeTranscript } from "../rfc/judge/judge.ts";
import { completedSession } from "../rfc/oracle.ts";
import type { SessionRun } from "../run/executor.ts";
import { planOf } from "../sessions/plan.ts";
import { cutOffsets, responseBytes, responseOf, type Session } from "../sessions/session.ts";
import { type Head, parseExtensions, readHead, headerValues } from "../wire/head.ts";
import { type DriveOptions, play } from "./play.ts";
import { transcriptOf } from "./transcript.ts";
import { type Wire, writeCut } from "./wire.ts";

/** The answer to a client's offers that the session's answer stands for; undefined: the client offered nothing that could be answered. */
export function answerTo(wanted: string, request: Head): string | undefined {
  const items = parseExtensions(wanted);
  const [element] = items ?? [];
  const plain =
    items?.length === 1 &&
    element!.name === "permessage-deflate" &&
    isValidDeflateOffer(element!) &&
    element!.params.every(([name, value]) => !name.endsWith("_bits") || value !== undefined);
  if (!plain) return wanted; // broken on purpose
  const offer = offeredExtensions(request).find((each) => each.name === "permessage-deflate" && isValidDeflateOffer(each));
  if (offer === undefined) return undefined;
  const given = new Map(element!.params);
  for (const [name, value] of offer.params) {
    // RFC 7692 §7.1.1.1, §7.1.2.1: what the client asks of the server has to be granted.
    if (name === "server_no_context_takeover") given.set(name, undefined);
    if (name === "server_max_window_bits") given.set(name, value);
  }
  return ["permessage-deflate", ...[...given].map(([name, value]) => (value === undefined ? name : `${name}=${value}`))].join("; ");
}

function swapCase(value: string): string {
  return [...value].map((letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase())).join("");
}

/** Plays and judges one session with a client that has sent its request. */
export async function runOnClient(wire: Wire, request: Head, session: Session, options: DriveOptions): Promise<SessionRun> {
  const started = performance.now();
  const requestHead = wire.head.slice(0, request.length);
  wire.headDone(request.length);
  const key = headerValues(request, "sec-websocket-key")[0] ?? "";
  const accept = acceptKeyFor(key);
  let used = session;
  if (session.extensions !== undefined) {
    const answer = answerTo(session.extensions, request);
    const { extensions: _extensions, ...rest } = session;
    used = answer === undefined ? rest : { ...rest, extensions: answer };
  }
  const response = responseBytes(responseOf(used), {
    accept,
    key,
    "wrong-accept": acceptKeyFor(`${key}x`),
    "swapped-accept": swapCase(accept),
  });
  const responseHead = readHead(response)!;
  const agreement = agreementOf(responseHead, request);
  const whole = completedSession(used, "client", agreement);
  let alreadyWritten = 0;
  if (used.early === true) {
    const plan = planOf(whole.steps, "client");
    alreadyWritten = plan.marks[0]?.at ?? plan.bytes.length;
    wire.write(Buffer.concat([response, plan.bytes.subarray(0, alreadyWritten)]));
  } else if (used.cutHandshake === true) await writeCut(wire, response, cutOffsets(used.cuts, response.length), used.gap ?? 0);
  else wire.write(response);
  const played = await play(wire, whole, "client", agreement, options, alreadyWritten);
  const transcript = transcriptOf("client", wire, { request: requestHead, response }, played, started);
  return { session: whole, transcript, judgement: judgeTranscript(whole, transcript, options) };
}
