/**
 * The opening handshake (RFC 6455 §4) as a person reads it: every line as it was sent, what it means, and
 * which rule it breaks. The rules themselves are `@ws/protocol`'s.
 */
import {
  acceptKey,
  evaluateRequest,
  evaluateResponse,
  type ExtensionOffer,
  type Header,
  HeadDecoder,
  HeadEvent,
  parseExtensions,
  type RequestHead,
  type ResponseHead,
  type SentRequest,
} from "@ws/protocol/handshake";
import { headerValues } from "@ws/protocol/internal";

import type { Rewritten } from "./records.ts";

export interface Problem {
  /** Stable, from `@ws/codec` or `@ws/protocol`. */
  readonly code: string;
  /** Such as `RFC 6455 §5.2`. */
  readonly section: string;
  readonly message: string;
}

export interface HeadLine {
  /** Without its line end; octets as Latin-1 characters. */
  readonly text: string;
  readonly explanation: string;
  readonly rewritten?: Rewritten;
}

/** How `Sec-WebSocket-Accept` follows from the key (§4.2.2 item 5.4). */
export interface AcceptProof {
  readonly key: string;
  readonly expected: string;
  readonly received: string | undefined;
  readonly matches: boolean;
}

export interface ReadRequest {
  readonly kind: "request";
  readonly lines: readonly HeadLine[];
  /** The request-target; empty when the head cannot be read. */
  readonly target: string;
  /** What the response depends on. `undefined`: the request cannot be read, or has no key. */
  readonly sent: SentRequest | undefined;
  readonly problems: readonly Problem[];
}

export interface ReadResponse {
  readonly kind: "response";
  readonly lines: readonly HeadLine[];
  readonly status: number | undefined;
  readonly proof: AcceptProof | undefined;
  readonly subprotocol: string | undefined;
  /** Names and parameters that were agreed. */
  readonly extensions: readonly ExtensionOffer[];
  readonly problems: readonly Problem[];
}

export function readRequest(bytes: Uint8Array): ReadRequest {
  const decoder = new HeadDecoder("request", { maxHeadBytes: 65_536, maxHeaders: 1000 });
  decoder.receive(bytes);
  const lines = explainLines(bytes, requestLine);
  if (decoder.poll() !== HeadEvent.HEAD) {
    return { kind: "request", lines, target: "", sent: undefined, problems: [problem(decoder.error!)] };
  }
  const head: RequestHead = decoder.head;
  // Whether this origin is welcome is the server's decision, not a rule of the protocol.
  const judged = evaluateRequest(head, { allowedOrigins: "any" });
  return {
    kind: "request",
    lines,
    target: head.target,
    sent: judged.kind === "upgrade" ? judged : sentBy(head),
    problems: judged.kind === "refusal" ? [problem(judged)] : [],
  };
}

/** Of a request that breaks a rule: what a server that answers it all the same goes by. */
function sentBy(head: RequestHead): SentRequest | undefined {
  const key = headerValues(head.headers, "sec-websocket-key")[0];
  if (key === undefined) return undefined;
  const subprotocols = headerValues(head.headers, "sec-websocket-protocol").flatMap((value) => value.split(","));
  return {
    key,
    subprotocols: subprotocols.map((name) => name.trim()),
    offers: offersIn(head.headers),
  };
}

/** None where the header is malformed, which is reported by itself. */
function offersIn(headers: readonly Header[]): readonly ExtensionOffer[] {
  const offers = parseExtensions(headerValues(headers, "sec-websocket-extensions"));
  return offers instanceof Error ? [] : offers;
}

export function readResponse(bytes: Uint8Array, request: ReadRequest | undefined): ReadResponse {
  const decoder = new HeadDecoder("response", { maxHeadBytes: 65_536, maxHeaders: 1000 });
  decoder.receive(bytes);
  const lines = explainLines(bytes, statusLine);
  if (decoder.poll() !== HeadEvent.HEAD) {
    return {
      kind: "response",
      lines,
      status: undefined,
      proof: undefined,
      subprotocol: undefined,
      extensions: [],
      problems: [problem(decoder.error!)],
    };
  }
  const head: ResponseHead = decoder.head;
  const judged = head.status === 101 ? evaluateResponse(head, request?.sent) : undefined;
  return {
    kind: "response",
    lines,
    status: head.status,
    proof: proofOf(head, request?.sent?.key),
    subprotocol: headerValues(head.headers, "sec-websocket-protocol")[0],
    extensions: offersIn(head.headers),
    problems: judged !== undefined && "code" in judged ? [problem(judged)] : [],
  };
}

function proofOf(head: ResponseHead, key: string | undefined): AcceptProof | undefined {
  const received = headerValues(head.headers, "sec-websocket-accept")[0];
  if (key === undefined || (head.status !== 101 && received === undefined)) return undefined;
  const expected = acceptKey(key);
  return { key, expected, received, matches: received === expected };
}

function problem({ code, section, message }: Problem): Problem {
  return { code, section, message };
}

function explainLines(bytes: Uint8Array, start: (line: string) => string): HeadLine[] {
  let text = "";
  for (const octet of bytes) text += String.fromCharCode(octet);
  const lines = text.replace(/\r\n\r\n$/, "").split(/\r?\n/);
  return lines.map((line, index) => {
    if (index === 0) return { text: line, explanation: start(line) };
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)).trim().toLowerCase();
    return { text: line, explanation: colon < 0 ? "Not a header field: there is no colon." : (EXPLANATIONS.get(name) ?? "") };
  });
}

function requestLine(line: string): string {
  const [method, target] = line.split(" ");
  if (method === undefined || target === undefined) return "Not a request line.";
  return `The client asks for ${target} (§1.3).${method === "GET" ? "" : " The method has to be GET (§4.1)."}`;
}

function statusLine(line: string): string {
  const status = /^HTTP\/\d\.\d (\d{3})/.exec(line)?.[1];
  if (status === undefined) return "Not a status line.";
  if (status === "101") return "Switching Protocols: from the next octet on, both sides speak WebSocket (§4.2.2).";
  return `Any status but 101 means there is no WebSocket connection (§4.1).`;
}

const EXPLANATIONS: ReadonlyMap<string, string> = new Map([
  ["host", "Which host the client wants to talk to (§4.1 item 4)."],
  ["upgrade", "The protocol to switch to: websocket (§4.1 item 5)."],
  ["connection", "Says that Upgrade is meant for the next hop (§4.1 item 6)."],
  ["sec-websocket-key", "Sixteen random octets in base64. Not a secret: it proves that the other side speaks WebSocket (§4.1 item 7)."],
  ["sec-websocket-accept", "The key, a fixed GUID behind it, SHA-1, base64 (§4.2.2 item 5.4)."],
  ["sec-websocket-version", "The version of the protocol; RFC 6455 is 13 (§4.1 item 9)."],
  ["sec-websocket-protocol", "Subprotocols: the client's in order of preference, or the one the server chose (§1.9)."],
  ["sec-websocket-extensions", "Extensions: what the client offers, or what the server accepts (§9.1)."],
  ["origin", "Which web page the script belongs to; browsers always send it (§10.2)."],
  ["user-agent", "The client's software; no part of the protocol."],
  ["cookie", "Cookies travel as with any HTTP request (§4.1 item 12)."],
  ["set-cookie", "Cookies travel as with any HTTP response (§1.3)."],
  ["authorization", "Credentials, as with any HTTP request (§10.5)."],
  ["date", "When the answer was made."],
  ["server", "The server's software; no part of the protocol."],
  ["content-length", "The length of the body that follows instead of frames."],
  ["retry-after", "When to try again (RFC 9110 §10.2.3)."],
  ["cache-control", "No part of the protocol: a handshake is never cached."],
  ["pragma", "No part of the protocol: a handshake is never cached."],
  ["accept-encoding", "Concerns HTTP bodies only; frames have permessage-deflate."],
  ["accept-language", "The languages the person reads."],
]);
