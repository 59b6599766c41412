/** UTF-8 (§8.1), the closing handshake (§5.5.1, §7), limits (§10.4) and resilience. */
import { concat, fill, fromHex, text } from "../wire/bytes.ts";
import { Opcode } from "../wire/frame.ts";
import { closePayload, DEFAULT_REQUEST, frame, type Step } from "../sessions/session.ts";
import { BOTH, CLIENT, RuleList, SERVER, type Rule } from "./rule.ts";

const { CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG } = Opcode;
const AWAIT: Step = { kind: "await" };

const utf8 = new RuleList("utf8");
const legal: [name: string, hex: string, title: string][] = [
  ["ascii", "00207f", "U+0000, U+0020 and U+007F"],
  ["two-bytes", "c280dfbf", "the first and the last character of two bytes"],
  ["three-bytes", "e0a080efbfbf", "the first and the last character of three bytes"],
  ["four-bytes", "f0908080f48fbfbf", "the first and the last character of four bytes"],
  ["around-surrogates", "ed9fbfee8080", "U+D7FF and U+E000"],
  ["noncharacters", "efbfbeefbfbff09fbfbe", "noncharacters, which are characters all the same"],
  ["bom", "efbbbf61", "a byte order mark, which is a character like any other"],
  ["greek", "cebae1bdb9cf83cebcceb5", "Greek"],
  ["planes", "f0a08080f3b08080f4808080", "characters of the higher planes"],
];
for (const [name, hex, title] of legal)
  utf8.add(`legal-${name}`, "8.1", "MUST", `A text message comes back: ${title}`, BOTH, [frame(TEXT, fromHex(hex))]);
utf8.add("legal-fragmented", "8.1", "MUST", "A character may be cut between fragments", BOTH, [
  frame(TEXT, fromHex("f09f"), { fin: false }),
  frame(CONTINUATION, fromHex("9880")),
]);
utf8.add("legal-fragmented-bytes", "8.1", "MUST", "A character may be cut into fragments of one byte with Pings between", BOTH, [
  frame(TEXT, fromHex("e2"), { fin: false }),
  frame(PING),
  frame(CONTINUATION, fromHex("82"), { fin: false }),
  frame(PING),
  frame(CONTINUATION, fromHex("ac")),
]);
const illegal: [name: string, hex: string, title: string][] = [
  ["continuation", "80", "a continuation byte alone"],
  ["continuation-last", "bf", "the last continuation byte alone"],
  ["two-cut", "c2", "a character of two bytes cut short"],
  ["three-cut", "e282", "a character of three bytes cut short"],
  ["four-cut", "f09f98", "a character of four bytes cut short"],
  ["lead-then-ascii", "c220", "a leading byte followed by a blank"],
  ["three-then-ascii", "e28261", "two bytes of three, then a letter"],
  ["overlong-2", "c0af", "an overlong form of two bytes"],
  ["overlong-2-max", "c1bf", "the longest overlong form of two bytes"],
  ["overlong-3", "e080af", "an overlong form of three bytes"],
  ["overlong-3-max", "e09fbf", "the longest overlong form of three bytes"],
  ["overlong-4", "f08080af", "an overlong form of four bytes"],
  ["overlong-4-max", "f08fbfbf", "the longest overlong form of four bytes"],
  ["overlong-nul", "c080", "an overlong NUL"],
  ["surrogate-first", "eda080", "U+D800"],
  ["surrogate-last", "edbfbf", "U+DFFF"],
  ["surrogate-pair", "eda081edb080", "a pair of surrogates"],
  ["beyond", "f4908080", "U+110000"],
  ["f5", "f5808080", "a byte F5"],
  ["five-bytes", "f888808080", "a form of five bytes"],
  ["six-bytes", "fc8480808080", "a form of six bytes"],
  ["fe", "fe", "a byte FE"],
  ["ff", "ff", "a byte FF"],
  ["late", "cebae1bdb9cf83cebcceb5eda080656469746564", "a surrogate after Greek text"],
];
for (const [name, hex, title] of illegal)
  utf8.add(`illegal-${name}`, "8.1", "MUST", `A text message fails the connection: ${title}`, BOTH, [frame(TEXT, fromHex(hex))]);
utf8.add("illegal-fragmented", "8.1", "MUST", "Fragments that together are not UTF-8 fail the connection", BOTH, [
  frame(TEXT, fromHex("ce"), { fin: false }),
  frame(CONTINUATION, fromHex("61")),
]);
utf8.add("illegal-last-fragment-cut", "8.1", "MUST", "A message whose last fragment ends inside a character fails the connection", BOTH, [
  frame(TEXT, "a", { fin: false }),
  frame(CONTINUATION, fromHex("c3")),
]);
utf8.add(
  "fail-fast-fragment",
  "8.1",
  "MUST",
  "Bytes that cannot be UTF-8 fail the connection before the message ends (waiting for the end is tolerated)",
  BOTH,
  [frame(TEXT, fromHex("61ff"), { fin: false }), frame(PING, "p"), AWAIT, frame(CONTINUATION, "b")],
);
utf8.add(
  "fail-fast-frame",
  "8.1",
  "MUST",
  "Bytes that cannot be UTF-8 fail the connection before the frame ends (waiting for the end is tolerated)",
  BOTH,
  [frame(TEXT, fromHex("61ff626364"), { declaredLength: 6n }), AWAIT, { kind: "bytes", bytes: text("e") }],
);
utf8.add("close-code", "7.4.1", "SHOULD", "Invalid UTF-8 is answered with Close 1007", BOTH, [frame(TEXT, fromHex("ff"))], {
  home: ["close-code:utf8"],
});
utf8.add("binary-not-checked", "5.6", "MUST", "A binary message need not be UTF-8", BOTH, [frame(BINARY, fromHex("c080ff"))]);
utf8.add("ping-not-checked", "5.5.2", "MUST", "A Ping's payload need not be UTF-8", BOTH, [frame(PING, fromHex("c080ff"))]);

const close = new RuleList("close");
const bye = (code?: number, reason: Uint8Array | string = ""): Step => frame(CLOSE, closePayload(code, reason));
close.add("empty", "5.5.1", "MUST", "An empty Close is answered with a Close", BOTH, [bye()], {
  home: ["close-reply-missing", "close-unanswered"],
});
close.add("reply-code", "5.5.1", "SHOULD", "The answer echoes the status code", BOTH, [bye(4000)], { home: ["close-code-changed"] });
close.add("reply-code-without-reason", "5.5.1", "SHOULD", "The status code is echoed when there is no reason", BOTH, [bye(3000)], {
  only: ["close-code-changed"],
});
close.add("tcp-closed", "7.1.1", "MUST", "After the closing handshake TCP is closed", BOTH, [bye(1000)], {
  home: ["tcp-open-after-close"],
});
close.add("client-waits", "7.1.1", "SHOULD", "A client waits for the server to close TCP", CLIENT, [bye(1000)], {
  home: ["client-closed-tcp-first"],
});
for (const code of [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999])
  close.add(`code-${code}`, "7.4", "MUST", `Close ${code} is answered`, BOTH, [bye(code)]);
close.add("reason", "5.5.1", "MUST", "A Close with a reason is answered", BOTH, [bye(1000, "bye")]);
close.add("reason-123", "5.5.1", "MUST", "A reason of 123 bytes is allowed", BOTH, [bye(1000, fill(123))]);
close.add("reason-unicode", "5.5.1", "MUST", "A reason may be any UTF-8", BOTH, [bye(1000, "ä€😀")]);
close.add("one-byte", "5.5.1", "MUST", "A Close with one byte fails the connection", BOTH, [frame(CLOSE, Uint8Array.of(3))]);
for (const code of [0, 1, 999, 1005, 1006, 1015])
  close.add(`invalid-${code}`, "7.4", "MUST", `Close ${code} fails the connection`, BOTH, [bye(code)]);
for (const code of [1004, 1016, 1100, 2000, 2999, 5000, 65535])
  close.add(`unassigned-${code}`, "7.4.2", "SHOULD", `Close ${code} is refused (letting it pass is tolerated)`, BOTH, [bye(code)]);
close.add("reason-not-utf8", "5.5.1", "MUST", "A reason that is not UTF-8 fails the connection", BOTH, [bye(1000, fromHex("ceff"))]);
close.add("data-after", "5.5.1", "MUST", "A message behind a Close is ignored", BOTH, [bye(1000), frame(TEXT, "a")]);
close.add("ping-after", "5.5.1", "MUST", "A Ping behind a Close does no harm", BOTH, [bye(1000), frame(PING, "a")]);
close.add("close-after", "5.5.1", "MUST", "A second Close does no harm", BOTH, [bye(1000), bye(1001)]);
close.add("garbage-after", "5.5.1", "MUST", "Garbage behind a Close does no harm", BOTH, [
  bye(1000),
  { kind: "bytes", bytes: fill(20, 0xff) },
]);
close.add("after-message", "5.5.1", "MUST", "A message before the Close is echoed, then the Close answered", BOTH, [
  frame(TEXT, "a"),
  AWAIT,
  bye(1000),
]);
close.add("sent-after-close", "5.5.1", "MUST", "Nothing is sent behind a Close", BOTH, [frame(TEXT, "a"), frame(TEXT, "b"), bye(1000)], {
  home: ["sent:after-close"],
});
close.add("sent-close-payload", "7.4", "MUST", "The target's own Close is valid", BOTH, [bye()], {
  home: ["sent:close"],
  only: ["sent:close"],
});
close.add("fail-sends-close", "7.1.7", "SHOULD", "Failing the connection sends a Close frame first", BOTH, [frame(3)], {
  home: ["no-close-frame"],
});
close.add("fail-code", "7.4.1", "SHOULD", "A protocol error is answered with Close 1002", BOTH, [frame(3)], { home: ["close-code:"] });
close.add("fail-closes-tcp", "7.1.7", "MUST", "Failing the connection closes TCP", BOTH, [frame(3)], { home: ["tcp-open-after-fail"] });
close.add("fail-stops", "7.1.7", "MUST", "After a violation nothing more is processed", BOTH, [
  frame(3),
  frame(TEXT, "a"),
  frame(PING, "p"),
]);

const limits = new RuleList("limits");
limits.add("message-1m", "10.4", "MUST", "A message of 1 MiB comes back, or is refused with 1009", BOTH, [frame(BINARY, fill(1 << 20))]);
limits.add("fragments-1m", "10.4", "MUST", "A message of 1 MiB in 256 fragments comes back, or is refused with 1009", BOTH, [
  frame(BINARY, fill(4096), { fin: false }),
  frame(CONTINUATION, fill(4096), { fin: false, times: 254 }),
  frame(CONTINUATION, fill(4096)),
]);
limits.add("frames-in-one-segment", "5.4", "MUST", "5 000 frames in one segment are all processed", BOTH, [
  frame(TEXT, "a", { times: 5000 }),
]);
limits.add("pings-in-one-segment", "5.5.3", "MUST", "5 000 Pings in one segment are answered, at least the latest", BOTH, [
  frame(PING, "", { times: 4999 }),
  frame(PING, "z"),
]);
const ATTACK = { only: ["target-died", "target-hung", "memory", "sent:"], alive: true };
for (const [name, length, title] of [
  ["2-32", (1n << 32n) + 5n, "4 GiB and 5"],
  ["2-53", (1n << 53n) + 1n, "2^53 + 1"],
  ["2-63", (1n << 63n) - 1n, "2^63 - 1"],
] as const) {
  limits.add(
    `declared-${name}`,
    "10.4",
    "MUST",
    `A declared length of ${title} bytes takes no memory and does no harm`,
    BOTH,
    [frame(BINARY, "aaaaa", { declaredLength: length }), { kind: "pause", ms: 20 }],
    { ...ATTACK, only: [...ATTACK.only, "extra-message", "lost-message", "wrong-type", "changed-message"] },
  );
}
limits.add(
  "declared-many",
  "10.4",
  "MUST",
  "20 connections that declare 1 GiB each take no memory",
  SERVER,
  [frame(BINARY, "a", { declaredLength: 1n << 30n }), { kind: "pause", ms: 100 }, { kind: "reset" }],
  { ...ATTACK, connections: 20 },
);
limits.add(
  "empty-fragments",
  "10.4",
  "MUST",
  "100 000 empty fragments take no memory, or are refused",
  BOTH,
  [frame(TEXT, "", { fin: false }), frame(CONTINUATION, "", { fin: false, times: 100_000 }), frame(CONTINUATION, "a")],
  ATTACK,
);
limits.add(
  "tiny-fragments",
  "10.4",
  "MUST",
  "100 000 fragments of one byte take little memory, or are refused",
  BOTH,
  [frame(TEXT, "a", { fin: false }), frame(CONTINUATION, "a", { fin: false, times: 100_000 }), frame(CONTINUATION, "a")],
  ATTACK,
);
limits.add("empty-messages", "10.4", "MUST", "20 000 empty messages do no harm", BOTH, [frame(TEXT, "", { times: 20_000 })], ATTACK);
limits.add(
  "headers-many",
  "10.4",
  "MUST",
  "A request with 5 000 header fields is answered or refused in time",
  SERVER,
  {
    steps: [],
    request: {
      ...DEFAULT_REQUEST,
      headers: [...DEFAULT_REQUEST.headers, ...Array.from({ length: 5000 }, (_, index) => [`x-${index}`, "1"] as const)],
    },
  },
  { ...ATTACK, only: [...ATTACK.only, "handshake-unanswered", "refusal-unanswered"], mayRefuse: true },
);
limits.add(
  "header-long",
  "10.4",
  "MUST",
  "A header of 1 MiB is answered or refused in time",
  SERVER,
  { steps: [], request: { ...DEFAULT_REQUEST, headers: [...DEFAULT_REQUEST.headers, ["X-Long", "a".repeat(1 << 20)]] } },
  { ...ATTACK, only: [...ATTACK.only, "handshake-unanswered", "refusal-unanswered"], mayRefuse: true },
);
limits.add(
  "extensions-long",
  "10.4",
  "MUST",
  "A long list of extensions is read in linear time",
  SERVER,
  { steps: [], extensions: `a${';b="\\\\"'.repeat(1500)}` },
  { ...ATTACK, only: [...ATTACK.only, "handshake-unanswered", "refusal-unanswered"], mayRefuse: true },
);
limits.add(
  "protocols-long",
  "10.4",
  "MUST",
  "A long list of subprotocols is read in linear time",
  SERVER,
  { steps: [], subprotocols: `a${" ".repeat(4000)}b${",c ".repeat(1000)}` },
  { ...ATTACK, only: [...ATTACK.only, "handshake-unanswered", "refusal-unanswered"], mayRefuse: true },
);

const resilience = new RuleList("resilience");
resilience.add(
  "reset",
  "7.1.5",
  "MUST",
  "A reset in the middle of a frame harms nobody else",
  BOTH,
  [frame(TEXT, "a", { declaredLength: 5n }), { kind: "pause", ms: 2 }, { kind: "reset" }],
  { alive: true },
);
resilience.add(
  "reset-after-message",
  "7.1.5",
  "MUST",
  "A reset right after a message harms nobody else",
  BOTH,
  [frame(TEXT, "a", { times: 20 }), { kind: "reset" }],
  { alive: true },
);
resilience.add(
  "half-close",
  "7.1.4",
  "SHOULD",
  "A FIN without a Close ends the connection",
  BOTH,
  [frame(TEXT, "a"), AWAIT, { kind: "end" }],
  { home: ["tcp-open-after-eof"], alive: true },
);
resilience.add(
  "half-close-in-frame",
  "7.1.4",
  "SHOULD",
  "A FIN in the middle of a frame ends the connection",
  BOTH,
  [frame(TEXT, "a", { declaredLength: 5n }), { kind: "end" }],
  { only: ["tcp-open-after-eof", "target-", "sent:"], alive: true },
);
resilience.add(
  "half-close-in-message",
  "7.1.4",
  "SHOULD",
  "A FIN in the middle of a fragmented message ends the connection",
  BOTH,
  [frame(TEXT, "a", { fin: false }), { kind: "end" }],
  { only: ["tcp-open-after-eof", "target-", "sent:"], alive: true },
);
resilience.add(
  "garbage",
  "5.2",
  "MUST",
  "Garbage instead of frames fails the connection and harms nobody else",
  BOTH,
  [{ kind: "bytes", bytes: fill(128, 0xc1) }],
  { alive: true },
);
resilience.add(
  "garbage-handshake",
  "4.2.1",
  "MUST",
  "Garbage instead of a request is refused",
  SERVER,
  { steps: [], request: { ...DEFAULT_REQUEST, method: "", raw: "\u0016\u0003\u0001\u0000\u00a5 garbage\r\n\r\n" } },
  { alive: true },
);
resilience.add("slow-bytes", "5.2", "MUST", "A message whose bytes come slowly is read", BOTH, {
  steps: [frame(TEXT, "abc")],
  cuts: 1,
  gap: 5,
});
resilience.add("slow-pauses", "5.2", "MUST", "Messages with pauses between them are read", BOTH, [
  frame(TEXT, "a"),
  AWAIT,
  { kind: "pause", ms: 30 },
  frame(TEXT, "b"),
]);
resilience.add("many-pongs", "5.5.3", "MUST", "1 000 Pongs that nobody asked for are ignored", BOTH, [
  frame(PONG, "a", { times: 1000 }),
  frame(TEXT, "b"),
]);
resilience.add("large-then-small", "5.4", "MUST", "A small message behind a large one is not lost", BOTH, [
  frame(BINARY, fill(60_000)),
  frame(TEXT, "a"),
  frame(PING, "p"),
]);
resilience.add("close-in-large", "5.5.1", "MUST", "A Close behind a large message is answered", BOTH, [
  frame(BINARY, fill(60_000)),
  AWAIT,
  frame(CLOSE, concat([Uint8Array.of(3, 232)])),
]);

export const ENDING_RULES: readonly Rule[] = [...utf8.rules, ...close.rules, ...limits.rules, ...resilience.rules];
