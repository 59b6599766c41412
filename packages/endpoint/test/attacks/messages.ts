/** Frames and messages that a connection receives (RFC 6455 §5, RFC 7692). */
import { deflateRawSync } from "node:zlib";

import { Opcode, encodeFrame } from "@ws/codec";

import { clientFrame, UPGRADE } from "../support/raw.ts";
import { type Attack, type Attacker, bytes, IN_ALL, nothing, open, READ, time } from "./attack.ts";

const never = (): Promise<never> => new Promise(() => undefined);
const frame = (opcode: number, length: number, fin = true): Uint8Array => clientFrame(opcode, new Uint8Array(length), fin);
const repeated = (piece: Uint8Array, times: number): Uint8Array => {
  const all = new Uint8Array(piece.length * times);
  for (let index = 0; index < times; index++) all.set(piece, index * piece.length);
  return all;
};
/** The header of a masked binary frame that announces `length` octets. */
const announced = (length: number): Uint8Array =>
  Uint8Array.of(0x82, 0xff, 0, 0, 0, 0, length >>> 24, length >>> 16, length >>> 8, length, 0, 0, 0, 0);
/** A window of 32 KiB and zlib's own tables: docs/compression.md. */
const CONTEXTS = 65_536;
const compressed = (plain: Uint8Array): Uint8Array => {
  const payload = deflateRawSync(plain, { finishFlush: 2 }).subarray(0, -4);
  return encodeFrame(Opcode.BINARY, payload, { rsv: 4, maskingKey: 0x12345678 });
};
const COMPRESSING = UPGRADE.replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n");
/** 200 KiB of zeros in some 220 octets. */
const dense = compressed(new Uint8Array(200 << 10));
const bomb = compressed(new Uint8Array(16 << 20));

const closing = time("3 × `closeTimeout`", (n) => 3 * n.closeTimeout);
const silence = time(
  "`keepAlive`'s interval + timeout, and `closeTimeout`, from its last octet",
  (n) => n.keepAliveInterval + n.keepAliveTimeout + n.closeTimeout,
);
const unread = open("until the program reads, while the peer answers Pings or sends");
const backlog = bytes("`receiveHighWaterMark` + `maxMessageBytes` + 2 reads", (n) => n.receiveHighWaterMark + n.maxMessageBytes + 2 * READ);
const inflated = bytes("`receiveHighWaterMark` + `maxMessageBytes` + 2 reads + 64 KiB of contexts", (n) => backlog.of(n) + CONTEXTS);
const message = bytes("2 × `maxMessageBytes` + a read", (n) => 2 * n.maxMessageBytes + READ);

const after =
  (...pieces: Uint8Array[]) =>
  (attacker: Attacker): Promise<void> =>
    attacker.send(UPGRADE, ...pieces);

export const messages: readonly Attack[] = [
  {
    what: "announces a frame of `maxFrameBytes`, and sends nothing of it",
    holds: nothing,
    inAll: IN_ALL.connections,
    lasts: silence,
    play: after(announced(262_144)),
  },
  {
    what: "announces a longer one, up to 2^63 − 1: closed with 1009",
    holds: nothing,
    inAll: IN_ALL.connections,
    lasts: closing,
    play: after(announced(262_145)),
  },
  {
    what: "begins a message, and sends it slowly",
    holds: message,
    reaches: 0.4,
    inAll: IN_ALL.connections,
    lasts: silence,
    async play(attacker) {
      await attacker.send(UPGRADE, announced(262_144));
      for (let sent = 0; sent < 262_000; sent += 16_000) await attacker.send(new Uint8Array(Math.min(16_000, 262_000 - sent)));
    },
  },
  {
    what: "sends fragments of a message without an end: closed with 1009",
    holds: message,
    inAll: IN_ALL.connections,
    lasts: closing,
    async play(attacker) {
      await attacker.send(UPGRADE, frame(Opcode.BINARY, 1_000, false));
      await attacker.flood(frame(Opcode.CONTINUATION, 16_000, false), 32 * READ);
    },
  },
  {
    what: "sends a message in fragments of one octet",
    holds: message,
    inAll: IN_ALL.connections,
    lasts: silence,
    async play(attacker) {
      await attacker.send(UPGRADE, frame(Opcode.BINARY, 200_000, false), repeated(frame(Opcode.CONTINUATION, 1, false), 4_000));
    },
  },
  {
    what: "sends empty fragments without an end: closed with 1008",
    holds: nothing,
    inAll: IN_ALL.connections,
    lasts: closing,
    async play(attacker) {
      await attacker.send(UPGRADE, frame(Opcode.BINARY, 0, false));
      await attacker.flood(repeated(frame(Opcode.CONTINUATION, 0, false), 2_000), 4 * READ);
    },
  },
  {
    what: "sends a compressed message in fragments, and does not end it",
    holds: message,
    reaches: 0.2,
    inAll: IN_ALL.connections,
    lasts: silence,
    options: { compress: true },
    async play(attacker) {
      await attacker.send(COMPRESSING, encodeFrame(Opcode.BINARY, new Uint8Array(1_000), { rsv: 4, fin: false, maskingKey: 1 }));
      for (let count = 0; count < 15; count++) await attacker.send(frame(Opcode.CONTINUATION, 16_000, false));
    },
  },
  {
    what: "sends a decompression bomb: closed with 1009",
    holds: bytes("64 KiB of contexts, and a read", () => CONTEXTS + READ),
    inAll: IN_ALL.connections,
    lasts: closing,
    options: { compress: true },
    async play(attacker) {
      await attacker.send(COMPRESSING, bomb);
      await attacker.answered(2);
    },
  },
  {
    what: "agrees on compression, sends a message, and is idle",
    holds: bytes("64 KiB of contexts", () => CONTEXTS),
    inAll: IN_ALL.connections,
    lasts: open("as long as the connection"),
    options: { compress: true },
    handler: { message: (connection) => void connection.send("received") },
    async play(attacker) {
      await attacker.send(COMPRESSING, dense);
      await attacker.answered(2);
    },
  },
  {
    what: "sends messages that the program does not read",
    holds: backlog,
    reaches: 0.1,
    inAll: IN_ALL.connections,
    lasts: unread,
    handler: never,
    async play(attacker) {
      await attacker.send(UPGRADE);
      await attacker.flood(frame(Opcode.BINARY, 16_000), 32 * READ);
    },
  },
  {
    what: "the same with empty messages",
    holds: backlog,
    inAll: IN_ALL.connections,
    lasts: unread,
    handler: never,
    async play(attacker) {
      await attacker.send(UPGRADE);
      await attacker.flood(repeated(frame(Opcode.BINARY, 0), 4_000), 16 * READ);
    },
  },
  {
    what: "the same with text of which one character takes two octets in memory",
    holds: bytes("`receiveHighWaterMark` + 2 × `maxMessageBytes` + 2 reads", (n) => backlog.of(n) + n.maxMessageBytes),
    inAll: IN_ALL.connections,
    lasts: unread,
    handler: never,
    async play(attacker) {
      await attacker.send(UPGRADE);
      await attacker.flood(clientFrame(Opcode.TEXT, `\u00e2\u0082\u00ac${"a".repeat(200_000)}`), 32 * READ);
    },
  },
  {
    what: "the same with messages of a thousandfold compression",
    holds: inflated,
    inAll: IN_ALL.connections,
    lasts: unread,
    options: { compress: true },
    handler: never,
    async play(attacker) {
      await attacker.send(COMPRESSING);
      for (let count = 0; count < 20; count++) await attacker.send(repeated(dense, 40));
    },
  },
  {
    what: "sends messages while a handler has not settled",
    holds: backlog,
    reaches: 0.2,
    inAll: IN_ALL.connections,
    lasts: unread,
    handler: { message: never },
    async play(attacker) {
      await attacker.send(UPGRADE, frame(Opcode.BINARY, 1));
      // A handler that takes long is passed, up to the same bound.
      await attacker.clock.advance(2_000);
      await attacker.flood(frame(Opcode.BINARY, 16_000), 32 * READ);
      await attacker.clock.advance(2_000);
      await attacker.flood(frame(Opcode.BINARY, 16_000), 32 * READ);
    },
  },
  {
    what: "sends a message without an end to a program that takes it in pieces, and does not read them",
    holds: backlog,
    reaches: 0.1,
    inAll: IN_ALL.connections,
    lasts: unread,
    options: { streaming: true, maxMessageBytes: 2 ** 40 },
    handler: never,
    async play(attacker) {
      await attacker.send(UPGRADE, frame(Opcode.BINARY, 16_000, false));
      await attacker.flood(frame(Opcode.CONTINUATION, 16_000, false), 32 * READ);
    },
  },
  {
    what: "sends messages that the program does not read, and is gone",
    holds: bytes("`maxBufferedBytes` + `maxMessageBytes` + 2 reads", (n) => n.maxBufferedBytes + n.maxMessageBytes + 2 * READ),
    inAll: "connections that are over and not read to their end: the program's",
    lasts: open("until the program reads"),
    options: { compress: true },
    handler: never,
    async play(attacker) {
      await attacker.send(COMPRESSING, repeated(dense, 250));
      attacker.peer.transport.destroy();
      await attacker.clock.advance(0);
    },
  },
  {
    what: "sends Pongs that nobody asked for",
    holds: nothing,
    inAll: IN_ALL.connections,
    lasts: silence,
    async play(attacker) {
      await attacker.send(UPGRADE);
      await attacker.flood(repeated(frame(Opcode.PONG, 125), 100), 4 * READ);
    },
  },
  {
    what: "sends Close with the longest reason, and sends on",
    holds: nothing,
    inAll: IN_ALL.connections,
    lasts: closing,
    async play(attacker) {
      await attacker.send(UPGRADE, clientFrame(Opcode.CLOSE, `\u0003\u00e8${"a".repeat(123)}`));
      for (let count = 0; count < 8; count++) await attacker.send(frame(Opcode.BINARY, 60_000));
    },
  },
  {
    what: "ends its stream without a Close",
    holds: nothing,
    inAll: IN_ALL.connections,
    lasts: closing,
    async play(attacker) {
      await attacker.send(UPGRADE);
      attacker.peer.transport.end();
      await attacker.send();
    },
  },
  {
    what: "vanishes",
    holds: nothing,
    inAll: IN_ALL.connections,
    lasts: silence,
    play: after(),
  },
];
