// What llhttp's published cases say of strict parsing (github.com/nodejs/llhttp, test/request/*.md and test/response/*.md, June 2026): bytes of our own
// for the fact each case is about, with a Host wherever the fact is not its absence, and whether llhttp takes the head.

export interface LlhttpCase {
  /** File and what it is about. */
  readonly source: string;
  readonly head: string;
  readonly llhttp: "takes" | "refuses";
  /** What we make of it, where that differs. Its reason stands in differences.ts. */
  readonly ours?: string | undefined;
}

type Row = readonly [source: string, head: string, llhttp: "takes" | "refuses", ours?: string];

const get = (...fields: readonly string[]): string => `GET / HTTP/1.1\r\nHost: a\r\n${fields.map((field) => `${field}\r\n`).join("")}\r\n`;
const post = (...fields: readonly string[]): string => get(...fields).replace("GET", "POST");
const line = (start: string): string => `${start}\r\nHost: a\r\n\r\n`;
const ok = (...fields: readonly string[]): string => `HTTP/1.1 200 OK\r\n${fields.map((field) => `${field}\r\n`).join("")}\r\n`;

const REQUESTS: readonly Row[] = [
  ["sample: tab before a value", get("B:\t c"), "takes"],
  ["sample: a method that begins as HTTP does", line("HEAD / HTTP/1.1"), "takes"],
  ["sample: any token is a name", get("aaa:+++"), "takes"],
  ["sample: HTTP/1.0", line("GET / HTTP/1.0"), "takes"],
  ["sample: no fields at all", "GET / HTTP/1.1\r\n\r\n", "takes", "MISSING_HOST"],
  ["sample: an empty line before", `\r\n${get()}`, "takes", "MALFORMED_START_LINE"],
  ["sample: no version", "GET /\r\n\r\n", "takes", "MALFORMED_START_LINE"],
  ["sample: lines of LF, folded", "GET / HTTP/1.1\r\nHost: a\nB: c\n d\n\n", "refuses"],
  ["sample: CR for the end of the request line", "GET / HTTP/1.1\rHost: a\r\n\r\n", "refuses"],
  ["sample: UTF-8 in a value", get("B: D\xc3\xbcsseldorf"), "takes"],
  ["sample: 0xff in a value", get("B: \xff"), "takes"],
  ["connection: a tab behind the value", get("Connection: close\t"), "takes"],
  ["connection: CR inside a value", get("Connection: keep\ralive"), "refuses"],
  ["connection: a space before the colon", get("Connection : upgrade"), "refuses"],
  ["connection: Upgrade of something else", get("Connection: upgrade", "Upgrade: ws"), "takes"],
  ["connection: Upgrade with a body", post("Connection: upgrade", "Upgrade: ws", "Content-Length: 4"), "takes"],
  ["content-length: zeros before", post("Content-Length: 003"), "takes"],
  ["content-length: too large", post("Content-Length: 1000000000000000000000"), "refuses"],
  ["content-length: twice", post("Content-Length: 1", "Content-Length: 2"), "refuses"],
  ["content-length: beside Transfer-Encoding", post("Content-Length: 1", "Transfer-Encoding: identity"), "refuses"],
  ["content-length: a space before the colon", post("Content-Length : 4"), "refuses"],
  ["content-length: spaces around", post("Content-Length:  42 "), "takes"],
  ["content-length: tabs around", post("Content-Length:\t42\t  "), "takes"],
  ["content-length: a space inside", post("Content-Length: 4 2"), "refuses"],
  ["content-length: empty", post("Content-Length:"), "refuses"],
  ["content-length: CR inside the name", post("Content\rLength: 3"), "refuses"],
  ["content-length: CR in place of the last line", "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\rabc", "refuses"],
  ["transfer-encoding: chunked", post("Transfer-Encoding: chunked"), "takes"],
  ["transfer-encoding: a space behind chunked", post("Transfer-Encoding: chunked "), "takes"],
  ["transfer-encoding: an unknown coding", post("Transfer-Encoding: pigeons"), "takes", "MALFORMED_FRAMING"],
  [
    "transfer-encoding: empty, thrice, beside a length",
    post("Content-Length: 10", ...Array<string>(3).fill("Transfer-Encoding:")),
    "refuses",
  ],
  ["transfer-encoding: chunked not last", post("Transfer-Encoding: chunked, deflate"), "refuses"],
  ["transfer-encoding: chunked not last, in two fields", post("Transfer-Encoding: chunked", "Transfer-Encoding: deflate"), "refuses"],
  ["transfer-encoding: chunked last", post("Transfer-Encoding: deflate, chunked"), "takes", "UNSUPPORTED_TRANSFER_CODING"],
  [
    "transfer-encoding: chunked last, in two fields",
    post("Transfer-Encoding: deflate", "Transfer-Encoding: chunked"),
    "takes",
    "UNSUPPORTED_TRANSFER_CODING",
  ],
  ["transfer-encoding: chunkedchunked", post("Transfer-Encoding: chunkedchunked"), "takes", "MALFORMED_FRAMING"],
  ["invalid: ICE with GET", line("GET / ICE/1.0"), "refuses"],
  ["invalid: no protocol", line("GET / IHTTP/1.0"), "refuses"],
  ["invalid: RTSP with PUT", line("PUT / RTSP/1.0"), "refuses"],
  ["invalid: ANNOUNCE of RTSP in HTTP", line("ANNOUNCE / HTTP/1.0"), "refuses"],
  ["invalid: CR between fields", get("B: 1\rC: 2"), "refuses"],
  ["invalid: LF between fields", get("x:x\nTransfer-Encoding: chunked"), "refuses"],
  ["invalid: CR and something before the next request", "GET / HTTP/1.1\r\nHost: a\r\n\rZGET /evil: HTTP/1.1\r\n\r\n", "refuses"],
  ["invalid: CR behind an empty value", get("x:\rTransfer-Encoding: chunked"), "refuses"],
  ["invalid: LF behind an empty value", get("x:\nTransfer-Encoding: chunked"), "refuses"],
  ["invalid: @ in a name", get("Fo@: x"), "refuses"],
  ["invalid: a control character in a name", get("Foo\x01test: x"), "refuses"],
  ["invalid: an empty name", get(": x"), "refuses"],
  ["invalid: a method that begins as another", line("MKCOLA / HTTP/1.1"), "refuses"],
  ["invalid: a name folded", get("name\r\n : value"), "refuses"],
  ["invalid: CR and others inside a name", get("Connection\r\x1b\x35\xd5eep-Alive"), "refuses"],
  ["invalid: a field without a colon", get("Hot diggity dogg"), "refuses"],
  ["invalid: a version that does not exist", line("GET / HTTP/5.6"), "refuses"],
  ["invalid: a space before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", "refuses"],
  ["invalid: LF only", "POST / HTTP/1.1\nHost: a\n\n", "refuses"],
  ["invalid: a space before another field", get("B: c", " Content-Length: 38"), "refuses"],
  ["lenient-headers: a form feed as value, read strictly", get("B: \f"), "refuses"],
  ...["REPORT", "PATCH", "PURGE", "SEARCH", "LINK", "UNLINK", "SOURCE", "QUERY"].map((method): Row => [
    `method: ${method}`,
    line(`${method} / HTTP/1.1`),
    "takes",
  ]),
  ["method: M-SEARCH for *", line("M-SEARCH * HTTP/1.1"), "takes", "MALFORMED_TARGET"],
  ["method: CONNECT", line("CONNECT home_0.example:443 HTTP/1.0"), "takes", "UNSUPPORTED_METHOD"],
  ["method: SOURCE of ICE", line("SOURCE / ICE/1.0"), "takes", "MALFORMED_START_LINE"],
  ["method: OPTIONS of RTSP", line("OPTIONS / RTSP/1.0"), "takes", "MALFORMED_START_LINE"],
  ["method: PRI of HTTP/2", "PRI * HTTP/1.1\r\n\r\nSM\r\n\r\n", "refuses"],
  ["uri: quotes", line('GET /"a"?b=\\"c\\" HTTP/1.1'), "takes"],
  ["uri: two question marks", line("GET /a?b=c?d HTTP/1.1"), "takes"],
  ["uri: a vertical bar", line("GET /a?b=| HTTP/1.1"), "takes"],
  ["uri: an address without a path", line("GET http://b:1234 HTTP/1.1"), "takes"],
  ["uri: an address with a query only", line("GET http://b:1234?c=d HTTP/1.1"), "takes"],
  ["uri: UTF-8", line("GET /\xce\xb4 HTTP/1.1"), "refuses"],
  ["uri: a fragment", line("GET /a#b HTTP/1.1"), "takes", "MALFORMED_TARGET"],
  ["uri: a name and a password", line("GET http://a%12:b!&*$@c:1234/d HTTP/1.1"), "takes", "MALFORMED_TARGET"],
  ["uri: a space", line("GET /a b/ HTTP/1.1"), "refuses"],
];

const RESPONSES: readonly Row[] = [
  ["sample: a tab before a value", ok("B:\t c"), "takes"],
  ["sample: RTSP", "RTSP/1.1 200 OK\r\n\r\n", "takes", "MALFORMED_START_LINE"],
  ["sample: ICE", "ICE/1.1 200 OK\r\n\r\n", "takes", "MALFORMED_START_LINE"],
  ["sample: something behind HTTP", "HTTPER/1.1 200 OK\r\n\r\n", "refuses"],
  ["sample: $ in a name, spaces around a length", ok("X-$P: 1", "Content-Length:  219  "), "takes"],
  ["sample: no reason and no space", "HTTP/1.1 301\r\n\r\n", "takes", "MALFORMED_START_LINE"],
  ["sample: an empty reason", "HTTP/1.1 200 \r\n\r\n", "takes"],
  ["sample: LF only", "HTTP/1.1 200 OK\nB: c\n\n", "refuses"],
  ["sample: _ and . in a name", ok("_a: b", ".c: d"), "takes"],
  ["sample: an empty value behind a space", ok("Pragma: "), "takes"],
  ["sample: a space inside a name", ok("en-US Content-Type: text/xml"), "refuses"],
  ["sample: UTF-8 in the reason", "HTTP/1.1 500 Ori\xc3\xabntatieprobleem\r\n\r\n", "takes"],
  ["sample: HTTP/0.9", "HTTP/0.9 200 OK\r\n\r\n", "takes"],
  ["sample: an empty line before", `\r\n${ok()}`, "takes", "MALFORMED_START_LINE"],
  ["connection: 101 with a length", "HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 4\r\n\r\n", "takes"],
  ["connection: 101 with a coding", "HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: h2c\r\nTransfer-Encoding: chunked\r\n\r\n", "takes"],
  ["connection: 200 with Upgrade", ok("Connection: upgrade", "Upgrade: h2c"), "takes"],
  ["connection: 304 with a length", "HTTP/1.1 304 N\r\nContent-Length: 10\r\n\r\n", "takes"],
  ["connection: 103", "HTTP/1.1 103 E\r\nLink: </a>\r\n\r\n", "takes"],
  ["transfer-encoding: chunked not last", ok("Transfer-Encoding: chunked, deflate"), "takes"],
  ["transfer-encoding: chunkedchunked", ok("Transfer-Encoding: chunkedchunked"), "takes"],
  ["invalid: HTP", "HTP/1.1 200 OK\r\n\r\n", "refuses"],
  ["invalid: two digits of the major version", "HTTP/01.1 200 OK\r\n\r\n", "refuses"],
  ["invalid: two digits of the minor version", "HTTP/1.01 200 OK\r\n\r\n", "refuses"],
  ["invalid: a tab behind the version", "HTTP/1.1\t200 OK\r\n\r\n", "refuses"],
  ["invalid: CR before, and a tab behind the version", "\rHTTP/1.1\t200 OK\r\n\r\n", "refuses"],
  ["invalid: CR between fields", ok("B: 1\rC: 2"), "refuses"],
  ["invalid: CR for the end of the status line", "HTTP/1.1 200 OK\rContent-Length: 0\r\n\r\n", "refuses"],
  ["invalid: CR twice", "HTTP/1.1 200 OK\r\rContent-Length: 4\r\n\r\n", "refuses"],
  ["invalid: a version that does not exist", "HTTP/5.6 200 OK\r\n\r\n", "refuses", "read"],
  ["invalid: a space before the first field", "HTTP/1.1 200 OK\r\n Host: a\r\n\r\n", "refuses"],
  ["invalid: two spaces before the status", "HTTP/1.1  200 OK\r\n\r\n", "refuses"],
  ["invalid: two spaces behind the status", "HTTP/1.1 200  OK\r\n\r\n", "takes"],
  ["invalid: a status of one digit", "HTTP/1.1 2 OK\r\n\r\n", "refuses"],
];

const casesOf = (rows: readonly Row[]): LlhttpCase[] => rows.map(([source, head, llhttp, ours]) => ({ source, head, llhttp, ours }));

export const LLHTTP: Readonly<Record<"request" | "response", readonly LlhttpCase[]>> = {
  request: casesOf(REQUESTS),
  response: casesOf(RESPONSES),
};
