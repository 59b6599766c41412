import fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  assertServerHandshakeOptions,
  createRefusal,
  encodeAccept,
  encodeRefusal,
  evaluateRequest,
  HANDSHAKE_FAILURES,
  HandshakeFailure,
  isOriginAllowed,
  refusalOf,
} from "../src/handshake/index.ts";
import { headerValues } from "../src/internal.ts";
import type { HandshakeFailureCode, RequestHead, ServerHandshakeOptions } from "../src/handshake/index.ts";
import {
  decodeAtEveryChunkSize,
  encodeRequestHead,
  expectLinear,
  expectRefusal,
  expectUpgrade,
  lines,
  requestHead,
  response,
  RUNS,
  text,
} from "./handshake-support.ts";

describe("RFC 6455 §4.2.1 a request that is accepted", () => {
  test("the RFC's own, and what it says", () => {
    expect(evaluateRequest(requestHead(), { subprotocols: ["chat"] })).toEqual({
      kind: "upgrade",
      key: "dGhlIHNhbXBsZSBub25jZQ==",
      target: "/chat",
      host: "server.example.com",
      origin: "http://server.example.com",
      subprotocols: ["chat", "superchat"],
      subprotocol: "chat",
      offers: [],
      headers: requestHead().headers,
    });
  });

  test.each<[name: string, head: RequestHead]>([
    ["item 1 a higher minor version", requestHead({}, { version: "1.2" })],
    ["item 1 an absolute URI", requestHead({}, { target: "http://server.example.com/chat" })],
    ["item 2 a Host with the port", requestHead({ Host: "server.example.com:80" })],
    ["item 2 a Host in brackets", requestHead({ Host: "[2001:db8::1]:80", Origin: undefined })],
    ...["[::]", "[::]:", "a:", "a:65535", "a:00080"].map((Host): [string, RequestHead] => [
      `item 2 the Host ${Host}`,
      requestHead({ Host, Origin: undefined }),
    ]),
    ["item 3 Upgrade in another case", requestHead({ Upgrade: "WebSocket" })],
    ["item 3 Upgrade as a list", requestHead({ Upgrade: "h2c, websocket" })],
    ["item 3 Upgrade in two fields", requestHead({ Upgrade: ["h2c", "WEBSOCKET"] })],
    ["item 4 Connection in another case", requestHead({ Connection: "upgrade" })],
    ["item 4 Connection as Firefox sends it", requestHead({ Connection: "keep-alive, Upgrade" })],
    ["item 4 Connection with empty elements", requestHead({ Connection: ",, Upgrade\t," })],
    ["item 4 Connection in two fields", requestHead({ Connection: ["keep-alive", "UPGRADE"] })],
    ["item 7 no Origin", requestHead({ Origin: undefined })],
    ["item 8 no subprotocols", requestHead({ "Sec-WebSocket-Protocol": undefined })],
    ["item 8 subprotocols in two fields", requestHead({ "Sec-WebSocket-Protocol": ["chat", "superchat, c"] })],
    ["item 8 subprotocols with empty elements", requestHead({ "Sec-WebSocket-Protocol": ",chat,, \tsuperchat," })],
    ["item 8 subprotocols that differ in case", requestHead({ "Sec-WebSocket-Protocol": "chat, Chat" })],
    ["item 9 extensions in two fields", requestHead({ "Sec-WebSocket-Extensions": ["foo", "bar; baz=2"] })],
    ["item 10 other fields, even odd ones", requestHead({ Cookie: "a=b; c=\xff", constructor: "x", toString: "y", "Content-Length": "0" })],
  ])("%s", (_name, head) => {
    expectUpgrade(head);
  });

  test("field names in any case", () => {
    const head = requestHead();
    expectUpgrade({ ...head, headers: head.headers.map(([name, value]) => [name.toLowerCase(), value]) });
    expectUpgrade({ ...head, headers: head.headers.map(([name, value]) => [name.toUpperCase(), value]) });
  });

  test.each([
    ["/chat?a=1", "/chat?a=1", undefined],
    ["http://other.example.com:8080/chat?a=1", "/chat?a=1", "other.example.com:8080"],
    ["HTTPS://other.example.com", "/", "other.example.com"],
    ["http://other.example.com?a=1", "/?a=1", "other.example.com"],
    ["//not-a-host/path", "//not-a-host/path", undefined],
  ])("RFC 9112 §3.2.2 the target %s is the resource %s", (target, resource, host) => {
    expect(expectUpgrade(requestHead({ Origin: undefined }, { target }))).toMatchObject({
      target: resource,
      host: host ?? "server.example.com",
    });
  });

  test("what stands in another field counts for that one only", () => {
    expectRefusal(requestHead({ Host: "websocket", Origin: undefined, Upgrade: undefined }), "UPGRADE_REQUIRED", 426);
    expectRefusal(requestHead({ Upgrade: "websocket, upgrade", Connection: "close" }), "MISSING_CONNECTION_UPGRADE", 400);
    expectRefusal(requestHead({ "Sec-WebSocket-Key": undefined, Connection: ["Upgrade", KEY] }), "MISSING_KEY", 400);
    expectRefusal(requestHead({ "Sec-WebSocket-Version": undefined, "Sec-WebSocket-Key": [KEY] }), "UNSUPPORTED_VERSION", 426);
    expect(expectUpgrade(requestHead({ Origin: undefined })).origin).toBeUndefined();
    expect(expectUpgrade(requestHead({ "Sec-WebSocket-Protocol": undefined })).subprotocols).toEqual([]);
    expect(expectUpgrade(requestHead({ "Sec-WebSocket-Protocol": "chat" })).offers).toEqual([]);
    expect(expectUpgrade(requestHead({ "Sec-WebSocket-Extensions": "foo" }))).toMatchObject({ kind: "upgrade" });
  });

  test("every offer is handed on in order, for the extensions to choose from", () => {
    const head = requestHead({ "Sec-WebSocket-Extensions": ["permessage-deflate; server_max_window_bits=99", "permessage-deflate"] });
    expect(expectUpgrade(head).offers).toEqual([
      { name: "permessage-deflate", params: [["server_max_window_bits", "99"]] },
      { name: "permessage-deflate", params: [] },
    ]);
  });
});

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

/** Every request that is refused. `upgrade: false`: an ordinary HTTP request, which an HTTP server may answer instead. */
const REFUSED: readonly {
  readonly name: string;
  readonly code: HandshakeFailureCode;
  readonly status: number;
  readonly head: RequestHead;
  readonly options?: ServerHandshakeOptions;
  readonly upgrade?: false;
  readonly headers?: Readonly<Record<string, string>>;
}[] = [
  {
    name: "RFC 9110 §15.6.6 another major version",
    code: "UNSUPPORTED_HTTP_VERSION",
    status: 505,
    head: requestHead({}, { version: "2.0" }),
    upgrade: false,
  },
  {
    name: "RFC 9110 §15.6.6 a version that is none",
    code: "UNSUPPORTED_HTTP_VERSION",
    status: 505,
    head: requestHead({}, { version: "" }),
    upgrade: false,
  },
  { name: "RFC 9112 §3.2 no Host", code: "MISSING_HOST", status: 400, head: requestHead({ Host: undefined }) },
  {
    name: "RFC 9112 §3.2 no Host in an ordinary request",
    code: "MISSING_HOST",
    status: 400,
    head: requestHead({ Host: undefined, Upgrade: undefined }),
    upgrade: false,
  },
  { name: "RFC 9112 §3.2 two Host fields", code: "DUPLICATE_HEADER", status: 400, head: requestHead({ Host: ["a", "a"] }) },
  ...[
    "",
    "a b",
    "a/b",
    "user@a",
    "a:b",
    "a:65536",
    "a:123456",
    "a:000080",
    "a:-1",
    "a:1:2",
    ":80",
    "::1",
    "[::1",
    "[]",
    "[:]",
    "[::1]x",
    "a[b]",
    "a,b c",
    "\xe4",
  ].map((host) => ({
    name: `RFC 9112 §3.2 the Host ${JSON.stringify(host)}`,
    code: "MALFORMED_HOST" as const,
    status: 400,
    head: requestHead({ Host: host, Origin: undefined }),
  })),
  ...["POST", "HEAD", "OPTIONS", "CONNECT", "get", "PRI"].map((method) => ({
    name: `§4.2.1 item 1 the method ${method}`,
    code: "METHOD_NOT_ALLOWED" as const,
    status: 405,
    head: requestHead({}, { method }),
    headers: { Allow: "GET" },
  })),
  {
    name: "§4.2.1 item 1 POST in an ordinary request",
    code: "METHOD_NOT_ALLOWED",
    status: 405,
    head: requestHead({ Upgrade: undefined }, { method: "POST" }),
    upgrade: false,
    headers: { Allow: "GET" },
  },
  ...[undefined, "", "websocket2", "web socket", "websocket/13", "h2c", "websockex", "websoc\u212aet"].map((upgrade) => ({
    name: `§4.2.1 item 3 the Upgrade ${JSON.stringify(upgrade)}`,
    code: "UPGRADE_REQUIRED" as const,
    status: 426,
    head: requestHead({ Upgrade: upgrade }),
    upgrade: false as const,
    headers: { Upgrade: "websocket", "Sec-WebSocket-Version": "13" },
  })),
  {
    name: "an ordinary HTTP/1.0 request without Host",
    code: "UPGRADE_REQUIRED",
    status: 426,
    head: requestHead({ Host: undefined, Upgrade: undefined }, { version: "1.0" }),
    upgrade: false,
  },
  {
    name: "§4.2.1 item 1 a handshake over HTTP/1.0, whose Upgrade RFC 9110 §7.8 ignores",
    code: "HTTP_VERSION_TOO_LOW",
    status: 400,
    head: requestHead({}, { version: "1.0" }),
    upgrade: false,
  },
  {
    name: "§4.2.1 item 1 a handshake over HTTP/0.9",
    code: "UNSUPPORTED_HTTP_VERSION",
    status: 505,
    head: requestHead({}, { version: "0.9" }),
    upgrade: false,
  },
  ...[
    "*",
    "chat",
    "",
    "server.example.com:80",
    "ftp://server.example.com/",
    "http://",
    "http:///chat",
    "http://a b/",
    "http://a@b/",
    "/a#b",
    "/a b",
    "/\xe4",
  ].map((target) => ({
    name: `§4.2.1 item 1 the target ${JSON.stringify(target)}`,
    code: "MALFORMED_TARGET" as const,
    status: 400,
    head: requestHead({}, { target }),
  })),
  ...["5", "00", "", "-1", "0, 0", "x"].map((length) => ({
    name: `RFC 9110 §9.3.1 the Content-Length ${JSON.stringify(length)}`,
    code: "REQUEST_WITH_BODY" as const,
    status: 400,
    head: requestHead({ "Content-Length": length }),
  })),
  {
    name: "RFC 9110 §9.3.1 a second Content-Length",
    code: "REQUEST_WITH_BODY",
    status: 400,
    head: requestHead({ "Content-Length": ["0", "5"] }),
  },
  {
    name: "RFC 9110 §9.3.1 a Transfer-Encoding",
    code: "REQUEST_WITH_BODY",
    status: 400,
    head: requestHead({ "Transfer-Encoding": "chunked" }),
  },
  ...[undefined, "", "keep-alive", "close", "upgrade2", "upgradx", "up grade"].map((connection) => ({
    name: `§4.2.1 item 4 the Connection ${JSON.stringify(connection)}`,
    code: "MISSING_CONNECTION_UPGRADE" as const,
    status: 400,
    head: requestHead({ Connection: connection }),
  })),
  ...[undefined, "", "12", "14", "8", "0", "013", "13.0", "13, 8", "13 13", "x"].map((version) => ({
    name: `§4.4 the version ${JSON.stringify(version)}`,
    code: "UNSUPPORTED_VERSION" as const,
    status: 426,
    head: requestHead({ "Sec-WebSocket-Version": version }),
    headers: { Upgrade: "websocket", "Sec-WebSocket-Version": "13" },
  })),
  {
    name: "§11.3.5 two versions",
    code: "DUPLICATE_HEADER",
    status: 400,
    head: requestHead({ "Sec-WebSocket-Version": ["13", "13"] }),
    headers: { "Sec-WebSocket-Version": "13" },
  },
  { name: "§4.2.1 item 5 no key", code: "MISSING_KEY", status: 400, head: requestHead({ "Sec-WebSocket-Key": undefined }) },
  {
    name: "§11.3.1 two keys",
    code: "DUPLICATE_HEADER",
    status: 400,
    head: requestHead({ "Sec-WebSocket-Key": ["dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=="] }),
  },
  ...[
    ["empty", ""],
    ["of 15 bytes", "AAAAAAAAAAAAAAAAAAAA"],
    ["of 17 bytes", "AAAAAAAAAAAAAAAAAAAAAAA="],
    ["without padding", "dGhlIHNhbXBsZSBub25jZQ"],
    ["with half its padding", "dGhlIHNhbXBsZSBub25jZQ="],
    ["with too much padding", "dGhlIHNhbXBsZSBub25jZQ==="],
    ["with unused bits that are set", "dGhlIHNhbXBsZSBub25jZR=="],
    ["with a character outside base64", "dGhlIHNhbXBsZSBub25j*Q=="],
    ["in the alphabet for URLs", "__________-----------Q=="],
    ["with padding in the middle", "dGhlIHNhbXBs=SBub25jZQ=="],
    ["and another behind a comma", "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ=="],
  ].map(([what, key]) => ({
    name: `§4.2.1 item 5 a key ${what}`,
    code: "MALFORMED_KEY" as const,
    status: 400,
    head: requestHead({ "Sec-WebSocket-Key": key }),
  })),
  ...["", ",", "a b", "chat, super chat", "chat;q=1", '"chat"', "ch\xe4t", "chat/1"].map((subprotocols) => ({
    name: `§4.1 item 10 the subprotocols ${JSON.stringify(subprotocols)}`,
    code: "MALFORMED_SUBPROTOCOLS" as const,
    status: 400,
    head: requestHead({ "Sec-WebSocket-Protocol": subprotocols }),
  })),
  {
    name: "§4.1 item 10 a subprotocol twice",
    code: "DUPLICATE_SUBPROTOCOL",
    status: 400,
    head: requestHead({ "Sec-WebSocket-Protocol": "a, b, a" }),
  },
  {
    name: "§4.1 item 10 a subprotocol in each of two fields",
    code: "DUPLICATE_SUBPROTOCOL",
    status: 400,
    head: requestHead({ "Sec-WebSocket-Protocol": ["a", "a"] }),
  },
  ...["", "a;", "a; b=", 'a; b="c', "a=b"].map((extensions) => ({
    name: `§9.1 the extensions ${JSON.stringify(extensions)}`,
    code: "MALFORMED_EXTENSIONS" as const,
    status: 400,
    head: requestHead({ "Sec-WebSocket-Extensions": extensions }),
  })),
  {
    name: "§4.2.1 item 7 two origins",
    code: "DUPLICATE_HEADER",
    status: 400,
    head: requestHead({ Origin: ["http://server.example.com", "http://server.example.com"] }),
  },
  {
    name: "§10.2 a page of another host",
    code: "ORIGIN_NOT_ALLOWED",
    status: 403,
    head: requestHead({ Origin: "http://evil.example.com" }),
  },
  { name: "§10.2 a page of no origin", code: "ORIGIN_NOT_ALLOWED", status: 403, head: requestHead({ Origin: "null" }) },
  {
    name: "§10.2 a page that the list does not name",
    code: "ORIGIN_NOT_ALLOWED",
    status: 403,
    head: requestHead(),
    options: { allowedOrigins: ["https://other.example.com"] },
  },
  {
    name: "§10.2 a page that the function refuses",
    code: "ORIGIN_NOT_ALLOWED",
    status: 403,
    head: requestHead(),
    options: { allowedOrigins: () => false },
  },
];

describe("RFC 6455 §4.2.2 a request that is refused", () => {
  test.each(REFUSED)("$name", ({ code, status, head, options, upgrade, headers }) => {
    const refusal = expectRefusal(head, code, status, options);
    expect(refusal.isUpgrade).toBe(upgrade ?? true);
    expect(refusal.section).toBe(HANDSHAKE_FAILURES[code].section);
    expect(refusal.isHead).toBe(head.method === "HEAD");
    expect(Object.fromEntries(refusal.headers)).toMatchObject(headers ?? {});
    // The response is one that the client's own strict reader accepts, and says what to do in a sentence.
    const sent = response(encodeRefusal(refusal));
    expect(sent.head).toMatchObject({ version: "1.1", status });
    expect(sent.head.reason).not.toBe("");
    expect(sent.body).toMatch(head.method === "HEAD" ? /^$/ : /^[A-Z].{15,}\.\n$|…\n$/s);
    for (const [name, value] of Object.entries(headers ?? {})) expect(headerValues(sent.head.headers, name.toLowerCase())).toEqual([value]);
  });

  test("the table has every code that a request can be refused with", () => {
    const notForRequests: readonly HandshakeFailureCode[] = [
      // Of the head's form: handshake-head.test.ts.
      "MALFORMED_START_LINE",
      "MALFORMED_HEADER_FIELD",
      "TARGET_TOO_LONG",
      "HEAD_TOO_LARGE",
      "TOO_MANY_HEADERS",
      // Of ordinary HTTP requests: the endpoint's http-request.test.ts.
      "MALFORMED_FRAMING",
      "UNSUPPORTED_TRANSFER_CODING",
      "UNSUPPORTED_METHOD",
      "MISDIRECTED_REQUEST",
      // Of the program: below.
      "REFUSED",
      "HANDSHAKE_TIMEOUT",
      "SERVER_BUSY",
      "HANDLER_FAILED",
      // Of a server's response: handshake-client.test.ts.
      "ENDED_EARLY",
      "UNEXPECTED_STATUS",
      "RESPONSE_HTTP_VERSION",
      "RESPONSE_UPGRADE",
      "RESPONSE_CONNECTION",
      "RESPONSE_ACCEPT",
      "SUBPROTOCOL_NOT_OFFERED",
      "EXTENSION_NOT_OFFERED",
      "EXTENSION_PARAMETERS",
    ];
    const covered = new Set<string>([...notForRequests, ...REFUSED.map(({ code }) => code)]);
    expect([...covered].sort()).toEqual(Object.keys(HANDSHAKE_FAILURES).sort());
  });

  test("the same from raw bytes, at every chunk size, wherever a head can be written at all", () => {
    let compared = 0;
    for (const { head, code, options } of REFUSED) {
      const outcome = decodeAtEveryChunkSize("request", encodeRequestHead(head));
      if (outcome.head === undefined) continue;
      expect(evaluateRequest(outcome.head as RequestHead, options)).toMatchObject({ code });
      compared++;
    }
    expect(compared).toBeGreaterThan(REFUSED.length / 2);
  });

  test("RFC 6455 §4.4 a version that is not understood is answered with the one that is", () => {
    const bytes = encodeRefusal(expectRefusal(requestHead({ "Sec-WebSocket-Version": "25" }), "UNSUPPORTED_VERSION", 426));
    expect(text(bytes)).toBe(
      "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nContent-Type: text/plain; charset=utf-8\r\n" +
        "Connection: close, Upgrade\r\nContent-Length: 57\r\n\r\nSend Sec-WebSocket-Version: 13, the version of RFC 6455.\n",
    );
  });

  test("RFC 9110 §9.3.2 the response to HEAD has no body and no length that GET would not have", () => {
    const sent = response(encodeRefusal(expectRefusal(requestHead({ Upgrade: undefined }, { method: "HEAD" }), "METHOD_NOT_ALLOWED", 405)));
    expect(sent.body).toBe("");
    expect(headerValues(sent.head.headers, "content-length")).toEqual([]);
  });

  test("a head that could not be read is answered with its status", () => {
    const refusal = refusalOf(new HandshakeFailure("HEAD_TOO_LARGE", "Too much."));
    expect(refusal).toMatchObject({ kind: "refusal", isUpgrade: false, status: 431, code: "HEAD_TOO_LARGE", body: "Too much.\n" });
    expect(response(encodeRefusal(refusal))).toMatchObject({
      head: { status: 431, reason: "Request Header Fields Too Large" },
      body: "Too much.\n",
    });
  });

  test("any head is accepted or refused with a code, and never throws", () => {
    const name = fc.constantFrom(
      "Host",
      "Upgrade",
      "Connection",
      "Sec-WebSocket-Key",
      "Sec-WebSocket-Version",
      "Origin",
      "Sec-WebSocket-Protocol",
      "Sec-WebSocket-Extensions",
      "Content-Length",
      "__proto__",
      "constructor",
    );
    const value = fc.oneof(
      fc.constantFrom("websocket", "Upgrade", "13", "a", "http://a", "dGhlIHNhbXBsZSBub25jZQ=="),
      fc.string({ maxLength: 12 }),
    );
    const head = fc.record({
      method: fc.oneof(fc.constant("GET"), fc.string()),
      target: fc.oneof(fc.constant("/"), fc.string()),
      version: fc.oneof(fc.constant("1.1"), fc.string()),
      headers: fc.array(fc.tuple(name, value), { maxLength: 10 }).map((extra) => [...requestHead().headers, ...extra]),
    });
    fc.assert(
      fc.property(head, (any) => {
        const result = evaluateRequest(any);
        if (result.kind === "refusal") {
          expect(HANDSHAKE_FAILURES).toHaveProperty(result.code);
          expect(response(encodeRefusal(result)).head.status).toBe(result.status);
        } else {
          expect(response(encodeAccept(result)).head.status).toBe(101);
        }
      }),
      { numRuns: RUNS.numRuns * 2 },
    );
  });
});

describe("RFC 6455 §10.2 Origin", () => {
  const allowed = (
    origin: string | undefined,
    host: string,
    policy?: ServerHandshakeOptions["allowedOrigins"],
    secure?: boolean,
  ): boolean => isOriginAllowed(origin, host, policy, expectUpgrade(requestHead()), secure);

  test.each<[origin: string | undefined, host: string, expected: boolean]>([
    [undefined, "a", true],
    ["http://a", "a", true],
    ["http://A.Example", "a.eXample", true],
    ["HTTP://a", "a", true],
    ["http://a:80", "a", true],
    ["http://a:", "a:", true],
    ["http://a", "a:", true],
    ["http://a:", "a", true],
    ["http://A:8080", "a:8080", true],
    ["http://a:65535", "a:65535", true],
    ["http://a", "a:80", true],
    ["https://a", "a", true],
    ["https://a", "a:443", true],
    ["https://a:443", "a", true],
    ["http://a:8080", "a:8080", true],
    ["http://[::1]:8080", "[::1]:8080", true],
    ["http://a:8080", "a", false],
    ["http://a", "a:8080", false],
    ["http://a", "a:443", false],
    ["https://a", "a:80", false],
    ["http://b", "a", false],
    ["http://a.b", "a", false],
    ["http://b.a", "a", false],
    ["http://a.", "a", false],
    ["null", "a", false],
    ["null", "null", false],
    ["", "a", false],
    ["a", "a", false],
    ["//a", "a", false],
    ["1://a", "a", false],
    ["ht_tp://a", "a", false],
    ["http:a", "a", false],
    ["http://a/", "a", false],
    ["http://a/path", "a", false],
    ["http://a@b", "a", false],
    ["http://b@a", "a", false],
    ["http://a http://b", "a", false],
    ["http://a, http://b", "a", false],
    ["http://a?b", "a", false],
    ["chrome-extension://a", "a", false],
    // Native clients send the address that they open.
    ["wss://a", "a:443", true],
    ["wss://a:443", "a", true],
    ["ws://a", "a:80", true],
    ["ws://a:80", "a", true],
    ["wss://a", "a:80", false],
    ["ws://a", "a:443", false],
    ["file://", "a", false],
    ["constructor://a", "a", false],
  ])("a page of %s at the host %s: %s", (origin, host, expected) => {
    expect(allowed(origin, host)).toBe(expected);
  });

  test("over TLS the port of a bare Host is 443 for certain", () => {
    expect(allowed("https://a", "a", undefined, true)).toBe(true);
    expect(allowed("http://a", "a", undefined, true)).toBe(false);
    expect(allowed("http://a", "a", undefined, false)).toBe(true);
    expectRefusal(requestHead(), "ORIGIN_NOT_ALLOWED", 403, { secure: true });
  });

  test('"same" is what no policy means', () => {
    expect([allowed("http://a", "a", "same"), allowed("http://b", "a", "same")]).toEqual([true, false]);
    expect(() => assertServerHandshakeOptions({ allowedOrigins: "same" })).not.toThrow();
  });

  test("what is no origin, or no host, equals nothing, itself included", () => {
    expect(allowed("nonsense", "a", ["nonsense"])).toBe(false);
    expect(allowed("http://a", "a b")).toBe(false);
    expect(allowed("a://b", "c", ["a://b"])).toBe(true);
  });

  test("a list names the origins, spelled in any case and with or without the default port", () => {
    const policy = ["https://Example.com", "http://b:80", "http://c:8080", "null"];
    for (const origin of ["https://example.com", "https://example.com:443", "http://b", "http://c:8080", "null"])
      expect(allowed(origin, "other", policy)).toBe(true);
    for (const origin of ["http://example.com", "https://example.com:80", "http://c", "http://other", "https://sub.example.com"])
      expect(allowed(origin, "other", policy)).toBe(false);
    expect(allowed("http://other", "other", [])).toBe(false);
  });

  test("a list may hold origins that have no host, which embedded browsers send", () => {
    expect(() => assertServerHandshakeOptions({ allowedOrigins: ["file://", "App://"] })).not.toThrow();
    for (const origin of ["file://", "FILE://", "app://"]) expect(allowed(origin, "a", ["file://", "App://"])).toBe(true);
    for (const origin of ["content://", "file:///", "file://a", "file:", "http://"])
      expect(allowed(origin, "a", ["file://", "App://"])).toBe(false);
    for (const entry of ["http://", "wss://", "file:///", "file:"])
      expect(() => assertServerHandshakeOptions({ allowedOrigins: [entry] })).toThrow(TypeError);
  });

  test("a list knows the default ports of WebSocket's own schemes", () => {
    expect(allowed("wss://a", "other", ["wss://a:443"])).toBe(true);
    expect(allowed("ws://a:80", "other", ["ws://a"])).toBe(true);
    expect(allowed("wss://a", "other", ["https://a"])).toBe(false);
  });

  test("a list lets requests pass that are not from a page, and so does a function, which is not asked", () => {
    expect(allowed(undefined, "a", [])).toBe(true);
    expect(allowed(undefined, "a", () => false)).toBe(true);
  });

  test("a function that answers neither true nor false at once is the program's fault, and lets nobody in", async () => {
    for (const answer of [Promise.resolve(true), Promise.reject(new Error("unheard")), "true", 1, undefined, { then() {} }])
      expect(() => allowed("http://x", "x", () => answer as unknown as boolean)).toThrow(
        "`allowedOrigins` has to answer true or false at once",
      );
    // The rejection was taken: an unhandled one would fail the run.
    await new Promise((resolve) => setImmediate(resolve));
  });

  test("a function decides by the origin and the request", () => {
    const seen: unknown[] = [];
    const options: ServerHandshakeOptions = {
      allowedOrigins: (origin, request) => {
        seen.push([origin, request.target]);
        return origin === "http://x";
      },
    };
    expectUpgrade(requestHead({ Origin: "http://x" }), options);
    expectRefusal(requestHead({ Origin: "http://y" }), "ORIGIN_NOT_ALLOWED", 403, options);
    expect(seen).toEqual([
      ["http://x", "/chat"],
      ["http://y", "/chat"],
    ]);
  });

  test.each(["http://evil", "null", "nonsense"])('"any" allows %s', (origin) => {
    expectUpgrade(requestHead({ Origin: origin }), { allowedOrigins: "any" });
  });

  test("a refusal says how to allow the page", () => {
    const { body } = expectRefusal(requestHead({ Origin: "https://app.example.com" }), "ORIGIN_NOT_ALLOWED", 403);
    expect(body).toContain('allowedOrigins: ["https://app.example.com"]');
    expect(body).toContain('allowedOrigins: "any"');
  });

  test.each(["*", "example.com", "https://example.com/", "https://*.example.com/x", ""])(
    "the list entry %j could never match: a usage error",
    (entry) => {
      expect(() => assertServerHandshakeOptions({ allowedOrigins: [entry] })).toThrow(TypeError);
    },
  );

  test("options that can match are no error", () => {
    for (const origin of [undefined, "any", [], ["null", "https://example.com:8443"], () => true] as const) {
      expect(() =>
        assertServerHandshakeOptions({ ...(origin !== undefined && { allowedOrigins: origin }), subprotocols: ["a", "b"] }),
      ).not.toThrow();
    }
  });
});

describe("RFC 6455 §4.2.2 item 5.5 the subprotocol", () => {
  const chosen = (offered: string | undefined, known: readonly string[], subprotocolOrder?: "client" | "server"): string =>
    expectUpgrade(requestHead({ "Sec-WebSocket-Protocol": offered }), {
      subprotocols: known,
      ...(subprotocolOrder && { subprotocolOrder }),
    }).subprotocol;

  test("is the client's first that the server knows", () => {
    expect(chosen("a, b, c", ["c", "b"])).toBe("b");
    expect(chosen("a, b, c", ["c", "b"], "client")).toBe("b");
  });

  test("is the server's first that the client offers, if the server's order counts", () => {
    expect(chosen("a, b, c", ["x", "c", "b"], "server")).toBe("c");
  });

  test("is none when they have none in common, and the connection opens without", () => {
    expect(chosen("a", ["b"])).toBe("");
    expect(chosen("a", ["A"])).toBe("");
    expect(chosen(undefined, ["b"])).toBe("");
    expect(chosen("a", [])).toBe("");
    expect(text(encodeAccept(expectUpgrade(requestHead(), { subprotocols: ["x"] })))).not.toContain("Sec-WebSocket-Protocol");
  });

  test.each([[[""]], [["a b"]], [["a", "a"]], [["a,b"]]])("the server's own list %j is a usage error", (subprotocols) => {
    expect(() => assertServerHandshakeOptions({ subprotocols })).toThrow(TypeError);
  });
});

describe("RFC 6455 §4.2.2 item 5 the response that accepts", () => {
  test("the RFC's own", () => {
    expect(text(encodeAccept(expectUpgrade(requestHead(), { subprotocols: ["chat"] })))).toBe(
      lines(
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        "Sec-WebSocket-Protocol: chat",
      ),
    );
  });

  test("another golden value", () => {
    const request = expectUpgrade(requestHead({ "Sec-WebSocket-Key": "x3JJHMbDL1EzLkh9GBhXDw==", "Sec-WebSocket-Protocol": "chat" }), {
      subprotocols: ["chat"],
    });
    expect(text(encodeAccept(request))).toBe(
      lines(
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=",
        "Sec-WebSocket-Protocol: chat",
      ),
    );
  });

  test("extensions, another choice of subprotocol and headers of the program", () => {
    const request = expectUpgrade(requestHead({ "Sec-WebSocket-Extensions": "foo, bar; baz=2" }));
    const bytes = encodeAccept(request, {
      subprotocol: "superchat",
      extensions: 'bar; baz="2"',
      headers: { "Set-Cookie": "a=b", "X-One": "" },
    });
    expect(text(bytes)).toBe(
      lines(
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        "Sec-WebSocket-Protocol: superchat",
        "Sec-WebSocket-Extensions: bar; baz=2",
        "Set-Cookie: a=b",
        "X-One: ",
      ),
    );
  });

  test("a chosen subprotocol can be declined", () => {
    const request = expectUpgrade(requestHead(), { subprotocols: ["chat"] });
    expect(text(encodeAccept(request, { subprotocol: "", extensions: "" }))).not.toContain("Sec-WebSocket-Protocol");
  });

  test("what was not offered cannot be accepted", () => {
    const request = expectUpgrade(requestHead({ "Sec-WebSocket-Extensions": "foo" }));
    expect(() => encodeAccept(request, { subprotocol: "other" })).toThrow(TypeError);
    expect(() => encodeAccept(request, { extensions: "bar" })).toThrow(TypeError);
    expect(() => encodeAccept(request, { extensions: "foo; " })).toThrow('Not a list of extensions (RFC 6455 §9.1): "foo; "');
    expect(() => encodeAccept(request, { extensions: "foo; " })).toThrow(TypeError);
    expect(() => encodeAccept(request, { extensions: "foo\r\nX: y" })).toThrow(TypeError);
  });

  test.each(["Upgrade", "connection", "Sec-WebSocket-Accept", "sec-websocket-anything", "Content-Length", "transfer-encoding"])(
    "the handshake's own field %s cannot be set",
    (name) => {
      expect(() => encodeAccept(expectUpgrade(requestHead()), { headers: [[name, "x"]] })).toThrow(TypeError);
    },
  );
});

describe("a program's own refusal", () => {
  test("is of an upgrade, and not of HEAD, unless it says otherwise", () => {
    expect(createRefusal("REFUSED", "x")).toMatchObject({ isUpgrade: true, isHead: false });
    expect(createRefusal("REFUSED", "x", { isUpgrade: false, isHead: true })).toMatchObject({ isUpgrade: false, isHead: true });
  });

  test.each<[HandshakeFailureCode, number]>([
    ["REFUSED", 403],
    ["HANDSHAKE_TIMEOUT", 408],
    ["SERVER_BUSY", 503],
    ["HANDLER_FAILED", 500],
  ])("%s is answered with %i unless another status is given", (code, status) => {
    expect(createRefusal(code, "Why.")).toMatchObject({ kind: "refusal", isUpgrade: true, status, body: "Why.\n", code });
    expect(createRefusal(code, "Why.", { status: 418 })).toMatchObject({ status: 418 });
  });

  test("§4.2.2 items 2 and 3: authentication and redirection with headers and a body", () => {
    const sent = response(
      encodeRefusal(
        createRefusal("REFUSED", "Log in.", {
          status: 401,
          headers: { "WWW-Authenticate": 'Basic realm="x"', "content-type": "text/html" },
          body: "<p>Grüße 🎈",
        }),
      ),
    );
    expect(sent).toEqual({
      head: {
        version: "1.1",
        status: 401,
        reason: "Unauthorized",
        headers: [
          ["WWW-Authenticate", 'Basic realm="x"'],
          ["content-type", "text/html"],
          ["Connection", "close"],
          ["Content-Length", String(Buffer.byteLength("<p>Grüße 🎈"))],
        ],
      },
      body: "<p>Grüße 🎈",
    });
    expect(text(encodeRefusal(createRefusal("REFUSED", "", { status: 307, headers: [["Location", "/other"]], body: "" })))).toContain(
      "Location: /other\r\n",
    );
  });

  test.each([200, 599])("the status %i is the last that is possible", (status) => {
    expect(response(encodeRefusal(createRefusal("REFUSED", "x", { status }))).head.status).toBe(status);
  });

  test("RFC 9112 §4 a status without a known reason has none, but its space", () => {
    expect(text(encodeRefusal(createRefusal("REFUSED", "x", { status: 499 })))).toMatch(/^HTTP\/1\.1 499 \r\n/);
  });

  test.each([
    [204, undefined],
    [304, undefined],
    [205, "0"],
  ])("RFC 9110 §8.6, §15 a response with status %i has no content, and no length of one: %s", (status, length) => {
    const sent = response(encodeRefusal(createRefusal("REFUSED", "The request was refused.", { status })));
    expect(sent.body).toBe("");
    expect(headerValues(sent.head.headers, "content-length")).toEqual(length === undefined ? [] : [length]);
    expect(headerValues(sent.head.headers, "content-type")).toEqual([]);
    expect(() => createRefusal("REFUSED", "", { status, body: "x" })).toThrow(TypeError);
    expect(() => createRefusal("REFUSED", "", { status, body: new Uint8Array(1) })).toThrow(TypeError);
    expect(createRefusal("REFUSED", "", { status, body: "" }).body).toBe("");
  });

  test("a body of bytes is sent as it is, with no type of ours", () => {
    const sent = encodeRefusal(createRefusal("REFUSED", "", { body: new Uint8Array([0xff, 0x00]) }));
    expect([...sent.subarray(-2)]).toEqual([0xff, 0x00]);
    expect(text(sent)).toMatch(/Content-Length: 2\r\n/);
    expect(text(sent)).not.toContain("Content-Type");
  });

  test.each([5, {}, Symbol("x")])("a body that is neither text nor bytes is a usage error", (body) => {
    expect(() => createRefusal("REFUSED", "x", { body: body as never })).toThrow(TypeError);
  });

  test.each([100, 101, 199, 600, 0, Number.NaN, 403.5])("the status %s is a usage error", (status) => {
    expect(() => createRefusal("REFUSED", "x", { status })).toThrow(RangeError);
  });

  test.each(["Connection", "content-length", "Transfer-Encoding"])("the message's own framing %s cannot be set", (name) => {
    expect(() => createRefusal("REFUSED", "x", { headers: { [name]: "1" } })).toThrow(TypeError);
  });
});

test("octets that look like a header cannot be smuggled in by a page's Origin", () => {
  const refusal = expectRefusal(requestHead({ Origin: 'http://a"\r\nX: y' }), "ORIGIN_NOT_ALLOWED", 403);
  expect(refusal.headers.map(([name]) => name)).toEqual(["Content-Type"]);
  expect(refusal.body).not.toContain("\r");
});

test.each<[name: string, make: (size: number) => RequestHead]>([
  ["Connection", (size) => requestHead({ Connection: `${"a,".repeat(size)}Upgrade` })],
  ["Upgrade", (size) => requestHead({ Upgrade: `${" ,\t".repeat(size)}websocket` })],
  ["subprotocols", (size) => requestHead({ "Sec-WebSocket-Protocol": Array.from({ length: size }, (_, index) => `p${index}`).join(",") })],
  ["whitespace", (size) => requestHead({ "Sec-WebSocket-Protocol": `a${" ".repeat(size)}b` })],
  ["extensions", (size) => requestHead({ "Sec-WebSocket-Extensions": "a; b=c, ".repeat(size) })],
  ["Origin", (size) => requestHead({ Origin: `http://${"a".repeat(size)}:${"0".repeat(size)}` })],
  ["Host", (size) => requestHead({ Host: `${"[".repeat(size)}${":".repeat(size)}` })],
  ["target", (size) => requestHead({}, { target: `http://a/${"/?".repeat(size)}` })],
  ["fields", (size) => requestHead(Object.fromEntries(Array.from({ length: size }, (_, index) => [`X-${index}`, "1"])))],
])("the time to judge a request grows with its length: %s", (_name, make) => {
  const heads = new Map<number, RequestHead>();
  expectLinear((size) => {
    let head = heads.get(size);
    if (head === undefined) heads.set(size, (head = make(size)));
    evaluateRequest(head, { subprotocols: ["x", "y"] });
  }, 500);
});
