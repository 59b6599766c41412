/** RFC 6455 §7.1: TCP that ends in the middle, slowness, garbage. Nobody else is harmed by it. */
import { DEFAULT_REQUEST, frameStep, type Step } from "../sessions/session.ts";
import { concatBytes, filledBytes } from "../wire/bytes.ts";
import { Opcode } from "../wire/frame.ts";
import { ruleTable, SERVER, type Rule } from "./rule.ts";

const { TEXT, BINARY, CLOSE, PING, PONG } = Opcode;
const AWAIT: Step = { kind: "await" };

export const RESILIENCE: readonly Rule[] = ruleTable("resilience", [
  {
    name: "reset",
    section: "RFC 6455 §7.1.5",
    title: "A reset in the middle of a frame harms nobody else",
    session: { steps: [frameStep(TEXT, "a", { declaredLength: 5n }), { kind: "pause", ms: 2 }, { kind: "reset" }] },
    alive: true,
  },
  {
    name: "reset-after-message",
    section: "RFC 6455 §7.1.5",
    title: "A reset right after a message harms nobody else",
    session: { steps: [frameStep(TEXT, "a", { times: 20 }), { kind: "reset" }] },
    alive: true,
  },
  {
    name: "half-close",
    section: "RFC 6455 §7.1.4",
    level: "SHOULD",
    title: "A FIN without a Close ends the connection",
    session: { steps: [frameStep(TEXT, "a"), AWAIT, { kind: "end" }] },
    home: ["tcp-open-after-eof"],
    alive: true,
  },
  {
    name: "half-close-in-frame",
    section: "RFC 6455 §7.1.4",
    level: "SHOULD",
    title: "A FIN in the middle of a frame ends the connection",
    session: { steps: [frameStep(TEXT, "a", { declaredLength: 5n }), { kind: "end" }] },
    only: ["tcp-open-after-eof", "target-", "sent:"],
    alive: true,
  },
  {
    name: "half-close-in-message",
    section: "RFC 6455 §7.1.4",
    level: "SHOULD",
    title: "A FIN in the middle of a fragmented message ends the connection",
    session: { steps: [frameStep(TEXT, "a", { fin: false }), { kind: "end" }] },
    only: ["tcp-open-after-eof", "target-", "sent:"],
    alive: true,
  },
  {
    name: "garbage",
    section: "RFC 6455 §5.2",
    title: "Garbage instead of frames fails the connection and harms nobody else",
    session: { steps: [{ kind: "bytes", bytes: filledBytes(128, 0xc1) }] },
    alive: true,
  },
  {
    name: "garbage-handshake",
    section: "RFC 6455 §4.2.1",
    title: "Garbage instead of a request is refused",
    targets: SERVER,
    session: { steps: [], request: { ...DEFAULT_REQUEST, method: "", raw: "\u0016\u0003\u0001\u0000\u00a5 garbage\r\n\r\n" } },
    alive: true,
  },
  {
    name: "slow-bytes",
    section: "RFC 6455 §5.2",
    title: "A message whose bytes come slowly is read",
    session: {
      steps: [frameStep(TEXT, "abc")],
      cuts: 1,
      gap: 5,
    },
  },
  {
    name: "slow-pauses",
    section: "RFC 6455 §5.2",
    title: "Messages with pauses between them are read",
    session: { steps: [frameStep(TEXT, "a"), AWAIT, { kind: "pause", ms: 30 }, frameStep(TEXT, "b")] },
  },
  {
    name: "many-pongs",
    section: "RFC 6455 §5.5.3",
    title: "1 000 Pongs that nobody asked for are ignored",
    session: { steps: [frameStep(PONG, "a", { times: 1000 }), frameStep(TEXT, "b")] },
  },
  {
    name: "large-then-small",
    section: "RFC 6455 §5.4",
    title: "A small message behind a large one is not lost",
    session: { steps: [frameStep(BINARY, filledBytes(60_000)), frameStep(TEXT, "a"), frameStep(PING, "p")] },
  },
  {
    name: "close-in-large",
    section: "RFC 6455 §5.5.1",
    title: "A Close behind a large message is answered",
    session: { steps: [frameStep(BINARY, filledBytes(60_000)), AWAIT, frameStep(CLOSE, concatBytes([Uint8Array.of(3, 232)]))] },
  },
]);
