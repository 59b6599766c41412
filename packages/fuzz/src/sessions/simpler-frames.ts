/** Everything one step simpler than a frame, the boldest first. */
import { concatBytes, filledBytes, fromHex, text, toHex } from "../wire/bytes.ts";
import { compressedPayload } from "../wire/deflate.ts";
import { isUtf8 } from "../wire/utf8.ts";
import type { FrameStep } from "./session.ts";

/** Lengths to try instead of `length`, shortest first. */
export function shorter(length: number): number[] {
  const lengths = new Set([0, 1]);
  for (let part = Math.floor(length / 2); part >= 1; part = Math.floor(part / 2)) lengths.add(length - part);
  return [...lengths].filter((each) => each < length).sort((a, b) => a - b);
}

export function omit<Whole extends object>(whole: Whole, ...names: (keyof Whole)[]): Whole {
  return Object.fromEntries(Object.entries(whole).filter(([name]) => !names.includes(name as keyof Whole))) as Whole;
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

const A = 0x61;
/** "a" is simpler than the first byte that is not ASCII, that simpler than the last, and that than any other. */
const SIMPLE_BYTES = [A, 0x80, 0xff];

export function* simplerFrames(step: FrameStep): Generator<FrameStep> {
  yield* simplerHeaders(step);
  const isCompressed = (step.rsv & 4) !== 0 && step.opcode <= 2;
  // Compressed data are not shrunk byte by byte: what came out would be deflate data that nobody writes.
  for (const payload of isCompressed ? simplerDeflate(step.payload) : simplerPayloads(step)) yield { ...step, payload };
  if (step.maskingKey !== 0) yield { ...step, maskingKey: 0 };
  if (step.maskingKey > 1 && !isCompressed) yield { ...step, maskingKey: 1 };
  const opcode = simplerOpcode(step.opcode, isCompressed);
  if (opcode !== undefined) yield { ...step, opcode };
}

function* simplerHeaders(step: FrameStep): Generator<FrameStep> {
  if (step.times !== undefined) {
    yield omit(step, "times");
    for (const less of shorter(step.times)) if (less > 1) yield { ...step, times: less };
  }
  for (const name of ["wrongMask", "lengthForm", "declaredLength"] as const) if (step[name] !== undefined) yield omit(step, name);
  if (step.rsv !== 0) yield { ...step, rsv: 0 };
  for (const bit of [4, 2, 1]) if (step.rsv !== bit && (step.rsv & bit) !== 0) yield { ...step, rsv: bit };
  if (!step.fin) yield { ...step, fin: true };
}

function simplerOpcode(opcode: number, isCompressed: boolean): number | undefined {
  if (opcode === 2 || (opcode === 0 && !isCompressed)) return 1;
  if (opcode > 3 && opcode <= 7) return 3;
  if (opcode > 11) return 11;
  return opcode === 10 ? 9 : undefined;
}

function* simplerDeflate(payload: Uint8Array): Generator<Uint8Array> {
  const known = SIMPLE_DEFLATE.indexOf(toHex(payload));
  for (const hex of known < 0 ? SIMPLE_DEFLATE : SIMPLE_DEFLATE.slice(0, known)) yield fromHex(hex);
}

const isPlain = (payload: Uint8Array): boolean => payload.every((byte) => byte === A);

function* simplerPayloads({ opcode, payload }: FrameStep): Generator<Uint8Array> {
  yield* simplerText(payload);
  for (const length of shorter(payload.length)) yield payload.slice(0, length);
  for (const length of shorter(payload.length)) if (length > 0) yield payload.slice(-length);
  if (isPlain(payload)) return;
  yield filledBytes(payload.length);
  if (payload.length > 64) return;
  for (const [index, byte] of payload.entries()) {
    yield concatBytes([payload.subarray(0, index), payload.subarray(index + 1)]);
    const simplest = SIMPLE_BYTES.indexOf(byte);
    for (const simple of simplest < 0 ? SIMPLE_BYTES : SIMPLE_BYTES.slice(0, simplest)) yield payload.with(index, simple);
  }
  // A Close code of 1000 is simpler than any other.
  if (opcode === 8 && payload.length >= 2 && (payload[0] !== 3 || payload[1] !== 232))
    yield concatBytes([Uint8Array.of(3, 232), payload.subarray(2)]);
}

/** Text stays text: whole characters go. */
function* simplerText(payload: Uint8Array): Generator<Uint8Array> {
  if (payload.length < 2 || payload.length > 256 || isPlain(payload) || !isUtf8(payload)) return;
  const characters = [...new TextDecoder("utf-8", { ignoreBOM: true }).decode(payload)];
  if (characters.length < 2) return;
  for (const character of new Set(characters)) yield text(character);
  for (const index of characters.keys()) yield text(characters.filter((_, other) => other !== index).join(""));
  for (const [index, character] of characters.entries()) if (character !== "a") yield text(characters.with(index, "a").join(""));
}
