/** Payloads as people read them. */
import { applyMask, utf8 } from "@ws/codec";
import { concatenate } from "@ws/protocol/internal";

import type { FrameEntry, OpaqueEntry, Piece } from "./entry.ts";

/** What was kept of a frame's payload, unmasked (§5.3): COPY, at most `limit` octets. */
export function payloadOf(frame: FrameEntry, limit: number = frame.kept): Uint8Array {
  const bytes = wirePayloadOf(frame, limit);
  if (frame.header.masked) applyMask(bytes, frame.header.maskingKey, 0);
  return bytes;
}

/** The same as on the wire: COPY. */
export function wirePayloadOf(entry: FrameEntry | OpaqueEntry, limit: number = entry.kept): Uint8Array {
  return joinPieces(entry.pieces, limit);
}

/** What pieces hold, at most `limit` octets: COPY. */
export function joinPieces(pieces: readonly Piece[], limit: number = Infinity): Uint8Array {
  return concatenate(
    pieces.map(({ bytes }) => bytes),
    limit,
  );
}

/** Text, though it may begin and end within a character (a fragment, or the beginning of a payload); undefined: not UTF-8. */
export function partialText(bytes: Uint8Array, cutStart: boolean, cutEnd: boolean): string | undefined {
  let start = 0;
  if (cutStart) while (start < Math.min(3, bytes.length) && (bytes[start]! & 0xc0) === 0x80) start += 1;
  let end = bytes.length;
  if (cutEnd) {
    // Back to the last octet that starts a character; drop it when it announces more than there is.
    for (let at = end - 1; at >= Math.max(start, end - 4); at -= 1) {
      const octet = bytes[at]!;
      if ((octet & 0xc0) === 0x80) continue;
      const length = octet < 0x80 ? 1 : octet < 0xe0 ? 2 : octet < 0xf0 ? 3 : 4;
      if (at + length > end) end = at;
      break;
    }
  }
  return utf8.decode(bytes, start, end);
}

/** The text of a frame that carries some, inflated if need be, as far as it was kept; undefined: not text, or not UTF-8. */
export function textOf(frame: FrameEntry, limit: number = Infinity): string | undefined {
  const { message, inflated } = frame;
  if (frame.close !== undefined) return frame.close.reason;
  if (message?.opcode !== 1) return undefined;
  if (message.compressed) {
    if (typeof inflated !== "object") return undefined;
    const bytes = inflated.bytes.subarray(0, limit);
    return partialText(bytes, false, bytes.length < inflated.length);
  }
  const bytes = payloadOf(frame, limit);
  return partialText(bytes, message.fragment > 1, !message.last || bytes.length < frame.header.payloadLength);
}

export function hex(bytes: Uint8Array): string {
  let text = "";
  for (const octet of bytes) text += octet.toString(16).padStart(2, "0");
  return text;
}
