/** Framing, segmentation, fragmentation, control frames and message types: RFC 6455 §5. */
import { concat, fill, text } from "../wire/bytes.ts";
import { Opcode, writeFrame } from "../wire/frame.ts";
import { frame, type Session, type Step } from "../sessions/session.ts";
import { BOTH, CLIENT, RuleList, SERVER, type Rule } from "./rule.ts";

const { CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG } = Opcode;
const AWAIT: Step = { kind: "await" };

const framing = new RuleList("framing");
for (const size of [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 125, 126, 127, 128, 255, 256, 65535, 65536]) {
  if (size === 0 || size >= 125)
    framing.add(`text-${size}`, "5.2", "MUST", `A text message of ${size} bytes comes back`, BOTH, [frame(TEXT, fill(size))]);
  framing.add(`binary-${size}`, "5.2", "MUST", `A binary message of ${size} bytes comes back`, BOTH, [
    frame(BINARY, fill(size, 0xfe), { maskingKey: 0x01020304 }),
  ]);
}
framing.add("mask-zero", "5.3", "MUST", "A masking key of zero is a masking key", SERVER, [
  frame(BINARY, fill(9, 0x55), { maskingKey: 0 }),
]);
framing.add("mask-ones", "5.3", "MUST", "A masking key of all ones is a masking key", SERVER, [
  frame(BINARY, fill(9, 0x55), { maskingKey: 0xffffffff }),
]);
framing.add("mask-per-frame", "5.3", "MUST", "Every frame has a masking key of its own", SERVER, [
  frame(BINARY, "abcde", { maskingKey: 0x11223344 }),
  frame(BINARY, "abcde", { maskingKey: 0x55667788 }),
]);
for (const [bits, name] of [
  [4, "rsv1"],
  [2, "rsv2"],
  [1, "rsv3"],
  [7, "rsv-all"],
] as const) {
  framing.add(
    name,
    "5.2",
    "MUST",
    `${name === "rsv-all" ? "All reserved bits" : name.toUpperCase()} on a text frame without an extension fails the connection`,
    BOTH,
    [frame(TEXT, "a", { rsv: bits })],
  );
}
framing.add("rsv-ping", "5.2", "MUST", "A reserved bit on a Ping fails the connection", BOTH, [frame(PING, "", { rsv: 2 })]);
framing.add("rsv-close", "5.2", "MUST", "A reserved bit on a Close fails the connection", BOTH, [
  frame(CLOSE, Uint8Array.of(3, 232), { rsv: 1 }),
]);
framing.add("rsv-continuation", "5.2", "MUST", "A reserved bit on a continuation frame fails the connection", BOTH, [
  frame(TEXT, "a", { fin: false }),
  frame(CONTINUATION, "b", { rsv: 1 }),
]);
for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
  framing.add(`opcode-${opcode}`, "5.2", "MUST", `Opcode ${opcode} fails the connection`, BOTH, [frame(opcode)]);
}
framing.add("opcode-payload", "5.2", "MUST", "A reserved opcode with a payload fails the connection", BOTH, [
  frame(TEXT, "a"),
  AWAIT,
  frame(5, "a"),
  frame(PING),
]);
framing.add("unmasked", "5.1", "MUST", "A server closes the connection upon an unmasked frame", SERVER, [
  frame(TEXT, "a", { wrongMask: true }),
]);
framing.add("unmasked-ping", "5.1", "MUST", "A server closes the connection upon an unmasked control frame", SERVER, [
  frame(PING, "", { wrongMask: true }),
]);
framing.add("masked", "5.1", "MUST", "A client closes the connection upon a masked frame", CLIENT, [
  frame(TEXT, "a", { wrongMask: true, maskingKey: 0x01020304 }),
]);
framing.add("masked-ping", "5.1", "MUST", "A client closes the connection upon a masked control frame", CLIENT, [
  frame(PING, "", { wrongMask: true }),
]);
framing.add("length-16-for-7", "5.2", "MUST", "A length below 126 in 16 bits is refused (letting it pass is tolerated)", BOTH, [
  frame(TEXT, "a", { lengthForm: 16 }),
]);
framing.add("length-64-for-7", "5.2", "MUST", "A length below 126 in 64 bits is refused (letting it pass is tolerated)", BOTH, [
  frame(TEXT, "a", { lengthForm: 64 }),
]);
framing.add("length-64-for-16", "5.2", "MUST", "A length below 65536 in 64 bits is refused (letting it pass is tolerated)", BOTH, [
  frame(BINARY, fill(200), { lengthForm: 64 }),
]);
framing.add(
  "length-top-bit",
  "5.2",
  "MUST",
  "A 64-bit length with its highest bit set fails the connection",
  BOTH,
  [frame(BINARY, "a", { declaredLength: (1n << 63n) + 1n }), { kind: "pause", ms: 5 }],
  { only: ["accepts:", "target-died", "sent:", "extra-message"], alive: true },
);
framing.add("order", "5.4", "MUST", "Messages come back in the order they were sent", BOTH, [
  frame(TEXT, "a"),
  frame(BINARY, "b"),
  frame(TEXT, "c"),
  frame(BINARY, fill(300)),
  frame(TEXT, "e"),
]);
// What the target itself sends.
const echo = [frame(TEXT, "a"), frame(BINARY, fill(126)), frame(TEXT, fill(3)), frame(PING, "p")];
framing.add("sent-mask", "5.1", "MUST", "A client masks every frame, a server none", BOTH, echo, {
  home: ["sent:masking"],
  only: ["sent:masking"],
});
framing.add("sent-fresh-key", "5.3", "MUST", "A client picks a fresh, unpredictable masking key for every frame", CLIENT, echo, {
  home: ["sent:masking-key"],
});
framing.add("sent-rsv", "5.2", "MUST", "Reserved bits are zero without an extension", BOTH, echo, { home: ["sent:rsv"] });
framing.add("sent-opcode", "5.2", "MUST", "No reserved opcode is sent", BOTH, echo, { home: ["sent:opcode"] });
framing.add("sent-length", "5.2", "MUST", "Lengths are sent in the fewest bytes", BOTH, echo, {
  home: ["sent:non-minimal-length", "sent:length-top-bit"],
});
framing.add(
  "sent-fragments",
  "5.4",
  "MUST",
  "Fragments are sent in order, with no other message between them",
  BOTH,
  [frame(TEXT, fill(2000))],
  { home: ["sent:continuation-without-start", "sent:message-inside-message"] },
);
framing.add("sent-control", "5.5", "MUST", "Control frames are sent whole and with at most 125 bytes", BOTH, [frame(PING, fill(125))], {
  home: ["sent:control"],
});
framing.add("sent-whole-frames", "5.2", "MUST", "The TCP stream does not end inside a frame", BOTH, [frame(TEXT, "a")], {
  home: ["sent:partial-frame"],
});
framing.add("sent-utf8", "5.6", "MUST", "Text messages are sent in UTF-8", BOTH, [frame(TEXT, "ä€😀")], { home: ["sent:utf8"] });

const segmentation = new RuleList("segmentation");
function segmented(name: string, title: string, steps: readonly Step[], cuts: NonNullable<Session["cuts"]> = 1, section = "5.2"): void {
  segmentation.add(name, section, "MUST", title, BOTH, { steps, cuts, gap: typeof cuts === "number" ? 2 : 8 });
}
segmented("text", "A text frame that arrives byte by byte is read", [frame(TEXT, "abc", { maskingKey: 0x01020304 })]);
for (let at = 1; at <= 6; at++)
  segmented(`header-${at}`, `A frame cut behind its byte ${at} is read`, [frame(BINARY, "abcd", { maskingKey: 0x01020304 })], [at]);
segmented(
  "header-16",
  "A 16-bit length that arrives byte by byte is read",
  [frame(BINARY, fill(126), { maskingKey: 0x01020304 })],
  [1, 2, 3, 4, 5, 6, 7, 8, 9],
);
segmented(
  "header-64",
  "A 64-bit length that arrives byte by byte is read",
  [frame(BINARY, fill(65536), { maskingKey: 0x01020304 })],
  [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
);
segmented(
  "mask-unaligned",
  "The masking key keeps its place over cuts of odd sizes",
  [frame(BINARY, fill(40, 0x33), { maskingKey: 0x01020304 })],
  [9, 12, 17, 18, 25, 31],
);
segmented("ping", "A Ping that arrives byte by byte is answered", [frame(PING, "abc", { maskingKey: 0x01020304 })], 1, "5.5.2");
segmented("close", "A Close that arrives byte by byte is answered", [frame(CLOSE, Uint8Array.of(3, 232, 0x61))], 1, "5.5.1");
segmented("utf8", "A character cut between two segments is read", [frame(TEXT, "ä€😀")], 1, "8.1");
segmented(
  "many-in-one",
  "Many frames in one segment are all read",
  Array.from({ length: 50 }, (_, index) => frame(TEXT, String(index))),
  [],
);
segmented("frame-and-half", "A frame and a half in one segment are read", [frame(TEXT, "first"), frame(TEXT, "second")], [15]);
segmented(
  "fragments",
  "A fragmented message that arrives byte by byte is read",
  [frame(TEXT, "ab", { fin: false }), frame(PING, "p"), frame(CONTINUATION, "cd")],
  1,
  "5.4",
);
segmented("empty-at-end", "An empty frame at the end of a segment is read", [frame(TEXT, "a"), frame(TEXT, "")], []);

const fragmentation = new RuleList("fragmentation");
const start = (payload = "", opcode: number = TEXT): Step => frame(opcode, payload, { fin: false });
const more = (payload = ""): Step => frame(CONTINUATION, payload, { fin: false });
const last = (payload = ""): Step => frame(CONTINUATION, payload);
fragmentation.add("two", "5.4", "MUST", "A message in two fragments comes back whole", BOTH, [start("a"), last("b")]);
fragmentation.add("two-binary", "5.4", "MUST", "A binary message in two fragments comes back whole", BOTH, [start("a", BINARY), last("b")]);
fragmentation.add("three", "5.4", "MUST", "A message in three fragments comes back whole", BOTH, [start("a"), more("b"), last("c")]);
fragmentation.add("first-empty", "5.4", "MUST", "The first fragment may be empty", BOTH, [start(), last("b")]);
fragmentation.add("last-empty", "5.4", "MUST", "The last fragment may be empty", BOTH, [start("a"), last()]);
fragmentation.add("middle-empty", "5.4", "MUST", "A fragment in the middle may be empty", BOTH, [start("a"), more(), last("b")]);
fragmentation.add("all-empty", "5.4", "MUST", "All fragments may be empty", BOTH, [start(), more(), last()]);
fragmentation.add("ping-between", "5.4", "MUST", "A Ping between fragments is answered and disturbs nothing", BOTH, [
  start("a"),
  frame(PING, "p"),
  AWAIT,
  last("b"),
]);
fragmentation.add("pong-between", "5.4", "MUST", "A Pong between fragments disturbs nothing", BOTH, [
  start("a"),
  frame(PONG, "p"),
  last("b"),
]);
fragmentation.add("pings-between", "5.4", "MUST", "Pings between all fragments disturb nothing", BOTH, [
  start("a"),
  frame(PING, "1"),
  more("b"),
  frame(PING, "2"),
  more("c"),
  frame(PING, "3"),
  last("d"),
]);
fragmentation.add("close-between", "5.4", "MUST", "A Close between fragments is answered", BOTH, [
  start("a"),
  frame(CLOSE, Uint8Array.of(3, 232)),
]);
fragmentation.add("twice", "5.4", "MUST", "A fragmented message may follow a fragmented message", BOTH, [
  start("a"),
  last("b"),
  start("c", BINARY),
  last("d"),
]);
fragmentation.add("then-whole", "5.4", "MUST", "An unfragmented message may follow a fragmented one", BOTH, [
  start("a"),
  last("b"),
  frame(TEXT, "c"),
]);
fragmentation.add("byte-by-byte", "5.4", "MUST", "A message of 50 fragments of one byte comes back whole", BOTH, [
  start("a"),
  ...Array.from({ length: 48 }, () => more("b")),
  last("c"),
]);
fragmentation.add("awaiting", "5.4", "MUST", "Fragments may arrive one at a time", BOTH, [
  start("a"),
  { kind: "pause", ms: 3 },
  more("b"),
  { kind: "pause", ms: 3 },
  last("c"),
]);
fragmentation.add("continuation-alone", "5.4", "MUST", "A continuation frame with nothing to continue fails the connection", BOTH, [
  last("a"),
]);
fragmentation.add(
  "continuation-alone-open",
  "5.4",
  "MUST",
  "A continuation frame without FIN and with nothing to continue fails the connection",
  BOTH,
  [more("a")],
);
fragmentation.add("continuation-after-message", "5.4", "MUST", "A continuation frame behind a whole message fails the connection", BOTH, [
  frame(TEXT, "a"),
  AWAIT,
  last("b"),
]);
fragmentation.add(
  "continuation-after-fragments",
  "5.4",
  "MUST",
  "A continuation frame behind a finished fragmented message fails the connection",
  BOTH,
  [start("a"), last("b"), AWAIT, last("c")],
);
fragmentation.add("text-inside", "5.4", "MUST", "A text frame inside a fragmented message fails the connection", BOTH, [
  start("a"),
  frame(TEXT, "b"),
]);
fragmentation.add("binary-inside", "5.4", "MUST", "A binary frame inside a fragmented message fails the connection", BOTH, [
  start("a"),
  frame(BINARY, "b"),
]);
fragmentation.add("start-inside", "5.4", "MUST", "A second beginning inside a fragmented message fails the connection", BOTH, [
  start("a"),
  start("b"),
  last("c"),
]);

const control = new RuleList("control");
control.add("ping-empty", "5.5.2", "MUST", "An empty Ping is answered with an empty Pong", BOTH, [frame(PING)], { home: [] });
control.add("ping-payload", "5.5.3", "MUST", "A Pong has the payload of its Ping", BOTH, [frame(PING, "abc")]);
control.add("ping-binary", "5.5.3", "MUST", "A Ping's payload may be any bytes", BOTH, [
  frame(PING, Uint8Array.of(0, 0xff, 0xfe, 0x80, 0)),
]);
control.add("ping-125", "5.5", "MUST", "A Ping with 125 bytes is answered", BOTH, [frame(PING, fill(125))]);
control.add(
  "ping-many",
  "5.5.3",
  "MUST",
  "Of many Pings at least the latest is answered",
  BOTH,
  Array.from({ length: 10 }, (_, index) => frame(PING, String(index))),
);
control.add("ping-each", "5.5.2", "MUST", "Pings one at a time are each answered", BOTH, [
  frame(PING, "1"),
  AWAIT,
  frame(PING, "2"),
  AWAIT,
  frame(PING, "3"),
]);
control.add("ping-among-messages", "5.5.2", "MUST", "Pings among messages are answered", BOTH, [
  frame(TEXT, "a"),
  frame(PING, "p"),
  frame(TEXT, "b"),
]);
control.add("pong-unsolicited", "5.5.3", "MUST", "A Pong that nobody asked for is ignored", BOTH, [frame(PONG, "a"), frame(TEXT, "b")]);
control.add("pong-empty", "5.5.3", "MUST", "An empty Pong that nobody asked for is ignored", BOTH, [frame(PONG), frame(PING, "b")]);
control.add("ping-126", "5.5", "MUST", "A Ping with 126 bytes fails the connection", BOTH, [frame(PING, fill(126))]);
control.add("pong-126", "5.5", "MUST", "A Pong with 126 bytes fails the connection", BOTH, [frame(PONG, fill(126))]);
control.add("close-126", "5.5", "MUST", "A Close with 126 bytes fails the connection", BOTH, [
  frame(CLOSE, concat([Uint8Array.of(3, 232), fill(124)])),
]);
control.add("ping-fragmented", "5.5", "MUST", "A Ping without FIN fails the connection", BOTH, [frame(PING, "a", { fin: false })]);
control.add("pong-fragmented", "5.5", "MUST", "A Pong without FIN fails the connection", BOTH, [frame(PONG, "a", { fin: false })]);
control.add("close-fragmented", "5.5", "MUST", "A Close without FIN fails the connection", BOTH, [
  frame(CLOSE, Uint8Array.of(3, 232), { fin: false }),
]);

const types = new RuleList("types");
types.add("text", "5.6", "MUST", "A text message comes back as text", BOTH, [frame(TEXT, "a")]);
types.add("binary", "5.6", "MUST", "A binary message comes back as binary", BOTH, [frame(BINARY, "a")]);
types.add("alternating", "5.6", "MUST", "Types are kept from message to message", BOTH, [
  frame(TEXT, "a"),
  frame(BINARY, "b"),
  frame(TEXT, "c"),
  frame(BINARY, ""),
]);
types.add("text-nul", "5.6", "MUST", "A NUL in a text message is a character", BOTH, [frame(TEXT, "a\u0000b")]);
types.add("binary-any", "5.6", "MUST", "A binary message may be any bytes", BOTH, [
  frame(
    BINARY,
    Uint8Array.from({ length: 256 }, (_, index) => index),
  ),
]);
types.add("text-looks-like-frame", "5.6", "MUST", "A message that looks like a frame is a message", BOTH, [
  frame(BINARY, writeFrame({ fin: true, rsv: 0, opcode: CLOSE, payload: text("\u0003") })),
]);

export const FRAME_RULES: readonly Rule[] = [
  ...framing.rules,
  ...segmentation.rules,
  ...fragmentation.rules,
  ...control.rules,
  ...types.rules,
];
