/** Every way to break a rule of RFC 6455 §5–§8 and RFC 7692 §6–§7 with bytes behind the handshake. */
export type ViolationKind =
  | "masking"
  | "rsv"
  | "opcode"
  | "length-top-bit"
  | "control-fragmented"
  | "control-too-long"
  | "continuation-without-start"
  | "message-inside-message"
  | "utf8"
  | "close-one-byte"
  | "close-code"
  | "close-reason-utf8"
  | "rsv1-control"
  | "rsv1-continuation"
  | "deflate-data"
  | "deflate-truncated"
  | "non-minimal-length"
  | "utf8-late"
  | "close-code-unassigned";

interface ViolationRow {
  /** Where the rule stands. */
  readonly section: string;
  /** Close codes that an endpoint which fails the connection for it may give. */
  readonly codes: readonly number[];
  readonly title: string;
  /** A receiver may go on, with a warning in the report. */
  readonly tolerated?: boolean;
}

export const VIOLATIONS: Readonly<Record<ViolationKind, ViolationRow>> = {
  masking: { section: "RFC 6455 §5.1", codes: [1002], title: "a frame masked as the other role would" },
  rsv: { section: "RFC 6455 §5.2", codes: [1002], title: "a reserved bit that no extension defines" },
  opcode: { section: "RFC 6455 §5.2", codes: [1002], title: "a reserved opcode" },
  "length-top-bit": { section: "RFC 6455 §5.2", codes: [1002, 1009], title: "a 64-bit length whose most significant bit is 1" },
  "control-fragmented": { section: "RFC 6455 §5.5", codes: [1002], title: "a fragmented control frame" },
  "control-too-long": { section: "RFC 6455 §5.5", codes: [1002, 1009], title: "a control frame with more than 125 bytes" },
  "continuation-without-start": { section: "RFC 6455 §5.4", codes: [1002], title: "a continuation frame with nothing to continue" },
  "message-inside-message": { section: "RFC 6455 §5.4", codes: [1002], title: "a new message inside a fragmented one" },
  utf8: { section: "RFC 6455 §8.1", codes: [1007], title: "a text message that is not UTF-8" },
  "close-one-byte": { section: "RFC 6455 §5.5.1", codes: [1002], title: "a Close frame with a one-byte payload" },
  "close-code": { section: "RFC 6455 §7.4", codes: [1002], title: "a Close code that must not be sent" },
  "close-reason-utf8": { section: "RFC 6455 §5.5.1", codes: [1007, 1002], title: "a Close reason that is not UTF-8" },
  "rsv1-control": { section: "RFC 7692 §6.1", codes: [1002], title: "RSV1 on a control frame" },
  "rsv1-continuation": { section: "RFC 7692 §6.1", codes: [1002], title: "RSV1 on a continuation frame" },
  "deflate-data": { section: "RFC 7692 §7.2.2", codes: [1002, 1003, 1007, 1011], title: "a compressed message that cannot be inflated" },
  // zlib does not notice, so most receivers deliver what there is (RFC 7692 has no sentence about it).
  "deflate-truncated": {
    section: "RFC 7692 §7.2.2",
    codes: [1002, 1003, 1007, 1011],
    title: "a compressed message that is cut short",
    tolerated: true,
  },
  "non-minimal-length": {
    section: "RFC 6455 §5.2",
    codes: [1002],
    title: "a length that is not written in the fewest bytes",
    tolerated: true,
  },
  "utf8-late": {
    section: "RFC 6455 §8.1",
    codes: [1007],
    title: "bytes in an unfinished text message that cannot be UTF-8",
    tolerated: true,
  },
  "close-code-unassigned": {
    section: "RFC 6455 §7.4.2",
    codes: [1002],
    title: "a Close code nobody has defined (1004, 1016–2999, 5000 and above)",
    tolerated: true,
  },
};

export function isToleratedViolation(kind: ViolationKind): boolean {
  return VIOLATIONS[kind].tolerated === true;
}

/** Found by looking into a message, which may be done beside the connection: control frames behind it may be answered meanwhile. */
export function isFoundLate(kind: ViolationKind): boolean {
  return kind === "deflate-data" || kind === "deflate-truncated" || kind === "utf8";
}
