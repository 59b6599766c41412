/** RFC 6455 §5.4: messages in fragments. */
import { frameStep, type Step } from "../sessions/session.ts";
import { Opcode } from "../wire/frame.ts";
import { ruleTable, type Rule } from "./rule.ts";

const { CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG } = Opcode;
const AWAIT: Step = { kind: "await" };

const start = (payload = "", opcode: number = TEXT): Step => frameStep(opcode, payload, { fin: false });
const more = (payload = ""): Step => frameStep(CONTINUATION, payload, { fin: false });
const last = (payload = ""): Step => frameStep(CONTINUATION, payload);

export const FRAGMENTATION: readonly Rule[] = ruleTable("fragmentation", [
  {
    name: "two",
    section: "RFC 6455 §5.4",
    title: "A message in two fragments comes back whole",
    session: { steps: [start("a"), last("b")] },
  },
  {
    name: "two-binary",
    section: "RFC 6455 §5.4",
    title: "A binary message in two fragments comes back whole",
    session: { steps: [start("a", BINARY), last("b")] },
  },
  {
    name: "three",
    section: "RFC 6455 §5.4",
    title: "A message in three fragments comes back whole",
    session: { steps: [start("a"), more("b"), last("c")] },
  },
  {
    name: "first-empty",
    section: "RFC 6455 §5.4",
    title: "The first fragment may be empty",
    session: { steps: [start(), last("b")] },
  },
  {
    name: "last-empty",
    section: "RFC 6455 §5.4",
    title: "The last fragment may be empty",
    session: { steps: [start("a"), last()] },
  },
  {
    name: "middle-empty",
    section: "RFC 6455 §5.4",
    title: "A fragment in the middle may be empty",
    session: { steps: [start("a"), more(), last("b")] },
  },
  {
    name: "all-empty",
    section: "RFC 6455 §5.4",
    title: "All fragments may be empty",
    session: { steps: [start(), more(), last()] },
  },
  {
    name: "ping-between",
    section: "RFC 6455 §5.4",
    title: "A Ping between fragments is answered and disturbs nothing",
    session: { steps: [start("a"), frameStep(PING, "p"), AWAIT, last("b")] },
  },
  {
    name: "pong-between",
    section: "RFC 6455 §5.4",
    title: "A Pong between fragments disturbs nothing",
    session: { steps: [start("a"), frameStep(PONG, "p"), last("b")] },
  },
  {
    name: "pings-between",
    section: "RFC 6455 §5.4",
    title: "Pings between all fragments disturb nothing",
    session: { steps: [start("a"), frameStep(PING, "1"), more("b"), frameStep(PING, "2"), more("c"), frameStep(PING, "3"), last("d")] },
  },
  {
    name: "close-between",
    section: "RFC 6455 §5.4",
    title: "A Close between fragments is answered",
    session: { steps: [start("a"), frameStep(CLOSE, Uint8Array.of(3, 232))] },
  },
  {
    name: "twice",
    section: "RFC 6455 §5.4",
    title: "A fragmented message may follow a fragmented message",
    session: { steps: [start("a"), last("b"), start("c", BINARY), last("d")] },
  },
  {
    name: "then-whole",
    section: "RFC 6455 §5.4",
    title: "An unfragmented message may follow a fragmented one",
    session: { steps: [start("a"), last("b"), frameStep(TEXT, "c")] },
  },
  {
    name: "byte-by-byte",
    section: "RFC 6455 §5.4",
    title: "A message of 50 fragments of one byte comes back whole",
    session: { steps: [start("a"), ...Array.from({ length: 48 }, () => more("b")), last("c")] },
  },
  {
    name: "awaiting",
    section: "RFC 6455 §5.4",
    title: "Fragments may arrive one at a time",
    session: { steps: [start("a"), { kind: "pause", ms: 3 }, more("b"), { kind: "pause", ms: 3 }, last("c")] },
  },
  {
    name: "continuation-alone",
    section: "RFC 6455 §5.4",
    title: "A continuation frame with nothing to continue fails the connection",
    session: { steps: [last("a")] },
  },
  {
    name: "continuation-alone-open",
    section: "RFC 6455 §5.4",
    title: "A continuation frame without FIN and with nothing to continue fails the connection",
    session: { steps: [more("a")] },
  },
  {
    name: "continuation-after-message",
    section: "RFC 6455 §5.4",
    title: "A continuation frame behind a whole message fails the connection",
    session: { steps: [frameStep(TEXT, "a"), AWAIT, last("b")] },
  },
  {
    name: "continuation-after-fragments",
    section: "RFC 6455 §5.4",
    title: "A continuation frame behind a finished fragmented message fails the connection",
    session: { steps: [start("a"), last("b"), AWAIT, last("c")] },
  },
  {
    name: "text-inside",
    section: "RFC 6455 §5.4",
    title: "A text frame inside a fragmented message fails the connection",
    session: { steps: [start("a"), frameStep(TEXT, "b")] },
  },
  {
    name: "binary-inside",
    section: "RFC 6455 §5.4",
    title: "A binary frame inside a fragmented message fails the connection",
    session: { steps: [start("a"), frameStep(BINARY, "b")] },
  },
  {
    name: "start-inside",
    section: "RFC 6455 §5.4",
    title: "A second beginning inside a fragmented message fails the connection",
    session: { steps: [start("a"), start("b"), last("c")] },
  },
]);
