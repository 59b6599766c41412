// RFC 6455 §4: the opening handshake, both roles, as the octets that travel.
import {
  acceptKey,
  ClientHandshake,
  encodeAccept,
  encodeRefusal,
  evaluateRequest,
  HandshakeEvent,
  HeadDecoder,
  HeadEvent,
  refusalOf,
  type ServerHandshakeOptions,
} from "@ws/protocol/handshake";
import { base64Encode, sha1 } from "@ws/protocol/internal";

import { ascii, type Check, check, chunksOf, equal, fromAscii, toHex } from "./check.ts";

const lines = (...fields: string[]): string => `${fields.join("\r\n")}\r\n\r\n`;

/** §1.3: `dGhlIHNhbXBsZSBub25jZQ==` */
const nonce = ascii("the sample nonce");

/** §1.2 and §4.1. */
const request = lines(
  "GET /chat HTTP/1.1",
  "Host: server.example.com",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
  "Origin: http://server.example.com",
  "Sec-WebSocket-Protocol: chat, superchat",
);

/** §1.3 and §4.2.2. */
const response = lines(
  "HTTP/1.1 101 Switching Protocols",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
  "Sec-WebSocket-Protocol: chat",
);

function newClient(): ClientHandshake {
  return new ClientHandshake({
    host: "server.example.com",
    target: "/chat",
    nonce,
    origin: "http://server.example.com",
    subprotocols: ["chat", "superchat"],
  });
}

interface Answer {
  readonly code: string | undefined;
  readonly answered: string;
  /** What was left alone behind the head. */
  readonly rest: string;
}

/** What a server makes of these octets. */
function answer(octets: string, size: number, options: ServerHandshakeOptions = {}): Answer | undefined {
  const decoder = new HeadDecoder("request");
  const chunks = chunksOf(ascii(octets), size);
  for (const [index, chunk] of chunks.entries()) {
    decoder.receive(chunk);
    const event = decoder.poll();
    if (event === HeadEvent.NONE) continue;
    const judged = event === HeadEvent.FAILED ? refusalOf(decoder.error!) : evaluateRequest(decoder.head, options);
    if (judged.kind === "refusal") return { code: judged.code, answered: fromAscii(encodeRefusal(judged)), rest: "" };
    const rest = [decoder.rest, ...chunks.slice(index + 1)].map(fromAscii).join("");
    return { code: undefined, answered: fromAscii(encodeAccept(judged)), rest };
  }
  return undefined;
}

/** Requests that a server refuses, by what is done to the good one. */
const refused: readonly [name: string, from: string, to: string, status: number, code: string][] = [
  ["RFC 6455 §4.2.1 item 1 another method", "GET", "POST", 405, "METHOD_NOT_ALLOWED"],
  ["RFC 6455 §4.2.1 item 2 no Host", "Host: server.example.com\r\n", "", 400, "MISSING_HOST"],
  ["RFC 6455 §4.2.1 item 3 no Upgrade", "Upgrade: websocket\r\n", "", 426, "UPGRADE_REQUIRED"],
  ["RFC 6455 §4.2.1 item 4 no Connection", "Connection: Upgrade\r\n", "", 400, "MISSING_CONNECTION_UPGRADE"],
  ["RFC 6455 §4.4 another version", "Version: 13", "Version: 12", 426, "UNSUPPORTED_VERSION"],
  ["RFC 6455 §10.2 a page of another host", "http://server.", "http://attacker.", 403, "ORIGIN_NOT_ALLOWED"],
  ["RFC 9112 §5.1 a space before the colon", "Host:", "Host :", 400, "MALFORMED_HEADER_FIELD"],
];

/** Responses that a client does not take, by what is done to the good one. */
const rejected: readonly [name: string, from: string, to: string, code: string][] = [
  ["RFC 6455 §4.1 item 1 another status", "101 Switching Protocols", "200 OK", "UNEXPECTED_STATUS"],
  ["RFC 6455 §4.1 item 2 another Upgrade", "Upgrade: websocket", "Upgrade: h2c", "RESPONSE_UPGRADE"],
  ["RFC 6455 §4.1 item 4 the accept value of another key", "s3pP", "S3pP", "RESPONSE_ACCEPT"],
  [
    "RFC 6455 §4.1 item 5 an extension that was not offered",
    "\r\n\r\n",
    "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
    "EXTENSION_NOT_OFFERED",
  ],
  ["RFC 6455 §4.1 item 6 a subprotocol that was not offered", "Protocol: chat", "Protocol: talk", "SUBPROTOCOL_NOT_OFFERED"],
];

export const handshakeChecks: readonly Check[] = [
  check("RFC 3174 §7.3 SHA-1 of known messages", () => {
    equal(toHex(sha1(ascii("abc"))), "a9993e364706816aba3e25717850c26c9cd0d89d", "abc");
    equal(toHex(sha1(new Uint8Array(0))), "da39a3ee5e6b4b0d3255bfef95601890afd80709", "nothing");
    equal(
      toHex(sha1(ascii("0123456701234567012345670123456701234567012345670123456701234567".repeat(10)))),
      "dea356a2cddd90c7a7ecedc5ebb563934f460452",
      "640 octets",
    );
  }),
  check("RFC 4648 §10 base64 of known messages", () => {
    equal(
      ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map((text) => base64Encode(ascii(text))),
      ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"],
      "foobar",
    );
  }),
  check("RFC 6455 §1.3 the accept value of the RFC's key", () => {
    equal(acceptKey("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "accept");
  }),
  check("RFC 6455 §4.1 the client's request, octet for octet", () => {
    equal(fromAscii(newClient().request).split("\r\n").sort(), request.split("\r\n").sort(), "lines");
  }),
  check("RFC 6455 §4.2.2 the server's answer, octet for octet, at every chunk size, with what follows the head untouched", () => {
    for (let size = 1; size <= request.length + 3; size++) {
      equal(
        answer(`${request}abc`, size, { subprotocols: ["chat"] }),
        { code: undefined, answered: response, rest: "abc" },
        `chunks of ${size}`,
      );
    }
  }),
  check("RFC 6455 §4.1 the client takes the RFC's answer, at every chunk size, with what follows the head untouched", () => {
    for (let size = 1; size <= response.length + 3; size++) {
      const client = newClient();
      const chunks = chunksOf(ascii(`${response}abc`), size);
      let used = 0;
      while (used < chunks.length) {
        client.receive(chunks[used++]!);
        if (client.poll() !== HandshakeEvent.NONE) break;
      }
      const rest = [client.rest, ...chunks.slice(used)].map(fromAscii).join("");
      equal([client.error?.code, client.subprotocol, rest], [undefined, "chat", "abc"], `chunks of ${size}`);
    }
  }),
  ...refused.map(([name, from, to, status, code]) =>
    check(`${name}: ${status}`, () => {
      for (const size of [1, 1000]) {
        const refusal = answer(request.replace(from, to), size);
        equal([refusal?.answered.slice(0, 12), refusal?.code], [`HTTP/1.1 ${status}`, code], `chunks of ${size}`);
      }
    }),
  ),
  ...rejected.map(([name, from, to, code]) =>
    check(`${name}: ${code}`, () => {
      for (const size of [1, 1000]) {
        const client = newClient();
        for (const chunk of chunksOf(ascii(response.replace(from, to)), size)) {
          client.receive(chunk);
          if (client.poll() === HandshakeEvent.FAILED) break;
        }
        client.receiveEnd();
        equal([client.poll(), client.error?.code], [HandshakeEvent.FAILED, code], `chunks of ${size}`);
      }
    }),
  ),
];
