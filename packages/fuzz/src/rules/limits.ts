/** RFC 6455 §10.4: large things are taken or refused, and take no memory that nobody sent. */
import { DEFAULT_REQUEST, frameStep } from "../sessions/session.ts";
import { filledBytes } from "../wire/bytes.ts";
import { Opcode } from "../wire/frame.ts";
import { ruleTable, SERVER, type Rule, type RuleRow } from "./rule.ts";

const { CONTINUATION, TEXT, BINARY, PING } = Opcode;

/** What matters of an attack is only what it does to the target. */
const ATTACK = { only: ["target-died", "target-hung", "memory", "sent:"], alive: true };

export const LIMITS: readonly Rule[] = ruleTable("limits", [
  {
    name: "message-1m",
    section: "RFC 6455 §10.4",
    title: "A message of 1 MiB comes back, or is refused with 1009",
    session: { steps: [frameStep(BINARY, filledBytes(1 << 20))] },
  },
  {
    name: "fragments-1m",
    section: "RFC 6455 §10.4",
    title: "A message of 1 MiB in 256 fragments comes back, or is refused with 1009",
    session: {
      steps: [
        frameStep(BINARY, filledBytes(4096), { fin: false }),
        frameStep(CONTINUATION, filledBytes(4096), { fin: false, times: 254 }),
        frameStep(CONTINUATION, filledBytes(4096)),
      ],
    },
  },
  {
    name: "frames-in-one-segment",
    section: "RFC 6455 §5.4",
    title: "5 000 frames in one segment are all processed",
    session: { steps: [frameStep(TEXT, "a", { times: 5000 })] },
  },
  {
    name: "pings-in-one-segment",
    section: "RFC 6455 §5.5.3",
    title: "5 000 Pings in one segment are answered, at least the latest",
    session: { steps: [frameStep(PING, "", { times: 4999 }), frameStep(PING, "z")] },
  },
  ...(
    [
      ["2-32", (1n << 32n) + 5n, "4 GiB and 5"],
      ["2-53", (1n << 53n) + 1n, "2^53 + 1"],
      ["2-63", (1n << 63n) - 1n, "2^63 - 1"],
    ] as const
  ).map(([name, length, title]): RuleRow => ({
    name: `declared-${name}`,
    section: "RFC 6455 §10.4",
    title: `A declared length of ${title} bytes takes no memory and does no harm`,
    session: { steps: [frameStep(BINARY, "aaaaa", { declaredLength: length }), { kind: "pause", ms: 20 }] },
    ...ATTACK,
    only: [...ATTACK.only, "extra-message", "lost-message", "wrong-type", "changed-message"],
  })),
  {
    name: "declared-many",
    section: "RFC 6455 §10.4",
    title: "20 connections that declare 1 GiB each take no memory",
    targets: SERVER,
    session: { steps: [frameStep(BINARY, "a", { declaredLength: 1n << 30n }), { kind: "pause", ms: 100 }, { kind: "reset" }] },
    ...ATTACK,
    connections: 20,
  },
  {
    name: "empty-fragments",
    section: "RFC 6455 §10.4",
    title: "100 000 empty fragments take no memory, or are refused",
    session: {
      steps: [
        frameStep(TEXT, "", { fin: false }),
        frameStep(CONTINUATION, "", { fin: false, times: 100_000 }),
        frameStep(CONTINUATION, "a"),
      ],
    },
    ...ATTACK,
  },
  {
    name: "tiny-fragments",
    section: "RFC 6455 §10.4",
    title: "100 000 fragments of one byte take little memory, or are refused",
    session: {
      steps: [
        frameStep(TEXT, "a", { fin: false }),
        frameStep(CONTINUATION, "a", { fin: false, times: 100_000 }),
        frameStep(CONTINUATION, "a"),
      ],
    },
    ...ATTACK,
  },
  {
    name: "empty-messages",
    section: "RFC 6455 §10.4",
    title: "20 000 empty messages do no harm",
    session: { steps: [frameStep(TEXT, "", { times: 20_000 })] },
    ...ATTACK,
  },
  {
    name: "headers-many",
    section: "RFC 6455 §10.4",
    title: "A request with 5 000 header fields is answered or refused in time",
    targets: SERVER,
    session: {
      steps: [],
      request: {
        ...DEFAULT_REQUEST,
        headers: [...DEFAULT_REQUEST.headers, ...Array.from({ length: 5000 }, (_, index) => [`x-${index}`, "1"] as const)],
      },
    },
    ...ATTACK,
    only: [...ATTACK.only, "handshake-unanswered", "refusal-unanswered"],
    mayRefuse: true,
  },
  {
    name: "header-long",
    section: "RFC 6455 §10.4",
    title: "A header of 1 MiB is answered or refused in time",
    targets: SERVER,
    session: { steps: [], request: { ...DEFAULT_REQUEST, headers: [...DEFAULT_REQUEST.headers, ["X-Long", "a".repeat(1 << 20)]] } },
    ...ATTACK,
    only: [...ATTACK.only, "handshake-unanswered", "refusal-unanswered"],
    mayRefuse: true,
  },
  {
    name: "extensions-long",
    section: "RFC 6455 §10.4",
    title: "A long list of extensions is read in linear time",
    targets: SERVER,
    session: { steps: [], extensions: `a${';b="\\\\"'.repeat(1500)}` },
    ...ATTACK,
    only: [...ATTACK.only, "handshake-unanswered", "refusal-unanswered"],
    mayRefuse: true,
  },
  {
    name: "protocols-long",
    section: "RFC 6455 §10.4",
    title: "A long list of subprotocols is read in linear time",
    targets: SERVER,
    session: { steps: [], subprotocols: `a${" ".repeat(4000)}b${",c ".repeat(1000)}` },
    ...ATTACK,
    only: [...ATTACK.only, "handshake-unanswered", "refusal-unanswered"],
    mayRefuse: true,
  },
]);
