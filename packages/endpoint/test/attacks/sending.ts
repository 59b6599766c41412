/** What waits to be sent to a peer that does not take it (RFC 6455 §5.5.2, §7.1.2). */
import { Opcode } from "@ws/codec";

import { clientFrame, UPGRADE } from "../support/raw.ts";
import { type Attack, bytes, IN_ALL, nothing, READ, time } from "./attack.ts";

const message = clientFrame(Opcode.BINARY, new Uint8Array(16_000));
const silence = time(
  "`keepAlive`'s interval + timeout, and `closeTimeout`",
  (n) => n.keepAliveInterval + n.keepAliveTimeout + n.closeTimeout,
);
const closing = time("3 × `closeTimeout`", (n) => 3 * n.closeTimeout);
const waiting = bytes("`maxBufferedBytes` + `maxMessageBytes`", (n) => n.maxBufferedBytes + n.maxMessageBytes);

export const sendings: readonly Attack[] = [
  {
    what: "sends Pings, and reads no Pongs",
    holds: bytes(
      "`sendHighWaterMark` + (`maxPendingPings` + 1) × 127 + 64 KiB",
      (n) => n.sendHighWaterMark + (n.maxPendingPings + 1) * 127 + 65_536,
    ),
    inAll: IN_ALL.connections,
    lasts: silence,
    async play(attacker) {
      await attacker.send(UPGRADE);
      attacker.stopReading();
      for (let count = 0; count < 400; count++) await attacker.send(clientFrame(Opcode.PING, "a".repeat(125)));
    },
  },
  {
    what: "reads nothing of what a program sends that does not look whether it leaves",
    holds: waiting,
    reaches: 0.3,
    inAll: IN_ALL.connections,
    lasts: silence,
    handler: { message: (connection, received) => void connection.send(received) },
    async play(attacker) {
      await attacker.send(UPGRADE);
      attacker.stopReading();
      for (let count = 0; count < 15; count++) await attacker.send(message);
    },
  },
  {
    what: "the same, beyond the bound: the connection fails",
    holds: bytes("a read, until the program lets the connection go", () => READ),
    inAll: IN_ALL.connections,
    lasts: closing,
    handler: { message: (connection, received) => void connection.send(received) },
    async play(attacker) {
      await attacker.send(UPGRADE);
      attacker.stopReading();
      for (let count = 0; count < 40; count++) await attacker.send(message);
    },
  },
  {
    what: "the same, and goes on to send: its flow control is noticed instead of its silence",
    holds: waiting,
    inAll: IN_ALL.connections,
    lasts: time("`stallTimeout`", (n) => n.stallTimeout as number),
    options: { keepAlive: false },
    handler: { message: (connection, received) => void connection.send(received) },
    async play(attacker) {
      await attacker.send(UPGRADE);
      attacker.stopReading();
      for (let count = 0; count < 10; count++) await attacker.send(message);
    },
  },
  {
    what: "reads nothing of what a program sends that waits for room",
    holds: bytes("`sendHighWaterMark` + 2 × `maxMessageBytes`", (n) => n.sendHighWaterMark + 2 * n.maxMessageBytes),
    reaches: 0.1,
    inAll: IN_ALL.connections,
    lasts: silence,
    async handler(connection) {
      for await (const received of connection) {
        await connection.ready;
        connection.send(received);
      }
    },
    async play(attacker) {
      await attacker.send(UPGRADE);
      attacker.stopReading();
      for (let count = 0; count < 10; count++) await attacker.send(message);
    },
  },
  {
    what: "does not answer our Close",
    holds: nothing,
    inAll: IN_ALL.connections,
    lasts: closing,
    handler: { open: (connection) => connection.close(1000) },
    play: (attacker) => attacker.send(UPGRADE),
  },
  {
    what: "does not even take our Close",
    holds: nothing,
    inAll: IN_ALL.connections,
    lasts: closing,
    handler: { open: (connection) => connection.close(1000) },
    play(attacker) {
      attacker.stopReading();
      return attacker.send(UPGRADE);
    },
  },
];
