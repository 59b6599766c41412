// What a peer says never reaches an error message raw: no control character (C1 included), whatever octets a head has.
import fc from "fast-check";
import { expect, test } from "vitest";

import { createDeflateExtension, DeflateContexts } from "../src/deflate/index.ts";
import { ClientHandshake, evaluateRequest, HeadDecoder, HeadEvent, parseExtensions } from "../src/handshake/index.ts";
import { createPakoZlib } from "../src/deflate/pako.ts";
import { lines, nonceOf, octets, RUNS } from "./handshake-support.ts";

const OPTIONS = { host: "server.example.com", target: "/chat", nonce: nonceOf("dGhlIHNhbXBsZSBub25jZQ==") };
const ACCEPTED = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="];
const SWITCHING = "HTTP/1.1 101 Switching Protocols";

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Octets that a field value may have, and those it may not. */
const anyValue = fc.string({
  unit: fc.constantFrom(
    "a",
    "/",
    ":",
    ",",
    ";",
    "=",
    '"',
    "\\",
    " ",
    "\x80",
    "\x85",
    "\x9b",
    "\xa0",
    "\xad",
    "\xff",
    "\x1b",
    "\x07",
    "\r",
    "\n",
  ),
  maxLength: 12,
});

const requestFields = fc.constantFrom(
  "Host",
  "Origin",
  "Upgrade",
  "Connection",
  "Sec-WebSocket-Key",
  "Sec-WebSocket-Version",
  "Sec-WebSocket-Protocol",
  "Sec-WebSocket-Extensions",
);
const REQUEST = [
  ["Host", "a"],
  ["Upgrade", "websocket"],
  ["Connection", "Upgrade"],
  ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
  ["Sec-WebSocket-Version", "13"],
] as const;

test("a server's, whatever the request", () => {
  fc.assert(
    fc.property(requestFields, anyValue, anyValue, (name, value, target) => {
      for (const path of ["/", target]) {
        const fields = [...REQUEST.filter(([other]) => other !== name), [name, value]];
        const decoder = new HeadDecoder("request");
        decoder.receive(octets(lines(`GET ${path} HTTP/1.1`, ...fields.map(([field, text]) => `${field}: ${text}`))));
        const event = decoder.poll();
        if (event === HeadEvent.FAILED) expect(decoder.error!.message).not.toMatch(UNPRINTABLE);
        if (event !== HeadEvent.HEAD) continue;
        const judged = evaluateRequest(decoder.head);
        if (judged.kind === "refusal") expect(judged.message).not.toMatch(UNPRINTABLE);
      }
    }),
    { numRuns: 5 * RUNS.numRuns },
  );
});

test("§10.2 an origin that is not welcome is shown by numbers where it is no text", () => {
  const headers = [...REQUEST, ["Origin", "http://\x9b31m\xad"]] as const;
  const judged = evaluateRequest({ method: "GET", target: "/", version: "1.1", headers });
  expect(judged).toMatchObject({ kind: "refusal", code: "ORIGIN_NOT_ALLOWED" });
  expect((judged as { message: string }).message).toContain('"http://\\u{9b}31m\\u{ad}"');
});

const responseFields = fc.constantFrom(
  "Upgrade",
  "Connection",
  "Sec-WebSocket-Accept",
  "Sec-WebSocket-Protocol",
  "Sec-WebSocket-Extensions",
  "Content-Type",
);

test("a client's, whatever the response", () => {
  const extension = createDeflateExtension(new DeflateContexts(createPakoZlib()));
  fc.assert(
    fc.property(
      fc.constantFrom(SWITCHING, "HTTP/1.1 403 "),
      anyValue,
      responseFields,
      anyValue,
      anyValue,
      (start, reason, name, value, body) => {
        const handshake = new ClientHandshake({ ...OPTIONS, extensions: "permessage-deflate", subprotocols: ["a"] });
        const kept = ACCEPTED.filter((line) => !line.startsWith(`${name}:`));
        handshake.receive(octets(`${lines(`${start}${reason}`, ...kept, `${name}: ${value}`)}${body}`));
        handshake.poll();
        handshake.receiveEnd();
        if (handshake.error !== undefined) expect(handshake.error.message).not.toMatch(UNPRINTABLE);
        const list = parseExtensions(`permessage-deflate; ${value}`);
        const confirmed = list instanceof Error ? list : extension.confirm(list[0]!.params);
        if (confirmed instanceof Error) expect(confirmed.message).not.toMatch(UNPRINTABLE);
      },
    ),
  );
});

test("RFC 9110 §15.2 the limit that a message names is the limit, whatever came before", () => {
  const interim = lines("HTTP/1.1 103 Early Hints", "Link: </a>");
  const handshake = new ClientHandshake({ ...OPTIONS, limits: { maxHeadBytes: interim.length + 9 } });
  handshake.receive(octets(interim + lines(SWITCHING, ...ACCEPTED)));
  handshake.poll();
  expect(handshake.error!.code).toBe("HEAD_TOO_LARGE");
  expect(handshake.error!.message).toContain(`longer than ${interim.length + 9} octets`);
  expect(handshake.error!.message).toContain(`${interim.length} octets of 1xx responses`);
});
