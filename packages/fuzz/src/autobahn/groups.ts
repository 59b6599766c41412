/**
 * Every group of cases of the Autobahn Testsuite (0.8.2) and the rules that cover it here. Its numbers are what people's configurations
 * and CI scripts name. Descriptions are our own.
 */
export interface AutobahnGroup {
  /** `1.1.{1-8}`: the last part runs. */
  readonly cases: string;
  readonly title: string;
  /** One list for all, or one for each case in order. Globs over rule ids. */
  readonly rules: string | readonly string[];
}

const sizes = [0, 125, 126, 127, 128, 65535, 65536];
const illegal = (name: string): string => `utf8/illegal-${name}`;

export const AUTOBAHN_GROUPS: readonly AutobahnGroup[] = [
  {
    cases: "1.1.{1-8}",
    title: "Text messages of different sizes",
    rules: [...sizes.map((size) => `framing/text-${size}`), "framing/text-65536,segmentation/header-64"],
  },
  {
    cases: "1.2.{1-8}",
    title: "Binary messages of different sizes",
    rules: [...sizes.map((size) => `framing/binary-${size}`), "framing/binary-65536,segmentation/header-64"],
  },
  {
    cases: "2.{1-11}",
    title: "Pings and Pongs",
    rules: [
      "control/ping-empty",
      "control/ping-payload",
      "control/ping-binary",
      "control/ping-125",
      "control/ping-126",
      "segmentation/ping",
      "control/pong-empty",
      "control/pong-unsolicited",
      "control/pong-empty,control/ping-payload",
      "control/ping-many",
      "control/ping-many,segmentation/ping",
    ],
  },
  {
    cases: "3.{1-7}",
    title: "Reserved bits",
    rules: ["framing/rsv3", "framing/rsv2", "framing/rsv2", "framing/rsv1", "framing/rsv-all", "framing/rsv-ping", "framing/rsv-close"],
  },
  {
    cases: "4.1.{1-5}",
    title: "Reserved opcodes for messages",
    rules: ["framing/opcode-3", "framing/opcode-4", "framing/opcode-5,framing/opcode-payload", "framing/opcode-6", "framing/opcode-7"],
  },
  {
    cases: "4.2.{1-5}",
    title: "Reserved opcodes for control frames",
    rules: [11, 12, 13, 14, 15].map((opcode) => `framing/opcode-${opcode}`),
  },
  {
    cases: "5.{1-20}",
    title: "Fragmentation",
    rules: [
      "control/ping-fragmented",
      "control/pong-fragmented",
      "fragmentation/two",
      "fragmentation/awaiting",
      "segmentation/fragments",
      "fragmentation/ping-between",
      "fragmentation/ping-between,fragmentation/awaiting",
      "segmentation/fragments",
      "fragmentation/continuation-alone",
      "fragmentation/continuation-alone",
      "fragmentation/continuation-alone,segmentation/text",
      "fragmentation/continuation-alone-open",
      "fragmentation/continuation-alone-open",
      "fragmentation/continuation-alone-open",
      "fragmentation/continuation-after-fragments",
      "fragmentation/continuation-alone-open",
      "fragmentation/continuation-alone",
      "fragmentation/text-inside",
      "fragmentation/pings-between",
      "fragmentation/pings-between,fragmentation/awaiting",
    ],
  },
  { cases: "6.1.{1-3}", title: "Empty text messages", rules: ["framing/text-0", "fragmentation/all-empty", "fragmentation/middle-empty"] },
  {
    cases: "6.2.{1-4}",
    title: "Valid UTF-8, whole and in fragments",
    rules: ["utf8/legal-greek", "utf8/legal-fragmented", "utf8/legal-fragmented-bytes", "utf8/legal-fragmented-bytes"],
  },
  { cases: "6.3.{1-2}", title: "Invalid UTF-8, whole and in fragments", rules: ["utf8/illegal-late", "utf8/illegal-fragmented"] },
  {
    cases: "6.4.{1-4}",
    title: "Failing fast on invalid UTF-8",
    rules: ["utf8/fail-fast-fragment", "utf8/fail-fast-fragment", "utf8/fail-fast-frame", "utf8/fail-fast-frame"],
  },
  {
    cases: "6.5.{1-5}",
    title: "Greek, cut and whole",
    rules: [illegal("two-cut"), "utf8/legal-greek", illegal("two-cut"), illegal("three-cut"), "utf8/legal-greek"],
  },
  {
    cases: "6.6.{1-11}",
    title: "Cut and whole sequences",
    rules: [
      "utf8/illegal-two-cut",
      "utf8/legal-two-bytes",
      "utf8/illegal-three-cut",
      "utf8/illegal-three-cut",
      "utf8/legal-three-bytes",
      "utf8/illegal-four-cut",
      "utf8/illegal-four-cut",
      "utf8/illegal-four-cut",
      "utf8/legal-four-bytes",
      "utf8/illegal-last-fragment-cut",
      "utf8/legal-greek",
    ],
  },
  {
    cases: "6.7.{1-4}",
    title: "The first character of each length",
    rules: ["utf8/legal-ascii", "utf8/legal-two-bytes", "utf8/legal-three-bytes", "utf8/legal-four-bytes"],
  },
  { cases: "6.8.{1-2}", title: "Forms of five and six bytes", rules: [illegal("five-bytes"), illegal("six-bytes")] },
  {
    cases: "6.9.{1-4}",
    title: "The last character of each length",
    rules: ["utf8/legal-ascii", "utf8/legal-two-bytes", "utf8/legal-three-bytes", "utf8/legal-four-bytes"],
  },
  { cases: "6.10.{1-3}", title: "Beyond Unicode", rules: [illegal("beyond"), illegal("five-bytes"), illegal("six-bytes")] },
  {
    cases: "6.11.{1-5}",
    title: "Around surrogates and at the end",
    rules: [
      "utf8/legal-around-surrogates",
      "utf8/legal-around-surrogates",
      "utf8/legal-noncharacters",
      "utf8/legal-four-bytes",
      illegal("beyond"),
    ],
  },
  {
    cases: "6.12.{1-8}",
    title: "Continuation bytes alone",
    rules: [
      illegal("continuation"),
      illegal("continuation-last"),
      ...Array.from({ length: 6 }, () => "utf8/illegal-continuation,utf8/illegal-continuation-last"),
    ],
  },
  {
    cases: "6.13.{1-5}",
    title: "Leading bytes followed by a blank",
    rules: [
      illegal("lead-then-ascii"),
      illegal("lead-then-ascii"),
      illegal("three-then-ascii"),
      illegal("five-bytes"),
      illegal("six-bytes"),
    ],
  },
  {
    cases: "6.14.{1-10}",
    title: "Sequences without their last byte",
    rules: [
      illegal("two-cut"),
      illegal("three-cut"),
      illegal("four-cut"),
      illegal("five-bytes"),
      illegal("six-bytes"),
      illegal("two-cut"),
      illegal("three-cut"),
      illegal("four-cut"),
      illegal("five-bytes"),
      illegal("six-bytes"),
    ],
  },
  { cases: "6.15.{1-1}", title: "Several cut sequences", rules: [illegal("three-then-ascii")] },
  { cases: "6.16.{1-3}", title: "Impossible bytes", rules: [illegal("fe"), illegal("ff"), "utf8/illegal-fe,utf8/illegal-ff"] },
  {
    cases: "6.17.{1-5}",
    title: "Overlong slashes",
    rules: [illegal("overlong-2"), illegal("overlong-3"), illegal("overlong-4"), illegal("five-bytes"), illegal("six-bytes")],
  },
  {
    cases: "6.18.{1-5}",
    title: "The longest overlong forms",
    rules: [illegal("overlong-2-max"), illegal("overlong-3-max"), illegal("overlong-4-max"), illegal("five-bytes"), illegal("six-bytes")],
  },
  {
    cases: "6.19.{1-5}",
    title: "Overlong NULs",
    rules: [illegal("overlong-nul"), illegal("overlong-3"), illegal("overlong-4"), illegal("five-bytes"), illegal("six-bytes")],
  },
  {
    cases: "6.20.{1-7}",
    title: "Single surrogates",
    rules: [illegal("surrogate-first"), ...Array.from({ length: 5 }, () => "utf8/illegal-surrogate-*"), illegal("surrogate-last")],
  },
  { cases: "6.21.{1-8}", title: "Pairs of surrogates", rules: illegal("surrogate-pair") },
  { cases: "6.22.{1-34}", title: "Noncharacters", rules: "utf8/legal-noncharacters" },
  { cases: "6.23.{1-7}", title: "Special characters", rules: "utf8/legal-bom,utf8/legal-noncharacters" },
  {
    cases: "7.1.{1-6}",
    title: "Closing: two Closes, data and Pings behind, fragments, a large message",
    rules: [
      "close/after-message",
      "close/close-after",
      "close/ping-after",
      "close/data-after",
      "fragmentation/close-between",
      "resilience/close-in-large",
    ],
  },
  {
    cases: "7.3.{1-6}",
    title: "Payloads of Close",
    rules: ["close/empty", "close/one-byte", "close/code-1000", "close/reason", "close/reason-123", "control/close-126"],
  },
  { cases: "7.5.{1-1}", title: "A reason that is not UTF-8", rules: ["close/reason-not-utf8"] },
  {
    cases: "7.7.{1-13}",
    title: "Valid Close codes",
    rules: [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999].map((code) => `close/code-${code}`),
  },
  {
    cases: "7.9.{1-9}",
    title: "Invalid Close codes",
    rules: [
      "close/invalid-0",
      "close/invalid-999",
      "close/unassigned-1004",
      "close/invalid-1005",
      "close/invalid-1006",
      "close/unassigned-1016",
      "close/unassigned-1100",
      "close/unassigned-2000",
      "close/unassigned-2999",
    ],
  },
  { cases: "7.13.{1-2}", title: "Close codes of 5000 and above", rules: ["close/unassigned-5000", "close/unassigned-65535"] },
  { cases: "9.1.{1-6}", title: "Large text messages", rules: "limits/message-1m,framing/text-65536" },
  { cases: "9.2.{1-6}", title: "Large binary messages", rules: "limits/message-1m,framing/binary-65536" },
  { cases: "9.3.{1-9}", title: "Large fragmented text messages", rules: "limits/fragments-1m" },
  { cases: "9.4.{1-9}", title: "Large fragmented binary messages", rules: "limits/fragments-1m" },
  { cases: "9.5.{1-6}", title: "A large text message in small writes", rules: "limits/message-1m,segmentation/header-64" },
  { cases: "9.6.{1-6}", title: "A large binary message in small writes", rules: "limits/message-1m,segmentation/header-64" },
  { cases: "9.7.{1-6}", title: "Many text messages, one after the other", rules: "limits/frames-in-one-segment" },
  { cases: "9.8.{1-6}", title: "Many binary messages, one after the other", rules: "limits/frames-in-one-segment" },
  { cases: "10.1.{1-1}", title: "A message in many fragments", rules: ["fragmentation/byte-by-byte"] },
  ...Array.from({ length: 5 }, (_, index) => ({
    cases: `12.${index + 1}.{1-18}`,
    title: "Compressed messages of different kinds and sizes",
    rules:
      "negotiation/plain,compression/text,compression/binary,compression/dynamic,compression/zlib,compression/order,compression/takeover,compression/sent",
  })),
  { cases: "13.1.{1-18}", title: "permessage-deflate without parameters", rules: "negotiation/plain,compression/text,compression/sent" },
  {
    cases: "13.2.{1-18}",
    title: "Without context takeover, asked of the server",
    rules: "negotiation/offer-server-no-takeover,compression/server-no-takeover,compression/client-no-takeover",
  },
  {
    cases: "13.3.{1-18}",
    title: "A window of 9 bits",
    rules: "negotiation/offer-server-bits-9,compression/server-bits-9,compression/text",
  },
  { cases: "13.4.{1-18}", title: "A window of 15 bits", rules: "negotiation/offer-server-bits-15,compression/text" },
  {
    cases: "13.5.{1-18}",
    title: "A window of 9 bits without context takeover",
    rules: "negotiation/offer-all,compression/server-bits-9,compression/text",
  },
  {
    cases: "13.6.{1-18}",
    title: "A window of 15 bits without context takeover",
    rules: "negotiation/offer-all,compression/server-no-takeover,compression/text",
  },
  { cases: "13.7.{1-18}", title: "Several offers", rules: "negotiation/offer-fallback,negotiation/offer-other-first,compression/text" },
];
