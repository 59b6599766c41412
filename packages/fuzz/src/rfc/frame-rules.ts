/** RFC 6455 §5.1, §5.2, §5.4, §5.5 and RFC 7692 §6: what one frame may be where it stands. */
import { RSV1, shortestLengthForm, type ReadFrame } from "../wire/frame.ts";
import { isUtf8 } from "../wire/utf8.ts";
import { closeCodeKind } from "./close-codes.ts";
import type { ViolationKind } from "./violations.ts";

export interface Standing {
  readonly receiver: "client" | "server";
  /** permessage-deflate was agreed on. */
  readonly deflate: boolean;
  /** The frame stands inside a fragmented message. */
  readonly inMessage: boolean;
  /** Tolerated violations that this receiver lets pass. */
  readonly lenient: ReadonlySet<ViolationKind>;
}

export function headerViolation(frame: ReadFrame, { receiver, deflate, inMessage, lenient }: Standing): ViolationKind | undefined {
  const control = frame.opcode >= 8;
  // §5.2, as changed by RFC 7692 §6: RSV1 marks the first frame of a compressed message.
  if ((frame.rsv & ~RSV1) !== 0) return "rsv";
  if ((frame.rsv & RSV1) !== 0) {
    if (!deflate) return "rsv";
    if (control) return "rsv1-control";
    if (frame.opcode === 0) return "rsv1-continuation";
  }
  if ((frame.opcode >= 3 && frame.opcode <= 7) || frame.opcode >= 11) return "opcode";
  // §5.1: a server closes upon an unmasked frame, a client upon a masked one.
  if (frame.masked !== (receiver === "server")) return "masking";
  if (frame.lengthForm === 64 && frame.length >> 63n === 1n) return "length-top-bit";
  if (control && !frame.fin) return "control-fragmented";
  if (control && frame.length > 125n) return "control-too-long";
  if (frame.opcode === 0 && !inMessage) return "continuation-without-start";
  if (!control && frame.opcode !== 0 && inMessage) return "message-inside-message";
  if (frame.lengthForm !== shortestLengthForm(frame.length) && !lenient.has("non-minimal-length")) return "non-minimal-length";
  return undefined;
}

/** §5.5.1, §7.4 */
export function closeViolation(payload: Uint8Array, lenient: ReadonlySet<ViolationKind>): ViolationKind | undefined {
  if (payload.length === 0) return undefined;
  if (payload.length === 1) return "close-one-byte";
  const kind = closeCodeKind(payload[0]! * 256 + payload[1]!);
  if (kind === "invalid") return "close-code";
  if (kind === "unassigned" && !lenient.has("close-code-unassigned")) return "close-code-unassigned";
  if (!isUtf8(payload.subarray(2))) return "close-reason-utf8";
  return undefined;
}
