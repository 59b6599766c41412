/** RFC 6455 §5.6: text and binary messages. */
import { frameStep } from "../sessions/session.ts";
import { text } from "../wire/bytes.ts";
import { Opcode, writeFrame } from "../wire/frame.ts";
import { ruleTable, type Rule } from "./rule.ts";

const { TEXT, BINARY, CLOSE } = Opcode;

export const TYPES: readonly Rule[] = ruleTable("types", [
  {
    name: "text",
    section: "RFC 6455 §5.6",
    title: "A text message comes back as text",
    session: { steps: [frameStep(TEXT, "a")] },
  },
  {
    name: "binary",
    section: "RFC 6455 §5.6",
    title: "A binary message comes back as binary",
    session: { steps: [frameStep(BINARY, "a")] },
  },
  {
    name: "alternating",
    section: "RFC 6455 §5.6",
    title: "Types are kept from message to message",
    session: { steps: [frameStep(TEXT, "a"), frameStep(BINARY, "b"), frameStep(TEXT, "c"), frameStep(BINARY, "")] },
  },
  {
    name: "text-nul",
    section: "RFC 6455 §5.6",
    title: "A NUL in a text message is a character",
    session: { steps: [frameStep(TEXT, "a\u0000b")] },
  },
  {
    name: "binary-any",
    section: "RFC 6455 §5.6",
    title: "A binary message may be any bytes",
    session: {
      steps: [
        frameStep(
          BINARY,
          Uint8Array.from({ length: 256 }, (_, index) => index),
        ),
      ],
    },
  },
  {
    name: "text-looks-like-frame",
    section: "RFC 6455 §5.6",
    title: "A message that looks like a frame is a message",
    session: { steps: [frameStep(BINARY, writeFrame({ fin: true, rsv: 0, opcode: CLOSE, payload: text("\u0003") }))] },
  },
]);
