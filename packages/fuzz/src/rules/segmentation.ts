/** RFC 6455 §5.2, §5.4: a frame means the same wherever TCP cuts it. */
import { frameStep } from "../sessions/session.ts";
import { filledBytes } from "../wire/bytes.ts";
import { Opcode } from "../wire/frame.ts";
import { ruleTable, type Rule, type RuleRow } from "./rule.ts";

const { CONTINUATION, TEXT, BINARY, CLOSE, PING } = Opcode;

export const SEGMENTATION: readonly Rule[] = ruleTable("segmentation", [
  {
    name: "text",
    section: "RFC 6455 §5.2",
    title: "A text frame that arrives byte by byte is read",
    session: { steps: [frameStep(TEXT, "abc", { maskingKey: 0x01020304 })], cuts: 1, gap: 2 },
  },
  /*FOR let at = 1 at <= 6*/ ...[1, 2, 3, 4, 5, 6].map((at): RuleRow => ({
    name: `header-${at}`,
    section: "RFC 6455 §5.2",
    title: `A frame cut behind its byte ${at} is read`,
    session: { steps: [frameStep(BINARY, "abcd", { maskingKey: 0x01020304 })], cuts: [at], gap: 8 },
  })),
  {
    name: "header-16",
    section: "RFC 6455 §5.2",
    title: "A 16-bit length that arrives byte by byte is read",
    session: { steps: [frameStep(BINARY, filledBytes(126), { maskingKey: 0x01020304 })], cuts: [1, 2, 3, 4, 5, 6, 7, 8, 9], gap: 8 },
  },
  {
    name: "header-64",
    section: "RFC 6455 §5.2",
    title: "A 64-bit length that arrives byte by byte is read",
    session: {
      steps: [frameStep(BINARY, filledBytes(65536), { maskingKey: 0x01020304 })],
      cuts: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
      gap: 8,
    },
  },
  {
    name: "mask-unaligned",
    section: "RFC 6455 §5.2",
    title: "The masking key keeps its place over cuts of odd sizes",
    session: { steps: [frameStep(BINARY, filledBytes(40, 0x33), { maskingKey: 0x01020304 })], cuts: [9, 12, 17, 18, 25, 31], gap: 8 },
  },
  {
    name: "ping",
    section: "RFC 6455 §5.5.2",
    title: "A Ping that arrives byte by byte is answered",
    session: { steps: [frameStep(PING, "abc", { maskingKey: 0x01020304 })], cuts: 1, gap: 2 },
  },
  {
    name: "close",
    section: "RFC 6455 §5.5.1",
    title: "A Close that arrives byte by byte is answered",
    session: { steps: [frameStep(CLOSE, Uint8Array.of(3, 232, 0x61))], cuts: 1, gap: 2 },
  },
  {
    name: "utf8",
    section: "RFC 6455 §8.1",
    title: "A character cut between two segments is read",
    session: { steps: [frameStep(TEXT, "ä€😀")], cuts: 1, gap: 2 },
  },
  {
    name: "many-in-one",
    section: "RFC 6455 §5.2",
    title: "Many frames in one segment are all read",
    session: { steps: Array.from({ length: 50 }, (_, index) => frameStep(TEXT, String(index))), cuts: [], gap: 8 },
  },
  {
    name: "frame-and-half",
    section: "RFC 6455 §5.2",
    title: "A frame and a half in one segment are read",
    session: { steps: [frameStep(TEXT, "first"), frameStep(TEXT, "second")], cuts: [15], gap: 8 },
  },
  {
    name: "fragments",
    section: "RFC 6455 §5.4",
    title: "A fragmented message that arrives byte by byte is read",
    session: { steps: [frameStep(TEXT, "ab", { fin: false }), frameStep(PING, "p"), frameStep(CONTINUATION, "cd")], cuts: 1, gap: 2 },
  },
  {
    name: "empty-at-end",
    section: "RFC 6455 §5.2",
    title: "An empty frame at the end of a segment is read",
    session: { steps: [frameStep(TEXT, "a"), frameStep(TEXT, "")], cuts: [], gap: 8 },
  },
]);
