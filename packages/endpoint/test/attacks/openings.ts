/** Silence and floods before there is a connection (RFC 6455 §4.2). */
import { UPGRADE } from "../support/raw.ts";
import { type Attack, bytes, IN_ALL, nothing, type OnSockets, open, READ, time } from "./attack.ts";

/** Asks somebody else, who does not answer. */
const asked: unknown[] = [];
const never = (): Promise<never> => new Promise((resolve) => asked.push(resolve));
const unfinished = UPGRADE.slice(0, -2);
const chunk = new Uint8Array(READ).fill(0x61);
const opening = time("`handshakeTimeout`", (n) => n.handshakeTimeout);
const answered = time("`handshakeTimeout` + `closeTimeout`", (n) => n.handshakeTimeout + n.closeTimeout);
const refused = time("`closeTimeout`", (n) => n.closeTimeout);
const head = bytes("2 × `maxHeadBytes`", (n) => 2 * n.maxHeadBytes);

/** A list that fills a head of `size` bytes: "a0,a1,a2,…". */
const list = (size: number, separator: string): string => {
  let text = "-";
  // Names of four characters take the most for their length.
  for (let index = 46_656; text.length < size; index++) text += separator + index.toString(36);
  return text;
};

export const openings: readonly Attack[] = [
  {
    what: "connects, and says nothing",
    holds: nothing,
    inAll: IN_ALL.handshakes,
    lasts: answered,
    play: (attacker) => attacker.send(),
  },
  {
    what: "begins a request, and does not end it",
    holds: head,
    inAll: IN_ALL.handshakes,
    lasts: answered,
    play: (attacker) => attacker.send(unfinished, `X: ${"a".repeat(16_000 - unfinished.length)}`),
  },
  {
    what: "the same, octet by octet",
    holds: head,
    inAll: IN_ALL.handshakes,
    lasts: answered,
    async play(attacker) {
      await attacker.send(unfinished);
      for (let index = 0; index < 15_000; index++) {
        attacker.peer.write("a");
        if (index % 200 === 0) await attacker.send();
      }
      await attacker.send();
    },
  },
  {
    what: "sends a head without an end: refused with 431, and what follows is dropped",
    holds: nothing,
    inAll: IN_ALL.handshakes,
    lasts: refused,
    play: (attacker) => attacker.flood(chunk, 16 * READ),
  },
  {
    what: "sends header lines without an end: refused with 431",
    holds: nothing,
    inAll: IN_ALL.handshakes,
    lasts: refused,
    play: (attacker) => attacker.send(unfinished, "a:b\r\n".repeat(3_000)),
  },
  {
    what: "sends on behind a refusal",
    holds: nothing,
    inAll: IN_ALL.handshakes,
    lasts: refused,
    async play(attacker) {
      await attacker.send("GET / HTTP/1.1\r\n\r\n");
      for (let count = 0; count < 16; count++) await attacker.send(chunk);
    },
  },
  {
    what: "sends messages while `upgrade` has not answered",
    holds: bytes("`maxHeadBytes` + a read", (n) => n.maxHeadBytes + READ),
    reaches: 0.4,
    inAll: IN_ALL.handshakes,
    lasts: answered,
    options: { upgrade: never },
    async play(attacker) {
      await attacker.send(UPGRADE);
      await attacker.flood(new Uint8Array(16_000), 16 * READ);
    },
  },
  {
    what: "ends its stream before its request, or before `upgrade` has answered",
    holds: nothing,
    inAll: IN_ALL.handshakes,
    lasts: refused,
    options: { upgrade: never },
    async play(attacker) {
      await attacker.send(UPGRADE);
      attacker.peer.transport.end();
      await attacker.send();
    },
  },
  {
    what: "sends the largest head that is accepted",
    holds: bytes("2 × `maxHeadBytes`", (n) => 2 * n.maxHeadBytes),
    inAll: IN_ALL.connections,
    lasts: open("as long as the connection"),
    play: (attacker) => attacker.send(unfinished, `X: ${"a".repeat(16_000 - unfinished.length)}\r\n\r\n`),
  },
  {
    what: "offers subprotocols without number, which `upgrade` is shown",
    holds: bytes("8 × `maxHeadBytes`", (n) => 8 * n.maxHeadBytes),
    reaches: 0.3,
    inAll: IN_ALL.connections,
    lasts: open("as long as the connection"),
    options: { upgrade: () => ({}) },
    play: (attacker) => attacker.send(unfinished, `Sec-WebSocket-Protocol: ${list(16_000 - unfinished.length, ",")}\r\n\r\n`),
  },
  {
    what: "offers extensions without number, while `upgrade` has not answered",
    holds: bytes("24 × `maxHeadBytes`", (n) => 24 * n.maxHeadBytes),
    reaches: 0.3,
    inAll: IN_ALL.handshakes,
    lasts: answered,
    options: { upgrade: never },
    play: (attacker) => attacker.send(unfinished, `Sec-WebSocket-Extensions: ${list(16_000 - unfinished.length, ",")}\r\n\r\n`),
  },
];

export const sockets: readonly OnSockets[] = [
  {
    what: "connects by TCP to a port that speaks TLS, and stops within that handshake",
    holds: open("what the runtime holds for it"),
    inAll: "`maxPendingHandshakes`; more are ended at once",
    lasts: opening,
    shownBy: "TLS: peers that stop within the handshake are counted by `maxPendingHandshakes`",
  },
  {
    what: "opens more streams at once than `maxPendingHandshakes`",
    holds: bytes("the answer, 503; beyond twice as many nothing", () => 0),
    inAll: "what the operating system accepts",
    lasts: refused,
    shownBy: "more opening handshakes than `maxPendingHandshakes` are answered with 503",
  },
];
