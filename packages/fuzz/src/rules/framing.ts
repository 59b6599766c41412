/** RFC 6455 §5.1–§5.3: headers, masking, lengths, and what the target itself may send. */
import { frameStep, type Step } from "../sessions/session.ts";
import { filledBytes } from "../wire/bytes.ts";
import { Opcode } from "../wire/frame.ts";
import { CLIENT, ruleTable, SERVER, type Rule, type RuleRow } from "./rule.ts";

const { CONTINUATION, TEXT, BINARY, CLOSE, PING } = Opcode;
const AWAIT: Step = { kind: "await" };

const ECHO = [frameStep(TEXT, "a"), frameStep(BINARY, filledBytes(126)), frameStep(TEXT, filledBytes(3)), frameStep(PING, "p")];

export const FRAMING: readonly Rule[] = ruleTable("framing", [
  ...[0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 125, 126, 127, 128, 255, 256, 65535, 65536].flatMap((size): RuleRow[] => [
    ...(size === 0 || size >= 125
      ? [
          {
            name: `text-${size}`,
            section: "RFC 6455 §5.2",
            title: `A text message of ${size} bytes comes back`,
            session: { steps: [frameStep(TEXT, filledBytes(size))] },
          },
        ]
      : []),
    {
      name: `binary-${size}`,
      section: "RFC 6455 §5.2",
      title: `A binary message of ${size} bytes comes back`,
      session: { steps: [frameStep(BINARY, filledBytes(size, 0xfe), { maskingKey: 0x01020304 })] },
    },
  ]),
  {
    name: "mask-zero",
    section: "RFC 6455 §5.3",
    title: "A masking key of zero is a masking key",
    targets: SERVER,
    session: { steps: [frameStep(BINARY, filledBytes(9, 0x55), { maskingKey: 0 })] },
  },
  {
    name: "mask-ones",
    section: "RFC 6455 §5.3",
    title: "A masking key of all ones is a masking key",
    targets: SERVER,
    session: { steps: [frameStep(BINARY, filledBytes(9, 0x55), { maskingKey: 0xffffffff })] },
  },
  {
    name: "mask-per-frame",
    section: "RFC 6455 §5.3",
    title: "Every frame has a masking key of its own",
    targets: SERVER,
    session: { steps: [frameStep(BINARY, "abcde", { maskingKey: 0x11223344 }), frameStep(BINARY, "abcde", { maskingKey: 0x55667788 })] },
  },
  ...(
    [
      [4, "rsv1"],
      [2, "rsv2"],
      [1, "rsv3"],
      [7, "rsv-all"],
    ] as const
  ).map(([bits, name]): RuleRow => ({
    name,
    section: "RFC 6455 §5.2",
    title: `${name === "rsv-all" ? "All reserved bits" : name.toUpperCase()} on a text frame without an extension fails the connection`,
    session: { steps: [frameStep(TEXT, "a", { rsv: bits })] },
  })),
  {
    name: "rsv-ping",
    section: "RFC 6455 §5.2",
    title: "A reserved bit on a Ping fails the connection",
    session: { steps: [frameStep(PING, "", { rsv: 2 })] },
  },
  {
    name: "rsv-close",
    section: "RFC 6455 §5.2",
    title: "A reserved bit on a Close fails the connection",
    session: { steps: [frameStep(CLOSE, Uint8Array.of(3, 232), { rsv: 1 })] },
  },
  {
    name: "rsv-continuation",
    section: "RFC 6455 §5.2",
    title: "A reserved bit on a continuation frame fails the connection",
    session: { steps: [frameStep(TEXT, "a", { fin: false }), frameStep(CONTINUATION, "b", { rsv: 1 })] },
  },
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode): RuleRow => ({
    name: `opcode-${opcode}`,
    section: "RFC 6455 §5.2",
    title: `Opcode ${opcode} fails the connection`,
    session: { steps: [frameStep(opcode)] },
  })),
  {
    name: "opcode-payload",
    section: "RFC 6455 §5.2",
    title: "A reserved opcode with a payload fails the connection",
    session: { steps: [frameStep(TEXT, "a"), AWAIT, frameStep(5, "a"), frameStep(PING)] },
  },
  {
    name: "unmasked",
    section: "RFC 6455 §5.1",
    title: "A server closes the connection upon an unmasked frame",
    targets: SERVER,
    session: { steps: [frameStep(TEXT, "a", { wrongMask: true })] },
  },
  {
    name: "unmasked-ping",
    section: "RFC 6455 §5.1",
    title: "A server closes the connection upon an unmasked control frame",
    targets: SERVER,
    session: { steps: [frameStep(PING, "", { wrongMask: true })] },
  },
  {
    name: "masked",
    section: "RFC 6455 §5.1",
    title: "A client closes the connection upon a masked frame",
    targets: CLIENT,
    session: { steps: [frameStep(TEXT, "a", { wrongMask: true, maskingKey: 0x01020304 })] },
  },
  {
    name: "masked-ping",
    section: "RFC 6455 §5.1",
    title: "A client closes the connection upon a masked control frame",
    targets: CLIENT,
    session: { steps: [frameStep(PING, "", { wrongMask: true })] },
  },
  {
    name: "length-16-for-7",
    section: "RFC 6455 §5.2",
    title: "A length below 126 in 16 bits is refused (letting it pass is tolerated)",
    session: { steps: [frameStep(TEXT, "a", { lengthForm: 16 })] },
  },
  {
    name: "length-64-for-7",
    section: "RFC 6455 §5.2",
    title: "A length below 126 in 64 bits is refused (letting it pass is tolerated)",
    session: { steps: [frameStep(TEXT, "a", { lengthForm: 64 })] },
  },
  {
    name: "length-64-for-16",
    section: "RFC 6455 §5.2",
    title: "A length below 65536 in 64 bits is refused (letting it pass is tolerated)",
    session: { steps: [frameStep(BINARY, filledBytes(200), { lengthForm: 64 })] },
  },
  {
    name: "length-top-bit",
    section: "RFC 6455 §5.2",
    title: "A 64-bit length with its highest bit set fails the connection",
    session: { steps: [frameStep(BINARY, "a", { declaredLength: (1n << 63n) + 1n }), { kind: "pause", ms: 5 }] },
    only: ["accepts:", "target-died", "sent:", "extra-message"],
    alive: true,
  },
  {
    name: "order",
    section: "RFC 6455 §5.4",
    title: "Messages come back in the order they were sent",
    session: {
      steps: [
        frameStep(TEXT, "a"),
        frameStep(BINARY, "b"),
        frameStep(TEXT, "c"),
        frameStep(BINARY, filledBytes(300)),
        frameStep(TEXT, "e"),
      ],
    },
  },
  {
    name: "sent-mask",
    section: "RFC 6455 §5.1",
    title: "A client masks every frame, a server none",
    session: { steps: ECHO },
    home: ["sent:masking"],
    only: ["sent:masking"],
  },
  {
    name: "sent-fresh-key",
    section: "RFC 6455 §5.3",
    title: "A client picks a fresh, unpredictable masking key for every frame",
    targets: CLIENT,
    session: { steps: ECHO },
    home: ["sent:masking-key"],
  },
  {
    name: "sent-rsv",
    section: "RFC 6455 §5.2",
    title: "Reserved bits are zero without an extension",
    session: { steps: ECHO },
    home: ["sent:rsv"],
  },
  {
    name: "sent-opcode",
    section: "RFC 6455 §5.2",
    title: "No reserved opcode is sent",
    session: { steps: ECHO },
    home: ["sent:opcode"],
  },
  {
    name: "sent-length",
    section: "RFC 6455 §5.2",
    title: "Lengths are sent in the fewest bytes",
    session: { steps: ECHO },
    home: ["sent:non-minimal-length", "sent:length-top-bit"],
  },
  {
    name: "sent-fragments",
    section: "RFC 6455 §5.4",
    title: "Fragments are sent in order, with no other message between them",
    session: { steps: [frameStep(TEXT, filledBytes(2000))] },
    home: ["sent:continuation-without-start", "sent:message-inside-message"],
  },
  {
    name: "sent-control",
    section: "RFC 6455 §5.5",
    title: "Control frames are sent whole and with at most 125 bytes",
    session: { steps: [frameStep(PING, filledBytes(125))] },
    home: ["sent:control"],
  },
  {
    name: "sent-whole-frames",
    section: "RFC 6455 §5.2",
    title: "The TCP stream does not end inside a frame",
    session: { steps: [frameStep(TEXT, "a")] },
    home: ["sent:partial-frame"],
  },
  {
    name: "sent-utf8",
    section: "RFC 6455 §5.6",
    title: "Text messages are sent in UTF-8",
    session: { steps: [frameStep(TEXT, "ä€😀")] },
    home: ["sent:utf8"],
  },
]);
