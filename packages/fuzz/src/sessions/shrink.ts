/**
 * Makes a failing session as small as it gets while it fails in the same way. Sessions are data, so this needs to know nothing of
 * how they were made: a session from a file shrinks as well as a random one. Deterministic, and every step is simpler than the
 * one before, so it ends.
 */
import { concat, fill, fromHex, toHex } from "../wire/bytes.ts";
import { compressedPayload } from "../wire/deflate.ts";
import { isUtf8 } from "../wire/utf8.ts";
import { sessionToJson } from "./session-file.ts";
import { DEFAULT_REQUEST, DEFAULT_RESPONSE, type FrameStep, type Headers, type Session, type Step } from "./session.ts";

export interface ShrinkResult {
  session: Session;
  /** How many sessions were tried, and how many of them failed. */
  tried: number;
  failed: number;
  /** Nothing simpler fails; false: the budget was used up. */
  complete: boolean;
}

/** Lengths to try instead of `length`, shortest first. */
function shorter(length: number): number[] {
  const lengths = new Set([0, 1]);
  for (let part = Math.floor(length / 2); part >= 1; part = Math.floor(part / 2)) lengths.add(length - part);
  return [...lengths].filter((each) => each < length).sort((a, b) => a - b);
}

/** Compressed payloads from the simplest: empty; "a" in a fixed block, stored, with BFINAL, dynamic; a reserved block; wrong lengths; a distance too far. */
const SIMPLE_DEFLATE: readonly string[] = [
  "00",
  "4a0400",
  "000100feff6100",
  "4b040000",
  toHex(compressedPayload([{ type: "dynamic", tokens: [0x61] }])),
  "06",
  "0005000000",
  toHex(compressedPayload([{ type: "fixed", tokens: [0x61, { length: 3, distance: 1 }] }])),
  toHex(compressedPayload([{ type: "fixed", tokens: [0x61, { length: 3, distance: 20_000 }] }])),
];
function simplicity(payload: Uint8Array): number {
  const index = SIMPLE_DEFLATE.indexOf(toHex(payload));
  return index < 0 ? Infinity : index;
}

const isPlain = (payload: Uint8Array): boolean => payload.every((byte) => byte === 0x61);

function* simplerFrames(step: FrameStep): Generator<FrameStep> {
  const { wrongMask, lengthForm, declaredLength, times, ...rest } = step;
  const drop = (name: "wrongMask" | "lengthForm" | "declaredLength" | "times"): FrameStep => omit(step, name);
  if (times !== undefined) {
    yield drop("times");
    for (const less of shorter(times)) if (less > 1) yield { ...step, times: less };
  }
  if (wrongMask !== undefined) yield drop("wrongMask");
  if (lengthForm !== undefined) yield drop("lengthForm");
  if (declaredLength !== undefined) yield drop("declaredLength");
  if (step.rsv !== 0) yield { ...step, rsv: 0 };
  for (const bit of [4, 2, 1]) if (step.rsv !== bit && (step.rsv & bit) !== 0) yield { ...step, rsv: bit };
  if (!step.fin) yield { ...step, fin: true };
  if ((step.rsv & 4) !== 0 && step.opcode <= 2) {
    // Compressed data are not shrunk byte by byte: what came out would be deflate data that nobody writes.
    for (const hex of SIMPLE_DEFLATE) {
      const payload = fromHex(hex);
      if (simplicity(payload) < simplicity(step.payload)) yield { ...step, payload };
    }
    if (step.maskingKey !== 0) yield { ...step, maskingKey: 0 };
    if (step.opcode === 2) yield { ...step, opcode: 1 };
    return;
  }
  if (rest.payload.length > 1 && rest.payload.length <= 256 && !isPlain(rest.payload) && isUtf8(rest.payload)) {
    // Text stays text: whole characters go.
    const characters = [...new TextDecoder("utf-8", { ignoreBOM: true }).decode(rest.payload)];
    const back = (all: readonly string[]): FrameStep => ({ ...step, payload: new TextEncoder().encode(all.join("")) });
    if (characters.length > 1) {
      for (const character of new Set(characters)) yield back([character]);
      for (let index = 0; index < characters.length; index++) yield back(characters.filter((_, other) => other !== index));
      for (let index = 0; index < characters.length; index++)
        if (characters[index] !== "a") yield back(characters.map((each, other) => (other === index ? "a" : each)));
    }
  }
  for (const length of shorter(rest.payload.length)) yield { ...step, payload: step.payload.slice(0, length) };
  for (const length of shorter(rest.payload.length)) if (length > 0) yield { ...step, payload: step.payload.slice(-length) };
  if (!isPlain(step.payload)) {
    yield { ...step, payload: fill(step.payload.length) };
    if (step.payload.length <= 64) {
      for (let index = 0; index < step.payload.length; index++) {
        const without = concat([step.payload.subarray(0, index), step.payload.subarray(index + 1)]);
        yield { ...step, payload: without };
        // "a" is simpler than the first byte that is not ASCII, that simpler than the last, and that than any other.
        const order = [0x61, 0x80, 0xff];
        for (const byte of order.slice(0, order.includes(step.payload[index]!) ? order.indexOf(step.payload[index]!) : 3)) {
          const changed = step.payload.slice();
          changed[index] = byte;
          yield { ...step, payload: changed };
        }
      }
      // A Close code of 1000 is simpler than any other.
      if (step.opcode === 8 && step.payload.length >= 2 && (step.payload[0] !== 3 || step.payload[1] !== 232))
        yield { ...step, payload: concat([Uint8Array.of(3, 232), step.payload.subarray(2)]) };
    }
  }
  if (step.maskingKey !== 0) {
    yield { ...step, maskingKey: 0 };
    if (step.maskingKey !== 1) yield { ...step, maskingKey: 1 };
  }
  if (step.opcode === 2 || step.opcode === 0) yield { ...step, opcode: 1 };
  if (step.opcode >= 3 && step.opcode <= 7 && step.opcode !== 3) yield { ...step, opcode: 3 };
  if (step.opcode > 11) yield { ...step, opcode: 11 };
  if (step.opcode === 10) yield { ...step, opcode: 9 };
}

function* simplerHeaders(headers: Headers, base: Headers): Generator<Headers> {
  const names = new Set(base.map(([name]) => name.toLowerCase()));
  const seen = new Set<string>();
  for (let index = 0; index < headers.length; index++) {
    const name = headers[index]![0].toLowerCase();
    if (!names.has(name.trim()) || seen.has(name)) yield headers.filter((_, other) => other !== index);
    seen.add(name);
  }
  for (const [name, value] of base) {
    const index = headers.findIndex(([other]) => other.toLowerCase() === name.toLowerCase());
    if (index < 0) yield [...headers, [name, value]];
    else if (headers[index]![0] !== name || headers[index]![1] !== value) {
      yield headers.map((each, other) => (other === index ? [name, value] : each));
      if (headers[index]![0] !== name) yield headers.map((each, other) => (other === index ? [name, each[1]] : each));
      if (headers[index]![1] !== headers[index]![1].trim())
        yield headers.map((each, other) => (other === index ? [each[0], each[1].trim()] : each));
    }
  }
  const order = (name: string): number => {
    const index = base.findIndex(([other]) => other.toLowerCase() === name.toLowerCase());
    return index < 0 ? base.length : index;
  };
  const sorted = [...headers].sort(([a], [b]) => order(a) - order(b));
  if (sorted.some((each, index) => each !== headers[index])) yield sorted;
}

function omit<Whole extends object>(whole: Whole, ...names: (keyof Whole)[]): Whole {
  return Object.fromEntries(Object.entries(whole).filter(([name]) => !names.includes(name as keyof Whole))) as Whole;
}

/** Everything one step simpler than a session, the boldest first. */
export function* simpler(session: Session): Generator<Session> {
  const { steps } = session;
  // Whole runs of steps
  for (let size = steps.length; size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < steps.length; at += size) {
      const left = [...steps.slice(0, at), ...steps.slice(at + size)];
      if (left.length < steps.length) yield { ...session, steps: left };
    }
  }
  if (session.cuts !== undefined) {
    yield omit(session, "cuts", "gap", "cutHandshake");
    if (session.gap !== undefined && session.gap > 0) yield omit(session, "gap");
    if (typeof session.cuts !== "number") {
      for (let index = 0; index < session.cuts.length; index++)
        yield { ...session, cuts: session.cuts.filter((_, other) => other !== index) };
      for (let index = 0; index < session.cuts.length; index++) {
        const cut = session.cuts[index]!;
        for (const lower of [1, Math.floor(cut / 2), cut - 1])
          if (lower > 0 && lower < cut) yield { ...session, cuts: session.cuts.map((each, other) => (other === index ? lower : each)) };
      }
    } else yield { ...session, cuts: [session.cuts] };
  }
  if (session.gap === 0) yield omit(session, "gap");
  if (session.early === true) yield omit(session, "early");
  if (session.extensions !== undefined) {
    yield omit(session, "extensions");
    const items = session.extensions.split(",");
    if (items.length > 1)
      for (let index = 0; index < items.length; index++)
        yield {
          ...session,
          extensions: items
            .filter((_, other) => other !== index)
            .join(",")
            .trim(),
        };
    const parts = session.extensions.split(";");
    if (items.length === 1)
      for (let index = 1; index < parts.length; index++)
        yield {
          ...session,
          extensions: parts
            .filter((_, other) => other !== index)
            .join(";")
            .trim(),
        };
  }
  if (session.subprotocols !== undefined) yield omit(session, "subprotocols");
  if (session.request !== undefined) {
    yield omit(session, "request");
    if (session.request.method !== "GET" && session.request.method !== "")
      yield { ...session, request: { ...session.request, method: "GET" } };
    if (session.request.version !== "HTTP/1.1") yield { ...session, request: { ...session.request, version: "HTTP/1.1" } };
    if (!["HTTP/1.1", "HTTP/1.0"].includes(session.request.version))
      yield { ...session, request: { ...session.request, version: "HTTP/1.0" } };
    for (const headers of simplerHeaders(session.request.headers, DEFAULT_REQUEST.headers))
      yield { ...session, request: { ...session.request, headers } };
  }
  if (session.response !== undefined) {
    yield omit(session, "response");
    if (session.response.status !== 101) yield { ...session, response: { ...session.response, status: 101 } };
    if (session.response.reason !== DEFAULT_RESPONSE.reason)
      yield { ...session, response: { ...session.response, reason: DEFAULT_RESPONSE.reason } };
    for (const headers of simplerHeaders(session.response.headers, DEFAULT_RESPONSE.headers))
      yield { ...session, response: { ...session.response, headers } };
  }
  // Two fragments into one frame
  for (let index = 0; index + 1 < steps.length; index++) {
    const [first, second] = [steps[index]!, steps[index + 1]!];
    if (
      first.kind === "frame" &&
      second.kind === "frame" &&
      !first.fin &&
      second.opcode === 0 &&
      first.opcode < 8 &&
      first.times === undefined &&
      second.times === undefined
    ) {
      yield {
        ...session,
        steps: [
          ...steps.slice(0, index),
          { ...first, fin: second.fin, payload: concat([first.payload, second.payload]) },
          ...steps.slice(index + 2),
        ],
      };
    }
  }
  for (let index = 0; index < steps.length; index++) {
    const replace = (step: Step): Session => ({ ...session, steps: steps.map((each, other) => (other === index ? step : each)) });
    const step = steps[index]!;
    if (step.kind === "frame") for (const each of simplerFrames(step)) yield replace(each);
    else if (step.kind === "bytes") {
      for (const length of shorter(step.bytes.length)) if (length > 0) yield replace({ kind: "bytes", bytes: step.bytes.slice(0, length) });
      for (const length of shorter(step.bytes.length)) if (length > 0) yield replace({ kind: "bytes", bytes: step.bytes.slice(-length) });
      for (let at = 0; at < Math.min(step.bytes.length, 64); at++) {
        if (step.bytes[at] === 0) continue;
        const changed = step.bytes.slice();
        changed[at] = 0;
        yield replace({ kind: "bytes", bytes: changed });
      }
    } else if (step.kind === "pause" && step.ms > 1) yield replace({ kind: "pause", ms: Math.floor(step.ms / 2) });
  }
}

/** `fails`: whether a session still fails in the same way; undefined: it cannot be tried any more. */
export async function shrink(
  session: Session,
  fails: (candidate: Session) => Promise<boolean | undefined>,
  budget: { tries: number; ms: number } = { tries: 1000, ms: 20_000 },
): Promise<ShrinkResult> {
  const seen = new Set<string>([JSON.stringify(sessionToJson(session))]);
  const result: ShrinkResult = { session, tried: 0, failed: 0, complete: false };
  const until = performance.now() + budget.ms;
  for (;;) {
    let smaller: Session | undefined;
    for (const candidate of simpler(result.session)) {
      const key = JSON.stringify(sessionToJson(candidate));
      if (seen.has(key)) continue;
      seen.add(key);
      if (result.tried >= budget.tries || performance.now() > until) return result;
      result.tried++;
      const answer = await fails(candidate);
      if (answer === undefined) return result;
      if (answer) {
        result.failed++;
        smaller = candidate;
        break;
      }
    }
    if (smaller === undefined) {
      result.complete = true;
      return result;
    }
    result.session = smaller;
  }
}
