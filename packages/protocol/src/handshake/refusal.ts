import { encodeUtf8Into, utf8ByteLength } from "@ws/codec";

import { HANDSHAKE_FAILURES } from "./failure.ts";
import type { HandshakeFailure, HandshakeFailureCode } from "./failure.ts";
import type { Header } from "./head.ts";
import { checkedHeaders, encodeHead, isFraming } from "./head-encoding.ts";
import type { HeadersInput } from "./head-encoding.ts";
import { REASON_PHRASES } from "./reason-phrases.ts";

/** RFC 6455 §4.2.2: an HTTP response other than 101, whose body tells whoever wrote the client what to do. */
export interface Refusal {
  readonly kind: "refusal";
  /** False: an ordinary HTTP request, which does not ask for a WebSocket. A host that serves HTTP as well hands it on. */
  readonly isUpgrade: boolean;
  readonly status: number;
  /** Without `Connection` and `Content-Length`, which whoever writes the response adds. */
  readonly headers: readonly Header[];
  readonly body: string;
  /** The request was HEAD: the body is not sent (RFC 9110 §9.3.2). */
  readonly isHead: boolean;
  readonly code: HandshakeFailureCode;
  readonly section: string;
}

export interface RefusalOptions {
  /** Default: the status of the code. 200 to 599, because 1xx would promise another response. */
  readonly status?: number;
  readonly headers?: HeadersInput;
  /** Default: the message and a line feed, as `text/plain`. */
  readonly body?: string;
  readonly isUpgrade?: boolean;
  readonly isHead?: boolean;
}

/** Throws TypeError or RangeError on a status or headers that cannot be sent. */
export function createRefusal(code: HandshakeFailureCode, message: string, options: RefusalOptions = {}): Refusal {
  const rule = HANDSHAKE_FAILURES[code];
  const status = options.status ?? rule.status;
  if (!Number.isInteger(status) || status < 200 || status > 599) throw new RangeError(`A refusal's status is 200 to 599, not ${status}.`);
  const headers = checkedHeaders(options.headers, isFraming);
  if (!headers.some(([name]) => name.toLowerCase() === "content-type")) headers.push(["Content-Type", "text/plain; charset=utf-8"]);
  return {
    kind: "refusal",
    isUpgrade: options.isUpgrade ?? true,
    status,
    headers,
    body: options.body ?? `${message}\n`,
    isHead: options.isHead ?? false,
    code,
    section: rule.section,
  };
}

/** What a server answers when the head itself could not be read. */
export function refusalOf(failure: HandshakeFailure): Refusal {
  return createRefusal(failure.code, failure.message, { isUpgrade: false });
}

/** A copy: the whole HTTP/1.1 response, after which the connection is closed. */
export function encodeRefusal(refusal: Refusal): Uint8Array {
  const body = refusal.isHead ? "" : refusal.body;
  const bodyLength = utf8ByteLength(body);
  const headers: Header[] = [...refusal.headers, ["Connection", connectionOptions(refusal.headers)]];
  // RFC 9110 §8.6: no Content-Length on 204, and on the response to HEAD only the one that GET would have.
  if (!refusal.isHead && refusal.status !== 204) headers.push(["Content-Length", String(bodyLength)]);
  const head = encodeHead(`HTTP/1.1 ${refusal.status} ${REASON_PHRASES[refusal.status] ?? ""}`, headers);
  const response = new Uint8Array(head.length + bodyLength);
  response.set(head);
  encodeUtf8Into(body, response, head.length);
  return response;
}

/** RFC 9110 §7.8: "A sender of Upgrade MUST also send an 'Upgrade' connection option". */
function connectionOptions(headers: readonly Header[]): string {
  return headers.some(([name]) => name.toLowerCase() === "upgrade") ? "close, Upgrade" : "close";
}
