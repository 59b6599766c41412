/** Which codes an opening handshake can fail with, in each role: each can come, and whatever the peer sends, no other comes. */
import {
  type ClientHandshakeErrorCode,
  HandshakeError,
  memoryTransportPair,
  openConnection,
  type AcceptOptions,
  type ServerHandshakeErrorCode,
} from "@ws/endpoint";
import { acceptKey, type Extension } from "@ws/protocol/handshake";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { judgeRequest } from "../src/node-http/ordinary-request.ts";
import { acceptPlan } from "../src/opening/accept-plan.ts";
import type { HandOff } from "../src/opening/hand-off.ts";
import { ServerOpening } from "../src/opening/server-opening.ts";
import { settle } from "./support/clock.ts";
import { manualHost } from "./support/pair.ts";
import { RawPeer, UPGRADE } from "./support/raw.ts";

/** What the peer does instead of sending bytes. */
const END = Symbol("end");
const LOSE = Symbol("lose");
const WAIT = Symbol("wait");
const ABORT = Symbol("abort");
type Deed = string | typeof END | typeof LOSE | typeof WAIT | typeof ABORT;

// ---- a client ----

const ACCEPTED = [
  "HTTP/1.1 101 Switching Protocols",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Accept: $ACCEPT",
  "",
  "",
].join("\r\n");

const withLines = (head: string, ...lines: string[]): string => head.replace("\r\n\r\n", `\r\n${lines.join("\r\n")}\r\n\r\n`);

const CLIENT: Record<ClientHandshakeErrorCode, Deed> = {
  MALFORMED_START_LINE: "SSH-2.0-x\r\n\r\n",
  MALFORMED_HEADER_FIELD: withLines(ACCEPTED, "a b: c"),
  HEAD_TOO_LARGE: withLines(ACCEPTED, `a: ${"b".repeat(20_000)}`),
  TOO_MANY_HEADERS: withLines(ACCEPTED, ...Array<string>(200).fill("a: b")),
  ENDED_EARLY: END,
  DUPLICATE_HEADER: withLines(ACCEPTED, "Sec-WebSocket-Accept: $ACCEPT"),
  MALFORMED_EXTENSIONS: withLines(ACCEPTED, "Sec-WebSocket-Extensions: a b"),
  HANDSHAKE_TIMEOUT: WAIT,
  TRANSPORT_LOST: LOSE,
  ABORTED: ABORT,
  UNEXPECTED_STATUS: "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
  RESPONSE_HTTP_VERSION: ACCEPTED.replace("1.1", "1.0"),
  RESPONSE_UPGRADE: ACCEPTED.replace("websocket", "h2c"),
  RESPONSE_CONNECTION: ACCEPTED.replace("Connection: Upgrade", "Connection: close"),
  RESPONSE_ACCEPT: ACCEPTED.replace("$ACCEPT", "x"),
  SUBPROTOCOL_NOT_OFFERED: withLines(ACCEPTED, "Sec-WebSocket-Protocol: x"),
  EXTENSION_NOT_OFFERED: withLines(ACCEPTED, "Sec-WebSocket-Extensions: x"),
  EXTENSION_PARAMETERS: withLines(ACCEPTED, "Sec-WebSocket-Extensions: x-a, x-b"),
};

const extension = (name: string): Extension => ({
  name,
  offer: () => name,
  accept: () => undefined,
  confirm: () => {
    throw new Error("not reached");
  },
});

/** The code that connecting fails with; undefined: it opened. */
async function ofClient(deed: Deed): Promise<string | undefined> {
  const { clock, host } = manualHost();
  const [near, far] = memoryTransportPair(clock);
  const peer = new RawPeer(far);
  const signal = new AbortController();
  const opened = openConnection(host, { host: "example.com", target: "/" }, () => near, {
    extensions: [extension("x-a"), extension("x-b")],
    signal: signal.signal,
  });
  const code = opened.then(
    () => undefined,
    (error: unknown) => (error instanceof HandshakeError ? error.code : `${error}`),
  );
  await settle();
  const key = /Sec-WebSocket-Key: (\S+)/.exec(peer.takeText())![1]!;
  if (deed === ABORT) signal.abort();
  else if (deed === LOSE) far.destroy();
  else if (deed !== WAIT) {
    if (deed !== END) peer.write(deed.replaceAll("$ACCEPT", acceptKey(key)));
    await settle();
    far.end();
  }
  await clock.advance(20_000);
  return await code;
}

// ---- a server, which serves ordinary HTTP as well ----

const GET = "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n";

interface Circumstances {
  readonly options?: AcceptOptions;
  readonly busy?: string;
  readonly servesHttp?: boolean;
}

const SERVER: Record<ServerHandshakeErrorCode, Deed | readonly [deed: Deed, circumstances: Circumstances]> = {
  MALFORMED_START_LINE: "\x16\x03\x01\r\n\r\n",
  MALFORMED_HEADER_FIELD: withLines(UPGRADE, "a b: c"),
  TARGET_TOO_LONG: UPGRADE.replace("/chat", `/${"a".repeat(20_000)}`),
  HEAD_TOO_LARGE: withLines(UPGRADE, `a: ${"b".repeat(20_000)}`),
  TOO_MANY_HEADERS: withLines(UPGRADE, ...Array<string>(200).fill("a: b")),
  ENDED_EARLY: END,
  DUPLICATE_HEADER: withLines(UPGRADE, "Host: example.com"),
  MALFORMED_SUBPROTOCOLS: withLines(UPGRADE, "Sec-WebSocket-Protocol: a b"),
  MALFORMED_EXTENSIONS: withLines(UPGRADE, "Sec-WebSocket-Extensions: a b"),
  UNSUPPORTED_HTTP_VERSION: UPGRADE.replace("1.1", "2.0"),
  HTTP_VERSION_TOO_LOW: [UPGRADE.replace("1.1", "1.0"), { servesHttp: false }],
  METHOD_NOT_ALLOWED: UPGRADE.replace("GET", "POST"),
  UPGRADE_REQUIRED: [GET, { servesHttp: false }],
  MALFORMED_TARGET: UPGRADE.replace("/chat", "chat"),
  MISSING_HOST: UPGRADE.replace("Host", "Hast"),
  MALFORMED_HOST: UPGRADE.replace("example.com", "a b"),
  REQUEST_WITH_BODY: withLines(UPGRADE, "Content-Length: 1"),
  MISSING_CONNECTION_UPGRADE: UPGRADE.replace("Connection", "Connected"),
  UNSUPPORTED_VERSION: UPGRADE.replace("13", "8"),
  MISSING_KEY: UPGRADE.replace("-Key", "-Kay"),
  MALFORMED_KEY: UPGRADE.replace("==", ""),
  DUPLICATE_SUBPROTOCOL: withLines(UPGRADE, "Sec-WebSocket-Protocol: a, a"),
  ORIGIN_NOT_ALLOWED: withLines(UPGRADE, "Origin: https://other.example"),
  MALFORMED_FRAMING: withLines(GET, "Content-Length: 1", "Transfer-Encoding: chunked"),
  UNSUPPORTED_TRANSFER_CODING: withLines(GET, "Transfer-Encoding: gzip, chunked"),
  UNSUPPORTED_METHOD: GET.replace("GET", "TRACE"),
  MISDIRECTED_REQUEST: GET.replace("/", "https://example.com/"),
  REFUSED: [UPGRADE, { options: { upgrade: () => ({ status: 401 }) } }],
  HANDSHAKE_TIMEOUT: WAIT,
  SERVER_BUSY: [UPGRADE, { busy: "Too many." }],
  HANDLER_FAILED: [UPGRADE, { options: { upgrade: () => undefined as never } }],
  TRANSPORT_LOST: LOSE,
  ABORTED: ABORT,
};

const handOff: HandOff = (_, { head }) => {
  const judged = judgeRequest(head, false, 1000);
  return judged.kind === "refusal" ? judged : undefined;
};

/** The code that accepting fails with; undefined: it was accepted, or handed on. */
async function ofServer(deed: Deed, { options, busy, servesHttp = true }: Circumstances = {}): Promise<string | undefined> {
  const { clock, group } = manualHost();
  const [near, far] = memoryTransportPair(clock);
  const peer = new RawPeer(near);
  let code: string | undefined;
  const opening = new ServerOpening(acceptPlan(group, { ...options, onRefused: (error) => void (code = error.code) }, undefined), far, {
    accepted: (connection) => connection.abort(),
    busy: () => busy,
    handOff: servesHttp ? handOff : undefined,
  });
  opening.read();
  // Somebody who leaves without a word has asked for nothing.
  if (typeof deed !== "string") peer.write("G");
  await settle();
  if (deed === ABORT) opening.abort("closing");
  else if (deed === LOSE) near.destroy();
  else if (deed !== WAIT) {
    if (deed !== END) peer.write(deed);
    await settle();
    near.end();
  }
  await clock.advance(20_000);
  return code;
}

/** Bytes cut out, doubled, or replaced by others that mean something in a head. */
const mutated = (heads: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom(...heads),
      fc.array(fc.tuple(fc.nat(300), fc.nat(30), fc.constantFrom("", ":", "\r\n", " ", ",", "/", "1", "\0", "é", "x: y\r\n")), {
        minLength: 1,
        maxLength: 4,
      }),
    )
    .map(([head, edits]) => edits.reduce((text, [at, length, by]) => text.slice(0, at) + by + text.slice(at + length), head));

const heads = (deeds: readonly unknown[]): string[] =>
  deeds.flat().filter((deed): deed is string => typeof deed === "string" && deed.length < 1000);

describe("a client", () => {
  test.each(Object.entries(CLIENT))("can meet %s", async (code, deed) => {
    expect(await ofClient(deed)).toBe(code);
  });

  test("meets no other code, whatever it is answered", async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(mutated([ACCEPTED, ...heads(Object.values(CLIENT))]), async (response) => {
        const code = await ofClient(response);
        if (code === undefined) return;
        expect(Object.keys(CLIENT)).toContain(code);
        seen.add(code);
      }),
      { numRuns: 300 },
    );
    expect(seen.size).toBeGreaterThan(5);
  });
});

describe("a server", () => {
  test.each(Object.entries(SERVER))("can meet %s", async (code, deed) => {
    expect(await (typeof deed === "object" ? ofServer(...(deed as [Deed, Circumstances])) : ofServer(deed as Deed))).toBe(code);
  });

  test("meets no other code, whatever it is sent", async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(mutated([UPGRADE, ...heads(Object.values(SERVER))]), async (request) => {
        const code = await ofServer(request);
        if (code === undefined) return;
        expect(Object.keys(SERVER)).toContain(code);
        seen.add(code);
      }),
      { numRuns: 300 },
    );
    expect(seen.size).toBeGreaterThan(5);
  });
});
