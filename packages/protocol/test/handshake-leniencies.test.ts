/** "Strict by default, lenient by name": each leniency lets its own breach pass, and nothing else. Who breaks these rules is in docs/leniencies.md. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { sameInAnyChunks } from "../../codec/test/chunking.ts";
import { ClientHandshake, encodeAccept, HandshakeEvent, HeadDecoder, HeadEvent } from "../src/handshake/index.ts";
import type { ClientHandshakeLeniencies, ServerHandshakeLeniencies } from "../src/handshake/index.ts";
import { lines, nonceOf, octets, REQUEST_HEADERS, RUNS, text } from "./handshake-support.ts";
import { ofClientHandshake, ofServerHandshake } from "./receivers.ts";

const SERVER = ["emptyHandshakeFields", "strayKeyBits", "leadingEmptyLines"] as const satisfies (keyof ServerHandshakeLeniencies)[];
const CLIENT = ["emptyHandshakeFields", "missingReasonSpace"] as const satisfies (keyof ClientHandshakeLeniencies)[];

/** Where input is cut, besides byte by byte: in the start line, in line ends, in fields. */
const PLACES = [1, 3, 17, 18, 50, 51];

type Lenient = Readonly<Record<string, boolean>>;
const having = (names: readonly string[], chosen: (name: string) => boolean): Lenient =>
  Object.fromEntries(names.map((name) => [name, chosen(name)]));
const everything = (names: readonly string[]): Lenient => having(names, () => true);

const request = (...fields: readonly string[]): string =>
  lines(
    "GET /chat HTTP/1.1",
    ...REQUEST_HEADERS.filter(([name]) => name !== "Sec-WebSocket-Protocol").map(([name, value]) => `${name}: ${value}`),
    ...fields,
  );
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const withKey = (key: string): string => request().replace(KEY, key);

/** What a server makes of the bytes: the request, or the code it refuses with. */
function judgedByServer(bytes: string, lenient?: Lenient): unknown {
  const open = () => ofServerHandshake({ lenient, subprotocols: ["chat"] }, { maxHeadBytes: 4_096, lenient });
  const { judged, headBytes, code } = sameInAnyChunks(octets(bytes), open, PLACES);
  if (judged === undefined) return code;
  return judged.kind === "refusal" ? judged.code : { ...judged, headBytes };
}

const SWITCHING = "HTTP/1.1 101 Switching Protocols";
const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
const answer = (statusLine: string, ...fields: readonly string[]): string =>
  lines(statusLine, "Upgrade: websocket", "Connection: Upgrade", `Sec-WebSocket-Accept: ${ACCEPT}`, ...fields);
const OFFER = { host: "server.example.com", target: "/chat", nonce: nonceOf(KEY), subprotocols: ["chat"], extensions: "foo" };

function judgedByClient(bytes: string, lenient?: Lenient): unknown {
  const { subprotocol, extensions, responseHead, event, error } = sameInAnyChunks(
    octets(bytes),
    () => ofClientHandshake({ ...OFFER, lenient }, false),
    PLACES,
  );
  return error?.code ?? (event === HandshakeEvent.ACCEPTED ? { subprotocol, extensions, responseHead } : undefined);
}

const ROLES = {
  server: { names: SERVER, judged: judgedByServer, lawful: [request(), request("Sec-WebSocket-Protocol: chat")] },
  client: { names: CLIENT, judged: judgedByClient, lawful: [answer(SWITCHING), answer("HTTP/1.1 101 ", "Sec-WebSocket-Protocol: chat")] },
} as const;

/** What is refused by default, and what alone lets it pass. */
const BREACHES: readonly [role: "server" | "client", leniency: string, code: string, what: string, bytes: string][] = [
  ["server", "strayKeyBits", "MALFORMED_KEY", "the key of RFC 6455 §4.1 itself (erratum 3150)", withKey("AQIDBAUGBwgJCgsMDQ4PEC==")],
  ["server", "strayKeyBits", "MALFORMED_KEY", "a key with all four bits set", withKey("dGhlIHNhbXBsZSBub25jZf==")],
  ["server", "leadingEmptyLines", "MALFORMED_START_LINE", "one empty line", `\r\n${request()}`],
  ["server", "leadingEmptyLines", "MALFORMED_START_LINE", "several empty lines", `${"\r\n".repeat(9)}${request()}`],
  ["server", "emptyHandshakeFields", "MALFORMED_SUBPROTOCOLS", "an empty list of subprotocols", request("Sec-WebSocket-Protocol:")],
  ["server", "emptyHandshakeFields", "MALFORMED_SUBPROTOCOLS", "one of whitespace", request("Sec-WebSocket-Protocol: \t ")],
  ["server", "emptyHandshakeFields", "MALFORMED_EXTENSIONS", "an empty list of extensions", request("Sec-WebSocket-Extensions: ")],
  ["client", "missingReasonSpace", "MALFORMED_START_LINE", "a status line without its last space", answer("HTTP/1.1 101")],
  ["client", "missingReasonSpace", "MALFORMED_START_LINE", "the same of a 1xx before", `HTTP/1.1 103\r\n\r\n${answer(SWITCHING)}`],
  ["client", "emptyHandshakeFields", "SUBPROTOCOL_NOT_OFFERED", "an empty subprotocol", answer(SWITCHING, "Sec-WebSocket-Protocol: ")],
  ["client", "emptyHandshakeFields", "MALFORMED_EXTENSIONS", "an empty extension", answer(SWITCHING, "Sec-WebSocket-Extensions:")],
];

test.each(["G\r\n", ":\n", "\n", " \r\n", "\r\r\n"])(
  "leadingEmptyLines are CRLF, and stand before the method: %j does not pass",
  (before) => {
    expect(judgedByServer(before + request(), { leadingEmptyLines: true })).toBe("MALFORMED_START_LINE");
  },
);

test.each(BREACHES)("%s, %s: without it %s for %s", (role, leniency, code, _what, bytes) => {
  const { names, judged } = ROLES[role];
  expect(judged(bytes)).toBe(code);
  expect(judged(bytes, {})).toBe(code);
  for (const name of names) {
    const alone = judged(
      bytes,
      having(names, (one) => one === name),
    );
    const allOthers = judged(
      bytes,
      having(names, (one) => one !== name),
    );
    expect([name, typeof alone, typeof allOthers]).toEqual(name === leniency ? [name, "object", "string"] : [name, "string", "object"]);
  }
});

test("every leniency of a role is in the table", () => {
  for (const role of ["server", "client"] as const) {
    const tried = new Set(BREACHES.filter(([of]) => of === role).map(([, leniency]) => leniency));
    expect([...tried].sort()).toEqual([...ROLES[role].names].sort());
  }
});

/** What stays refused, whatever is waived: close to what is, and what nobody may waive. */
const REFUSED: readonly [role: "server" | "client", code: string, what: string, bytes: string][] = [
  ["server", "MALFORMED_START_LINE", "a bare LF before the request line", `\n${request()}`],
  ["server", "MALFORMED_START_LINE", "a bare CR", `\r${request()}`],
  ["server", "MALFORMED_START_LINE", "CR, CR, LF", `\r\r\n${request()}`],
  ["server", "MALFORMED_START_LINE", "a line of whitespace", ` \r\n${request()}`],
  ["server", "HEAD_TOO_LARGE", "empty lines as long as a head may be", "\r\n".repeat(2_048)],
  ["server", "HEAD_TOO_LARGE", "empty lines that leave too little for the head", `${"\r\n".repeat(2_000)}${request()}`],
  ["server", "MALFORMED_KEY", "no key", withKey("")],
  ["server", "MALFORMED_KEY", "a key without padding", withKey("AQIDBAUGBwgJCgsMDQ4PEC")],
  ["server", "MALFORMED_KEY", "a key of 15 bytes", withKey("AQIDBAUGBwgJCgsMDQ4P")],
  ["server", "MALFORMED_KEY", "a key of 17 bytes", withKey("AQIDBAUGBwgJCgsMDQ4PEBE=")],
  ["server", "MALFORMED_KEY", "a key of 32 bytes", withKey("JCMCrKJENqcrTU9erFxGoiP5P8JhjeocERQs9vgR/Y4=")],
  ["server", "MALFORMED_KEY", "a key in another alphabet", withKey("AQIDBAUGBwgJCgsMDQ4P-C==")],
  ["server", "DUPLICATE_HEADER", "a key twice", request(`Sec-WebSocket-Key: ${KEY}`)],
  ["server", "MALFORMED_SUBPROTOCOLS", "a comma alone", request("Sec-WebSocket-Protocol: ,")],
  ["server", "MALFORMED_SUBPROTOCOLS", "no token", request("Sec-WebSocket-Protocol: a@b")],
  ["server", "MALFORMED_EXTENSIONS", "a comma alone", request("Sec-WebSocket-Extensions: ,")],
  ["server", "MALFORMED_EXTENSIONS", "a parameter alone", request("Sec-WebSocket-Extensions: ;a")],
  ["server", "UNSUPPORTED_VERSION", "an empty version", request().replace("Version: 13", "Version:")],
  ["server", "MALFORMED_HOST", "an empty Host", request().replace("Host: server.example.com", "Host:")],
  ["client", "MALFORMED_START_LINE", "a reason directly behind the status", answer("HTTP/1.1 101Switching Protocols")],
  ["client", "MALFORMED_START_LINE", "a tab for the space", answer("HTTP/1.1 101\tSwitching Protocols")],
  ["client", "MALFORMED_START_LINE", "a status of two digits", answer("HTTP/1.1 10")],
  ["client", "MALFORMED_START_LINE", "no status", answer("HTTP/1.1 ")],
  ["client", "MALFORMED_START_LINE", "a bare LF", answer("HTTP/1.1 101").replace("101\r\n", "101\n")],
  ["client", "MALFORMED_START_LINE", "an empty line before it, which only servers may waive", `\r\n${answer(SWITCHING)}`],
  ["client", "DUPLICATE_HEADER", "an empty subprotocol twice", answer(SWITCHING, "Sec-WebSocket-Protocol:", "Sec-WebSocket-Protocol:")],
  ["client", "DUPLICATE_HEADER", "one beside another", answer(SWITCHING, "Sec-WebSocket-Protocol:", "Sec-WebSocket-Protocol: chat")],
  ["client", "DUPLICATE_HEADER", "an empty extension twice", answer(SWITCHING, "Sec-WebSocket-Extensions:", "Sec-WebSocket-Extensions:")],
  ["client", "SUBPROTOCOL_NOT_OFFERED", "a comma", answer(SWITCHING, "Sec-WebSocket-Protocol: ,")],
  ["client", "MALFORMED_EXTENSIONS", "a comma", answer(SWITCHING, "Sec-WebSocket-Extensions: ,")],
  ["client", "EXTENSION_NOT_OFFERED", "an extension that was not offered", answer(SWITCHING, "Sec-WebSocket-Extensions: bar")],
  ["client", "RESPONSE_ACCEPT", "an empty accept value", answer(SWITCHING).replace(ACCEPT, "")],
  ["client", "RESPONSE_ACCEPT", "one with stray bits", answer(SWITCHING).replace("xOo=", "xOp=")],
  ["client", "RESPONSE_UPGRADE", "an empty Upgrade", answer(SWITCHING).replace("Upgrade: websocket", "Upgrade:")],
];

test.each(REFUSED)("%s: %s for %s, strict and with every leniency", (role, code, _what, bytes) => {
  const { names, judged } = ROLES[role];
  expect(judged(bytes, everything(names))).toBe(code);
  expect(typeof judged(bytes)).toBe("string");
});

test("a refusal without the space says its status and why", () => {
  const handshake = new ClientHandshake({ ...OFFER, lenient: { missingReasonSpace: true } });
  handshake.receive(octets("HTTP/1.1 403\r\nContent-Length: 9\r\n\r\nnot today"));
  expect(handshake.poll()).toBe(HandshakeEvent.FAILED);
  expect(handshake.error).toMatchObject({
    code: "UNEXPECTED_STATUS",
    message: "The server answered 403 instead of 101: not today",
    response: { status: 403 },
  });
});

test("a key is answered as it was spelled, which is how the client compares", () => {
  const judged = judgedByServer(withKey("AQIDBAUGBwgJCgsMDQ4PEC=="), { strayKeyBits: true });
  // printf '%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11' AQIDBAUGBwgJCgsMDQ4PEC== | openssl sha1 -binary | base64
  expect(text(encodeAccept(judged as never))).toContain("Sec-WebSocket-Accept: OfS0wDaT5NoxF2gqm7Zj2YtetzM=\r\n");
});

test("empty lines are no part of the head, and begin none", () => {
  const decoder = new HeadDecoder("request", { lenient: { leadingEmptyLines: true } });
  const begun: boolean[] = [decoder.hasBegun];
  for (const piece of ["\r\n", "\r", "\n", "G", `${request().slice(1)}rest`]) {
    decoder.receive(octets(piece));
    const event = decoder.poll();
    begun.push(decoder.hasBegun);
    expect(event).toBe(begun.length === 6 ? HeadEvent.HEAD : HeadEvent.NONE);
  }
  expect(begun).toEqual([false, false, false, false, true, true]);
  expect([text(decoder.headBytes), decoder.headText, text(decoder.rest)]).toEqual([request(), request(), "rest"]);
  const strict = new HeadDecoder("request");
  strict.receive(octets("G"));
  expect([strict.poll(), strict.hasBegun]).toEqual([HeadEvent.NONE, true]);
});

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

describe("properties: whoever waives rules accepts more, and the same of what is lawful", () => {
  /** Lawful texts with breaches, and with anything else, in any number. */
  const texts = (role: "server" | "client"): fc.Arbitrary<string> => {
    const pieces = fc.constantFrom("\r\n", "\n", "\r", " ", ",", ";a", "chat", "foo", "\t");
    const empty = fc.constantFrom(
      "Sec-WebSocket-Protocol:",
      "Sec-WebSocket-Extensions: ",
      "Sec-WebSocket-Protocol: chat",
      "Sec-WebSocket-Extensions: foo",
    );
    const damage = fc.oneof(
      fc.constantFrom("\r\n", "\r\n\r\n", "\n").map((before) => (whole: string) => before + whole),
      empty.map((field) => (whole: string) => whole.replace(/\r\n\r\n$/, `\r\n${field}\r\n\r\n`)),
      fc.constantFrom("A", "B", "Q", "f").map((last) => (whole: string) => whole.replace(/.==\r\n/, `${last}==\r\n`)),
      fc.constantFrom("", " ", " OK", "\t").map((reason) => (whole: string) => whole.replace(/^(HTTP\S+ \d+)[^\r]*/, `$1${reason}`)),
      fc.tuple(fc.nat(), pieces).map(
        ([at, piece]) =>
          (whole: string) =>
            whole.slice(0, at % whole.length) + piece + whole.slice(at % whole.length),
      ),
    );
    return fc
      .tuple(fc.constantFrom(...ROLES[role].lawful), fc.array(damage, { maxLength: 3 }))
      .map(([whole, damages]) => damages.reduce((so, one) => one(so), whole));
  };
  /** The breaches undone, each in the way that its leniency reads it. */
  const lawful = (whole: string, { leadingEmptyLines, emptyHandshakeFields, strayKeyBits, missingReasonSpace }: Lenient): string => {
    let done = whole;
    if (leadingEmptyLines === true) done = done.replace(/^(\r\n)+/, "");
    if (emptyHandshakeFields === true) done = done.replaceAll(/\r\nsec-websocket-(protocol|extensions):[ \t]*(?=\r\n)/gi, "");
    if (strayKeyBits === true)
      done = done.replace(
        /(sec-websocket-key:[ \t]*\S{21})([\w+/])==/i,
        (_, before: string, last: string) => `${before}${ALPHABET[ALPHABET.indexOf(last) & 48]!}==`,
      );
    if (missingReasonSpace === true) done = done.replace(/^(HTTP\/1\.1 \d{3})\r\n/, "$1 \r\n");
    return done;
  };
  test.each(["server", "client"] as const)("%s", (role) => {
    const { names, judged } = ROLES[role];
    const chosen = fc.tuple(...names.map(() => fc.boolean())).map((flags) => having(names, (name) => flags[names.indexOf(name as never)]!));
    let more = 0;
    fc.assert(
      fc.property(texts(role), chosen, (whole, lenient) => {
        const strict = judged(whole);
        const waived = judged(whole, lenient);
        if (typeof strict === "object") expect(waived).toEqual(strict);
        if (typeof strict === "object" || typeof waived !== "object") return;
        more++;
        expect(typeof judged(lawful(whole, lenient))).toBe("object");
      }),
      { numRuns: 3 * RUNS.numRuns },
    );
    expect(more).toBeGreaterThan(RUNS.numRuns / 20);
  });
});
