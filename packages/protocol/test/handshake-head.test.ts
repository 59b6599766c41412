import { utf8 } from "@ws/codec";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { chunksOf, places, sameInAnyChunks } from "../../codec/test/chunking.ts";
import { HandshakeFailure, HeadDecoder, HeadEvent } from "../src/handshake/index.ts";
import { decodeAtEveryChunkSize, decodeHead, expectLinear, lines, octets, RUNS, text } from "./handshake-support.ts";
import { ofHead } from "./receivers.ts";

const GET = "GET /chat HTTP/1.1\r\n";
const OK = "HTTP/1.1 101 Switching Protocols\r\n";

describe("a head that is read", () => {
  test("RFC 6455 §1.2 the client's request, at every chunk size", () => {
    const bytes = octets(
      lines(
        "GET /chat HTTP/1.1",
        "Host: server.example.com",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Origin: http://example.com",
        "Sec-WebSocket-Protocol: chat, superchat",
        "Sec-WebSocket-Version: 13",
      ),
    );
    expect(decodeAtEveryChunkSize("request", bytes)).toEqual({
      head: {
        method: "GET",
        target: "/chat",
        version: "1.1",
        headers: [
          ["Host", "server.example.com"],
          ["Upgrade", "websocket"],
          ["Connection", "Upgrade"],
          ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
          ["Origin", "http://example.com"],
          ["Sec-WebSocket-Protocol", "chat, superchat"],
          ["Sec-WebSocket-Version", "13"],
        ],
      },
      headBytes: text(bytes),
      rest: "",
    });
  });

  test("RFC 6455 §1.2 the server's response, at every chunk size", () => {
    const bytes = octets(
      lines(
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        "Sec-WebSocket-Protocol: chat",
      ),
    );
    expect(decodeAtEveryChunkSize("response", bytes).head).toEqual({
      version: "1.1",
      status: 101,
      reason: "Switching Protocols",
      headers: [
        ["Upgrade", "websocket"],
        ["Connection", "Upgrade"],
        ["Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="],
        ["Sec-WebSocket-Protocol", "chat"],
      ],
    });
  });

  test("the bytes behind a head are kept, whichever chunk they come in", () => {
    const bytes = octets(`${GET}Host: a\r\n\r\n\x81\x05Hello\r\n\r\n`);
    expect(decodeAtEveryChunkSize("request", bytes).rest).toBe("\x81\x05Hello\r\n\r\n");
  });

  test("the rest is a view of the chunk", () => {
    const chunk = octets(`${GET}\r\nrest`);
    const decoder = new HeadDecoder("request");
    decoder.receive(chunk);
    expect(decoder.poll()).toBe(HeadEvent.HEAD);
    expect(decoder.rest.buffer).toBe(chunk.buffer);
    expect(text(decoder.rest)).toBe("rest");
  });

  test.each<[name: string, line: string, header: [string, string]]>([
    ["no whitespace", "a:b", ["a", "b"]],
    ["spaces and tabs around the value", "a: \t b c \t ", ["a", "b c"]],
    ["an empty value", "a:", ["a", ""]],
    ["a value of whitespace", "a: \t ", ["a", ""]],
    ["colons in the value", "a: b:c: d", ["a", "b:c: d"]],
    ["every token character", "!#$%&'*+-.^_`|~09azAZ: 1", ["!#$%&'*+-.^_`|~09azAZ", "1"]],
    ["octets above ASCII", "a: \x80\xff", ["a", "\x80\xff"]],
    ["the name keeps its case", "sEC-webSocket-KEY: x", ["sEC-webSocket-KEY", "x"]],
  ])("RFC 9110 §5 a field line with %s", (_name, line, header) => {
    expect(decodeAtEveryChunkSize("request", octets(`${GET}${line}\r\n\r\n`)).head!.headers).toEqual([header]);
  });

  test("names of the language's own properties are names like any other", () => {
    const names = ["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf", "prototype"];
    const bytes = octets(lines("GET / HTTP/1.1", ...names.map((name) => `${name}: 1`)));
    expect(decodeHead("request", [bytes]).head!.headers).toEqual(names.map((name) => [name, "1"]));
  });

  test("RFC 9112 §4 the reason phrase may be empty, but its space may not be missing", () => {
    expect(decodeAtEveryChunkSize("response", octets("HTTP/1.1 101 \r\n\r\n")).head).toMatchObject({ status: 101, reason: "" });
    expect(decodeAtEveryChunkSize("response", octets("HTTP/1.1 101\r\n\r\n")).code).toBe("MALFORMED_START_LINE");
  });

  test("any version of HTTP/1.1's form is read, for others to judge", () => {
    expect(decodeHead("request", [octets("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")])).toMatchObject({
      head: { method: "PRI", target: "*", version: "2.0" },
      rest: "SM\r\n\r\n",
    });
  });
});

describe("a head that fails", () => {
  test.each<[name: string, bytes: string, at: number]>([
    ["§3 a space before the method", " GET / HTTP/1.1\r\n\r\n", 0],
    ["§2.2 an empty line before the request line", `\r\n${GET}\r\n`, 0],
    ["§3 a method with a separator", "GE(T / HTTP/1.1\r\n\r\n", 2],
    ["§3 two spaces before the target", "GET  / HTTP/1.1\r\n\r\n", 4],
    ["§3 two spaces behind the target", "GET /  HTTP/1.1\r\n\r\n", 6],
    ["§3 a tab in place of a space", "GET\t/ HTTP/1.1\r\n\r\n", 3],
    ["§3 a control character in the target", "GET /\x01 HTTP/1.1\r\n\r\n", 5],
    ["§3 an octet above ASCII in the target", "GET /\xe4 HTTP/1.1\r\n\r\n", 5],
    ["§3 no version", "GET /\r\n\r\n", 5],
    ["§2.3 a version in lower case", "GET / http/1.1\r\n\r\n", 6],
    ["§2.3 a version with two digits", "GET / HTTP/1.10\r\n\r\n", 14],
    ["§2.3 a version without a dot", "GET / HTTP/11\r\n\r\n", 12],
    ["§2.3 a version cut short", "GET / HTTP/1.\r\n\r\n", 13],
    ["§3 a space behind the version", "GET / HTTP/1.1 \r\n\r\n", 14],
    ["§2.2 a bare LF behind the request line", "GET / HTTP/1.1\n\r\n", 14],
    ["§2.2 a bare CR behind the request line", "GET / HTTP/1.1\rHost: a\r\n\r\n", 15],
    ["a TLS handshake", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 0],
    ["a WebSocket frame", "\x81\x85\x01\x02\x03\x04", 0],
  ])("RFC 9112 %s", (_name, bytes, at) => {
    const { code, status, message } = decodeAtEveryChunkSize("request", octets(bytes));
    expect({ code, status }).toEqual({ code: "MALFORMED_START_LINE", status: 400 });
    expect(message).toContain(`octet ${at} is 0x${bytes.charCodeAt(at).toString(16).padStart(2, "0")}`);
  });

  test.each<[name: string, bytes: string, at: number]>([
    ["§4 another protocol", "HTTPS/1.1 101 \r\n\r\n", 4],
    ["§4 a server that speaks first", "SSH-2.0-OpenSSH_9.9\r\n", 0],
    ["§4 two spaces before the status", "HTTP/1.1  101 \r\n\r\n", 9],
    ["§4 a status of two digits", "HTTP/1.1 10 x\r\n\r\n", 11],
    ["§4 a status of four digits", "HTTP/1.1 1010 x\r\n\r\n", 12],
    ["§4 a status with a sign", "HTTP/1.1 +10 x\r\n\r\n", 9],
    ["§4 a control character in the reason", "HTTP/1.1 101 a\x00b\r\n\r\n", 14],
    ["§2.2 a bare LF behind the reason", "HTTP/1.1 101 a\n\r\n", 14],
    ["§2.2 a bare CR in the reason", "HTTP/1.1 101 a\rb\r\n\r\n", 15],
  ])("RFC 9112 %s", (_name, bytes, at) => {
    const { code, message } = decodeAtEveryChunkSize("response", octets(bytes));
    expect(code).toBe("MALFORMED_START_LINE");
    expect(message).toContain(`octet ${at} is 0x${bytes.charCodeAt(at).toString(16).padStart(2, "0")}`);
  });

  const fieldCases: [name: string, fields: string, at: number][] = [
    ["§5.1 whitespace before the colon", "Host : a\r\n\r\n", 4],
    ["§5.1 a tab before the colon", "Host\t: a\r\n\r\n", 4],
    ["§5 no colon", "Host\r\n\r\n", 4],
    ["§5 an empty name", ": a\r\n\r\n", 0],
    ["§5 a name with a separator", "Ho/st: a\r\n\r\n", 2],
    ["§5 a name above ASCII", "H\xf6st: a\r\n\r\n", 1],
    ["§5.2 obsolete line folding with a space", "a: b\r\n c\r\n\r\n", 6],
    ["§5.2 obsolete line folding with a tab", "a: b\r\n\tc\r\n\r\n", 6],
    ["§2.2 whitespace between the start line and the first field", " a: b\r\n\r\n", 0],
    ["§2.2 a bare LF behind a value", "a: b\nc: d\r\n\r\n", 4],
    ["§2.2 a bare CR in a value", "a: b\rc: d\r\n\r\n", 5],
    ["§2.2 a bare LF as the empty line", "a: b\r\n\n", 6],
    ["§2.2 CR without LF as the empty line", "a: b\r\n\rX", 7],
    ["§5.5 NUL in a value", "a: b\0c\r\n\r\n", 4],
    ["§5.5 a control character in a value", "a: \x1b[2J\r\n\r\n", 3],
    ["§5.5 DEL in a value", "a: \x7f\r\n\r\n", 3],
  ];
  test.each(fieldCases)("RFC 9112 %s", (_name, fields, at) => {
    for (const [kind, line] of [
      ["request", GET],
      ["response", OK],
    ] as const) {
      const { code, status, message } = decodeAtEveryChunkSize(kind, octets(line + fields));
      expect({ code, status }).toEqual({ code: "MALFORMED_HEADER_FIELD", status: 400 });
      expect(message).toContain(`octet ${line.length + at} is 0x${fields.charCodeAt(at).toString(16).padStart(2, "0")}`);
    }
  });

  test("every octet is judged by its class, at each place where one may stand", () => {
    const accepts = (before: string, after: string): number[] =>
      Array.from({ length: 256 }, (_, octet) => octet).filter(
        (octet) => "head" in decodeHead("request", [octets(before + String.fromCharCode(octet) + after)]),
      );
    const matching = (pattern: RegExp): number[] =>
      Array.from({ length: 256 }, (_, octet) => octet).filter((octet) => pattern.test(String.fromCharCode(octet)));
    const token = matching(/[!#$%&'*+\-.^_`|~0-9A-Za-z]/);
    expect(accepts("G", "T / HTTP/1.1\r\n\r\n")).toEqual(token);
    expect(accepts("GET /", " HTTP/1.1\r\n\r\n")).toEqual(matching(/[\x21-\x7e]/));
    expect(accepts(`${GET}a`, "c: d\r\n\r\n")).toEqual(matching(/[!#$%&'*+\-.^_`|~0-9A-Za-z:]/));
    expect(accepts(`${GET}a: b`, "c\r\n\r\n")).toEqual(matching(/[\t\x20-\x7e\x80-\xff]/));
  });

  test("nothing is read after a failure, and it stays the same", () => {
    const decoder = new HeadDecoder("request");
    decoder.receive(octets("\0"));
    expect(decoder.poll()).toBe(HeadEvent.FAILED);
    const { error } = decoder;
    decoder.receive(octets(`${GET}\r\n`));
    expect(decoder.poll()).toBe(HeadEvent.FAILED);
    expect(decoder.error).toBe(error);
  });
});

describe("limits", () => {
  const head = octets(`${GET}a: b\r\n\r\n`);

  test("a head of exactly maxHeadBytes is read, one octet more is not, at every chunk size", () => {
    expect(decodeAtEveryChunkSize("request", head, { maxHeadBytes: head.length }).head).toBeDefined();
    expect(decodeAtEveryChunkSize("request", head, { maxHeadBytes: head.length - 1 })).toMatchObject({
      code: "HEAD_TOO_LARGE",
      status: 431,
    });
  });

  test("RFC 9112 §3 a target that is too long has a status of its own", () => {
    expect(decodeAtEveryChunkSize("request", octets(`GET /${"a".repeat(100)}`), { maxHeadBytes: 50 })).toMatchObject({
      code: "TARGET_TOO_LONG",
      status: 414,
    });
  });

  test("maxHeaders fields are read, one more is not", () => {
    const fields = (count: number): Uint8Array =>
      octets(lines("GET / HTTP/1.1", ...Array.from({ length: count }, (_, index) => `h${index}: 1`)));
    expect(decodeAtEveryChunkSize("request", fields(5), { maxHeaders: 5 }).head!.headers).toHaveLength(5);
    expect(decodeAtEveryChunkSize("request", fields(6), { maxHeaders: 5 })).toMatchObject({ code: "TOO_MANY_HEADERS", status: 431 });
    expect(decodeHead("request", [fields(100)]).head!.headers).toHaveLength(100);
    expect(decodeHead("request", [fields(101)])).toMatchObject({ code: "TOO_MANY_HEADERS" });
  });

  test("the default is 16 KiB, and an endless head fails there", () => {
    const decoder = new HeadDecoder("request");
    const piece = octets("a".repeat(1000));
    decoder.receive(octets(`${GET}a: `));
    let received = GET.length + 3;
    while (decoder.poll() === HeadEvent.NONE) {
      decoder.receive(piece);
      received += piece.length;
    }
    expect(decoder.error).toMatchObject({ code: "HEAD_TOO_LARGE" });
    expect(received).toBeGreaterThanOrEqual(16_384);
    expect(received).toBeLessThan(16_384 + piece.length);
  });

  test("the message says what the limit is", () => {
    expect(decodeHead("request", [octets(GET)], { maxHeadBytes: GET.length }).message).toBe(
      `The head is longer than ${GET.length} octets. Send less, or raise maxHeadBytes.`,
    );
  });

  test("what follows the head does not count", () => {
    expect(decodeHead("request", [octets(`${GET}\r\n${"x".repeat(100)}`)], { maxHeadBytes: GET.length + 2 }).rest).toHaveLength(100);
  });

  test.each(["maxHeadBytes", "maxHeaders"])("%s: a limit that is none is a RangeError that names it", (name) => {
    for (const right of [1, Number.MAX_SAFE_INTEGER]) expect(() => new HeadDecoder("request", { [name]: right })).not.toThrow();
    for (const wrong of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => new HeadDecoder("request", { [name]: wrong })).toThrow(
        new RangeError(`${name} has to be a positive integer, not ${wrong}.`),
      );
  });

  test("a head of any length comes through whole, with every octet that a field may hold", () => {
    const long = Array.from({ length: 150_000 }, (_, index) => String.fromCharCode(0x80 + (index % 0x80))).join("");
    const { head } = decodeHead("request", [octets(`${GET}X-Long: ${long}\r\n\r\n`)], { maxHeadBytes: 200_000 });
    expect(head!.headers.find(([name]) => name === "X-Long")![1] === long).toBe(true);
  });
});

describe("the order of calls", () => {
  test("a chunk that has not been read cannot be passed over", () => {
    const decoder = new HeadDecoder("request");
    decoder.receive(octets(GET));
    expect(() => decoder.receive(octets("a: b\r\n"))).toThrow("poll()");
    expect(decoder.poll()).toBe(HeadEvent.NONE);
    decoder.receive(octets("\r\nrest"));
    for (let again = 0; again < 3; again++) {
      expect(decoder.poll()).toBe(HeadEvent.HEAD);
      expect([decoder.headText, text(decoder.headBytes), text(decoder.rest)]).toEqual([`${GET}\r\n`, `${GET}\r\n`, "rest"]);
    }
  });

  test("nothing can be taken before the head is complete, and nothing given after", () => {
    const decoder = new HeadDecoder("request");
    expect(decoder.poll()).toBe(HeadEvent.NONE);
    expect(() => decoder.head).toThrow();
    expect(() => decoder.rest).toThrow();
    expect(() => decoder.headBytes).toThrow();
    expect(() => decoder.headText).toThrow();
    decoder.receive(octets(`${GET}\r\n`));
    expect(decoder.poll()).toBe(HeadEvent.HEAD);
    expect(decoder.poll()).toBe(HeadEvent.HEAD);
    expect(() => decoder.receive(octets("frame"))).toThrow("belong to what follows");
  });
});

describe("properties", () => {
  const tchar = fc.constantFrom(..."!#$%&'*+-.^_`|~0123456789abcXYZ");
  const token = fc.string({ unit: tchar, minLength: 1, maxLength: 12 });
  const visible = fc.string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map((octet) => String.fromCharCode(octet)),
    minLength: 1,
    maxLength: 30,
  });
  const value = fc.oneof(
    fc.string({ unit: fc.constantFrom(...'ab ,;:"\t\x80\xff'), maxLength: 20 }),
    fc.constantFrom("caf\xc3\xa9", "\xef\xbb\xbf"),
  );
  const field = fc.tuple(fc.oneof(token, fc.constantFrom("__proto__", "constructor", "Host")), value);
  const whitespace = fc.string({ unit: fc.constantFrom(" ", "\t"), maxLength: 3 });

  // What is not ASCII is read octet by octet, well-formed UTF-8 too.
  test.each([
    ["", undefined],
    [" by a host's UTF-8", utf8],
  ])("what is written as a head is read back%s, in any chunks, with the rest behind it", (_, host) => {
    fc.assert(
      fc.property(
        token,
        visible,
        fc.array(fc.tuple(field, whitespace, whitespace), { maxLength: 8 }),
        fc.uint8Array({ maxLength: 20 }),
        places,
        (method, target, fields, rest, at) => {
          const head = `${method} ${target} HTTP/1.1\r\n${fields.map(([[name, content], before, after]) => `${name}:${before}${content}${after}\r\n`).join("")}\r\n`;
          const bytes = octets(head + text(rest));
          expect(sameInAnyChunks(bytes, () => ofHead("request", { utf8: host }), at)).toEqual({
            head: {
              method,
              target,
              version: "1.1",
              headers: fields.map(([[name, content]]) => [name, content.replace(/^[ \t]+|[ \t]+$/g, "")]),
            },
            headBytes: head,
            rest: text(rest),
          });
        },
      ),
      RUNS,
    );
  });

  /** Near-misses: pieces of heads and single octets, so that every state is reached and then broken. */
  const almostHead = fc
    .array(
      fc.oneof(
        fc.constantFrom("GET", " ", "/", "HTTP/1.1", "\r\n", "\r", "\n", "Host", ":", "a", "\t", "\0", "101", "OK", GET, OK),
        fc.integer({ min: 0, max: 255 }).map((octet) => String.fromCharCode(octet)),
      ),
      { maxLength: 40 },
    )
    .map((parts) => octets(parts.join("")));

  test.each(["request", "response"] as const)(
    "any bytes as a %s give a head, a failure with a code, or wait; and the same in any chunks",
    (kind) => {
      fc.assert(
        fc.property(fc.oneof(almostHead, fc.uint8Array({ maxLength: 100 })), places, (bytes, at) => {
          const limits = { maxHeadBytes: 80, maxHeaders: 3 };
          const whole = sameInAnyChunks(bytes, () => ofHead(kind, limits), at);
          if (whole.head !== undefined) expect(whole.headBytes! + whole.rest!).toBe(text(bytes));
          else if (whole.code === undefined) expect(bytes.length).toBeLessThan(limits.maxHeadBytes);
        }),
        { numRuns: RUNS.numRuns * 5 },
      );
    },
  );

  test("a head fails at its first bad octet: every prefix without it still waits", () => {
    fc.assert(
      fc.property(almostHead, (bytes) => {
        const { code, message } = decodeHead("request", [bytes.slice()]);
        fc.pre(code !== undefined);
        const at = Number(/octet (\d+) /.exec(message!)![1]);
        expect(decodeHead("request", [bytes.slice(0, at)])).toEqual({});
        expect(decodeHead("request", [bytes.slice(0, at + 1)]).code).toBe(code);
      }),
      RUNS,
    );
  });
});

describe("cost", () => {
  test("each octet of a chunk is looked at once, the one that ends a part twice", () => {
    // Counted in place of measured.
    const bytes = octets(`${GET}a: ${"b".repeat(10_000)} c\r\nd: e\r\n`);
    const reads = new Uint32Array(bytes.length);
    const counted = new Proxy(bytes, {
      get(target, property) {
        if (typeof property === "string" && /^\d+$/.test(property)) reads[Number(property)]!++;
        const member: unknown = Reflect.get(target, property, target);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
    const decoder = new HeadDecoder("request");
    decoder.receive(counted);
    expect(decoder.poll()).toBe(HeadEvent.NONE);
    expect(Math.min(...reads)).toBe(1);
    expect(Math.max(...reads)).toBe(2);
    // Behind the method, the target, and each name and value.
    expect(reads.filter((count) => count === 2)).toHaveLength(6);
  });

  test.each([1, 1 << 20])("the time for an endless head grows with its length, in chunks of %i", (chunkSize) => {
    expectLinear((size) => {
      const decoder = new HeadDecoder("request", { maxHeadBytes: 1 << 24 });
      for (const piece of chunksOf(octets(`${GET}a: ${" b".repeat(size)}`), chunkSize)) {
        decoder.receive(piece);
        decoder.poll();
      }
    }, 500);
  });

  test("a square is told from a line", () => {
    expect(() =>
      expectLinear((size) => {
        let steps = 0;
        for (let i = 0; i < size * size; i++) steps += i & 1;
        expect(steps).toBeGreaterThan(0);
      }, 300),
    ).toThrow("ms for 300");
  });
});

test("a failure says where the rule stands, and is an Error that nothing here throws", () => {
  const failure = new HandshakeFailure("MALFORMED_HEADER_FIELD", "why");
  expect(failure).toBeInstanceOf(Error);
  expect(failure).toMatchObject({
    name: "HandshakeFailure",
    code: "MALFORMED_HEADER_FIELD",
    section: "RFC 9112 §5",
    status: 400,
    message: "why",
    response: undefined,
  });
});
