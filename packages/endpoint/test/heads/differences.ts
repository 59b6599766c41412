// Where our readers of heads and Node's strict one part ways, and why: each row is proven to, and nothing else may.

export interface Difference {
  readonly kind: "request" | "response";
  /** Its smallest example. */
  readonly head: string;
  /** Why we refuse it; `undefined`: we read it, and Node does not. */
  readonly ours: string | undefined;
  /** Why Node refuses it. */
  readonly node: string | undefined;
  readonly reason: string;
}

const refused = (kind: "request" | "response", head: string, ours: string, reason: string): Difference => ({
  kind,
  head,
  ours,
  node: undefined,
  reason,
});
const read = (kind: "request" | "response", head: string, node: string, reason: string): Difference => ({
  kind,
  head,
  ours: undefined,
  node,
  reason,
});

const HANDSHAKE =
  "Host: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

export const DIFFERENCES: readonly Difference[] = [
  // Requests that we refuse.
  refused(
    "request",
    "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "MALFORMED_START_LINE",
    "RFC 9112 §2.2 lets a server ignore an empty line; ours does by lenient.leadingEmptyLines",
  ),
  refused("request", "GET /\r\n\r\n", "MALFORMED_START_LINE", "RFC 9112 §2.3: HTTP/0.9 has no head"),
  refused(
    "request",
    "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
    "UNSUPPORTED_HTTP_VERSION",
    "RFC 9112 §2.3: this is the syntax of HTTP/1, whatever version a head of it claims",
  ),
  refused("request", "GET / HTTP/1.1\r\n\r\n", "MISSING_HOST", "RFC 9112 §3.2, which Node leaves to `requireHostHeader`"),
  refused("request", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "DUPLICATE_HEADER", "RFC 9112 §3.2: 400 for more than one Host"),
  refused("request", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "MALFORMED_HOST", "RFC 9112 §3.2: 400 for a Host that is none"),
  refused(
    "request",
    "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
    "MALFORMED_TARGET",
    "RFC 9112 §3.2: four forms and no fifth; a fragment is none of them",
  ),
  refused("request", "GET https://b/ HTTP/1.1\r\nHost: a\r\n\r\n", "MISDIRECTED_REQUEST", "RFC 9110 §7.4: not the scheme of this port"),
  refused("request", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", "UNSUPPORTED_METHOD", "RFC 9110 §9.3.6: this is no proxy"),
  refused(
    "request",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n",
    "MALFORMED_FRAMING",
    "RFC 9112 §6.3: the end of a request whose last coding is not chunked is not known",
  ),
  refused(
    "request",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    "UNSUPPORTED_TRANSFER_CODING",
    "RFC 9112 §6.1: 501 for a coding that is not understood",
  ),
  // A request that we read: a handshake, behind which no body is.
  read(
    "request",
    `GET / HTTP/1.2\r\n${HANDSHAKE}\r\n`,
    "HPE_INVALID_VERSION",
    "RFC 6455 §4.2.1: HTTP/1.1 or higher; RFC 9112 §2.3: a minor version is read as the highest known",
  ),
  read(
    "request",
    `GET / HTTP/1.1\r\n${HANDSHAKE}Content-Length: 0\r\nContent-Length: 0\r\n\r\n`,
    "HPE_UNEXPECTED_CONTENT_LENGTH",
    "RFC 9110 §8.6 lets a recipient take a length that is repeated; both say that there is no body",
  ),
  // Responses that we refuse.
  refused(
    "response",
    "HTTP/1.1 200\r\n\r\n",
    "MALFORMED_START_LINE",
    "RFC 9112 §4: a space precedes even an empty reason; waived by lenient.missingReasonSpace",
  ),
  refused("response", "\r\nHTTP/1.1 200 OK\r\n\r\n", "MALFORMED_START_LINE", "RFC 9112 §2.2 is about servers"),
  refused(
    "response",
    "HTTP/1.1 200 a\x0b\r\n\r\n",
    "MALFORMED_START_LINE",
    "RFC 9112 §4: a reason phrase has no control characters but HTAB",
  ),
  // Responses that we read: as far as their bodies make sense, since the connection ends with them.
  read(
    "response",
    "HTTP/1.2 200 OK\r\n\r\n",
    "HPE_INVALID_VERSION",
    "any version gives the error RESPONSE_HTTP_VERSION with its status, which a program may want to know",
  ),
  read(
    "response",
    "HTTP/1.1 400 x\r\nContent-Length: x\r\n\r\n",
    "HPE_INVALID_CONTENT_LENGTH",
    "RFC 9112 §6.3: the body lasts until the end of the stream",
  ),
  read("response", "HTTP/1.1 400 x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", "HPE_UNEXPECTED_CONTENT_LENGTH", "the same"),
  read(
    "response",
    "HTTP/1.1 400 x\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HPE_INVALID_TRANSFER_ENCODING",
    "RFC 9112 §6.3: Transfer-Encoding overrides Content-Length; nothing is read behind the body",
  ),
];
