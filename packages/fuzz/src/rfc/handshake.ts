/** RFC 6455 §4 read as a judge does: what is wrong with a request or a response, from their heads alone. */
import { createHash } from "node:crypto";

import { headerList, parseExtensions, TOKEN, headerValues, type ExtensionItem, type Head } from "../wire/head.ts";
import { isValidAnswer, offeredExtensions } from "./deflate-negotiation.ts";
import type { HandshakeProblem } from "./handshake-problems.ts";

export function acceptKeyFor(key: string): string {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

function has(head: Head, name: string, wanted: string): boolean {
  return headerList(head, name).some((item) => item.toLowerCase() === wanted);
}

/** §4.1 items 1–10, §4.2.1: everything that is wrong with a client's request. */
export function requestProblems(head: Head): HandshakeProblem[] {
  const problems: HandshakeProblem[] = [];
  const [method, , version] = head.start.split(" ");
  if (head.malformed.length > 0) problems.push("field-syntax");
  if (method !== "GET") problems.push("method");
  const digits = /^HTTP\/(\d)\.(\d)$/.exec(version ?? "");
  if (digits === null || Number(digits[1]) * 10 + Number(digits[2]) < 11) problems.push("http-version");
  if (headerValues(head, "host").length === 0) problems.push("host-missing");
  if (headerValues(head, "host").length > 1) problems.push("host-twice");
  if (!has(head, "upgrade", "websocket")) problems.push("upgrade");
  if (!has(head, "connection", "upgrade")) problems.push("connection");
  const keys = headerValues(head, "sec-websocket-key");
  if (keys.length === 0) problems.push("key-missing");
  if (keys.length > 1) problems.push("key-twice");
  if (keys.some((key) => !/^[A-Za-z0-9+/]{22}==$/.test(key))) problems.push("key-value");
  const versions = headerValues(head, "sec-websocket-version");
  if (versions.length === 0) problems.push("version-missing");
  else if (versions.length > 1) problems.push("version-twice");
  else if (versions[0] !== "13") problems.push(/^([0-9]|1[0-2])$/.test(versions[0]!) ? "version-draft" : "version");
  const protocols = headerList(head, "sec-websocket-protocol");
  if (protocols.some((name) => !TOKEN.test(name)) || headerValues(head, "sec-websocket-protocol").some((value) => value === ""))
    problems.push("protocol-syntax");
  if (new Set(protocols).size !== protocols.length) problems.push("protocol-twice");
  if (headerValues(head, "sec-websocket-extensions").some((value) => parseExtensions(value) === undefined))
    problems.push("extension-syntax");
  return problems;
}

/** §4.1, second list, and §4.2.2: everything that is wrong with a server's response to this request. */
export function responseProblems(response: Head, request: Head): HandshakeProblem[] {
  const problems: HandshakeProblem[] = [];
  if (!/^HTTP\/1\.1 101( |$)/.test(response.start)) return ["status"];
  if (response.malformed.length > 0) problems.push("field-syntax");
  // The value is one name, not a list, in a response: "websocket" in any case.
  if (headerValues(response, "upgrade").length !== 1 || headerValues(response, "upgrade")[0]!.toLowerCase() !== "websocket")
    problems.push("upgrade");
  if (!has(response, "connection", "upgrade")) problems.push("connection");
  const accepts = headerValues(response, "sec-websocket-accept");
  if (accepts.length === 0) problems.push("accept-missing");
  else if (accepts.length > 1) problems.push("accept-twice");
  else if (accepts[0] !== acceptKeyFor(headerValues(request, "sec-websocket-key")[0] ?? "")) problems.push("accept");
  const subprotocols = headerValues(response, "sec-websocket-protocol");
  if (subprotocols.length > 1) problems.push("subprotocol-twice");
  else if (subprotocols.length === 1 && !headerList(request, "sec-websocket-protocol").includes(subprotocols[0]!))
    problems.push("subprotocol-unasked");
  const agreed = headerValues(response, "sec-websocket-extensions").map(parseExtensions);
  if (agreed.includes(undefined)) problems.push("extension-syntax");
  else {
    const items = agreed.flat() as ExtensionItem[];
    const offers = offeredExtensions(request);
    if (items.some((item) => !offers.some((offer) => offer.name === item.name))) problems.push("extension-unasked");
    const deflates = items.filter((item) => item.name === "permessage-deflate");
    if (deflates.length > 1) problems.push("deflate-response");
    else if (
      deflates.length === 1 &&
      !problems.includes("extension-unasked") &&
      !offers.some((offer) => isValidAnswer(deflates[0]!, offer))
    )
      problems.push("deflate-response");
  }
  return problems;
}
