/**
 * What messages consist of. Each connection has three characters of its own, so a single byte of a stranger is seen; which of the three stands where depends on the
 * direction, the number of the message and the place in it, so bytes of its own that are lost, doubled or exchanged are seen as well.
 */
import type { MessageKind } from "./script.ts";

/** Printable ASCII from "!" on: text and bytes alike. */
const FIRST = 0x21;
/** Connections that can be told apart; the last is what broadcasts carry. */
export const TAGS = 31;
export const BROADCAST: number = TAGS - 1;
/** Text of three bytes a character lies this much higher. */
const WIDE = 0x3400;

export interface Content {
  readonly tag: number;
  /** 0: from the client. 1: from the server. */
  readonly direction: number;
  /** Which message of its direction. */
  readonly number: number;
}

/** A prime, so that no message repeats what another has in the same places. */
const PERIOD = 16_381;

const patterns = new Map<number, Uint8Array<ArrayBuffer>>();

function patternOf(tag: number, direction: number): Uint8Array<ArrayBuffer> {
  const key = 2 * tag + direction;
  let pattern = patterns.get(key);
  if (pattern === undefined) {
    pattern = new Uint8Array(PERIOD);
    let state = Math.imul(direction + 1, 0x9e37_79b1) | 1;
    for (let index = 0; index < PERIOD; index++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      pattern[index] = FIRST + 3 * tag + ((state >>> 8) % 3);
    }
    patterns.set(key, pattern);
  }
  return pattern;
}

/** Bytes of a message, from `start` to `end`. */
export function bytesOf({ tag, direction, number }: Content, start: number, end: number): Uint8Array<ArrayBuffer> {
  const pattern = patternOf(tag, direction);
  const bytes = new Uint8Array(end - start);
  let at = (number * 7_919 + start) % PERIOD;
  for (let filled = 0; filled < bytes.length; at = 0) {
    const part = pattern.subarray(at, at + bytes.length - filled);
    bytes.set(part, filled);
    filled += part.length;
  }
  return bytes;
}

const latin1 = new TextDecoder("latin1");

/** The same as text. */
export function textOf(content: Content, kind: MessageKind, start: number, end: number): string {
  const text = latin1.decode(bytesOf(content, start, end));
  return kind === "wide" ? text.replace(/[^]/g, (character) => String.fromCharCode(WIDE + character.charCodeAt(0))) : text;
}

export function partOf(content: Content, kind: MessageKind, start: number, end: number): string | Uint8Array<ArrayBuffer> {
  return kind === "binary" ? bytesOf(content, start, end) : textOf(content, kind, start, end);
}

export function isSame(actual: string | Uint8Array, expected: string | Uint8Array): boolean {
  if (typeof actual === "string" || typeof expected === "string") return actual === expected;
  return Buffer.compare(actual, expected) === 0;
}

/** Where two differ, and whose the first byte is that does not belong there. */
export function difference(actual: string | Uint8Array, expected: string | Uint8Array): string {
  if (typeof actual !== typeof expected) return `${shape(actual)} instead of ${shape(expected)}`;
  const codes = codesOf(actual);
  const wanted = codesOf(expected);
  const index = codes.findIndex((code, place) => code !== wanted[place]);
  const sizes = `${shape(actual)} instead of ${shape(expected)}`;
  if (index < 0) return sizes;
  return `${sizes}, different from place ${index} on: ${owner(codes[index]!)} instead of ${owner(wanted[index] ?? -1)}`;
}

function shape(message: string | Uint8Array): string {
  return typeof message === "string" ? `text of ${message.length}` : `${message.length} bytes`;
}

function codesOf(message: string | Uint8Array): number[] {
  return typeof message === "string" ? Array.from(message, (character) => character.charCodeAt(0)) : [...message];
}

function owner(code: number): string {
  const place = (code >= WIDE ? code - WIDE : code) - FIRST;
  if (code < 0) return "nothing";
  if (place < 0 || place >= 3 * TAGS) return `the strange 0x${code.toString(16)}`;
  const tag = Math.floor(place / 3);
  return `one of ${tag === BROADCAST ? "a broadcast" : `connection ${tag}`} (0x${code.toString(16)})`;
}
