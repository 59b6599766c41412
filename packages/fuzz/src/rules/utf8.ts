/** RFC 6455 §8.1: text messages are UTF-8. */
import { frameStep, type Step } from "../sessions/session.ts";
import { fromHex, text } from "../wire/bytes.ts";
import { Opcode } from "../wire/frame.ts";
import { ruleTable, type Rule, type RuleRow } from "./rule.ts";

const { CONTINUATION, TEXT, BINARY, PING } = Opcode;
const AWAIT: Step = { kind: "await" };

const LEGAL: readonly (readonly [name: string, hex: string, title: string])[] = [
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

const ILLEGAL: readonly (readonly [name: string, hex: string, title: string])[] = [
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

export const UTF8: readonly Rule[] = ruleTable("utf8", [
  ...LEGAL.map(([name, hex, title]): RuleRow => ({
    name: `legal-${name}`,
    section: "RFC 6455 §8.1",
    title: `A text message comes back: ${title}`,
    session: { steps: [frameStep(TEXT, fromHex(hex))] },
  })),
  {
    name: "legal-fragmented",
    section: "RFC 6455 §8.1",
    title: "A character may be cut between fragments",
    session: { steps: [frameStep(TEXT, fromHex("f09f"), { fin: false }), frameStep(CONTINUATION, fromHex("9880"))] },
  },
  {
    name: "legal-fragmented-bytes",
    section: "RFC 6455 §8.1",
    title: "A character may be cut into fragments of one byte with Pings between",
    session: {
      steps: [
        frameStep(TEXT, fromHex("e2"), { fin: false }),
        frameStep(PING),
        frameStep(CONTINUATION, fromHex("82"), { fin: false }),
        frameStep(PING),
        frameStep(CONTINUATION, fromHex("ac")),
      ],
    },
  },
  ...ILLEGAL.map(([name, hex, title]): RuleRow => ({
    name: `illegal-${name}`,
    section: "RFC 6455 §8.1",
    title: `A text message fails the connection: ${title}`,
    session: { steps: [frameStep(TEXT, fromHex(hex))] },
  })),
  {
    name: "illegal-fragmented",
    section: "RFC 6455 §8.1",
    title: "Fragments that together are not UTF-8 fail the connection",
    session: { steps: [frameStep(TEXT, fromHex("ce"), { fin: false }), frameStep(CONTINUATION, fromHex("61"))] },
  },
  {
    name: "illegal-last-fragment-cut",
    section: "RFC 6455 §8.1",
    title: "A message whose last fragment ends inside a character fails the connection",
    session: { steps: [frameStep(TEXT, "a", { fin: false }), frameStep(CONTINUATION, fromHex("c3"))] },
  },
  {
    name: "fail-fast-fragment",
    section: "RFC 6455 §8.1",
    title: "Bytes that cannot be UTF-8 fail the connection before the message ends (waiting for the end is tolerated)",
    session: { steps: [frameStep(TEXT, fromHex("61ff"), { fin: false }), frameStep(PING, "p"), AWAIT, frameStep(CONTINUATION, "b")] },
  },
  {
    name: "fail-fast-frame",
    section: "RFC 6455 §8.1",
    title: "Bytes that cannot be UTF-8 fail the connection before the frame ends (waiting for the end is tolerated)",
    session: { steps: [frameStep(TEXT, fromHex("61ff626364"), { declaredLength: 6n }), AWAIT, { kind: "bytes", bytes: text("e") }] },
  },
  {
    name: "close-code",
    section: "RFC 6455 §7.4.1",
    level: "SHOULD",
    title: "Invalid UTF-8 is answered with Close 1007",
    session: { steps: [frameStep(TEXT, fromHex("ff"))] },
    home: ["close-code:utf8"],
  },
  {
    name: "binary-not-checked",
    section: "RFC 6455 §5.6",
    title: "A binary message need not be UTF-8",
    session: { steps: [frameStep(BINARY, fromHex("c080ff"))] },
  },
  {
    name: "ping-not-checked",
    section: "RFC 6455 §5.5.2",
    title: "A Ping's payload need not be UTF-8",
    session: { steps: [frameStep(PING, fromHex("c080ff"))] },
  },
]);
