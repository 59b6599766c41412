/** Which entries the time line shows. */
import type { Entry } from "../model/entry.ts";
import { closeCodeName, opcodeName } from "../model/names.ts";
import { textOf } from "../model/payload.ts";
import type { Direction } from "../model/records.ts";

export interface Filter {
  readonly conversation: number | undefined;
  readonly direction: Direction | undefined;
  readonly kinds: "" | "frames" | "data" | "control" | "head" | "problems";
  /** Lower case. */
  readonly query: string;
}

export const EVERYTHING: Filter = { conversation: undefined, direction: undefined, kinds: "", query: "" };

export function matches(entry: Entry, filter: Filter): boolean {
  if (filter.conversation !== undefined && entry.conversation.id !== filter.conversation) return false;
  if (filter.direction !== undefined && entry.direction !== filter.direction) return false;
  if (!isOfKind(entry, filter.kinds)) return false;
  return filter.query === "" || searchText(entry).includes(filter.query);
}

function isOfKind(entry: Entry, kinds: Filter["kinds"]): boolean {
  switch (kinds) {
    case "":
      return true;
    case "frames":
      return entry.kind === "frame";
    case "data":
      return entry.kind === "frame" && entry.header.opcode < 8;
    case "control":
      return entry.kind === "frame" && entry.header.opcode >= 8;
    case "head":
      return entry.kind === "head";
    case "problems":
      return entry.problems.length > 0 || (entry.kind === "note" && entry.tone !== "plain");
  }
}

/** Octets of a payload that are searched. */
const SEARCHED = 4096;
const cache = new WeakMap<Entry, { readonly length: number; readonly text: string }>();

function searchText(entry: Entry): string {
  const length = entry.kind === "frame" ? entry.kept : 0;
  const known = cache.get(entry);
  if (known?.length === length) return known.text;
  const text = describe(entry).toLowerCase();
  cache.set(entry, { length, text });
  return text;
}

function describe(entry: Entry): string {
  switch (entry.kind) {
    case "note":
      return entry.text;
    case "opaque":
      return "";
    case "head":
      return entry.head.lines.map(({ text }) => text).join("\n");
    case "frame": {
      const { close } = entry;
      const words = [opcodeName(entry.header.opcode), textOf(entry, SEARCHED) ?? ""];
      if (close?.code !== undefined) words.push(String(close.code), closeCodeName(close.code));
      for (const problem of entry.problems) words.push(problem.code, problem.section, problem.message);
      return words.join(" ");
    }
  }
}
