/** The log as JSON, for people's own programs. */
import { base64Encode } from "@ws/protocol/internal";

import type { Conversation, Entry, FrameEntry } from "../model/entry.ts";
import { closeCodeName, maskingKeyText, opcodeName } from "../model/names.ts";
import { joinPieces, payloadOf, textOf, wirePayloadOf } from "../model/payload.ts";
import type { Rewritten } from "../model/records.ts";

/** `@ws/inspector`'s export: times are ISO 8601, octets base64. */
export interface ExportedLog {
  readonly format: "@ws/inspector";
  readonly version: 1;
  readonly conversations: readonly ExportedConversation[];
}

export interface ExportedConversation {
  readonly id: number;
  readonly started: string;
  readonly ended: string | null;
  readonly client: string;
  readonly target: string;
  readonly state: string;
  readonly rewritten: readonly Rewritten[];
  readonly key: string | null;
  readonly accept: { readonly expected: string; readonly received: string | null; readonly matches: boolean } | null;
  readonly entries: readonly Record<string, unknown>[];
}

/** JSON in pieces, one line per entry, so that a long log needs no string of its whole length. */
export function exportJson(conversations: readonly Conversation[], entries: readonly Entry[]): string[] {
  const parts = ['{"format":"@ws/inspector","version":1,"conversations":['];
  conversations.forEach((conversation, index) => {
    const { entries: _entries, ...rest } = describe(conversation);
    parts.push(`${index === 0 ? "" : ","}\n${JSON.stringify(rest).slice(0, -1)},"entries":[`);
    let first = true;
    for (const entry of entries) {
      if (entry.conversation !== conversation) continue;
      parts.push(`${first ? "" : ","}\n  ${JSON.stringify(describeEntry(entry))}`);
      first = false;
    }
    parts.push("\n]}");
  });
  parts.push("\n]}\n");
  return parts;
}

function describe(conversation: Conversation): ExportedConversation {
  const { request, response } = conversation;
  return {
    id: conversation.id,
    started: iso(conversation.started),
    ended: conversation.ended === undefined ? null : iso(conversation.ended),
    client: `${conversation.client.address}:${String(conversation.client.port)}`,
    target: conversation.target.url,
    state: conversation.state,
    rewritten: conversation.rewritten,
    key: request?.sent?.key ?? null,
    accept:
      response?.proof === undefined
        ? null
        : { expected: response.proof.expected, received: response.proof.received ?? null, matches: response.proof.matches },
    entries: [],
  };
}

function describeEntry(entry: Entry): Record<string, unknown> {
  const base = { time: iso(entry.time), kind: entry.kind, direction: entry.direction ?? null, problems: entry.problems };
  switch (entry.kind) {
    case "note":
      return { ...base, text: entry.text };
    case "head":
      return {
        ...base,
        kind: entry.head.kind,
        lines: entry.head.lines.map(({ text }) => text),
        bytes: base64Encode(joinPieces(entry.pieces)),
      };
    case "opaque":
      return { ...base, bytes: base64Encode(wirePayloadOf(entry)), bytesNotKept: entry.omitted };
    case "frame":
      return { ...base, ...describeFrame(entry) };
  }
}

function describeFrame(frame: FrameEntry): Record<string, unknown> {
  const { header, message, close } = frame;
  const text = textOf(frame);
  return {
    fin: header.fin,
    rsv1: (header.rsv & 4) !== 0,
    rsv2: (header.rsv & 2) !== 0,
    rsv3: (header.rsv & 1) !== 0,
    opcode: header.opcode,
    opcodeName: opcodeName(header.opcode),
    masked: header.masked,
    maskingKey: header.masked ? maskingKeyText(header.maskingKey).replaceAll(" ", "") : null,
    lengthForm: header.lengthForm,
    payloadLength: header.payloadLength,
    ...(message === undefined ? {} : { message: message.number, fragment: message.fragment, compressed: message.compressed }),
    ...(close === undefined
      ? {}
      : { closeCode: close.code ?? null, closeName: close.code === undefined ? null : closeCodeName(close.code) }),
    ...(text === undefined ? {} : { text }),
    ...(typeof frame.inflated === "object" ? { inflatedLength: frame.inflated.length, inflated: base64Encode(frame.inflated.bytes) } : {}),
    payload: base64Encode(payloadOf(frame)),
    bytesNotKept: frame.omitted,
    complete: frame.complete,
  };
}

function iso(time: number): string {
  // Microseconds: `Date` has only milliseconds.
  const micros = String(Math.floor((time % 1) * 1000)).padStart(3, "0");
  return new Date(Math.floor(time)).toISOString().replace("Z", `${micros}Z`);
}
