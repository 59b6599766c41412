/** RFC 6455 §5.5.1, §7: the closing handshake, and failing a connection. */
import { closePayload, frameStep, type Step } from "../sessions/session.ts";
import { filledBytes, fromHex } from "../wire/bytes.ts";
import { Opcode } from "../wire/frame.ts";
import { CLIENT, ruleTable, type Rule, type RuleRow } from "./rule.ts";

const { TEXT, CLOSE, PING } = Opcode;
const AWAIT: Step = { kind: "await" };

const bye = (code?: number, reason: Uint8Array | string = ""): Step => frameStep(CLOSE, closePayload(code, reason));

export const CLOSING: readonly Rule[] = ruleTable("close", [
  {
    name: "empty",
    section: "RFC 6455 §5.5.1",
    title: "An empty Close is answered with a Close",
    session: { steps: [bye()] },
    home: ["close-reply-missing", "close-unanswered"],
  },
  {
    name: "reply-code",
    section: "RFC 6455 §5.5.1",
    level: "SHOULD",
    title: "The answer echoes the status code",
    session: { steps: [bye(4000)] },
    home: ["close-code-changed"],
  },
  {
    name: "reply-code-without-reason",
    section: "RFC 6455 §5.5.1",
    level: "SHOULD",
    title: "The status code is echoed when there is no reason",
    session: { steps: [bye(3000)] },
    only: ["close-code-changed"],
  },
  {
    name: "tcp-closed",
    section: "RFC 6455 §7.1.1",
    title: "After the closing handshake TCP is closed",
    session: { steps: [bye(1000)] },
    home: ["tcp-open-after-close"],
  },
  {
    name: "client-waits",
    section: "RFC 6455 §7.1.1",
    level: "SHOULD",
    title: "A client waits for the server to close TCP",
    targets: CLIENT,
    session: { steps: [bye(1000)] },
    home: ["client-closed-tcp-first"],
  },
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999].map((code): RuleRow => ({
    name: `code-${code}`,
    section: "RFC 6455 §7.4",
    title: `Close ${code} is answered`,
    session: { steps: [bye(code)] },
  })),
  {
    name: "reason",
    section: "RFC 6455 §5.5.1",
    title: "A Close with a reason is answered",
    session: { steps: [bye(1000, "bye")] },
  },
  {
    name: "reason-123",
    section: "RFC 6455 §5.5.1",
    title: "A reason of 123 bytes is allowed",
    session: { steps: [bye(1000, filledBytes(123))] },
  },
  {
    name: "reason-unicode",
    section: "RFC 6455 §5.5.1",
    title: "A reason may be any UTF-8",
    session: { steps: [bye(1000, "ä€😀")] },
  },
  {
    name: "one-byte",
    section: "RFC 6455 §5.5.1",
    title: "A Close with one byte fails the connection",
    session: { steps: [frameStep(CLOSE, Uint8Array.of(3))] },
  },
  ...[0, 1, 999, 1005, 1006, 1015].map((code): RuleRow => ({
    name: `invalid-${code}`,
    section: "RFC 6455 §7.4",
    title: `Close ${code} fails the connection`,
    session: { steps: [bye(code)] },
  })),
  ...[1004, 1016, 1100, 2000, 2999, 5000, 65535].map((code): RuleRow => ({
    name: `unassigned-${code}`,
    section: "RFC 6455 §7.4.2",
    level: "SHOULD",
    title: `Close ${code} is refused (letting it pass is tolerated)`,
    session: { steps: [bye(code)] },
  })),
  {
    name: "reason-not-utf8",
    section: "RFC 6455 §5.5.1",
    title: "A reason that is not UTF-8 fails the connection",
    session: { steps: [bye(1000, fromHex("ceff"))] },
  },
  {
    name: "data-after",
    section: "RFC 6455 §5.5.1",
    title: "A message behind a Close is ignored",
    session: { steps: [bye(1000), frameStep(TEXT, "a")] },
  },
  {
    name: "ping-after",
    section: "RFC 6455 §5.5.1",
    title: "A Ping behind a Close does no harm",
    session: { steps: [bye(1000), frameStep(PING, "a")] },
  },
  {
    name: "close-after",
    section: "RFC 6455 §5.5.1",
    title: "A second Close does no harm",
    session: { steps: [bye(1000), bye(1001)] },
  },
  {
    name: "garbage-after",
    section: "RFC 6455 §5.5.1",
    title: "Garbage behind a Close does no harm",
    session: { steps: [bye(1000), { kind: "bytes", bytes: filledBytes(20, 0xff) }] },
  },
  {
    name: "after-message",
    section: "RFC 6455 §5.5.1",
    title: "A message before the Close is echoed, then the Close answered",
    session: { steps: [frameStep(TEXT, "a"), AWAIT, bye(1000)] },
  },
  {
    name: "sent-after-close",
    section: "RFC 6455 §5.5.1",
    title: "Nothing is sent behind a Close",
    session: { steps: [frameStep(TEXT, "a"), frameStep(TEXT, "b"), bye(1000)] },
    home: ["sent:after-close"],
  },
  {
    name: "sent-close-payload",
    section: "RFC 6455 §7.4",
    title: "The target's own Close is valid",
    session: { steps: [bye()] },
    home: ["sent:close"],
    only: ["sent:close"],
  },
  {
    name: "fail-sends-close",
    section: "RFC 6455 §7.1.7",
    level: "SHOULD",
    title: "Failing the connection sends a Close frame first",
    session: { steps: [frameStep(3)] },
    home: ["no-close-frame"],
  },
  {
    name: "fail-code",
    section: "RFC 6455 §7.4.1",
    level: "SHOULD",
    title: "A protocol error is answered with Close 1002",
    session: { steps: [frameStep(3)] },
    home: ["close-code:"],
  },
  {
    name: "fail-closes-tcp",
    section: "RFC 6455 §7.1.7",
    title: "Failing the connection closes TCP",
    session: { steps: [frameStep(3)] },
    home: ["tcp-open-after-fail"],
  },
  {
    name: "fail-stops",
    section: "RFC 6455 §7.1.7",
    title: "After a violation nothing more is processed",
    session: { steps: [frameStep(3), frameStep(TEXT, "a"), frameStep(PING, "p")] },
  },
]);
