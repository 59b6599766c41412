/** RFC 6455 §5.6: text and binary messages. */
import { frame } from "../sessions/session.ts";
import { text } from "../wire/bytes.ts";
import { Opcode, writeFrame } from "../wire/frame.ts";
import { ruleTable, type Rule } from "./rule.ts";

const { TEXT, BINARY, CLOSE } = Opcode;

export const TYPES: readonly Rule[] = ruleTable("types", [
  {
    name: "text",
    section: "RFC 6455 §5.6",
    title: "A text message comes back as text",
    session: { steps: [frame(TEXT, "a")] },
  },
  {
    name: "binary",
    section: "RFC 6455 §5.6",
    title: "A binary message comes back as binary",
    session: { steps: [frame(BINARY, "a")] },
  },
  {
    name: "alternating",
    section: "RFC 6455 §5.6",
    title: "Types are kept from message to message",
    session: { steps: [frame(TEXT, "a"), frame(BINARY, "b"), frame(TEXT, "c"), frame(BINARY, "")] },
  },
  {
    name: "text-nul",
    section: "RFC 6455 §5.6",
    title: "A NUL in a text message is a character",
    session: { steps: [frame(TEXT, "a\u0000b")] },
  },
  {
    name: "binary-any",
    section: "RFC 6455 §5.6",
    title: "A binary message may be any bytes",
    session: {
      steps: [
        frame(
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
    session: { steps: [frame(BINARY, writeFrame({ fin: true, rsv: 0, opcode: CLOSE, payload: text("\u0003") }))] },
  },
]);
