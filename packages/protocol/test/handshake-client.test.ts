import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { chunksOf, feed, places, sameInAnyChunks } from "../../codec/test/chunking.ts";
import { ClientHandshake, evaluateResponse, HandshakeEvent, HeadDecoder, headerList } from "../src/handshake/index.ts";
import type { ClientHandshakeOptions, HandshakeFailureCode, ResponseHead } from "../src/handshake/index.ts";
import { lines, nonceOf, octets, RUNS, text } from "./handshake-support.ts";
import { ofClientHandshake } from "./receivers.ts";

const OPTIONS: ClientHandshakeOptions = { host: "server.example.com", target: "/chat", nonce: nonceOf("dGhlIHNhbXBsZSBub25jZQ==") };
const OFFERING: ClientHandshakeOptions = { ...OPTIONS, subprotocols: ["chat", "superchat"], extensions: "foo, bar; baz=2" };

const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
const ACCEPTED = ["Upgrade: websocket", "Connection: Upgrade", `Sec-WebSocket-Accept: ${ACCEPT}`];
const SWITCHING = "HTTP/1.1 101 Switching Protocols";

interface Outcome {
  readonly event: HandshakeEvent;
  readonly handshake: ClientHandshake;
  /** Everything behind the response. */
  readonly rest: string;
}

function receive(options: ClientHandshakeOptions, pieces: readonly Uint8Array[], end = false): Outcome {
  const receiver = ofClientHandshake(options, end);
  const { event, rest } = feed(receiver, pieces);
  return { event, rest, handshake: receiver.handshake };
}

/** After checking that the outcome is the same at each chunk size. */
function receiveAtEveryChunkSize(options: ClientHandshakeOptions, response: string, end = false): Outcome {
  sameInAnyChunks(octets(response), () => ofClientHandshake(options, end));
  return receive(options, [octets(response)], end);
}

function expectAccepted(options: ClientHandshakeOptions, response: string): Outcome {
  const outcome = receiveAtEveryChunkSize(options, response);
  expect(outcome.handshake.error).toBeUndefined();
  expect(outcome.event).toBe(HandshakeEvent.ACCEPTED);
  return outcome;
}

function expectFailed(options: ClientHandshakeOptions, response: string, code: HandshakeFailureCode, end = false): Outcome {
  const outcome = receiveAtEveryChunkSize(options, response, end);
  expect(outcome.handshake.error).toMatchObject({ code });
  expect(outcome.event).toBe(HandshakeEvent.FAILED);
  return outcome;
}

describe("RFC 6455 §4.1 the request", () => {
  const request = (options: Partial<ClientHandshakeOptions> = {}): string => text(new ClientHandshake({ ...OPTIONS, ...options }).request);

  test("the least there is", () => {
    expect(request()).toBe(
      lines(
        "GET /chat HTTP/1.1",
        "Host: server.example.com",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
      ),
    );
  });

  test("everything there is, with the names spelled as the RFC spells them", () => {
    expect(
      request({
        host: "[::1]:8080",
        target: "/chat?room=%C3%A4&x=|",
        origin: "http://example.com",
        subprotocols: ["chat", "superchat"],
        extensions: 'foo;a="b",bar; baz=2',
        headers: [
          ["Cookie", "a=b"],
          ["cookie", "c=\xe4"],
          ["Empty", ""],
        ],
      }),
    ).toBe(
      lines(
        "GET /chat?room=%C3%A4&x=| HTTP/1.1",
        "Host: [::1]:8080",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Origin: http://example.com",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: chat, superchat",
        "Sec-WebSocket-Extensions: foo; a=b, bar; baz=2",
        "Cookie: a=b",
        "cookie: c=\xe4",
        "Empty: ",
      ),
    );
  });

  test("headers as an object, a Map or a Headers object", () => {
    for (const headers of [
      { a: "1", b: "2" },
      new Map([
        ["a", "1"],
        ["b", "2"],
      ]),
      new Headers({ a: "1", b: "2" }),
      [
        ["a", "1"],
        ["b", "2"],
      ] as const,
    ]) {
      expect(request({ headers })).toContain("\r\na: 1\r\nb: 2\r\n\r\n");
    }
  });

  test("Origin may be one of the program's headers, unless it is given twice", () => {
    expect(request({ headers: { Origin: "http://a" } })).toContain("\r\nOrigin: http://a\r\n");
    expect(() => request({ origin: "http://a", headers: { origin: "http://a" } })).toThrow(TypeError);
  });

  test.each([0, 15, 17, 32])("item 7: a nonce of %i bytes is a usage error", (length) => {
    expect(() => request({ nonce: new Uint8Array(length) })).toThrow(TypeError);
  });

  test.each(["", "chat", "http://a/", "/a#b", "/a b", "/a\r\nX: y", "/ä", "/\0", "*"])(
    "item 2, §3: the target %j is a usage error",
    (target) => {
      expect(() => request({ target })).toThrow(TypeError);
    },
  );

  test.each(["", "a b", "a\r\nX: y", "user@a", "a/b", "::1", "a:b", "a:65536"])("item 4: the host %j is a usage error", (host) => {
    expect(() => request({ host })).toThrow(TypeError);
  });

  test.each(["host", "Host"])("item 4: %s among the headers takes the place of the host that is connected to, once and first", (name) => {
    const sent = request({ headers: { a: "b", [name]: "virtual.example:8080" } });
    expect(sent).toMatch(/^GET \/chat HTTP\/1\.1\r\nHost: virtual\.example:8080\r\n/);
    expect(sent).toMatch(/\r\na: b\r\n\r\n$/);
    expect(sent.match(/\r\nhost:/gi)).toHaveLength(1);
    for (const value of ["", "user@a", "a b", "a/b"]) expect(() => request({ headers: { [name]: value } })).toThrow("Not a host");
    expect(() =>
      request({
        headers: [
          ["Host", "a"],
          ["host", "a"],
        ],
      }),
    ).toThrow("more than once");
  });

  test.each([[[""]], [["a b"]], [["a", "a"]], [["a,b"]], [["a\r\nX: y"]], [["ä"]]])(
    "item 10: the subprotocols %j are a usage error",
    (subprotocols) => {
      expect(() => request({ subprotocols })).toThrow(TypeError);
    },
  );

  test.each(["a;", "a b", 'a; b="c', "a\r\nX: y", ","])("item 11: the extensions %j are a usage error", (extensions) => {
    expect(() => request({ extensions })).toThrow(TypeError);
  });

  test.each([
    "upgrade",
    "CONNECTION",
    "Sec-WebSocket-Key",
    "sec-websocket-version",
    "Sec-WebSocket-Protocol",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Accept",
    "Content-Length",
    "Transfer-Encoding",
  ])("the handshake's own field %s cannot be set", (name) => {
    expect(() => request({ headers: { [name]: "x" } })).toThrow(TypeError);
  });

  test.each([
    ["", "a"],
    ["a b", "c"],
    ["a:", "b"],
    ["a\r\nb", "c"],
    ["ä", "b"],
    ["a", "b\r\nc: d"],
    ["a", "b\nc"],
    ["a", "b\rc"],
    ["a", "b\0"],
    ["a", "\u0100"],
    ["a", "\u{1f388}"],
  ])("the header %j: %j is a usage error", (name, value) => {
    expect(() => request({ headers: [[name, value]] })).toThrow(TypeError);
  });

  test("an origin that ends its line is a usage error", () => {
    expect(() => request({ origin: "http://a\r\nX: y" })).toThrow(TypeError);
  });

  test("a list of values gives a line for each, undefined none", () => {
    const sent = request({ headers: { a: ["b", "c"], d: undefined, e: "f", g: [] } });
    expect(sent).toContain("\r\na: b\r\na: c\r\ne: f\r\n");
    expect(sent).not.toMatch(/\r\n[dg]:/);
  });

  test("what is not a string, such as a number or a list, is a usage error", () => {
    expect(() => request({ headers: { a: 1 as unknown as string } })).toThrow(TypeError);
    expect(() => request({ headers: { a: ["b", 1] as unknown as string } })).toThrow(TypeError);
    expect(() => request({ headers: [[["a"] as unknown as string, "b"]] })).toThrow("Not a header field name (RFC 9110 §5.1)");
    expect(() => request({ headers: { a: ["b", "c\n"] } })).toThrow(TypeError);
  });
});

describe("RFC 6455 §4.1 a response that is accepted", () => {
  test("the RFC's own", () => {
    const { handshake } = expectAccepted(OFFERING, lines(SWITCHING, ...ACCEPTED, "Sec-WebSocket-Protocol: chat"));
    expect(handshake.subprotocol).toBe("chat");
    expect(handshake.extensions).toEqual([]);
    expect(handshake.responseHead).toMatchObject({ status: 101, reason: "Switching Protocols" });
  });

  test("before it there is neither a subprotocol nor an extension", () => {
    const handshake = new ClientHandshake(OFFERING);
    expect([handshake.subprotocol, handshake.extensions, handshake.responseHead]).toEqual(["", [], undefined]);
  });

  test("who does not know the request judges what does not depend on it", () => {
    const head = (...fields: string[]): ResponseHead => {
      const decoder = new HeadDecoder("response");
      decoder.receive(octets(lines(SWITCHING, ...fields)));
      decoder.poll();
      return decoder.head;
    };
    expect(evaluateResponse(head(...ACCEPTED), undefined)).toMatchObject({ kind: "upgrade", subprotocol: "", extensions: [] });
    expect(evaluateResponse(head(...ACCEPTED, "Sec-WebSocket-Protocol: any", "Sec-WebSocket-Extensions: x; y=1"), undefined)).toMatchObject(
      { kind: "upgrade", subprotocol: "any", extensions: [{ name: "x", params: [["y", "1"]] }] },
    );
    expect(evaluateResponse(head(...ACCEPTED.slice(0, 2)), undefined)).toMatchObject({ code: "RESPONSE_ACCEPT" });
    expect(evaluateResponse(head(...ACCEPTED, "Sec-WebSocket-Extensions: x;"), undefined)).toMatchObject({ code: "MALFORMED_EXTENSIONS" });
  });

  test("another golden value", () => {
    expectAccepted(
      { ...OPTIONS, nonce: nonceOf("x3JJHMbDL1EzLkh9GBhXDw=="), subprotocols: ["chat"] },
      lines(
        SWITCHING,
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=",
        "Sec-WebSocket-Protocol: chat",
      ),
    );
  });

  test.each<[name: string, fields: readonly string[]]>([
    ["neither a subprotocol nor extensions", ACCEPTED],
    ["item 2 Upgrade in another case", ["Upgrade: WebSocket", ...ACCEPTED.slice(1)]],
    ["item 3 Connection as a list", ["Connection: keep-alive, UPGRADE", ACCEPTED[0]!, ACCEPTED[2]!]],
    ["item 4 whitespace around the accept value", [...ACCEPTED.slice(0, 2), `sec-websocket-accept: \t ${ACCEPT} \t`]],
    ["item 5 extensions that were offered", [...ACCEPTED, "Sec-WebSocket-Extensions: bar; baz=3, foo"]],
    ["RFC 9112 §6.3 a length, which means nothing in a 1xx response", [...ACCEPTED, "Content-Length: 5"]],
    ["fields that nobody knows", [...ACCEPTED, "constructor: x", "Server: y", "Sec-WebSocket-Version: 13"]],
  ])("%s", (_name, fields) => {
    expectAccepted(OFFERING, lines(SWITCHING, ...fields));
  });

  test("what the server accepts of the offers is handed on", () => {
    const { handshake } = expectAccepted(OFFERING, lines(SWITCHING, ...ACCEPTED, 'Sec-WebSocket-Extensions: bar; baz="3"'));
    expect(handshake.extensions).toEqual([{ name: "bar", params: [["baz", "3"]] }]);
  });

  test("the bytes behind the response are kept, whichever chunk they come in", () => {
    expect(expectAccepted(OPTIONS, `${lines(SWITCHING, ...ACCEPTED)}\x81\x05Hello`).rest).toBe("\x81\x05Hello");
  });

  test("RFC 9110 §15.2 other 1xx responses may come before it, and what is behind them is kept", () => {
    const early = lines("HTTP/1.1 103 Early Hints", "Link: </a>") + lines("HTTP/1.1 100 Continue") + lines("HTTP/1.1 102 ");
    const { rest, handshake } = expectAccepted(OPTIONS, `${early}${lines(SWITCHING, ...ACCEPTED)}\x81\x00`);
    expect(rest).toBe("\x81\x00");
    expect(handshake.responseHead!.status).toBe(101);
  });
});

test.each([100, 199])("RFC 9110 §15.2 the status %i is an interim response's", (status) => {
  expectAccepted(OPTIONS, `${lines(`HTTP/1.1 ${status} `)}${lines(SWITCHING, ...ACCEPTED)}`);
});

test("RFC 9110 §15 a status below 100 is a final answer, and no 101", () => {
  expectFailed(OPTIONS, lines("HTTP/1.1 099 "), "UNEXPECTED_STATUS");
});

test("RFC 9110 §15.2 by default too, endless 1xx responses end where a head has to", () => {
  const interim = lines("HTTP/1.1 103 Early Hints", `Link: ${"x".repeat(1000)}`);
  expect(receive(OPTIONS, [octets(interim.repeat(15))]).event).toBe(HandshakeEvent.NONE);
  const { error } = receive(OPTIONS, [octets(interim.repeat(40))]).handshake;
  expect([error!.code, error!.message]).toEqual([
    "HEAD_TOO_LARGE",
    `The head, with ${15 * interim.length} octets of 1xx responses before it, is longer than 16384 octets. Send less, or raise maxHeadBytes.`,
  ]);
});

test("RFC 9110 §15.2 1xx responses and the final one share one limit", () => {
  const heads = lines("HTTP/1.1 103 Early Hints", "Link: </a>") + lines("HTTP/1.1 100 ") + lines(SWITCHING, ...ACCEPTED);
  expectAccepted({ ...OPTIONS, limits: { maxHeadBytes: heads.length } }, heads);
  expectFailed({ ...OPTIONS, limits: { maxHeadBytes: heads.length - 1 } }, heads, "HEAD_TOO_LARGE");
  const interim = lines("HTTP/1.1 100 ");
  expectFailed({ ...OPTIONS, limits: { maxHeadBytes: interim.length } }, interim, "HEAD_TOO_LARGE");
  expect(receive({ ...OPTIONS, limits: { maxHeadBytes: interim.length + 1 } }, [octets(interim)]).event).toBe(HandshakeEvent.NONE);
});

/** Every response that fails the handshake. */
const FAILED: readonly (readonly [name: string, code: HandshakeFailureCode, response: string])[] = [
  ["§1.2 garbage", "MALFORMED_START_LINE", "SSH-2.0-OpenSSH\r\n"],
  ["RFC 9112 §4 a version without its end", "MALFORMED_START_LINE", "HTTP/1 101 x\r\n\r\n"],
  ["RFC 9112 §4 another character behind the version", "MALFORMED_START_LINE", "HTTP/1.1\t101 x\r\n\r\n"],
  ["RFC 9112 §5 a malformed field", "MALFORMED_HEADER_FIELD", `${SWITCHING}\r\nUpgrade : websocket\r\n\r\n`],
  ["§10.4 a head without end", "HEAD_TOO_LARGE", `${SWITCHING}\r\na: ${"b".repeat(400)}`],
  ["§10.4 endless fields", "TOO_MANY_HEADERS", lines(SWITCHING, ...Array.from({ length: 9 }, () => "a: b"))],
  ["RFC 9110 §15.2 endless 1xx responses", "HEAD_TOO_LARGE", lines("HTTP/1.1 100 Continue").repeat(20)],
  ["§4.2.2 HTTP/1.0", "RESPONSE_HTTP_VERSION", lines("HTTP/1.0 101 Switching Protocols", ...ACCEPTED)],
  ["§4.2.2 HTTP/2.0", "RESPONSE_HTTP_VERSION", lines("HTTP/2.0 101 Switching Protocols", ...ACCEPTED)],
  ["§4.1 item 2 no Upgrade", "RESPONSE_UPGRADE", lines(SWITCHING, ...ACCEPTED.slice(1))],
  ["§4.1 item 2 another Upgrade", "RESPONSE_UPGRADE", lines(SWITCHING, "Upgrade: h2c", ...ACCEPTED.slice(1))],
  ["§4.1 item 2 another Upgrade of the same length", "RESPONSE_UPGRADE", lines(SWITCHING, "Upgrade: websockex", ...ACCEPTED.slice(1))],
  ["§4.1 item 2 an Upgrade to more", "RESPONSE_UPGRADE", lines(SWITCHING, "Upgrade: websocket, h2c", ...ACCEPTED.slice(1))],
  ["§4.1 item 2 two Upgrade fields", "RESPONSE_UPGRADE", lines(SWITCHING, "Upgrade: websocket", ...ACCEPTED)],
  ["§4.1 item 3 no Connection", "RESPONSE_CONNECTION", lines(SWITCHING, ACCEPTED[0]!, ACCEPTED[2]!)],
  ["§4.1 item 3 another Connection", "RESPONSE_CONNECTION", lines(SWITCHING, "Connection: keep-alive", ACCEPTED[0]!, ACCEPTED[2]!)],
  ["§4.1 item 4 no accept value", "RESPONSE_ACCEPT", lines(SWITCHING, ...ACCEPTED.slice(0, 2))],
  [
    "§4.1 item 4 another accept value",
    "RESPONSE_ACCEPT",
    lines(SWITCHING, ...ACCEPTED.slice(0, 2), "Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk="),
  ],
  [
    "§4.1 item 4 an accept value in another case",
    "RESPONSE_ACCEPT",
    lines(SWITCHING, ...ACCEPTED.slice(0, 2), `Sec-WebSocket-Accept: ${ACCEPT.toLowerCase()}`),
  ],
  [
    "§4.1 item 4 an accept value with more behind it",
    "RESPONSE_ACCEPT",
    lines(SWITCHING, ...ACCEPTED.slice(0, 2), `Sec-WebSocket-Accept: ${ACCEPT}, x`),
  ],
  ["§11.3.3 two accept values", "DUPLICATE_HEADER", lines(SWITCHING, ...ACCEPTED, ACCEPTED[2]!)],
  [
    "§4.1 item 5 an extension that was not offered",
    "EXTENSION_NOT_OFFERED",
    lines(SWITCHING, ...ACCEPTED, "Sec-WebSocket-Extensions: foo, other"),
  ],
  ["§4.1 item 5 an extension in another case", "EXTENSION_NOT_OFFERED", lines(SWITCHING, ...ACCEPTED, "Sec-WebSocket-Extensions: Foo")],
  ["§9.1 malformed extensions", "MALFORMED_EXTENSIONS", lines(SWITCHING, ...ACCEPTED, "Sec-WebSocket-Extensions: foo;")],
  ["§9.1 an empty list of extensions", "MALFORMED_EXTENSIONS", lines(SWITCHING, ...ACCEPTED, "Sec-WebSocket-Extensions:")],
  [
    "§11.3.2 two fields of extensions",
    "DUPLICATE_HEADER",
    lines(SWITCHING, ...ACCEPTED, "Sec-WebSocket-Extensions: foo", "Sec-WebSocket-Extensions: bar"),
  ],
  [
    "§4.1 item 6 a subprotocol that was not offered",
    "SUBPROTOCOL_NOT_OFFERED",
    lines(SWITCHING, ...ACCEPTED, "Sec-WebSocket-Protocol: other"),
  ],
  ["§4.1 item 6 a subprotocol in another case", "SUBPROTOCOL_NOT_OFFERED", lines(SWITCHING, ...ACCEPTED, "Sec-WebSocket-Protocol: Chat")],
  ["§4.1 item 6 two subprotocols", "SUBPROTOCOL_NOT_OFFERED", lines(SWITCHING, ...ACCEPTED, "Sec-WebSocket-Protocol: chat, superchat")],
  ["§4.1 item 6 an empty subprotocol", "SUBPROTOCOL_NOT_OFFERED", lines(SWITCHING, ...ACCEPTED, "Sec-WebSocket-Protocol:")],
  [
    "§11.3.4 two fields of subprotocols",
    "DUPLICATE_HEADER",
    lines(SWITCHING, ...ACCEPTED, "Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: chat"),
  ],
  ["§4.1 item 1 an ordinary response", "UNEXPECTED_STATUS", lines("HTTP/1.1 200 OK", "Content-Length: 0")],
  ["§4.1 item 1 an ordinary response over HTTP/1.0", "UNEXPECTED_STATUS", lines("HTTP/1.0 404 Not Found", "Content-Length: 0")],
  [
    "§4.1 item 1 a redirect, which is not followed",
    "UNEXPECTED_STATUS",
    lines("HTTP/1.1 302 Found", "Location: ws://other/", "Content-Length: 0"),
  ],
  [
    "§4.1 item 1 a status that looks right at its end",
    "UNEXPECTED_STATUS",
    lines("HTTP/1.1 201 Created", ...ACCEPTED, "Content-Length: 0"),
  ],
];

describe("RFC 6455 §4.1 a response that fails the handshake", () => {
  const limits = { maxHeadBytes: 400, maxHeaders: 8 };

  test.each(FAILED)("%s: %s", (_name, code, response) => {
    const { handshake } = expectFailed({ ...OFFERING, limits }, response, code);
    expect(handshake.error!.message).toMatch(/^[A-Z].*\.$/s);
    expect(() => handshake.rest).toThrow();
  });

  test("what nobody asked for is refused by a client that offered nothing", () => {
    expectFailed(OPTIONS, lines(SWITCHING, ...ACCEPTED, "Sec-WebSocket-Protocol: chat"), "SUBPROTOCOL_NOT_OFFERED");
    expectFailed(OPTIONS, lines(SWITCHING, ...ACCEPTED, "Sec-WebSocket-Extensions: foo"), "EXTENSION_NOT_OFFERED");
  });

  test.each(["Sec-WebSocket-Accept", "Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"])(
    "two fields of %s: the message names them",
    (name) => {
      const value = name === "Sec-WebSocket-Accept" ? ACCEPT : "foo";
      const fields = [...ACCEPTED.slice(0, 2), ...(value === ACCEPT ? [] : [ACCEPTED[2]!]), `${name}: ${value}`, `${name}: ${value}`];
      const { handshake } = expectFailed(OFFERING, lines(SWITCHING, ...fields), "DUPLICATE_HEADER");
      expect(handshake.error!.message).toBe(`The response has ${name} more than once.`);
    },
  );

  test.each(["", "HTTP/1.1 10", lines(SWITCHING, ...ACCEPTED).slice(0, -1), lines("HTTP/1.1 103 Early Hints")])(
    "the end of the stream behind %j",
    (response) => {
      const { handshake } = expectFailed(OPTIONS, response, "ENDED_EARLY", true);
      expect(handshake.error!.response).toBeUndefined();
    },
  );

  test("the end of the stream behind a complete response changes nothing", () => {
    const { event } = receive(OPTIONS, [octets(lines(SWITCHING, ...ACCEPTED))]);
    expect(event).toBe(HandshakeEvent.ACCEPTED);
    const handshake = new ClientHandshake(OPTIONS);
    handshake.receive(octets(lines(SWITCHING, ...ACCEPTED)));
    handshake.receiveEnd();
    expect(handshake.poll()).toBe(HandshakeEvent.ACCEPTED);
  });

  test("a failure of a 101 response keeps its head", () => {
    const { handshake } = expectFailed(OPTIONS, lines(SWITCHING, "a: b"), "RESPONSE_UPGRADE");
    expect(handshake.error!.response).toMatchObject({ status: 101, headers: [["a", "b"]] });
  });

  test("a host's SHA-1 judges the answer to the key", () => {
    const asked: string[] = [];
    const sha1 = (message: Uint8Array): Uint8Array => (asked.push(text(message)), new Uint8Array(20));
    expectAccepted({ ...OPTIONS, sha1 }, lines(SWITCHING, ...ACCEPTED.slice(0, 2), "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA="));
    expect(asked[0]).toBe("dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
  });

  test("bytes after a failure are ignored, and after success they are a usage error", () => {
    for (const response of ["x\0", lines(SWITCHING), lines("HTTP/1.1 404 ", "Content-Length: 0")]) {
      const { handshake } = receive(OPTIONS, [octets(response)]);
      const { error } = handshake;
      handshake.receive(octets(lines(SWITCHING, ...ACCEPTED)));
      handshake.receiveEnd();
      expect(handshake.poll()).toBe(HandshakeEvent.FAILED);
      expect(handshake.error).toBe(error);
    }
    const accepted = receive(OPTIONS, [octets(lines(SWITCHING, ...ACCEPTED))]).handshake;
    expect(() => accepted.receive(octets("x"))).toThrow("belong to the connection");
  });
});

describe("a refusal's status, headers and the beginning of its body", () => {
  const refused = (head: readonly string[], body: string, end = false): string => {
    const { handshake } = expectFailed(OPTIONS, lines(...head) + body, "UNEXPECTED_STATUS", end);
    return text(handshake.error!.response!.body);
  };

  test("with a length, as soon as it is complete; what is behind it is not the body's", () => {
    const { handshake } = expectFailed(
      OPTIONS,
      `${lines("HTTP/1.1 403 Forbidden", "Content-Length: 5", "X-Why: a")}Hellomore`,
      "UNEXPECTED_STATUS",
    );
    expect(handshake.error).toMatchObject({
      message: "The server answered 403 Forbidden instead of 101: Hello",
      section: "RFC 6455 §4.1",
      response: {
        status: 403,
        headers: [
          ["Content-Length", "5"],
          ["X-Why", "a"],
        ],
        body: octets("Hello"),
      },
    });
  });

  test.each([
    ["text/plain", "no such room\n", ": no such room"],
    ["text/plain", "", "."],
    ["text/plain", '\r\n  \n{\n  "error": "why"\n}', ': "error": "why"'],
    ["application/json", '{"error":"why"}', ': {"error":"why"}'],
    ["text/plain; charset=utf-8", "pr\xc3\xaate-moi", ": prête-moi"],
    ["text/plain", "a\x1b[2Jb\x00c\x7fd\x9be", ": a\\u{1b}[2Jb\\u{0}c\\u{7f}d\\u{9b}e"],
    ["text/plain", "a\xe2\x80\xaeb\xe2\x80\xa8c", ": a\\u{202e}b\\u{2028}c"],
    ["text/html", "<html><title>403</title>", "."],
    ["text/plain", "cut off: \xe2\x82", ": cut off:"],
  ])("the first line with a word of it is in the message: %s %j", (type, body, said) => {
    const response = `${lines("HTTP/1.1 403 Forbidden", `Content-Type: ${type}`, `Content-Length: ${body.length}`)}${body}`;
    const { handshake } = receive(OPTIONS, [octets(response)]);
    expect(handshake.error!.message).toBe(`The server answered 403 Forbidden instead of 101${said}`);
  });

  test("a body that is not UTF-8 is read octet by octet", () => {
    const response = `${lines("HTTP/1.1 403 No", "Content-Length: 10")}pr\xeate-moi!`;
    expect(receive(OPTIONS, [octets(response)]).handshake.error!.message).toBe("The server answered 403 No instead of 101: prête-moi!");
    const first = `${lines("HTTP/1.1 403 No", "Content-Length: 4")}\xeat\xe9!`;
    expect(receive(OPTIONS, [octets(first)]).handshake.error!.message).toBe("The server answered 403 No instead of 101: êté!");
  });

  test("who knows the head alone is told of the status alone", () => {
    const head = { version: "1.1", status: 403, reason: "No", headers: headerList([["Content-Length", "5"]]) };
    expect(evaluateResponse(head, undefined)).toMatchObject({
      code: "UNEXPECTED_STATUS",
      message: "The server answered 403 No instead of 101.",
      response: { body: new Uint8Array(0) },
    });
  });

  test("a head that is longer than what a host converts at once, and not UTF-8, is read octet by octet", () => {
    const value = "\xfe\xff".repeat(4_000);
    const { handshake } = receive(OPTIONS, [octets(lines("HTTP/1.1 403 No", `X-Why: ${value}`, "Content-Length: 0"))]);
    expect(handshake.error!.response!.headers).toContainEqual(["X-Why", value]);
  });

  test("of a status that promises success too", () => {
    expect(refused(["HTTP/1.1 200 OK", "Content-Length: 5"], "Hello")).toBe("Hello");
  });

  test("RFC 9112 §6.3 a body in a transfer coding that is no list of tokens goes on until the end of the stream", () => {
    expect(refused(["HTTP/1.1 500 ", "Transfer-Encoding: chunked;q=1", "Content-Length: 2"], "Hello", true)).toBe("Hello");
  });

  test("of a longer line its first 300 characters are in the message", () => {
    for (const body of ["x".repeat(301), `${"x".repeat(4094)}\xe2\x82\xac`]) {
      const response = `${lines("HTTP/1.1 403 Forbidden", `Content-Length: ${body.length}`)}${body}`;
      expect(receive(OPTIONS, [octets(response)]).handshake.error!.message).toMatch(/101: x{300}…$/);
    }
  });

  test("of a line of 300 characters nothing is left out", () => {
    const response = `${lines("HTTP/1.1 403 Forbidden", "Content-Length: 300")}${"x".repeat(300)}`;
    expect(receive(OPTIONS, [octets(response)]).handshake.error!.message).toMatch(/101: x{300}$/);
  });

  test("what is compressed is not in the message, and a peer's control characters never are", () => {
    const compressed = lines("HTTP/1.1 403 \x9bNo", "Content-Encoding: gzip", "Content-Length: 1");
    expect(receive(OPTIONS, [octets(`${compressed}x`)]).handshake.error!.message).toBe("The server answered 403 \\u{9b}No instead of 101.");
    const subprotocol = lines(SWITCHING, ...ACCEPTED, "Sec-WebSocket-Protocol: \x9b");
    expect(receive(OPTIONS, [octets(subprotocol)]).handshake.error!.message).toContain('"\\u{9b}"');
  });

  test("with a length, cut short by the end of the stream", () => {
    expect(refused(["HTTP/1.1 500 ", "Content-Length: 50"], "Hello", true)).toBe("Hello");
  });

  test("without a length it goes on until the end of the stream", () => {
    expect(refused(["HTTP/1.1 500 "], "Hello", true)).toBe("Hello");
    expect(receive(OPTIONS, [octets(lines("HTTP/1.1 500 "))]).event).toBe(HandshakeEvent.NONE);
  });

  test("at a deadline, as far as it has come: the head says that there is one", () => {
    const { event, handshake } = receive(OPTIONS, [octets(`${lines("HTTP/1.1 503 Busy", "Content-Length: 50")}Hello`)]);
    expect(event).toBe(HandshakeEvent.NONE);
    expect(handshake.responseHead).toMatchObject({ status: 503 });
    handshake.receiveEnd();
    expect(handshake.error).toMatchObject({ code: "UNEXPECTED_STATUS", response: { status: 503, body: octets("Hello") } });
  });

  test.each([
    ["204 No Content", "x"],
    ["304 Not Modified", "x"],
  ])("%s has none", (status, body) => {
    expect(refused([`HTTP/1.1 ${status}`, "Content-Length: 9"], body)).toBe("");
  });

  test("RFC 9112 §7.1 the chunked transfer coding is taken off", () => {
    expect(
      refused(["HTTP/1.1 400 ", "Transfer-Encoding: chunked"], "5\r\nHello\r\n00000A;ext=1\r\n, World!!!\r\n0\r\nTrailer: x\r\n\r\n"),
    ).toBe("Hello, World!!!");
    for (const size of ["0", "9", "a", "f", "A", "F", "10", "9f", "0000000005"]) {
      const body = "x".repeat(Number.parseInt(size, 16));
      expect(refused(["HTTP/1.1 400 ", "Transfer-Encoding: chunked"], `${size}\r\n${body}\r\n0\r\n\r\n`)).toBe(body);
    }
    for (const notHexadecimal of ["/", ":", "@", "G", "`", "g"]) {
      expect(refused(["HTTP/1.1 400 ", "Transfer-Encoding: chunked"], `${notHexadecimal}\r\n${"x".repeat(40)}`)).toBe("");
    }
    const chunks = "0000000001\r\na\r\n".repeat(3) + "1\r\nb\r\n".repeat(20);
    expect(refused(["HTTP/1.1 400 ", "Transfer-Encoding: chunked"], `${chunks}0\r\n\r\n`)).toBe(`aaa${"b".repeat(20)}`);
    expect(refused(["HTTP/1.1 400 ", "transfer-encoding: Chunked"], "0\r\n\r\n")).toBe("");
    expect(refused(["HTTP/1.1 400 ", "Transfer-Encoding: chunked", "Content-Length: 3"], "1\r\na\r\n1\r\nb\r\n0\r\n\r\n")).toBe("ab");
  });

  test.each(["x", "x\r\nHello", "\r\nHello", ";\r\n", "5\nHello", "fffffffffff\r\nHello", "00000000050\r\nHello"])(
    "RFC 9112 §7.1 chunks that make no sense, such as %j, end the body",
    (body) => {
      expect(refused(["HTTP/1.1 400 ", "Transfer-Encoding: chunked"], body)).toBe("");
    },
  );

  test("RFC 9112 §7.1 a chunk without its end of line ends the body", () => {
    expect(refused(["HTTP/1.1 400 ", "Transfer-Encoding: chunked"], "5\r\nHelloX")).toBe("Hello");
  });

  test("another transfer coding is left as it is", () => {
    expect(refused(["HTTP/1.1 400 ", "Transfer-Encoding: gzip, chunked"], "5\r\nHello", true)).toBe("5\r\nHello");
  });

  test("lengths that make no sense are no lengths", () => {
    for (const lengths of [["x"], ["-1"], ["3", "3"], ["1e3"], ["99999999999999999999"]]) {
      expect(refused(["HTTP/1.1 400 ", ...lengths.map((length) => `Content-Length: ${length}`)], "Hello", true)).toBe("Hello");
    }
  });

  test.each([["Content-Length: 100000"], ["Transfer-Encoding: chunked"], ["X: y"]])(
    "at most 4 KiB are kept (%s), and the failure does not wait for more",
    (framing) => {
      const body = (framing.startsWith("T") ? "186a0\r\n" : "") + "a".repeat(100_000);
      const { event, handshake } = receive(OPTIONS, chunksOf(octets(lines("HTTP/1.1 400 ", framing) + body), 1000));
      expect(event).toBe(HandshakeEvent.FAILED);
      expect(text(handshake.error!.response!.body)).toBe("a".repeat(4096));
    },
  );

  test("any body gives at most 4 KiB, and the same in any chunks", () => {
    const piece = fc.oneof(fc.constantFrom("5\r\nHello\r\n", "0\r\n\r\n", "\r\n", "a", "FF", ";x", "\n"), fc.string({ maxLength: 8 }));
    fc.assert(
      fc.property(
        fc.constantFrom("Content-Length: 7", "Transfer-Encoding: chunked", "X: y"),
        fc.array(piece),
        places,
        (framing, pieces, at) => {
          const response = octets(lines("HTTP/1.1 400 ", framing) + pieces.join("").replaceAll(/[^\0-\xff]/g, "?"));
          sameInAnyChunks(response, () => ofClientHandshake(OPTIONS, true), at);
        },
      ),
      RUNS,
    );
  });
});

test("any bytes are accepted, fail with a code, or wait; the same in any chunks", () => {
  const part = fc.oneof(
    fc.constantFrom(
      `${SWITCHING}\r\n`,
      ...ACCEPTED.map((field) => `${field}\r\n`),
      "\r\n",
      lines("HTTP/1.1 100 "),
      "HTTP/1.1 404 x\r\n",
      "Content-Length: 3\r\n",
      "Sec-WebSocket-Protocol: chat\r\n",
      "Sec-WebSocket-Extensions: foo\r\n",
    ),
    fc.string({ maxLength: 3 }).map((any) => any.replaceAll(/[^\0-\xff]/g, "?")),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), places, fc.boolean(), (parts, at, end) => {
      const { event } = sameInAnyChunks(octets(parts.join("")), () => ofClientHandshake(OFFERING, end), at);
      if (end) expect(event).not.toBe(HandshakeEvent.NONE);
    }),
    { numRuns: RUNS.numRuns * 3 },
  );
});
