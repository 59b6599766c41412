/** How a client judges a response (RFC 6455 §4.1), as a function of its head, as a server judges the request. */
import { EMPTY } from "@ws/codec";

import { parseExtensions, type ExtensionOffer } from "../extension/extension-list.ts";
import { HandshakeFailure, type HandshakeFailureCode } from "../handshake-failure.ts";
import { headerValues, type ResponseHead } from "../head/head.ts";
import type { HeaderList } from "../head/header-list.ts";
import { equalsIgnoringCase, listIncludes } from "../head/lists.ts";
import { printable } from "../head/printable.ts";
import { acceptKey, type Sha1 } from "./accept-key.ts";
import type { SentRequest } from "./encode-request.ts";
import { type ClientHandshakeLeniencies, countedValues } from "./leniencies.ts";
import { refusalReason } from "./refusal-reason.ts";

/** A response that opens the connection. */
export interface UpgradeResponse {
  readonly kind: "upgrade";
  /** One of those that were offered, or the empty string. */
  readonly subprotocol: string;
  /** What the server accepts of the offers. Their parameters are the extensions' to check. */
  readonly extensions: readonly ExtensionOffer[];
  readonly headers: HeaderList;
}

export interface EvaluateResponseOptions {
  /** The beginning of the body of any response but 101, which says why. */
  readonly body?: Uint8Array | undefined;
  readonly sha1?: Sha1 | undefined;
  /** What servers may do although the RFC forbids it. `missingReasonSpace` is the head decoder's. Default: nothing. */
  readonly lenient?: ClientHandshakeLeniencies | undefined;
}

/**
 * "The client MUST validate the server's response as follows" (§4.1). Never throws.
 *
 * @param request `undefined`: not known, as to somebody who listens in. What depends on it is not judged then
 */
export function evaluateResponse(
  head: ResponseHead,
  request: SentRequest | undefined,
  { body, sha1, lenient }: EvaluateResponseOptions = {},
): UpgradeResponse | HandshakeFailure {
  const fail = (code: HandshakeFailureCode, message: string): HandshakeFailure =>
    new HandshakeFailure(code, message, {
      status: head.status,
      headers: head.headers,
      body: body === undefined ? EMPTY : new Uint8Array(body),
    });
  const duplicate = (name: string): HandshakeFailure => fail("DUPLICATE_HEADER", `The response has ${name} more than once.`);
  const values = (name: string): string[] => headerValues(head.headers, name);

  // Item 1. Redirects and authentication are reported, never followed: only the caller knows what it may send where.
  if (head.status !== 101) return fail("UNEXPECTED_STATUS", statusAdvice(head, body));
  if (!/^1\.[1-9]$/.test(head.version))
    return fail("RESPONSE_HTTP_VERSION", `The server answers in HTTP/${printable(head.version)}, where 101 does not exist.`);
  // Item 2
  const upgrade = values("upgrade");
  if (upgrade.length !== 1 || !equalsIgnoringCase(upgrade[0]!, "websocket"))
    return fail("RESPONSE_UPGRADE", "The response has no Upgrade: websocket.");
  // Item 3
  if (!listIncludes(values("connection"), "upgrade")) return fail("RESPONSE_CONNECTION", "The response has no Connection: Upgrade.");
  // Item 4
  const accept = values("sec-websocket-accept");
  if (accept.length > 1) return duplicate("Sec-WebSocket-Accept");
  if (accept.length === 0 || (request !== undefined && accept[0] !== acceptKey(request.key, sha1)))
    return fail("RESPONSE_ACCEPT", "Sec-WebSocket-Accept is not the answer to the key that was sent.");
  // Item 5; §11.3.2: once in a response
  const extensionFields = values("sec-websocket-extensions");
  if (extensionFields.length > 1) return duplicate("Sec-WebSocket-Extensions");
  const extensions = parseExtensions(countedValues(extensionFields, lenient));
  if (extensions instanceof HandshakeFailure) return fail(extensions.code, extensions.message);
  const unoffered = request && extensions.find(({ name }) => !request.offers.some((offer) => offer.name === name));
  if (unoffered !== undefined)
    return fail("EXTENSION_NOT_OFFERED", `The server uses the extension ${unoffered.name}, which was not offered.`);
  // Item 6; §11.3.4: once in a response
  const subprotocolFields = values("sec-websocket-protocol");
  if (subprotocolFields.length > 1) return duplicate("Sec-WebSocket-Protocol");
  const [subprotocol] = countedValues(subprotocolFields, lenient);
  if (subprotocol !== undefined && request?.subprotocols.includes(subprotocol) === false) {
    const name = printable(JSON.stringify(subprotocol));
    return fail("SUBPROTOCOL_NOT_OFFERED", `The server chose the subprotocol ${name}, which was not offered.`);
  }
  return { kind: "upgrade", subprotocol: subprotocol ?? "", extensions, headers: head.headers };
}

function statusAdvice({ status, reason, headers }: ResponseHead, body: Uint8Array | undefined): string {
  const said = body === undefined ? "" : refusalReason(headers, body);
  return `The server answered ${status}${reason && ` ${printable(reason)}`} instead of 101${said === "" ? "." : `: ${said}`}`;
}
