// Heads as fast-check makes them: well-formed ones of parts that mean something, and damaged copies.

import fc from "fast-check";

const field = fc.constantFrom(
  "Host: a",
  "host:b:80",
  "X-Y: z \t",
  "X: \t\xe9\xff",
  "X:",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Connection: close, x",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
  "Content-Length: 3",
  "Content-Length: 0",
  "Content-Length: 003",
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: gzip, chunked",
  "Transfer-Encoding: identity",
  "__proto__: x",
  "!#$%&'*+-.^_`|~: x",
);
const HANDSHAKE =
  "Host: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
const fields = fc.tuple(
  // Mostly what a request needs.
  fc.constantFrom("Host: a\r\n", "Host: a\r\n", "", HANDSHAKE),
  fc.array(field, { maxLength: 5 }).map((lines) => lines.map((line) => `${line}\r\n`).join("")),
);

const requestLine = fc
  .tuple(
    fc.constantFrom("GET", "GET", "POST", "HEAD", "OPTIONS", "CONNECT", "PRI", "M-SEARCH", "QUERY", "FOO", "get", "ANNOUNCE", "SOURCE"),
    fc.oneof(
      fc.constantFrom("/", "/a?b#c", '/"|\\', "*", "http://b/c?d", "http://u@b/", "https://b/", "b:80", "//b", "/%", "/a;b=c@d:e[f]"),
      fc
        .string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((octet) => String.fromCharCode(octet)), maxLength: 6 })
        .map((path) => `/${path}`),
    ),
    fc.constantFrom("1.1", "1.1", "1.1", "1.0", "1.2", "2.0", "0.9"),
  )
  .map(([method, target, version]) => `${method} ${target} HTTP/${version}`);

const statusLine = fc
  .tuple(
    fc.constantFrom("1.1", "1.1", "1.0", "1.2", "2.0"),
    fc.constantFrom("101", "200", "100", "103", "204", "404", "999", "000"),
    fc.constantFrom("OK", "", "a \t\xe9"),
  )
  .map(([version, status, reason]) => `HTTP/${version} ${status} ${reason}`);

const edits = fc.array(
  fc.tuple(
    fc.nat(120),
    fc.nat(3),
    fc.oneof(
      fc.constantFrom("", " ", "\t", "\r", "\n", "\r\n", ":", "\0", "\x7f", "\x0b", "\x80", "HTTP/", "1", ",", "X: y\r\n"),
      fc.integer({ min: 0, max: 255 }).map((octet) => String.fromCharCode(octet)),
    ),
  ),
  { maxLength: 3 },
);

function heads(startLine: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(startLine, fields, edits, fc.boolean())
    .map(([line, [first, others], changes, damaged]) =>
      (damaged ? changes : []).reduce(
        (text, [at, removed, added]) => text.slice(0, at) + added + text.slice(at + removed),
        `${line}\r\n${first}${others}\r\n`,
      ),
    );
}

export const requests: fc.Arbitrary<string> = heads(requestLine);
export const responses: fc.Arbitrary<string> = heads(statusLine);
