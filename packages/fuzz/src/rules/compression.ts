/** permessage-deflate, RFC 7692: its negotiation (§7.1) from both sides, and its data (§7.2). */
import { deflateRawSync } from "node:zlib";

import { fill, fromHex, text } from "../wire/bytes.ts";
import { bomb, compressedPayload, deflateLiterals, writeBlocks } from "../wire/deflate.ts";
import { Opcode, RSV1 } from "../wire/frame.ts";
import { frame, type FrameStep, type Session, type Step } from "../sessions/session.ts";
import { BOTH, CLIENT, RuleList, SERVER, type Rule, type RuleText } from "./rule.ts";

const { CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG } = Opcode;
const AWAIT: Step = { kind: "await" };
const S = (section: string): string => `RFC 7692 §${section}`;

const bombs: Record<number, Uint8Array> = {};
const negotiation = new RuleList("negotiation");
const hello = frame(TEXT, deflateLiterals(text("Hello")), { rsv: RSV1 });
/** An offer that a server may accept or decline; if it accepts, a compressed message must come back. */
function offer(name: string, title: string, extensions: string, section = "7.1"): void {
  negotiation.add(`offer-${name}`, S(section), "MUST", title, SERVER, { steps: [frame(TEXT, "a")], extensions });
}
function decline(name: string, title: string, extensions: string, section = "7.1"): void {
  negotiation.add(
    `decline-${name}`,
    S(section),
    "MUST",
    title,
    SERVER,
    { steps: [frame(TEXT, "a")], extensions },
    { only: ["handshake-sent:", "handshake-refused", "handshake-unanswered", "lost-message"] },
  );
}
negotiation.add(
  "plain",
  S("7"),
  "MUST",
  "After permessage-deflate was agreed on, a compressed message is understood",
  BOTH,
  { steps: [hello], extensions: "permessage-deflate" },
  { deflate: true },
);
offer("client-bits", "client_max_window_bits without a value is understood", "permessage-deflate; client_max_window_bits", "7.1.2.2");
for (const bits of [8, 9, 15])
  offer(
    `client-bits-${bits}`,
    `client_max_window_bits=${bits} is understood`,
    `permessage-deflate; client_max_window_bits=${bits}`,
    "7.1.2.2",
  );
for (const bits of [8, 9, 10, 15])
  offer(
    `server-bits-${bits}`,
    `server_max_window_bits=${bits} is granted or declined`,
    `permessage-deflate; server_max_window_bits=${bits}`,
    "7.1.2.1",
  );
offer(
  "server-no-takeover",
  "server_no_context_takeover is granted or declined",
  "permessage-deflate; server_no_context_takeover",
  "7.1.1.1",
);
offer("client-no-takeover", "client_no_context_takeover is understood", "permessage-deflate; client_no_context_takeover", "7.1.1.2");
offer(
  "all",
  "All four parameters together are understood",
  "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=11",
);
offer("quoted", "A value may be a quoted string", 'permessage-deflate; server_max_window_bits="10"', "7.1.2.1");
offer(
  "fallback",
  "Behind an offer that must be declined, a good one may be accepted",
  "permessage-deflate; server_max_window_bits=7, permessage-deflate",
  "7.1",
);
offer("other-first", "An unknown extension before permessage-deflate is ignored", "x-unknown, permessage-deflate", "5");
decline("unknown-parameter", "An offer with an unknown parameter is declined", "permessage-deflate; x=1");
decline("server-bits-7", "server_max_window_bits=7 is declined", "permessage-deflate; server_max_window_bits=7", "7.1.2.1");
decline("server-bits-16", "server_max_window_bits=16 is declined", "permessage-deflate; server_max_window_bits=16", "7.1.2.1");
decline(
  "server-bits-zero",
  "server_max_window_bits=09 (a leading zero) is declined",
  "permessage-deflate; server_max_window_bits=09",
  "7.1.2.1",
);
decline(
  "server-bits-missing",
  "server_max_window_bits without a value is declined",
  "permessage-deflate; server_max_window_bits",
  "7.1.2.1",
);
decline("server-bits-word", "server_max_window_bits=ten is declined", "permessage-deflate; server_max_window_bits=ten", "7.1.2.1");
decline("client-bits-7", "client_max_window_bits=7 is declined", "permessage-deflate; client_max_window_bits=7", "7.1.2.2");
decline("client-bits-16", "client_max_window_bits=16 is declined", "permessage-deflate; client_max_window_bits=16", "7.1.2.2");
decline("twice", "A parameter given twice is declined", "permessage-deflate; server_max_window_bits=10; server_max_window_bits=10");
decline(
  "takeover-value",
  "server_no_context_takeover with a value is declined",
  "permessage-deflate; server_no_context_takeover=1",
  "7.1.1.1",
);
negotiation.add(
  "response",
  S("7.1"),
  "MUST",
  "The response grants what was asked, once, with legal values",
  SERVER,
  { steps: [], extensions: "permessage-deflate; server_no_context_takeover; server_max_window_bits=10" },
  { home: ["handshake-sent:deflate-response"] },
);
/** A response that a client has to fail (§7.1: "the client MUST _Fail the WebSocket Connection_"). */
function failed(name: string, title: string, extensions: string, section = "7.1"): void {
  negotiation.add(`fail-${name}`, S(section), "MUST", title, CLIENT, { steps: [frame(PING, "a"), frame(TEXT, "a")], extensions });
}
failed("unknown-parameter", "A response with an unknown parameter is failed", "permessage-deflate; x=1");
failed("twice", "A response that accepts permessage-deflate twice is failed", "permessage-deflate, permessage-deflate");
failed(
  "parameter-twice",
  "A response with a parameter given twice is failed",
  "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
);
failed("server-bits-7", "server_max_window_bits=7 in a response is failed", "permessage-deflate; server_max_window_bits=7", "7.1.2.1");
failed("server-bits-16", "server_max_window_bits=16 in a response is failed", "permessage-deflate; server_max_window_bits=16", "7.1.2.1");
failed(
  "server-bits-missing",
  "server_max_window_bits without a value in a response is failed",
  "permessage-deflate; server_max_window_bits",
  "7.1.2.1",
);
failed(
  "client-bits-missing",
  "client_max_window_bits without a value in a response is failed",
  "permessage-deflate; client_max_window_bits",
  "7.1.2.2",
);
failed("client-bits-16", "client_max_window_bits=16 in a response is failed", "permessage-deflate; client_max_window_bits=16", "7.1.2.2");
failed(
  "takeover-value",
  "server_no_context_takeover with a value in a response is failed",
  "permessage-deflate; server_no_context_takeover=1",
  "7.1.1.1",
);

const compression = new RuleList("compression");
const packed = (payload: Uint8Array, more: Partial<FrameStep> = {}): FrameStep => frame(TEXT, payload, { rsv: RSV1, ...more });
function data(
  name: string,
  section: string,
  title: string,
  steps: readonly Step[],
  more: RuleText = {},
  extra: Partial<Session> = {},
  level: Rule["level"] = "MUST",
): void {
  compression.add(
    name,
    section.startsWith("RFC") ? section : S(section),
    level,
    title,
    BOTH,
    { steps, extensions: "permessage-deflate", ...extra },
    { deflate: true, ...more },
  );
}
data("text", "7.2.2", "A compressed text message comes back", [hello]);
data("binary", "7.2.2", "A compressed binary message comes back", [frame(BINARY, deflateLiterals(fill(200, 0xfe)), { rsv: RSV1 })]);
data("example", "7.2.3.1", "The RFC's first example, Hello in a fixed block, is read", [packed(fromHex("f248cdc9c90700"))]);
data("example-takeover", "7.2.3.2", "The RFC's example of a message that uses the one before is read", [
  packed(fromHex("f248cdc9c90700")),
  packed(fromHex("f200110000")),
]);
data("stored", "7.2.3.3", "A block without compression is read", [packed(fromHex("000500faff48656c6c6f00"))]);
data("final", "7.2.3.4", "A block with BFINAL is read", [packed(fromHex("f348cdc9c9070000"))]);
data("after-final", "7.2.1", "Another message behind one with BFINAL is read", [packed(fromHex("f348cdc9c9070000")), hello]);
data("two-blocks", "7.2.3.5", "Two blocks in one message are read", [packed(fromHex("f24805000000ffffcac9c90700"))]);
data(
  "block-after-final",
  "7.2.1",
  "A block behind a block with BFINAL is read, not lost",
  [
    packed(
      compressedPayload([
        { type: "fixed", tokens: [0x61], final: true },
        { type: "stored", bytes: text("b") },
      ]),
    ),
  ],
  { unplanted: "the defect is a common one: ws, which the planted defects are built on, loses such blocks itself" },
);
data("dynamic", "7.2.1", "A block with dynamic codes is read", [
  packed(compressedPayload([{ type: "dynamic", tokens: [...text("dynamic "), { length: 20, distance: 8 }] }])),
]);
data("zlib", "7.2.1", "What zlib writes is read", [
  packed(new Uint8Array(deflateRawSync(text("zlib zlib zlib zlib"), { finishFlush: 2 }).subarray(0, -4))),
]);
data("empty", "7.2.3.6", "A compressed empty message (one byte 0x00) is read", [packed(Uint8Array.of(0))]);
data("empty-then-text", "7.2.3.6", "A message behind a compressed empty one is read", [packed(Uint8Array.of(0)), hello]);
data("uncompressed", "6", "A message without RSV1 is not inflated", [frame(TEXT, "a"), hello, frame(TEXT, "b")]);
data("fragmented", "6.1", "A compressed message in two fragments is read", [
  packed(fromHex("f248cd"), { fin: false }),
  frame(CONTINUATION, fromHex("c9c90700")),
]);
data("fragmented-bytes", "6.1", "A compressed message in fragments of one byte, with Pings between, is read", [
  packed(fromHex("f2"), { fin: false }),
  frame(PING),
  ...["48", "cd", "c9", "c9", "07"].map((hex) => frame(CONTINUATION, fromHex(hex), { fin: false })),
  frame(PING),
  frame(CONTINUATION, fromHex("00")),
]);
data("fragmented-empty-first", "6.1", "The first fragment of a compressed message may be empty", [
  packed(new Uint8Array(0), { fin: false }),
  frame(CONTINUATION, fromHex("f248cdc9c90700")),
]);
data("fragmented-empty-last", "6.1", "The last fragment of a compressed message may be empty", [
  packed(fromHex("f248cdc9c90700"), { fin: false }),
  frame(CONTINUATION),
]);
data("ping", "6.1", "A Ping is not compressed, and answered", [hello, frame(PING, "p"), hello]);
data("takeover", "7.1.1.2", "The window reaches back over several messages", [
  hello,
  frame(TEXT, "x"),
  packed(compressedPayload([{ type: "fixed", tokens: [{ length: 5, distance: 5 }] }])),
  packed(compressedPayload([{ type: "fixed", tokens: [{ length: 10, distance: 10 }] }])),
]);
data("segmented", "7.2.2", "A compressed message that arrives byte by byte is read", [hello], {}, { cuts: 1, gap: 1 });
data("order", "5", "Compressed and other messages keep their order", [packed(bomb(20_000)), frame(TEXT, "a"), hello, frame(TEXT, "b")]);
data("rsv1-continuation", "6.1", "RSV1 on a continuation frame fails the connection", [
  packed(fromHex("f248cd"), { fin: false }),
  frame(CONTINUATION, fromHex("c9c90700"), { rsv: RSV1 }),
]);
data("rsv1-ping", "6.1", "RSV1 on a Ping fails the connection", [frame(PING, "", { rsv: RSV1 })]);
data("rsv1-pong", "6.1", "RSV1 on a Pong fails the connection", [frame(PONG, "", { rsv: RSV1 })]);
data("rsv1-close", "6.1", "RSV1 on a Close fails the connection", [frame(CLOSE, Uint8Array.of(3, 232), { rsv: RSV1 })]);
data("rsv2", "RFC 6455 §5.2", "RSV2 is still reserved", [packed(fromHex("f248cdc9c90700"), { rsv: RSV1 | 2 })]);
data("bad-block-type", "7.2.2", "A block of the reserved type fails the connection", [packed(writeBlocks([{ type: "reserved" }]))]);
data("bad-stored-length", "7.2.2", "A stored block whose lengths disagree fails the connection", [packed(fromHex("0005000000"))]);
data("bad-distance", "7.2.2", "A distance before the beginning fails the connection", [
  packed(compressedPayload([{ type: "fixed", tokens: [0x61, { length: 3, distance: 2 }] }])),
]);
data("bad-text", "RFC 6455 §8.1", "A compressed text message that is not UTF-8 fails the connection", [
  packed(deflateLiterals(fromHex("ceff"))),
]);
data("bad-then-nothing", "7.2.2", "After a compressed message that cannot be read nothing more is processed", [
  packed(writeBlocks([{ type: "reserved" }])),
  frame(TEXT, "a"),
]);
data("truncated", "7.2.2", "A compressed message cut short is not delivered as if it were whole", [packed(fromHex("f248cd"))], {
  unplanted: "the defect is a common one: zlib-based inflaters, that of ws among them, do not notice",
});
data(
  "close-code",
  "RFC 6455 §7.4.1",
  "Data that cannot be inflated is answered with a Close",
  [packed(writeBlocks([{ type: "reserved" }]))],
  { home: ["close-code:deflate-data"] },
  {},
  "SHOULD",
);
data(
  "sent",
  "7.2.1",
  "What the target compresses can be inflated",
  [hello, frame(BINARY, fill(3000)), frame(TEXT, "a"), hello, AWAIT, frame(TEXT, fill(3000))],
  { home: ["sent:deflate-data", "sent:rsv1"] },
);
compression.add(
  "server-no-takeover",
  S("7.1.1.1"),
  "MUST",
  "A server that granted server_no_context_takeover keeps to it",
  SERVER,
  { steps: [frame(TEXT, fill(2000)), AWAIT, frame(TEXT, fill(2000))], extensions: "permessage-deflate; server_no_context_takeover" },
  { deflate: true, only: ["sent:deflate-data"] },
);
compression.add(
  "server-bits-9",
  S("7.1.2.1"),
  "MUST",
  "A server that granted server_max_window_bits=9 keeps to it",
  SERVER,
  { steps: [frame(BINARY, noise(1500)), AWAIT, frame(BINARY, noise(1500))], extensions: "permessage-deflate; server_max_window_bits=9" },
  { deflate: true, only: ["sent:deflate-data"] },
);
compression.add(
  "client-no-takeover",
  S("7.1.1.2"),
  "MUST",
  "A client that was told client_no_context_takeover keeps to it",
  CLIENT,
  { steps: [frame(TEXT, fill(2000)), AWAIT, frame(TEXT, fill(2000))], extensions: "permessage-deflate; client_no_context_takeover" },
  { deflate: true, only: ["sent:deflate-data"] },
);
const ATTACK = { deflate: true, only: ["target-died", "target-hung", "memory", "sent:"], alive: true };
compression.add(
  "bomb",
  S("8"),
  "MUST",
  "A message that inflates to 256 MiB takes no such memory",
  BOTH,
  {
    steps: [frame(BINARY, deflateBomb(256), { rsv: RSV1 }), { kind: "pause", ms: 300 }, { kind: "reset" }],
    extensions: "permessage-deflate",
  },
  ATTACK,
);
compression.add(
  "bomb-fragmented",
  S("8"),
  "MUST",
  "A fragmented message that inflates to 256 MiB takes no such memory",
  BOTH,
  {
    steps: [
      frame(BINARY, deflateBomb(256).subarray(0, 1000), { rsv: RSV1, fin: false }),
      frame(CONTINUATION, deflateBomb(256).subarray(1000)),
      { kind: "pause", ms: 300 },
      { kind: "reset" },
    ],
    extensions: "permessage-deflate",
  },
  ATTACK,
);

/** Bytes that repeat only after 1 200, so that a window of 512 must not find them. */
function noise(length: number): Uint8Array {
  let state = 1;
  const period = Uint8Array.from({ length: 1200 }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state >>> 24;
  });
  return Uint8Array.from({ length }, (_, index) => period[index % 1200]!);
}

/** So many MiB of one byte, as one long run of copies: about 1 KiB per MiB, built without inflating or deflating anything large. */
function deflateBomb(mebibytes: number): Uint8Array {
  bombs[mebibytes] ??= makeBomb(mebibytes);
  return bombs[mebibytes];
}
function makeBomb(mebibytes: number): Uint8Array {
  const one = deflateRawSync(fill(1 << 20), { finishFlush: 2 });
  const whole = new Uint8Array(one.length * mebibytes);
  for (let index = 0; index < mebibytes; index++) whole.set(one, index * one.length);
  return whole.subarray(0, whole.length - 4);
}

export const COMPRESSION_RULES: readonly Rule[] = [...negotiation.rules, ...compression.rules];
