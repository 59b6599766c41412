// Our reading of a head: the decoder, and whoever judges it before anything is done with it.

import { evaluateRequest, type RequestHead, type ResponseHead } from "@ws/protocol/handshake";

import { feed } from "../../../codec/test/chunking.ts";
import { ofHead } from "../../../protocol/test/receivers.ts";
import { judgeRequest } from "../../src/node-http/ordinary-request.ts";
import type { Reading } from "./node-parser.ts";

/** As a server that serves ordinary HTTP beside WebSocket. */
export function weReadRequest(bytes: Uint8Array): Reading {
  const { head, code } = feed(ofHead("request"), [bytes.slice()]);
  if (head === undefined) return { code: code ?? "WAITS" };
  const { method, target, version, headers } = head as RequestHead;
  const reading = { head: { line: [method, target], version, headers } } as const;
  if (evaluateRequest(head as RequestHead, { allowedOrigins: "any" }).kind === "upgrade") return reading;
  const judged = judgeRequest(head as RequestHead, false, 100);
  return judged.kind === "request" ? reading : { code: judged.code };
}

/** As a client: the body of a refusal is read as far as it makes sense, so its framing refuses nothing. */
export function weReadResponse(bytes: Uint8Array): Reading {
  const { head, code } = feed(ofHead("response"), [bytes.slice()]);
  if (head === undefined) return { code: code ?? "WAITS" };
  const { status, reason, version, headers } = head as ResponseHead;
  return { head: { line: [String(status).padStart(3, "0"), reason], version, headers } };
}
