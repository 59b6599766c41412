/** What the target's own bytes must not be, whatever it was sent: RFC 6455 §5, read by the receiver of the other role. */
import { opcodeName, words } from "../../wire/words.ts";
import type { Receipt } from "../receive.ts";
import { VIOLATIONS } from "../violations.ts";
import type { Deviation } from "./deviation.ts";
import type { Transcript } from "./transcript.ts";

export function judgeSent(receipt: Receipt, transcript: Transcript): Deviation[] {
  const deviations: Deviation[] = [];
  const last = receipt.events[receipt.events.length - 1];
  if (last?.kind === "violation" && !(last.optional && transcript.ended !== "fin")) {
    const { section, title, tolerated } = VIOLATIONS[last.violation];
    deviations.push({
      kind: `sent:${last.violation}`,
      level: tolerated === true ? "tolerated" : "MUST",
      section,
      happened: `the target sent ${title}: ${describeLast(receipt)}`,
      allowed: "frames by RFC 6455 §5",
    });
  }
  if (last?.kind === "close" && receipt.ignored > 0)
    deviations.push({
      kind: "sent:after-close",
      level: "MUST",
      section: "RFC 6455 §5.5.1",
      happened: `${receipt.ignored} bytes followed the target's Close frame`,
      allowed: "nothing after a Close frame",
    });
  if (receipt.partial && transcript.ended === "fin")
    deviations.push({
      kind: "sent:partial-frame",
      level: "MUST",
      section: "RFC 6455 §5.2",
      happened: "the target's TCP stream ended inside a frame",
      allowed: "whole frames",
    });
  return [...deviations, ...judgeMaskingKeys(receipt)];
}

/** §5.3: a fresh key for every frame. Two equal ones in a row have a chance of 2^-32. */
function judgeMaskingKeys(receipt: Receipt): Deviation[] {
  const keys = receipt.frames.filter((frame) => frame.masked && frame.payload.length > 0).map((frame) => frame.maskingKey);
  const allowed = "a fresh, unpredictable key for every frame";
  if (keys.some((key, index) => index > 0 && key === keys[index - 1]))
    return [
      {
        kind: "sent:masking-key-reused",
        level: "MUST",
        section: "RFC 6455 §5.3",
        happened: "two frames in a row have the same masking key",
        allowed,
      },
    ];
  if (keys.length > 2 && keys.every((key, index) => index === 0 || key === keys[index - 1]! + 1))
    return [
      {
        kind: "sent:masking-key-predictable",
        level: "MUST",
        section: "RFC 6455 §5.3",
        happened: "the masking keys count upwards",
        allowed,
      },
    ];
  return [];
}

function describeLast(receipt: Receipt): string {
  const frame = receipt.frames[receipt.frames.length - 1];
  if (frame === undefined) return "?";
  const payload = frame.payload.length > 0 ? `, ${words(frame.payload)}` : "";
  return `${opcodeName(frame.opcode)}, FIN ${frame.fin ? 1 : 0}, RSV ${frame.rsv.toString(2).padStart(3, "0")}, MASK ${frame.masked ? 1 : 0}, length ${frame.length}${payload}`;
}
