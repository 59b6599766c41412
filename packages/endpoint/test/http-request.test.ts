/** The ordinary requests of a port, as they are judged before the runtime's HTTP server sees them. */
import type { Header, RequestHead } from "@ws/protocol/handshake";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { places, sameInAnyChunks, type Receiver } from "../../codec/test/chunking.ts";
import { ofHead } from "../../protocol/test/receivers.ts";
import { BodyFraming } from "../src/node-http/body-framing.ts";
import { judgeRequest } from "../src/node-http/ordinary-request.ts";
import { ascii } from "./support/raw.ts";

const chunked: readonly Header[] = [["Transfer-Encoding", "chunked"]];

function framing(headers: readonly Header[], maxExtra = 100, version = "1.1"): BodyFraming {
  const body = BodyFraming.of(version, headers, maxExtra);
  if (typeof body === "string") throw new Error(body);
  return body;
}

type Length = number | "more" | "malformed";

/** How many octets are the body's; "more" when it is not over, "malformed". */
function ofBody(headers: readonly Header[], maxExtra?: number): Receiver<Length> {
  const body = framing(headers, maxExtra);
  let taken = 0;
  return {
    receive: (chunk) => void (taken += body.take(chunk)),
    get failure() {
      return body.isMalformed ? "malformed" : undefined;
    },
    finish: () => (body.isMalformed ? "malformed" : body.isComplete ? taken : "more"),
  };
}

function expectLength(headers: readonly Header[], text: string, expected: Length, maxExtra?: number): void {
  expect(sameInAnyChunks(ascii(text), () => ofBody(headers, maxExtra))).toBe(expected);
}

/** Requests one behind the other, as the endpoint reads them: the decoder of heads, the judge, and the framing of bodies. */
function ofRequests(): Receiver<string[]> {
  const said: string[] = [];
  let failure: string | undefined;
  let head = ofHead("request", { maxHeadBytes: 300 });
  let body: BodyFraming | undefined;
  const read = (bytes: Uint8Array): Uint8Array => {
    if (body === undefined) {
      head.receive(bytes);
      if (head.head === undefined) return bytes.subarray(bytes.length);
      const judged = judgeRequest(head.head as RequestHead, false, 20);
      const { rest } = head.finish();
      if (judged.kind === "refusal") failure = judged.code;
      else body = judged.body;
      said.push(judged.kind === "refusal" ? judged.code : `${judged.host} ${judged.target}`);
      return bytes.subarray(bytes.length - rest!.length);
    }
    const taken = body.take(bytes);
    said.push(...Array.from(bytes.subarray(0, taken), String));
    if (body.isMalformed) failure = "MALFORMED_FRAMING";
    if (body.isComplete) {
      said.push("end");
      body = undefined;
      head = ofHead("request", { maxHeadBytes: 300 });
    }
    return bytes.subarray(taken);
  };
  return {
    receive(chunk) {
      let rest = chunk;
      while (failure === undefined && head.failure === undefined && (rest.length > 0 || body?.isComplete === true)) rest = read(rest);
    },
    get failure() {
      return failure ?? head.failure;
    },
    finish: () => [...said, failure ?? head.failure ?? "waits"],
  };
}

describe("RFC 9112 §6, §7.1 where a body ends", () => {
  test("without framing, and by Content-Length", () => {
    expect(framing([]).isComplete).toBe(true);
    expect(framing([["content-length", "0"]]).isComplete).toBe(true);
    expectLength([["Content-Length", "5"]], "helloGET / HTTP/1.1", 5);
    expectLength([["Content-Length", "005"]], "hello", 5);
    expectLength([["Content-Length", "6"]], "hello", "more");
  });

  test.each([
    ["0\r\n\r\n", 5],
    ["5\r\nhello\r\n0\r\n\r\n", 15],
    ["05\r\nhello\r\nA\r\n0123456789\r\n000\r\n\r\n", 33],
    ["5;name=value;x\r\nhello\r\n0;y\r\n\r\n", 30],
    ['5;q="\u00ff;"\r\nhello\r\n0\r\n\r\n', 22],
    ["0\r\nX-Sum: 1\r\nY:\r\n\r\n", 19],
    ["5\r\nhello\r\n0\r\n", "more"],
    ["5\r\nhel", "more"],
  ] as const)("chunks %j", (text, expected) => {
    expectLength(chunked, text + (expected === "more" ? "" : "GET / HTTP/1.1\r\n\r\n"), expected);
  });

  test.each([
    "\r\n",
    "x\r\n",
    "-5\r\n",
    "0x5\r\n",
    " 5\r\n",
    "5 \r\nhello",
    "5\nhello",
    "5\r\rhello",
    "5\r\nhello0\r\n",
    "5\r\nhello\n0",
    "5\r\nhello\r\r",
    "5;a\nb\r\nhello",
    "5;\0\r\nhello",
    "0\r\nX: a\n\r\n",
    "0\r\nX: \0\r\n\r\n",
    "0\r\n\rX",
    "fffffffffffffff\r\n",
    `5;${"x".repeat(101)}\r\n`,
    `0\r\nX: ${"x".repeat(101)}\r\n`,
    `1;${"x".repeat(60)}\r\nx\r\n1;${"x".repeat(60)}\r\n`,
  ])("chunks that are malformed: %j", (text) => {
    expectLength(chunked, text, "malformed");
  });

  test.each<[string, readonly Header[], string, string?]>([
    ["both", [["Content-Length", "5"], ...chunked], "MALFORMED_FRAMING"],
    ["two lengths", [["Content-Length", "5"], ["Content-Length", "5"]], "MALFORMED_FRAMING"], // prettier-ignore
    ["a list of lengths", [["Content-Length", "5, 5"]], "MALFORMED_FRAMING"],
    ["no number", [["Content-Length", ""]], "MALFORMED_FRAMING"],
    ["a sign", [["Content-Length", "+5"]], "MALFORMED_FRAMING"],
    ["a space", [["Content-Length", "5 5"]], "MALFORMED_FRAMING"],
    ["more than 2^53", [["Content-Length", "9999999999999999"]], "MALFORMED_FRAMING"],
    ["chunked twice", [["Transfer-Encoding", "chunked, chunked"]], "MALFORMED_FRAMING"],
    ["chunked in two fields", [...chunked, ...chunked], "MALFORMED_FRAMING"],
    ["chunked not last", [["Transfer-Encoding", "chunked, gzip"]], "MALFORMED_FRAMING"],
    ["no coding", [["Transfer-Encoding", ""]], "MALFORMED_FRAMING"],
    ["identity", [["Transfer-Encoding", "identity"]], "MALFORMED_FRAMING"],
    ["a parameter", [["Transfer-Encoding", "chunked;x"]], "MALFORMED_FRAMING"],
    ["vertical tab", [["Transfer-Encoding", "\u000bchunked"]], "MALFORMED_FRAMING"],
    ["HTTP/1.0", chunked, "MALFORMED_FRAMING", "1.0"],
    ["gzip before", [["Transfer-Encoding", "gzip, chunked"]], "UNSUPPORTED_TRANSFER_CODING"],
  ])("%s is refused", (_, headers, expected, version = "1.1") => {
    expect(BodyFraming.of(version, headers, 100)).toBe(expected);
  });

  test("any chunks that a client writes end where they end, however they are cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 40 })),
        fc.boolean(),
        places,
        fc.string({ unit: "binary-ascii" }),
        (chunks, upperCase, at, behind) => {
          const sized = (text: string): string => (upperCase ? text.length.toString(16).toUpperCase() : text.length.toString(16));
          const body = `${chunks.map((chunk) => `${sized(chunk)}\r\n${chunk}\r\n`).join("")}0\r\n\r\n`;
          expect(sameInAnyChunks(ascii(body + behind), () => ofBody(chunked), at)).toBe(body.length);
        },
      ),
    );
  });
});

test("requests one behind the other, damaged or not, are read the same in any chunks, and refused at the same byte", () => {
  const request = fc
    .tuple(
      fc.constantFrom("GET / HTTP/1.1", "POST /a?b HTTP/1.1", "OPTIONS * HTTP/1.1", "GET http://b/c HTTP/1.0", "FOO / HTTP/1.1"),
      fc.constantFrom("Host: a\r\n", "Host: a\r\nX: y\r\n", "host:b:80\r\n", ""),
      fc.constantFrom(
        "\r\n",
        "Content-Length: 3\r\n\r\nabc",
        "Transfer-Encoding: chunked\r\n\r\n2;x\r\nab\r\n0\r\nT: z\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      ),
    )
    .map(([line, host, body]) => `${line}\r\n${host}${body}`);
  const edit = fc.tuple(fc.nat(200), fc.nat(2), fc.constantFrom("", "\r", "\n", "0", ";", " ", ":", "\u00ff"));
  fc.assert(
    fc.property(fc.array(request, { minLength: 1, maxLength: 4 }), fc.array(edit, { maxLength: 2 }), places, (requests, edits, at) => {
      const text = edits.reduce((all, [place, cut, by]) => all.slice(0, place) + by + all.slice(place + cut), requests.join(""));
      sameInAnyChunks(Uint8Array.from(Buffer.from(text, "latin1")), ofRequests, at);
    }),
    { numRuns: Number(process.env["FAST_CHECK_RUNS"] ?? 300) },
  );
});

describe("RFC 9112 §3.2, §3.3 the target URI", () => {
  const judge = (target: string, host: string | undefined, more: Partial<RequestHead> = {}, secure = false): unknown => {
    const headers: Header[] = host === undefined ? [] : [["Host", host]];
    const judged = judgeRequest({ method: "GET", target, version: "1.1", headers, ...more }, secure, 100);
    return judged.kind === "refusal" ? judged.code : `${judged.host} ${judged.target}`;
  };

  test.each([
    ["/x?y", "a", "a /x?y"],
    ["/", "a:8080", "a:8080 /"],
    ["//b/x", "a", "a //b/x"],
    ["/@b", "[::1]", "[::1] /@b"],
    ["http://b/x?y", "a", "b /x?y"],
    ["HTTP://b:80", "a", "b:80 /"],
    ["http://b?q", "a", "b /?q"],
    ["http:///x", "a", "MALFORMED_TARGET"],
    ["http://u@b/", "a", "MALFORMED_TARGET"],
    ["ftp://b/", "a", "MALFORMED_TARGET"],
    ["x", "a", "MALFORMED_TARGET"],
    ["*", "a", "MALFORMED_TARGET"],
    ["/x#y", "a", "MALFORMED_TARGET"],
    ["https://b/", "a", "MISDIRECTED_REQUEST"],
    ["/", undefined, "MISSING_HOST"],
    ["/", "", "MALFORMED_HOST"],
    ["/", "a?b", "MALFORMED_HOST"],
    ["/", "a%2fb", "MALFORMED_HOST"],
    ["/", "999.1.1.1", "MALFORMED_HOST"],
  ])("%s at %s: %s", (target, host, expected) => {
    expect(judge(target, host)).toBe(expected);
  });

  test("asterisk-form, methods, versions and schemes", () => {
    expect(judge("*", "a", { method: "OPTIONS" })).toBe("a /");
    expect(judge("/", undefined, { version: "1.0" })).toBe("localhost /");
    expect(judge("/", "a?b", { version: "1.0" })).toBe("MALFORMED_HOST");
    expect(judge("/", "a", { version: "2.0" })).toBe("UNSUPPORTED_HTTP_VERSION");
    for (const method of ["CONNECT", "TRACE", "TRACK", "FOO", "get"]) expect(judge("/", "a", { method })).toBe("UNSUPPORTED_METHOD");
    expect(judge("https://b/", "a", {}, true)).toBe("b /");
    expect(judge("http://b/", "a", {}, true)).toBe("MISDIRECTED_REQUEST");
    expect(judge("/", "a", { headers: [["Host", "a"], ["host", "a"]] })).toBe("DUPLICATE_HEADER"); // prettier-ignore
  });

  test("any target and Host that pass are the URL's own: neither changes the other", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme-ascii" }), fc.string({ unit: "grapheme-ascii" }), (path, host) => {
        const judged = judgeRequest(
          { method: "GET", target: `/${path.replace(/ /g, "")}`, version: "1.1", headers: [["Host", host]] },
          false,
          100,
        );
        if (judged.kind === "refusal") return;
        const url = new URL(`http://${judged.host}${judged.target}`);
        expect(url.username + url.password + url.hash).toBe("");
        expect(url.host).toBe(new URL(`http://${host}/`).host);
        const resource = new URL(`http://other${judged.target}`);
        expect(url.pathname + url.search).toBe(resource.pathname + resource.search);
      }),
    );
  });
});
