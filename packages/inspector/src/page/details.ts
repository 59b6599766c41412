/** Everything about one entry of the time line. */
import { GUID } from "@ws/protocol/internal";

import type { CloseInfo, Entry, FrameEntry, HeadEntry, OpaqueEntry } from "../model/entry.ts";
import type { AcceptProof, HeadLine, Problem } from "../model/handshake.ts";
import { closeCodeName, explainCloseCode, opcodeName } from "../model/names.ts";
import { payloadOf, textOf, wirePayloadOf } from "../model/payload.ts";
import { drawHeader, explainHeader } from "./bits.ts";
import { h } from "./dom.ts";
import { formatBytes, formatNumber, formatOffset, formatSpan, plural } from "./format.ts";
import { arrow } from "./row.ts";

/** Characters of text, and octets in hex, that are shown before somebody asks for more. */
const FIRST_TEXT = 4096;
const FIRST_HEX = 1024;

/** As text, as octets, compressed as it travels, masked as it travels. */
type View = "text" | "hex" | "compressed" | "wire";

export class Details {
  readonly #box: HTMLElement;
  #entry: Entry | undefined;
  #shown = "";
  /** The person's choice stays while entries change. */
  #view: View | undefined;
  #all = false;

  constructor(box: HTMLElement) {
    this.#box = box;
    this.show(undefined);
  }

  show(entry: Entry | undefined): void {
    if (entry !== this.#entry) this.#all = false;
    this.#entry = entry;
    this.#shown = "";
    this.refresh();
  }

  /** Draws anew what has changed: a long frame is shown while it still arrives. */
  refresh(): void {
    const entry = this.#entry;
    const stamp = entry === undefined ? "none" : stampOf(entry);
    if (stamp === this.#shown) return;
    this.#shown = stamp;
    if (entry === undefined) {
      this.#box.replaceChildren(h("p", { class: "empty nothing" }, "Select an entry of the time line to see every bit of it."));
      return;
    }
    const { scrollTop } = this.#box;
    this.#box.replaceChildren(title(entry), ...problems(entry.problems), ...this.#body(entry));
    this.#box.scrollTop = scrollTop;
  }

  #body(entry: Entry): HTMLElement[] {
    switch (entry.kind) {
      case "head":
        return headBody(entry);
      case "frame":
        return this.#frameBody(entry);
      case "opaque":
        return [h("p", {}, "These octets are not frames: there was no WebSocket connection to carry any."), this.#payload(entry)];
      case "note":
        return [h("p", { class: "note" }, entry.text)];
    }
  }

  #frameBody(frame: FrameEntry): HTMLElement[] {
    const deflate = frame.conversation.response?.extensions.some(({ name }) => name === "permessage-deflate") === true;
    return [
      ...closeBox(frame.close, frame),
      section("Header", drawHeader(frame.header, frame.headerBytes), explainHeader(frame.header, frame.direction, deflate)),
      this.#payload(frame),
      section("Timing and message", facts(frame)),
    ];
  }

  #payload(entry: FrameEntry | OpaqueEntry): HTMLElement {
    const source = payloadSource(entry);
    if (source.length === 0) return section("Payload", h("p", { class: "empty" }, "Empty."));
    const { views } = source;
    const view = this.#view !== undefined && views.includes(this.#view) ? this.#view : views[0]!;
    const kept = source.kept(view);
    const first = view === "text" ? FIRST_TEXT : FIRST_HEX;
    const shown =
      view === "text"
        ? source.text(this.#all ? kept : first)
        : dump(source.bytes(view, this.#all ? kept : first), this.#box.clientWidth < 540 ? 8 : 16);
    const choose = (next: View): void => {
      this.#view = next;
      this.#redraw();
      this.#box.querySelector<HTMLElement>(`[data-view="${next}"]`)?.focus();
    };
    return section(
      `Payload, ${formatBytes(source.length)}`,
      h(
        "div",
        { class: "tabs", role: "group", "aria-label": "Show the payload as" },
        views.map((each) =>
          h(
            "button",
            {
              type: "button",
              "data-view": each,
              "aria-pressed": String(each === view),
              onclick: () => {
                choose(each);
              },
            },
            VIEW_NAMES[each],
          ),
        ),
        h(
          "button",
          {
            type: "button",
            class: "copy",
            onclick: (event) => {
              copy(event, shown);
            },
          },
          "Copy",
        ),
      ),
      source.hint !== undefined && h("p", { class: "hint" }, source.hint),
      h("pre", { class: `payload ${view}`, tabindex: "0", "aria-label": `Payload, ${VIEW_NAMES[view].toLowerCase()}` }, shown),
      kept > first &&
        !this.#all &&
        h(
          "button",
          {
            type: "button",
            class: "more",
            onclick: () => {
              this.#all = true;
              this.#redraw();
            },
          },
          `Show all ${formatBytes(kept)} that were kept`,
        ),
      entry.omitted > 0 && h("p", { class: "hint" }, `${plural(entry.omitted, "more octet")} passed and were not kept (--keep-payload).`),
    );
  }

  #redraw(): void {
    this.#shown = "";
    this.refresh();
  }
}

const VIEW_NAMES: Readonly<Record<View, string>> = { text: "Text", hex: "Hex", compressed: "Compressed", wire: "Masked" };

interface PayloadSource {
  readonly length: number;
  /** The first is what a person most likely wants. */
  readonly views: readonly View[];
  readonly hint: string | undefined;
  kept(view: View): number;
  text(limit: number): string;
  bytes(view: View, limit: number): Uint8Array;
}

function payloadSource(entry: FrameEntry | OpaqueEntry): PayloadSource {
  if (entry.kind === "opaque") {
    return {
      length: entry.kept + entry.omitted,
      views: ["text", "hex"],
      hint: undefined,
      kept: () => entry.kept,
      text: (limit) => latin1(wirePayloadOf(entry, limit)),
      bytes: (_view, limit) => wirePayloadOf(entry, limit),
    };
  }
  const { inflated, header, message } = entry;
  const views: View[] = textOf(entry, FIRST_TEXT) === undefined ? [] : ["text"];
  if (message?.compressed !== true) views.push("hex");
  else if (typeof inflated === "object") views.push("hex", "compressed");
  else views.push("compressed");
  if (header.masked) views.push("wire");
  const isInflated = (view: View): boolean => typeof inflated === "object" && (view === "text" || view === "hex");
  return {
    length: header.payloadLength,
    views,
    hint: message?.compressed === true ? explainCompression(entry, message.last) : undefined,
    kept: (view) => (typeof inflated === "object" && isInflated(view) ? inflated.bytes.length : entry.kept),
    text: (limit) => textOf(entry, limit) ?? "",
    bytes(view, limit) {
      if (view === "wire") return wirePayloadOf(entry, limit);
      return typeof inflated === "object" && isInflated(view) ? inflated.bytes.subarray(0, limit) : payloadOf(entry, limit);
    },
  };
}

function explainCompression({ inflated, complete, header }: FrameEntry, last: boolean): string {
  if (typeof inflated === "object") {
    return `Compressed with permessage-deflate: ${formatBytes(header.payloadLength)} in this frame; the message has ${formatBytes(inflated.length)} inflated, shown as text and hex.`;
  }
  if (inflated === "unavailable")
    return "Compressed with permessage-deflate. It cannot be inflated here: octets of this or an earlier message are missing, or it is too large.";
  if (!last) return "Compressed with permessage-deflate; the message is shown inflated with its last fragment.";
  return complete ? "Compressed with permessage-deflate." : "Compressed with permessage-deflate; inflated when all of it has arrived.";
}

/** What makes a drawn entry out of date. */
function stampOf(entry: Entry): string {
  const { id, problems } = entry;
  if (entry.kind === "frame")
    return [
      id,
      entry.kept,
      entry.omitted,
      entry.complete,
      problems.length,
      entry.answers === undefined,
      entry.inflated === undefined,
    ].join();
  if (entry.kind === "opaque") return [id, entry.kept, entry.omitted].join();
  return [id, problems.length, entry.conversation.rewritten.length].join();
}

function section(name: string, ...children: (HTMLElement | false | undefined)[]): HTMLElement {
  return h("section", {}, h("h3", {}, name), ...children);
}

function title(entry: Entry): HTMLElement {
  const { conversation } = entry;
  const names: Record<Entry["kind"], string> = { frame: "Frame", head: "Handshake", opaque: "Octets", note: "Connection" };
  const name =
    entry.kind === "frame"
      ? `${capital(opcodeName(entry.header.opcode))} frame`
      : entry.kind === "head"
        ? `Handshake ${entry.head.kind}`
        : names[entry.kind];
  const from = entry.direction === undefined ? "" : entry.direction === "client" ? "from the client" : `from ${conversation.target.name}`;
  return h(
    "header",
    {},
    h("h2", {}, arrow(entry.direction), ` ${name}`),
    h(
      "p",
      {},
      `Conversation ${String(conversation.id)}${from === "" ? "" : `, ${from}`}, ${formatOffset(entry.time - conversation.started)} s after its start`,
    ),
  );
}

function problems(found: readonly Problem[]): HTMLElement[] {
  return found.map(({ code, section: where, message }) =>
    h("div", { class: "box error" }, h("strong", {}, capital(message)), h("p", {}, reference(where), " · ", h("code", {}, code))),
  );
}

/** `RFC 6455 §5.2` as a link to that section. */
function reference(where: string): HTMLElement {
  const match = /^RFC (\d+) §([\d.]+)/.exec(where);
  if (match === null) return h("span", {}, where);
  return h(
    "a",
    { href: `https://www.rfc-editor.org/rfc/rfc${match[1]!}#section-${match[2]!}`, target: "_blank", rel: "noreferrer" },
    where,
  );
}

function closeBox(close: CloseInfo | undefined, frame: FrameEntry): HTMLElement[] {
  if (close === undefined) return [];
  const { answers } = frame;
  const role =
    answers === undefined ? "Begins the closing handshake." : `Answers the other side's Close after ${formatSpan(answers.milliseconds)}.`;
  if (close.code === undefined)
    return [h("div", { class: "box close" }, h("strong", {}, "No close code"), h("p", {}, `Programs see 1005. ${role}`))];
  return [
    h(
      "div",
      { class: "box close" },
      h("strong", {}, `${String(close.code)} ${closeCodeName(close.code)}`),
      h("p", {}, explainCloseCode(close.code)),
      close.reason !== "" && h("p", {}, "Reason: ", h("q", {}, close.reason)),
      h("p", {}, role),
    ),
  ];
}

function facts(frame: FrameEntry): HTMLElement {
  const { message, answers, header } = frame;
  const rows: [string, string][] = [
    ["Received", new Date(frame.time).toISOString().replace("T", " ").replace("Z", " UTC")],
    [
      "Took",
      frame.complete
        ? formatSpan(frame.endTime - frame.time)
        : `${formatBytes(header.payloadLength - frame.kept - frame.omitted)} still to come`,
    ],
    ["Frame", `${formatNumber(frame.number)} of this direction, at octet ${formatNumber(frame.position)}`],
    ["Overhead", `${String(header.headerLength)} octets of header for ${formatNumber(header.payloadLength)} of payload`],
  ];
  if (message !== undefined) {
    const whole = message.fragment === 1 && message.last;
    rows.push([
      "Message",
      `${formatNumber(message.number)}, ${opcodeName(message.opcode)}, ${whole ? "in one frame" : `fragment ${formatNumber(message.fragment)}${message.last ? ", the last" : ""}`}`,
    ]);
  }
  if (answers !== undefined && header.opcode === 10)
    rows.push(["Round trip", `${formatSpan(answers.milliseconds)} after the Ping it answers`]);
  return h(
    "dl",
    { class: "facts" },
    rows.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
  );
}

function headBody({ head, conversation }: HeadEntry): HTMLElement[] {
  const boxes: HTMLElement[] = [];
  if (head.kind === "response" && head.proof !== undefined) boxes.push(proofBox(head.proof));
  const rewritten = head.kind === "request" ? conversation.rewritten : [];
  boxes.push(
    section(
      "Line by line",
      h(
        "ol",
        { class: "lines" },
        head.lines.map((line) =>
          headLine(line, rewritten.find(({ name }) => line.text.toLowerCase().startsWith(`${name.toLowerCase()}:`))?.to),
        ),
      ),
    ),
  );
  return boxes;
}

function headLine(line: HeadLine, sent: string | undefined): HTMLElement {
  const colon = line.text.indexOf(":");
  const name = /^[!#$%&'*+.^_`|~\w-]+:/.test(line.text);
  return h(
    "li",
    {},
    h("code", {}, name ? h("b", {}, line.text.slice(0, colon + 1)) : line.text, name && line.text.slice(colon + 1)),
    sent !== undefined && h("p", { class: "rewritten" }, "Forwarded as ", h("code", {}, sent), " (--rewrite-host)"),
    line.explanation !== "" && h("p", {}, line.explanation),
  );
}

function proofBox({ key, expected, received, matches }: AcceptProof): HTMLElement {
  return h(
    "section",
    { class: `box proof ${matches ? "good" : "error"}` },
    h("strong", {}, matches ? "✓ The accept belongs to the key" : "✗ The accept does not belong to the key"),
    h(
      "dl",
      {},
      h("div", {}, h("dt", {}, "Key"), h("dd", {}, h("code", {}, key))),
      h("div", {}, h("dt", {}, "with the GUID"), h("dd", {}, h("code", {}, key, h("em", {}, GUID)))),
      h("div", {}, h("dt", {}, "SHA-1, base64"), h("dd", {}, h("code", {}, expected))),
      h("div", {}, h("dt", {}, "received"), h("dd", {}, h("code", {}, received ?? "nothing"))),
    ),
  );
}

/** Eight or sixteen octets a line, in hex and as ASCII. */
function dump(bytes: Uint8Array, width: number): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += width) {
    const line = [...bytes.subarray(at, at + width)];
    const octets = line.map((octet) => octet.toString(16).padStart(2, "0")).join(" ");
    const characters = line.map((octet) => (octet >= 32 && octet < 127 ? String.fromCharCode(octet) : "·")).join("");
    lines.push(`${at.toString(16).padStart(5, "0")}  ${octets.padEnd(width * 3)} ${characters}`);
  }
  return lines.join("\n");
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const octet of bytes) text += String.fromCharCode(octet);
  return text;
}

function copy(event: Event, text: string): void {
  const button = event.currentTarget as HTMLElement;
  void navigator.clipboard.writeText(text).then(
    () => {
      button.textContent = "Copied";
    },
    () => {
      button.textContent = "Not allowed";
    },
  );
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
