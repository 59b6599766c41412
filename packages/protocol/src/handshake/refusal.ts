import { encodeUtf8Into, utf8ByteLength } from "@ws/codec";

import { HANDSHAKE_FAILURES } from "../handshake-failure.ts";
import type { HandshakeFailure, HandshakeFailureCode } from "../handshake-failure.ts";
import type { Header } from "../head/head.ts";
import { checkedHeaders, encodeHead, isFraming } from "../head/head-encoding.ts";
import type { HeadersInput } from "../head/head-encoding.ts";
import { REASON_PHRASES } from "../head/reason-phrases.ts";

/** RFC 6455 §4.2.2: an HTTP response other than 101, whose body tells whoever wrote the client what to do. */
export interface Refusal {
  readonly kind: "refusal";
  /** False: an ordinary HTTP request, which does not ask for a WebSocket. A host that serves HTTP as well hands it on. */
  readonly isUpgrade: boolean;
  readonly status: number;
  /** Without `Connection` and `Content-Length`, which whoever writes the response adds. */
  readonly headers: readonly Header[];
  readonly body: string | Uint8Array;
  /** The request was HEAD: the body is not sent (RFC 9110 §9.3.2). */
  readonly isHead: boolean;
  readonly code: HandshakeFailureCode;
  /** Why, for people. */
  readonly message: string;
  readonly section: string;
}

export interface RefusalOptions {
  /** Default: the status of the code. 200 to 599, because 1xx would promise another response. */
  readonly status?: number | undefined;
  readonly headers?: HeadersInput | undefined;
  /** Default: the message and a line feed, as `text/plain`; nothing for a status that has no content. */
  readonly body?: string | Uint8Array | undefined;
  readonly isUpgrade?: boolean | undefined;
  readonly isHead?: boolean | undefined;
}

/** RFC 9110 §15.3.5, §15.3.6, §15.4.5: responses that never have content. */
function hasNoContent(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

/** Throws TypeError or RangeError on a status, headers or a body that cannot be sent. */
export function createRefusal(code: HandshakeFailureCode, message: string, options: RefusalOptions = {}): Refusal {
  const rule = HANDSHAKE_FAILURES[code];
  const status = options.status ?? rule.status;
  if (!Number.isInteger(status) || status < 200 || status > 599) throw new RangeError(`A refusal's status is 200 to 599, not ${status}.`);
  const headers = checkedHeaders(options.headers, isFraming);
  const body = options.body ?? (hasNoContent(status) ? "" : `${message}\n`);
  if (typeof body !== "string" && !(body instanceof Uint8Array)) throw new TypeError("A refusal's body is a string or a Uint8Array.");
  if (body.length > 0 && hasNoContent(status)) throw new TypeError(`A response with status ${status} has no body (RFC 9110 §15).`);
  const hasType = headers.some(([name]) => name.toLowerCase() === "content-type");
  if (typeof body === "string" && !hasType && !hasNoContent(status)) headers.push(["Content-Type", "text/plain; charset=utf-8"]);
  return {
    kind: "refusal",
    isUpgrade: options.isUpgrade ?? true,
    status,
    headers,
    body,
    isHead: options.isHead ?? false,
    code,
    message,
    section: rule.section,
  };
}

/** What a server answers when the head itself could not be read. */
export function refusalOf(failure: HandshakeFailure): Refusal {
  return createRefusal(failure.code, failure.message, { isUpgrade: false });
}

/** A copy: the whole HTTP/1.1 response, after which the connection is closed. */
export function encodeRefusal(refusal: Refusal): Uint8Array<ArrayBuffer> {
  const { status, isHead } = refusal;
  const body = isHead ? "" : refusal.body;
  const bodyLength = typeof body === "string" ? utf8ByteLength(body) : body.length;
  const headers: Header[] = [...refusal.headers, ["Connection", connectionOptions(refusal.headers)]];
  // RFC 9110 §8.6: no Content-Length on 204, and on 304 and the response to HEAD only the one that a GET answered with 200 would have.
  if (!isHead && status !== 204 && status !== 304) headers.push(["Content-Length", String(bodyLength)]);
  const head = encodeHead(`HTTP/1.1 ${status} ${REASON_PHRASES[status] ?? ""}`, headers);
  const response = new Uint8Array(head.length + bodyLength);
  response.set(head);
  if (typeof body === "string") encodeUtf8Into(body, response, head.length);
  else response.set(body, head.length);
  return response;
}

/** RFC 9110 §7.8: "A sender of Upgrade MUST also send an 'Upgrade' connection option". */
function connectionOptions(headers: readonly Header[]): string {
  return headers.some(([name]) => name.toLowerCase() === "upgrade") ? "close, Upgrade" : "close";
}
