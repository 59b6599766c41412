/** One line of the time line. */
import type { Entry, FrameEntry } from "../model/entry.ts";
import { closeCodeName, opcodeName } from "../model/names.ts";
import { hex, payloadOf, textOf } from "../model/payload.ts";
import type { Direction } from "../model/records.ts";
import { h } from "./dom.ts";
import { formatBytes, formatOffset } from "./format.ts";

export const ROW_HEIGHT = 32;

export function renderRow(entry: Entry, several: boolean): HTMLElement {
  const { conversation } = entry;
  const problems = entry.problems.length > 0;
  return h(
    "div",
    {
      class: `entry ${entry.kind} ${entry.direction ?? "none"}${problems ? " problem" : ""}${entry.kind === "note" ? ` ${entry.tone}` : ""}`,
    },
    h("span", { class: "time" }, formatOffset(entry.time - conversation.started)),
    arrow(entry.direction),
    h("span", { class: `kind ${kindClass(entry)}` }, kindText(entry)),
    h("span", { class: "bits" }, entry.kind === "frame" ? flags(entry) : ""),
    h(
      "span",
      { class: "length" },
      entry.kind === "frame"
        ? formatBytes(entry.header.payloadLength)
        : entry.kind === "opaque"
          ? formatBytes(entry.kept + entry.omitted)
          : "",
    ),
    h(
      "span",
      { class: "content" },
      several && h("span", { class: "number", title: `Conversation ${String(conversation.id)}` }, `#${String(conversation.id)}`),
      problems && h("strong", { class: "warn" }, `${entry.problems[0]!.section}: ${entry.problems[0]!.message} `),
      content(entry),
    ),
  );
}

export function arrow(direction: Direction | undefined): HTMLElement {
  if (direction === undefined) return h("span", { class: "arrow" });
  const text = direction === "client" ? "from client" : "from target";
  return h(
    "span",
    { class: `arrow ${direction}`, title: text },
    h("span", { "aria-hidden": "true" }, direction === "client" ? "→" : "←"),
    h("span", { class: "hidden" }, text),
  );
}

function kindClass(entry: Entry): string {
  if (entry.kind !== "frame") return entry.kind;
  const { opcode } = entry.header;
  if (opcode === 8) return "close";
  return opcode > 8 ? "control" : "data";
}

export function kindText(entry: Entry): string {
  switch (entry.kind) {
    case "frame":
      return opcodeName(entry.header.opcode);
    case "head":
      return entry.head.kind;
    case "opaque":
      return "bytes";
    case "note":
      return "tcp";
  }
}

/** What is set, in the order of the bits. */
function flags({ header }: FrameEntry): HTMLElement[] {
  const set = [
    header.fin && "FIN",
    (header.rsv & 4) !== 0 && "RSV1",
    (header.rsv & 2) !== 0 && "RSV2",
    (header.rsv & 1) !== 0 && "RSV3",
    header.masked && "MASK",
  ];
  return set.filter((name) => name !== false).map((name) => h("span", { class: `bit ${name.toLowerCase()}` }, name));
}

const PREVIEW = 160;

export function content(entry: Entry): string {
  switch (entry.kind) {
    case "note":
      return entry.text;
    case "opaque":
      return "not frames: see the details";
    case "head": {
      const { head } = entry;
      const line = head.lines[0]?.text ?? "";
      if (head.kind === "request" || head.proof === undefined) return line;
      return `${line} · ${head.proof.matches ? "accept matches the key" : "accept does not match the key"}`;
    }
    case "frame":
      return frameContent(entry);
  }
}

function frameContent(frame: FrameEntry): string {
  const { close, message, header, answers } = frame;
  if (header.opcode === 8 && frame.complete) {
    if (close?.code === undefined) return "no code (1005)";
    return `${String(close.code)} ${closeCodeName(close.code)}${close.reason === "" ? "" : ` “${oneLine(close.reason)}”`}`;
  }
  const parts: string[] = [];
  if (message !== undefined && (message.fragment > 1 || !message.last))
    parts.push(`[message ${String(message.number)}, fragment ${String(message.fragment)}${message.last ? ", last" : ""}]`);
  if (message?.compressed === true)
    parts.push(typeof frame.inflated === "object" ? `[inflated: ${formatBytes(frame.inflated.length)}]` : "[compressed]");
  if (answers !== undefined) parts.push("[answers a ping]");
  if (header.payloadLength > 0) {
    const text = textOf(frame, PREVIEW * 4);
    const bytes = typeof frame.inflated === "object" ? frame.inflated.bytes.subarray(0, 48) : payloadOf(frame, 48);
    parts.push(text === undefined ? hex(bytes).replace(/..(?=.)/g, "$& ") : oneLine(text.slice(0, PREVIEW)));
  }
  if (!frame.complete) parts.push(frame.conversation.ended === undefined ? "…" : "(cut off)");
  return parts.join(" ");
}

function oneLine(text: string): string {
  return text.replaceAll("\n", "↵").replaceAll("\t", "⇥");
}
