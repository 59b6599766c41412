/** A frame header drawn bit by bit, in rows of 32 as in the figure of RFC 6455 §5.2, with its fields explained. */
import type { FrameHeader } from "@ws/codec";

import { explainOpcode, maskingKeyText, opcodeName } from "../model/names.ts";
import type { Direction } from "../model/records.ts";
import { h } from "./dom.ts";
import { formatNumber } from "./format.ts";

type Field = "fin" | "rsv" | "opcode" | "mask" | "length" | "extended" | "key";

export function drawHeader(header: FrameHeader, bytes: Uint8Array): HTMLElement {
  return h(
    "div",
    {
      class: "octets",
      role: "img",
      "aria-label": `Frame header, ${String(bytes.length)} octets: ${[...bytes].map((octet) => octet.toString(16).padStart(2, "0")).join(" ")}`,
    },
    [...bytes].map((octet, index) =>
      h(
        "div",
        { class: "octet" },
        h("span", { class: "value" }, octet.toString(16).padStart(2, "0")),
        h(
          "span",
          { class: "eight" },
          [...octet.toString(2).padStart(8, "0")].map((bit, place) => h("i", { class: fieldAt(header, index, place) }, bit)),
        ),
      ),
    ),
  );
}

function fieldAt(header: FrameHeader, octet: number, bit: number): Field {
  if (octet === 0) return bit === 0 ? "fin" : bit < 4 ? "rsv" : "opcode";
  if (octet === 1) return bit === 0 ? "mask" : "length";
  return octet < header.headerLength - (header.masked ? 4 : 0) ? "extended" : "key";
}

export function explainHeader(header: FrameHeader, direction: Direction, agreedDeflate: boolean): HTMLElement {
  const rsv = [(header.rsv & 4) !== 0, (header.rsv & 2) !== 0, (header.rsv & 1) !== 0];
  const rows: [Field, string, string, string][] = [
    ["fin", "FIN", bit(header.fin), header.fin ? "The last frame of its message." : "More frames of this message follow."],
    ["rsv", "RSV1–3", rsv.map(bit).join(" "), explainRsv(header.rsv, agreedDeflate)],
    ["opcode", "Opcode", `0x${header.opcode.toString(16).toUpperCase()} ${opcodeName(header.opcode)}`, explainOpcode(header.opcode)],
    ["mask", "MASK", bit(header.masked), explainMask(header.masked, direction)],
    ["length", "Payload length", formatLength(header), explainLength(header)],
  ];
  if (header.masked) rows.push(["key", "Masking key", maskingKeyText(header.maskingKey), "XORed with the payload, octet by octet (§5.3)."]);
  return h(
    "table",
    { class: "fields" },
    h("caption", { class: "hidden" }, "The header's fields"),
    h(
      "thead",
      { class: "hidden" },
      h("tr", {}, h("th", { scope: "col" }, "Field"), h("th", { scope: "col" }, "Value"), h("th", { scope: "col" }, "Meaning")),
    ),
    h(
      "tbody",
      {},
      rows.map(([field, name, value, meaning]) =>
        h(
          "tr",
          { "data-field": field },
          h("th", { scope: "row" }, h("span", { class: `swatch ${field}`, "aria-hidden": "true" }), name),
          h("td", { class: "value" }, value),
          h("td", { class: "meaning" }, meaning),
        ),
      ),
    ),
  );
}

function bit(set: boolean): string {
  return set ? "1" : "0";
}

/** §5.1 */
function explainMask(masked: boolean, direction: Direction): string {
  if (direction === "client")
    return masked ? "The payload is masked, as everything from a client." : "A client has to mask everything it sends (§5.1).";
  return masked ? "A server must not mask what it sends (§5.1)." : "The payload is not masked, as everything from a server.";
}

function explainRsv(rsv: number, agreedDeflate: boolean): string {
  if (rsv === 0) return "No extension has marked this frame.";
  if (rsv === 4 && agreedDeflate) return "RSV1: the message is compressed (RFC 7692 §6).";
  return "Reserved bits are set, without an extension that defines them.";
}

function formatLength(header: FrameHeader): string {
  if (Number.isSafeInteger(header.payloadLength)) return formatNumber(header.payloadLength);
  return `0x${header.payloadLengthHigh.toString(16)}${header.payloadLengthLow.toString(16).padStart(8, "0")}`;
}

function explainLength({ lengthForm }: FrameHeader): string {
  if (lengthForm === 7) return "In the 7 bits themselves: up to 125 octets.";
  if (lengthForm === 16) return "The 7 bits say 126: the length follows in 16 bits.";
  return "The 7 bits say 127: the length follows in 64 bits.";
}
