/**
 * RFC 6455 §4 as a judge: what is wrong with a request or a response, read from their heads alone, and what permessage-deflate
 * (RFC 7692 §7.1) the two agreed on.
 */
import { createHash } from "node:crypto";

import { list, parseExtensions, TOKEN, values, type ExtensionItem, type Head } from "../wire/head.ts";
import type { Agreement, DeflateAgreement } from "./receive.ts";

/** What can be wrong with a handshake. `tolerated`: the other side may let it pass. */
interface ProblemRow {
  readonly section: string;
  readonly title: string;
  readonly tolerated?: boolean;
}

const ROWS: Readonly<Record<HandshakeProblem, ProblemRow>> = {
  method: { section: "RFC 6455 §4.1", title: "the method is not GET" },
  "http-version": { section: "RFC 6455 §4.1", title: "the HTTP version is below 1.1" },
  "host-missing": { section: "RFC 6455 §4.1", title: "there is no Host header" },
  "host-twice": { section: "RFC 9112 §3.2", title: "there is more than one Host header" },
  upgrade: { section: "RFC 6455 §4.1", title: "Upgrade does not contain websocket" },
  connection: { section: "RFC 6455 §4.1", title: "Connection does not contain Upgrade" },
  "key-missing": { section: "RFC 6455 §4.1", title: "there is no Sec-WebSocket-Key" },
  "key-twice": { section: "RFC 6455 §11.3.1", title: "Sec-WebSocket-Key appears more than once" },
  // §4.2.2: "It is not necessary for the server to base64-decode the Sec-WebSocket-Key value", so a server may let it pass.
  "key-value": { section: "RFC 6455 §4.1", title: "Sec-WebSocket-Key is not 16 bytes in base64", tolerated: true },
  "version-missing": { section: "RFC 6455 §4.1", title: "there is no Sec-WebSocket-Version" },
  "version-twice": { section: "RFC 6455 §11.3.5", title: "Sec-WebSocket-Version appears more than once" },
  // A server may still understand what a draft called 0 to 12.
  "version-draft": { section: "RFC 6455 §4.1", title: "Sec-WebSocket-Version is that of a draft" },
  version: { section: "RFC 6455 §4.1", title: "Sec-WebSocket-Version is not 13" },
  "field-syntax": { section: "RFC 9112 §5.1", title: "a line of the head is not a header field" },
  "protocol-syntax": { section: "RFC 6455 §4.1", title: "Sec-WebSocket-Protocol is not a list of tokens", tolerated: true },
  "protocol-twice": { section: "RFC 6455 §4.1", title: "a subprotocol is named twice", tolerated: true },
  "extension-syntax": { section: "RFC 6455 §9.1", title: "Sec-WebSocket-Extensions does not follow its grammar" },
  status: { section: "RFC 6455 §4.1", title: "the status is not 101" },
  "accept-missing": { section: "RFC 6455 §4.1", title: "there is no Sec-WebSocket-Accept" },
  accept: { section: "RFC 6455 §4.1", title: "Sec-WebSocket-Accept has the wrong value" },
  "accept-twice": { section: "RFC 6455 §11.3.3", title: "Sec-WebSocket-Accept appears more than once" },
  "extension-unasked": { section: "RFC 6455 §4.1", title: "the response names an extension that was not offered" },
  "subprotocol-unasked": { section: "RFC 6455 §4.1", title: "the response names a subprotocol that was not offered" },
  "subprotocol-twice": { section: "RFC 6455 §11.3.4", title: "Sec-WebSocket-Protocol appears more than once in the response" },
  "deflate-response": { section: "RFC 7692 §7.1", title: "the parameters of permessage-deflate in the response are not allowed" },
};

export type HandshakeProblem =
  | "method"
  | "http-version"
  | "host-missing"
  | "host-twice"
  | "upgrade"
  | "connection"
  | "key-missing"
  | "key-twice"
  | "key-value"
  | "version-missing"
  | "version-twice"
  | "version-draft"
  | "version"
  | "field-syntax"
  | "protocol-syntax"
  | "protocol-twice"
  | "extension-syntax"
  | "status"
  | "accept-missing"
  | "accept"
  | "accept-twice"
  | "extension-unasked"
  | "subprotocol-unasked"
  | "subprotocol-twice"
  | "deflate-response";

export const HANDSHAKE_PROBLEMS: Readonly<Record<HandshakeProblem, ProblemRow>> = ROWS;

export function acceptFor(key: string): string {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

function has(head: Head, name: string, wanted: string): boolean {
  return list(head, name).some((item) => item.toLowerCase() === wanted);
}

/** §4.1 items 1–10, §4.2.1: everything that is wrong with a client's request. */
export function requestProblems(head: Head): HandshakeProblem[] {
  const problems: HandshakeProblem[] = [];
  const [method, , version] = head.start.split(" ");
  if (head.malformed.length > 0) problems.push("field-syntax");
  if (method !== "GET") problems.push("method");
  const digits = /^HTTP\/(\d)\.(\d)$/.exec(version ?? "");
  if (digits === null || Number(digits[1]) * 10 + Number(digits[2]) < 11) problems.push("http-version");
  if (values(head, "host").length === 0) problems.push("host-missing");
  if (values(head, "host").length > 1) problems.push("host-twice");
  if (!has(head, "upgrade", "websocket")) problems.push("upgrade");
  if (!has(head, "connection", "upgrade")) problems.push("connection");
  const keys = values(head, "sec-websocket-key");
  if (keys.length === 0) problems.push("key-missing");
  if (keys.length > 1) problems.push("key-twice");
  if (keys.some((key) => !/^[A-Za-z0-9+/]{22}==$/.test(key))) problems.push("key-value");
  const versions = values(head, "sec-websocket-version");
  if (versions.length === 0) problems.push("version-missing");
  else if (versions.length > 1) problems.push("version-twice");
  else if (versions[0] !== "13") problems.push(/^([0-9]|1[0-2])$/.test(versions[0]!) ? "version-draft" : "version");
  const protocols = list(head, "sec-websocket-protocol");
  if (protocols.some((name) => !TOKEN.test(name)) || values(head, "sec-websocket-protocol").some((value) => value === ""))
    problems.push("protocol-syntax");
  if (new Set(protocols).size !== protocols.length) problems.push("protocol-twice");
  if (values(head, "sec-websocket-extensions").some((value) => parseExtensions(value) === undefined)) problems.push("extension-syntax");
  return problems;
}

/** §4.1, second list, and §4.2.2: everything that is wrong with a server's response to this request. */
export function responseProblems(response: Head, request: Head): HandshakeProblem[] {
  const problems: HandshakeProblem[] = [];
  if (!/^HTTP\/1\.1 101( |$)/.test(response.start)) return ["status"];
  if (response.malformed.length > 0) problems.push("field-syntax");
  // The value is one name, not a list, in a response: "websocket" in any case.
  if (values(response, "upgrade").length !== 1 || values(response, "upgrade")[0]!.toLowerCase() !== "websocket") problems.push("upgrade");
  if (!has(response, "connection", "upgrade")) problems.push("connection");
  const accepts = values(response, "sec-websocket-accept");
  if (accepts.length === 0) problems.push("accept-missing");
  else if (accepts.length > 1) problems.push("accept-twice");
  else if (accepts[0] !== acceptFor(values(request, "sec-websocket-key")[0] ?? "")) problems.push("accept");
  const subprotocols = values(response, "sec-websocket-protocol");
  if (subprotocols.length > 1) problems.push("subprotocol-twice");
  else if (subprotocols.length === 1 && !list(request, "sec-websocket-protocol").includes(subprotocols[0]!))
    problems.push("subprotocol-unasked");
  const agreed = values(response, "sec-websocket-extensions").map(parseExtensions);
  if (agreed.includes(undefined)) problems.push("extension-syntax");
  else {
    const items = agreed.flat() as ExtensionItem[];
    const offers = offeredExtensions(request);
    if (items.some((item) => !offers.some((offer) => offer.name === item.name))) problems.push("extension-unasked");
    const deflates = items.filter((item) => item.name === "permessage-deflate");
    if (deflates.length > 1) problems.push("deflate-response");
    else if (deflates.length === 1 && !problems.includes("extension-unasked") && !offers.some((offer) => answers(deflates[0]!, offer)))
      problems.push("deflate-response");
  }
  return problems;
}

export function offeredExtensions(request: { headers: readonly (readonly [string, string])[] }): ExtensionItem[] {
  return values(request, "sec-websocket-extensions").flatMap((value) => parseExtensions(value) ?? []);
}

const BITS = /^(8|9|1[0-5])$/;

/** RFC 7692 §7.1: whether an offer is one that a server may accept. */
export function isValidOffer(offer: ExtensionItem): boolean {
  const names = offer.params.map(([name]) => name);
  if (new Set(names).size !== names.length) return false;
  return offer.params.every(([name, value]) => {
    if (name === "client_no_context_takeover" || name === "server_no_context_takeover") return value === undefined;
    if (name === "server_max_window_bits") return value !== undefined && BITS.test(value);
    if (name === "client_max_window_bits") return value === undefined || BITS.test(value);
    return false;
  });
}

/** Whether this element of a response is an allowed answer to this offer, §7.1.1 and §7.1.2. */
function answers(response: ExtensionItem, offer: ExtensionItem): boolean {
  if (offer.name !== "permessage-deflate" || !isValidOffer(offer)) return false;
  const names = response.params.map(([name]) => name);
  if (new Set(names).size !== names.length) return false;
  const asked = new Map(offer.params);
  const given = new Map(response.params);
  for (const [name, value] of given) {
    if (name === "client_no_context_takeover" || name === "server_no_context_takeover") {
      if (value !== undefined) return false;
    } else if (name === "server_max_window_bits" || name === "client_max_window_bits") {
      if (value === undefined || !BITS.test(value)) return false;
      // §7.1.2.2: only if the client said that it understands it.
      if (name === "client_max_window_bits" && !asked.has(name)) return false;
      const limit = asked.get(name);
      if (limit !== undefined && name === "server_max_window_bits" && Number(value) > Number(limit)) return false;
      if (limit !== undefined && name === "client_max_window_bits" && Number(value) > Number(limit)) return false;
    } else return false;
  }
  // §7.1.1.1, §7.1.2.1: what the client asks of the server must come back.
  if (asked.has("server_no_context_takeover") && !given.has("server_no_context_takeover")) return false;
  if (asked.has("server_max_window_bits") && !given.has("server_max_window_bits")) return false;
  return true;
}

/** What a valid pair of request and response agreed on. */
export function agreementOf(response: Head, request: Head): Agreement {
  const element = values(response, "sec-websocket-extensions")
    .flatMap((value) => parseExtensions(value) ?? [])
    .find((item) => item.name === "permessage-deflate");
  const subprotocol = values(response, "sec-websocket-protocol")[0];
  if (element === undefined || !offeredExtensions(request).some((offer) => offer.name === "permessage-deflate")) return { subprotocol };
  const given = new Map(element.params);
  const deflate: DeflateAgreement = {
    clientNoContextTakeover: given.has("client_no_context_takeover"),
    serverNoContextTakeover: given.has("server_no_context_takeover"),
    clientMaxWindowBits: Number(given.get("client_max_window_bits") ?? 15),
    serverMaxWindowBits: Number(given.get("server_max_window_bits") ?? 15),
  };
  return { subprotocol, deflate };
}
