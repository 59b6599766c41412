/** RFC 7692 §6, §7.2: compressed messages. */
import { deflateRawSync } from "node:zlib";

import { frameStep, type FrameStep, type Step } from "../sessions/session.ts";
import { filledBytes, fromHex, text } from "../wire/bytes.ts";
import { deflateBomb, compressedPayload, deflateLiterals, writeDeflateBlocks } from "../wire/deflate.ts";
import { Opcode, RSV1 } from "../wire/frame.ts";
import { HELLO, noise, zlibBomb } from "./deflated.ts";
import { CLIENT, ruleTable, SERVER, type Rule } from "./rule.ts";

const { CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG } = Opcode;
const AWAIT: Step = { kind: "await" };

const packed = (payload: Uint8Array, more: Partial<FrameStep> = {}): FrameStep => frameStep(TEXT, payload, { rsv: RSV1, ...more });
const BOMB = zlibBomb(256);
/** What matters of an attack is only what it does to the target. */
const ATTACK = { deflate: true, only: ["target-died", "target-hung", "memory", "sent:"], alive: true };

export const COMPRESSION: readonly Rule[] = ruleTable("compression", [
  {
    name: "text",
    section: "RFC 7692 §7.2.2",
    title: "A compressed text message comes back",
    session: { steps: [HELLO], extensions: "permessage-deflate" },
    deflate: true,
  },
  {
    name: "binary",
    section: "RFC 7692 §7.2.2",
    title: "A compressed binary message comes back",
    session: { steps: [frameStep(BINARY, deflateLiterals(filledBytes(200, 0xfe)), { rsv: RSV1 })], extensions: "permessage-deflate" },
    deflate: true,
  },
  {
    name: "example",
    section: "RFC 7692 §7.2.3.1",
    title: "The RFC's first example, Hello in a fixed block, is read",
    session: { steps: [packed(fromHex("f248cdc9c90700"))], extensions: "permessage-deflate" },
    deflate: true,
  },
  {
    name: "example-takeover",
    section: "RFC 7692 §7.2.3.2",
    title: "The RFC's example of a message that uses the one before is read",
    session: { steps: [packed(fromHex("f248cdc9c90700")), packed(fromHex("f200110000"))], extensions: "permessage-deflate" },
    deflate: true,
  },
  {
    name: "stored",
    section: "RFC 7692 §7.2.3.3",
    title: "A block without compression is read",
    session: { steps: [packed(fromHex("000500faff48656c6c6f00"))], extensions: "permessage-deflate" },
    deflate: true,
  },
  {
    name: "final",
    section: "RFC 7692 §7.2.3.4",
    title: "A block with BFINAL is read",
    session: { steps: [packed(fromHex("f348cdc9c9070000"))], extensions: "permessage-deflate" },
    deflate: true,
  },
  {
    name: "after-final",
    section: "RFC 7692 §7.2.1",
    title: "Another message behind one with BFINAL is read",
    session: { steps: [packed(fromHex("f348cdc9c9070000")), HELLO], extensions: "permessage-deflate" },
    deflate: true,
  },
  {
    name: "two-blocks",
    section: "RFC 7692 §7.2.3.5",
    title: "Two blocks in one message are read",
    session: { steps: [packed(fromHex("f24805000000ffffcac9c90700"))], extensions: "permessage-deflate" },
    deflate: true,
  },
  {
    name: "block-after-final",
    section: "RFC 7692 §7.2.1",
    title: "A block behind a block with BFINAL is read, not lost",
    session: {
      steps: [
        packed(
          compressedPayload([
            { type: "fixed", tokens: [0x61], final: true },
            { type: "stored", bytes: text("b") },
          ]),
        ),
      ],
      extensions: "permessage-deflate",
    },
    deflate: true,
    unplanted: "the defect is a common one: ws, which the planted defects are built on, loses such blocks itself",
  },
  {
    name: "dynamic",
    section: "RFC 7692 §7.2.1",
    title: "A block with dynamic codes is read",
    session: {
      steps: [packed(compressedPayload([{ type: "dynamic", tokens: [...text("dynamic "), { length: 20, distance: 8 }] }]))],
      extensions: "permessage-deflate",
    },
    deflate: true,
  },
  {
    name: "zlib",
    section: "RFC 7692 §7.2.1",
    title: "What zlib writes is read",
    session: {
      steps: [packed(new Uint8Array(deflateRawSync(text("zlib zlib zlib zlib"), { finishFlush: 2 }).subarray(0, -4)))],
      extensions: "permessage-deflate",
    },
    deflate: true,
  },
  {
    name: "empty",
    section: "RFC 7692 §7.2.3.6",
    title: "A compressed empty message (one byte 0x00) is read",
    session: { steps: [packed(Uint8Array.of(0))], extensions: "permessage-deflate" },
    deflate: true,
  },
  {
    name: "empty-then-text",
    section: "RFC 7692 §7.2.3.6",
    title: "A message behind a compressed empty one is read",
    session: { steps: [packed(Uint8Array.of(0)), HELLO], extensions: "permessage-deflate" },
    deflate: true,
  },
  {
    name: "uncompressed",
    section: "RFC 7692 §6",
    title: "A message without RSV1 is not inflated",
    session: { steps: [frameStep(TEXT, "a"), HELLO, frameStep(TEXT, "b")], extensions: "permessage-deflate" },
    deflate: true,
  },
  {
    name: "fragmented",
    section: "RFC 7692 §6.1",
    title: "A compressed message in two fragments is read",
    session: {
      steps: [packed(fromHex("f248cd"), { fin: false }), frameStep(CONTINUATION, fromHex("c9c90700"))],
      extensions: "permessage-deflate",
    },
    deflate: true,
  },
  {
    name: "fragmented-bytes",
    section: "RFC 7692 §6.1",
    title: "A compressed message in fragments of one byte, with Pings between, is read",
    session: {
      steps: [
        packed(fromHex("f2"), { fin: false }),
        frameStep(PING),
        ...["48", "cd", "c9", "c9", "07"].map((hex) => frameStep(CONTINUATION, fromHex(hex), { fin: false })),
        frameStep(PING),
        frameStep(CONTINUATION, fromHex("00")),
      ],
      extensions: "permessage-deflate",
    },
    deflate: true,
  },
  {
    name: "fragmented-empty-first",
    section: "RFC 7692 §6.1",
    title: "The first fragment of a compressed message may be empty",
    session: {
      steps: [packed(new Uint8Array(0), { fin: false }), frameStep(CONTINUATION, fromHex("f248cdc9c90700"))],
      extensions: "permessage-deflate",
    },
    deflate: true,
  },
  {
    name: "fragmented-empty-last",
    section: "RFC 7692 §6.1",
    title: "The last fragment of a compressed message may be empty",
    session: { steps: [packed(fromHex("f248cdc9c90700"), { fin: false }), frameStep(CONTINUATION)], extensions: "permessage-deflate" },
    deflate: true,
  },
  {
    name: "ping",
    section: "RFC 7692 §6.1",
    title: "A Ping is not compressed, and answered",
    session: { steps: [HELLO, frameStep(PING, "p"), HELLO], extensions: "permessage-deflate" },
    deflate: true,
  },
  {
    name: "takeover",
    section: "RFC 7692 §7.1.1.2",
    title: "The window reaches back over several messages",
    session: {
      steps: [
        HELLO,
        frameStep(TEXT, "x"),
        packed(compressedPayload([{ type: "fixed", tokens: [{ length: 5, distance: 5 }] }])),
        packed(compressedPayload([{ type: "fixed", tokens: [{ length: 10, distance: 10 }] }])),
      ],
      extensions: "permessage-deflate",
    },
    deflate: true,
  },
  {
    name: "segmented",
    section: "RFC 7692 §7.2.2",
    title: "A compressed message that arrives byte by byte is read",
    session: { steps: [HELLO], extensions: "permessage-deflate", cuts: 1, gap: 1 },
    deflate: true,
  },
  {
    name: "order",
    section: "RFC 7692 §5",
    title: "Compressed and other messages keep their order",
    session: { steps: [packed(deflateBomb(20_000)), frameStep(TEXT, "a"), HELLO, frameStep(TEXT, "b")], extensions: "permessage-deflate" },
    deflate: true,
  },
  {
    name: "rsv1-continuation",
    section: "RFC 7692 §6.1",
    title: "RSV1 on a continuation frame fails the connection",
    session: {
      steps: [packed(fromHex("f248cd"), { fin: false }), frameStep(CONTINUATION, fromHex("c9c90700"), { rsv: RSV1 })],
      extensions: "permessage-deflate",
    },
    deflate: true,
  },
  {
    name: "rsv1-ping",
    section: "RFC 7692 §6.1",
    title: "RSV1 on a Ping fails the connection",
    session: { steps: [frameStep(PING, "", { rsv: RSV1 })], extensions: "permessage-deflate" },
    deflate: true,
  },
  {
    name: "rsv1-pong",
    section: "RFC 7692 §6.1",
    title: "RSV1 on a Pong fails the connection",
    session: { steps: [frameStep(PONG, "", { rsv: RSV1 })], extensions: "permessage-deflate" },
    deflate: true,
  },
  {
    name: "rsv1-close",
    section: "RFC 7692 §6.1",
    title: "RSV1 on a Close fails the connection",
    session: { steps: [frameStep(CLOSE, Uint8Array.of(3, 232), { rsv: RSV1 })], extensions: "permessage-deflate" },
    deflate: true,
  },
  {
    name: "rsv2",
    section: "RFC 6455 §5.2",
    title: "RSV2 is still reserved",
    session: { steps: [packed(fromHex("f248cdc9c90700"), { rsv: RSV1 | 2 })], extensions: "permessage-deflate" },
    deflate: true,
  },
  {
    name: "bad-block-type",
    section: "RFC 7692 §7.2.2",
    title: "A block of the reserved type fails the connection",
    session: { steps: [packed(writeDeflateBlocks([{ type: "reserved" }]))], extensions: "permessage-deflate" },
    deflate: true,
  },
  {
    name: "bad-stored-length",
    section: "RFC 7692 §7.2.2",
    title: "A stored block whose lengths disagree fails the connection",
    session: { steps: [packed(fromHex("0005000000"))], extensions: "permessage-deflate" },
    deflate: true,
  },
  {
    name: "bad-distance",
    section: "RFC 7692 §7.2.2",
    title: "A distance before the beginning fails the connection",
    session: {
      steps: [packed(compressedPayload([{ type: "fixed", tokens: [0x61, { length: 3, distance: 2 }] }]))],
      extensions: "permessage-deflate",
    },
    deflate: true,
  },
  {
    name: "bad-text",
    section: "RFC 6455 §8.1",
    title: "A compressed text message that is not UTF-8 fails the connection",
    session: { steps: [packed(deflateLiterals(fromHex("ceff")))], extensions: "permessage-deflate" },
    deflate: true,
  },
  {
    name: "bad-then-nothing",
    section: "RFC 7692 §7.2.2",
    title: "After a compressed message that cannot be read nothing more is processed",
    session: { steps: [packed(writeDeflateBlocks([{ type: "reserved" }])), frameStep(TEXT, "a")], extensions: "permessage-deflate" },
    deflate: true,
  },
  {
    name: "truncated",
    section: "RFC 7692 §7.2.2",
    title: "A compressed message cut short is not delivered as if it were whole",
    session: { steps: [packed(fromHex("f248cd"))], extensions: "permessage-deflate" },
    deflate: true,
    unplanted: "the defect is a common one: zlib-based inflaters, that of ws among them, do not notice",
  },
  {
    name: "close-code",
    section: "RFC 6455 §7.4.1",
    level: "SHOULD",
    title: "Data that cannot be inflated is answered with a Close",
    session: { steps: [packed(writeDeflateBlocks([{ type: "reserved" }]))], extensions: "permessage-deflate" },
    deflate: true,
    home: ["close-code:deflate-data"],
  },
  {
    name: "sent",
    section: "RFC 7692 §7.2.1",
    title: "What the target compresses can be inflated",
    session: {
      steps: [HELLO, frameStep(BINARY, filledBytes(3000)), frameStep(TEXT, "a"), HELLO, AWAIT, frameStep(TEXT, filledBytes(3000))],
      extensions: "permessage-deflate",
    },
    deflate: true,
    home: ["sent:deflate-data", "sent:rsv1"],
  },
  {
    name: "server-no-takeover",
    section: "RFC 7692 §7.1.1.1",
    title: "A server that granted server_no_context_takeover keeps to it",
    targets: SERVER,
    session: {
      steps: [frameStep(TEXT, filledBytes(2000)), AWAIT, frameStep(TEXT, filledBytes(2000))],
      extensions: "permessage-deflate; server_no_context_takeover",
    },
    deflate: true,
    only: ["sent:deflate-data"],
  },
  {
    name: "server-bits-9",
    section: "RFC 7692 §7.1.2.1",
    title: "A server that granted server_max_window_bits=9 keeps to it",
    targets: SERVER,
    session: {
      steps: [frameStep(BINARY, noise(1500)), AWAIT, frameStep(BINARY, noise(1500))],
      extensions: "permessage-deflate; server_max_window_bits=9",
    },
    deflate: true,
    only: ["sent:deflate-data"],
  },
  {
    name: "client-no-takeover",
    section: "RFC 7692 §7.1.1.2",
    title: "A client that was told client_no_context_takeover keeps to it",
    targets: CLIENT,
    session: {
      steps: [frameStep(TEXT, filledBytes(2000)), AWAIT, frameStep(TEXT, filledBytes(2000))],
      extensions: "permessage-deflate; client_no_context_takeover",
    },
    deflate: true,
    only: ["sent:deflate-data"],
  },
  {
    name: "bomb",
    section: "RFC 7692 §8",
    title: "A message that inflates to 256 MiB takes no such memory",
    session: {
      steps: [frameStep(BINARY, BOMB, { rsv: RSV1 }), { kind: "pause", ms: 300 }, { kind: "reset" }],
      extensions: "permessage-deflate",
    },
    ...ATTACK,
  },
  {
    name: "bomb-fragmented",
    section: "RFC 7692 §8",
    title: "A fragmented message that inflates to 256 MiB takes no such memory",
    session: {
      steps: [
        frameStep(BINARY, BOMB.subarray(0, 1000), { rsv: RSV1, fin: false }),
        frameStep(CONTINUATION, BOMB.subarray(1000)),
        { kind: "pause", ms: 300 },
        { kind: "reset" },
      ],
      extensions: "permessage-deflate",
    },
    ...ATTACK,
  },
]);
