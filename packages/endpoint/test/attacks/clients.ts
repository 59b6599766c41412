/** What a server can make a client of ours hold (RFC 6455 §4.1). */
import { type Attack, bytes, IN_ALL, nothing, READ, time } from "./attack.ts";

const opening = time("`handshakeTimeout`", (n) => n.handshakeTimeout);
const head = bytes("2 × `maxHeadBytes`", (n) => 2 * n.maxHeadBytes);
const refusal = bytes("`maxHeadBytes` + 4 KiB of the body", (n) => n.maxHeadBytes + 4_096);
const atOnce = time("at once", () => 0);
const client = {};
const row = { inAll: IN_ALL.client, client };

export const clients: readonly Attack[] = [
  { ...row, what: "accepts the stream, and does not answer", holds: nothing, lasts: opening, play: (attacker) => attacker.send() },
  {
    ...row,
    what: "begins a response, and does not end its head",
    holds: head,
    lasts: opening,
    play: (attacker) => attacker.send("HTTP/1.1 101 Switching Protocols\r\nX: ", "a".repeat(16_000)),
  },
  {
    ...row,
    what: "sends a head without an end",
    holds: nothing,
    lasts: atOnce,
    play: (attacker) => attacker.send("HTTP/1.1 101 Switching Protocols\r\nX: ", "a".repeat(READ)),
  },
  {
    ...row,
    what: "sends 1xx responses without an end",
    holds: nothing,
    lasts: atOnce,
    play: (attacker) => attacker.flood(new TextEncoder().encode("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(300)), READ),
  },
  {
    ...row,
    what: "refuses, with a body without an end",
    holds: refusal,
    lasts: atOnce,
    async play(attacker) {
      await attacker.send("HTTP/1.1 404 Not Found\r\n\r\n");
      await attacker.flood(new Uint8Array(16_000), 8 * READ);
    },
  },
  {
    ...row,
    what: "refuses, with a body that does not come",
    holds: refusal,
    lasts: opening,
    play: (attacker) => attacker.send("HTTP/1.1 404 Not Found\r\nContent-Length: 1000000000\r\n\r\nabc"),
  },
  {
    ...row,
    what: "redirects: not followed",
    holds: nothing,
    lasts: atOnce,
    play: (attacker) => attacker.send("HTTP/1.1 302 Found\r\nLocation: ws://a/\r\nContent-Length: 0\r\n\r\n"),
  },
];
