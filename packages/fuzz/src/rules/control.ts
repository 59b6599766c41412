/** RFC 6455 §5.5: control frames. */
import { frameStep, type Step } from "../sessions/session.ts";
import { concatBytes, filledBytes } from "../wire/bytes.ts";
import { Opcode } from "../wire/frame.ts";
import { ruleTable, type Rule } from "./rule.ts";

const { TEXT, CLOSE, PING, PONG } = Opcode;
const AWAIT: Step = { kind: "await" };

export const CONTROL: readonly Rule[] = ruleTable("control", [
  {
    name: "ping-empty",
    section: "RFC 6455 §5.5.2",
    title: "An empty Ping is answered with an empty Pong",
    session: { steps: [frameStep(PING)] },
  },
  {
    name: "ping-payload",
    section: "RFC 6455 §5.5.3",
    title: "A Pong has the payload of its Ping",
    session: { steps: [frameStep(PING, "abc")] },
  },
  {
    name: "ping-binary",
    section: "RFC 6455 §5.5.3",
    title: "A Ping's payload may be any bytes",
    session: { steps: [frameStep(PING, Uint8Array.of(0, 0xff, 0xfe, 0x80, 0))] },
  },
  {
    name: "ping-125",
    section: "RFC 6455 §5.5",
    title: "A Ping with 125 bytes is answered",
    session: { steps: [frameStep(PING, filledBytes(125))] },
  },
  {
    name: "ping-many",
    section: "RFC 6455 §5.5.3",
    title: "Of many Pings at least the latest is answered",
    session: { steps: Array.from({ length: 10 }, (_, index) => frameStep(PING, String(index))) },
  },
  {
    name: "ping-each",
    section: "RFC 6455 §5.5.2",
    title: "Pings one at a time are each answered",
    session: { steps: [frameStep(PING, "1"), AWAIT, frameStep(PING, "2"), AWAIT, frameStep(PING, "3")] },
  },
  {
    name: "ping-among-messages",
    section: "RFC 6455 §5.5.2",
    title: "Pings among messages are answered",
    session: { steps: [frameStep(TEXT, "a"), frameStep(PING, "p"), frameStep(TEXT, "b")] },
  },
  {
    name: "pong-unsolicited",
    section: "RFC 6455 §5.5.3",
    title: "A Pong that nobody asked for is ignored",
    session: { steps: [frameStep(PONG, "a"), frameStep(TEXT, "b")] },
  },
  {
    name: "pong-empty",
    section: "RFC 6455 §5.5.3",
    title: "An empty Pong that nobody asked for is ignored",
    session: { steps: [frameStep(PONG), frameStep(PING, "b")] },
  },
  {
    name: "ping-126",
    section: "RFC 6455 §5.5",
    title: "A Ping with 126 bytes fails the connection",
    session: { steps: [frameStep(PING, filledBytes(126))] },
  },
  {
    name: "pong-126",
    section: "RFC 6455 §5.5",
    title: "A Pong with 126 bytes fails the connection",
    session: { steps: [frameStep(PONG, filledBytes(126))] },
  },
  {
    name: "close-126",
    section: "RFC 6455 §5.5",
    title: "A Close with 126 bytes fails the connection",
    session: { steps: [frameStep(CLOSE, concatBytes([Uint8Array.of(3, 232), filledBytes(124)]))] },
  },
  {
    name: "ping-fragmented",
    section: "RFC 6455 §5.5",
    title: "A Ping without FIN fails the connection",
    session: { steps: [frameStep(PING, "a", { fin: false })] },
  },
  {
    name: "pong-fragmented",
    section: "RFC 6455 §5.5",
    title: "A Pong without FIN fails the connection",
    session: { steps: [frameStep(PONG, "a", { fin: false })] },
  },
  {
    name: "close-fragmented",
    section: "RFC 6455 §5.5",
    title: "A Close without FIN fails the connection",
    session: { steps: [frameStep(CLOSE, Uint8Array.of(3, 232), { fin: false })] },
  },
]);
