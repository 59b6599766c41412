/** Ordinary HTTP beside WebSocket, with `fetch` (RFC 9112). */
import type { RequestListener } from "node:http";

import { type Attack, bytes, IN_ALL, nothing, open, READ, time } from "./attack.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const POST = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n";
const silent: RequestListener = () => undefined;
const answers: RequestListener = (_, response) => response.end("hi");
const request = time("5 minutes", () => 300_000);
const chunk = new Uint8Array(16_000);
const row = { inAll: IN_ALL.requests, requests: silent };

export const requests: readonly Attack[] = [
  {
    ...row,
    what: "sends a body that the program does not read",
    holds: bytes("4 reads", () => 4 * READ),
    reaches: 0.2,
    lasts: request,
    async play(attacker) {
      await attacker.send(POST);
      await attacker.flood(chunk, 32 * READ);
    },
  },
  {
    ...row,
    what: "announces a body, and sends nothing of it",
    holds: nothing,
    lasts: request,
    play: (attacker) => attacker.send(POST),
  },
  {
    ...row,
    what: "sends requests without waiting for responses",
    holds: bytes("`maxHeadBytes` + a read", (n) => n.maxHeadBytes + READ),
    reaches: 0.2,
    lasts: open("until the program has responded"),
    async play(attacker) {
      await attacker.send(GET);
      await attacker.flood(new TextEncoder().encode(GET.repeat(400)), 16 * READ);
    },
  },
  {
    ...row,
    what: "is idle between two requests",
    holds: nothing,
    lasts: time("`handshakeTimeout`", (n) => n.handshakeTimeout),
    requests: answers,
    play: (attacker) => attacker.send(GET),
  },
  {
    ...row,
    what: "sends chunk extensions, or trailer fields, without an end: refused with 400",
    holds: nothing,
    lasts: time("`closeTimeout`", (n) => n.closeTimeout),
    async play(attacker) {
      await attacker.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;");
      await attacker.flood(new Uint8Array(16_000).fill(0x61), 8 * READ);
    },
  },
  {
    ...row,
    what: "reads nothing of a response",
    holds: bytes("what the program has written of it", () => 400_000),
    lasts: time("`stallTimeout`", (n) => n.stallTimeout as number),
    requests: (_, response) => response.end(new Uint8Array(300_000)),
    async play(attacker) {
      attacker.stopReading();
      await attacker.send(GET);
    },
  },
  {
    ...row,
    what: "ends its stream behind a request",
    holds: nothing,
    lasts: time("until the program has responded, which sees the request's signal aborted", () => 1_000),
    async play(attacker) {
      await attacker.send(GET);
      attacker.peer.transport.end();
      await attacker.send();
    },
  },
];
