/** Sessions and answers in words. */
import { fromLatin1, toHex } from "../wire/bytes.ts";
import { type ReadFrame, readFrames } from "../wire/frame.ts";
import { opcodeName, words } from "../wire/words.ts";
import {
  DEFAULT_REQUEST,
  DEFAULT_RESPONSE,
  type FrameStep,
  requestOf,
  responseOf,
  type Session,
  type Step,
  stepBytes,
  type TargetRole,
} from "./session.ts";

function bits(rsv: number): string {
  return rsv === 0 ? "" : ` RSV ${rsv.toString(2).padStart(3, "0")}`;
}

function closeWords(payload: Uint8Array): string {
  if (payload.length === 0) return "";
  if (payload.length === 1) return ` one byte ${toHex(payload)}`;
  return ` ${payload[0]! * 256 + payload[1]!}${payload.length > 2 ? ` ${words(payload.subarray(2))}` : ""}`;
}

export function describeFrame(step: FrameStep): string {
  const parts = [opcodeName(step.opcode) + (step.fin ? "" : " without FIN") + bits(step.rsv)];
  if (step.wrongMask === true) parts.push("masked as the other role");
  if (step.lengthForm !== undefined) parts.push(`length in ${step.lengthForm} bits`);
  if (step.declaredLength !== undefined) parts.push(`declared length ${step.declaredLength}`);
  if (step.maskingKey !== 0) parts.push(`key ${step.maskingKey.toString(16).padStart(8, "0")}`);
  const payload = step.opcode === 8 && step.fin ? closeWords(step.payload) : step.payload.length === 0 ? "" : ` ${words(step.payload)}`;
  return `${parts.join(", ")}${payload}${step.times === undefined ? "" : ` × ${step.times}`}`;
}

export function describeStep(step: Step): string {
  switch (step.kind) {
    case "frame":
      return describeFrame(step);
    case "bytes":
      return `bytes ${words(step.bytes)}`;
    case "pause":
      return `pause ${step.ms} ms`;
    case "await":
      return "await the answers";
    case "end":
      return "FIN";
    case "reset":
      return "RST";
  }
}

function headerDifferences(headers: readonly (readonly [string, string])[], base: readonly (readonly [string, string])[]): string[] {
  const lines: string[] = [];
  for (const [name] of base) if (!headers.some(([other]) => other.toLowerCase() === name.toLowerCase())) lines.push(`without ${name}`);
  const left = [...base];
  for (const [name, value] of headers) {
    const index = left.findIndex(([other, same]) => other === name && same === value);
    if (index >= 0) left.splice(index, 1);
    else
      lines.push(
        `${name}: ${value.length > 80 ? `${value.slice(0, 77)}… (${value.length})` : value === value.trim() && value !== "" ? value : JSON.stringify(value)}`,
      );
  }
  const common = headers.map(([name]) => name).filter((name) => base.some(([other]) => other.toLowerCase() === name.toLowerCase()));
  const usual = base.map(([name]) => name.toLowerCase()).filter((name) => common.some((other) => other.toLowerCase() === name));
  if (lines.length === 0 && common.join().toLowerCase() !== usual.join()) lines.push(`headers in the order ${common.join(", ")}`);
  return lines;
}

/** The shrunk exchange, one line per thing done; the plain handshake is not mentioned. */
export function describeSession(session: Session, target: TargetRole): string[] {
  const lines: string[] = [];
  if (target === "server") {
    const request = requestOf(session);
    const changes =
      request.method === ""
        ? [`raw ${words(new TextEncoder().encode(request.raw ?? ""), 40)}`]
        : headerDifferences(request.headers, DEFAULT_REQUEST.headers);
    if (request.method !== "GET" && request.method !== "") changes.unshift(`method ${request.method}`);
    if (request.version !== "HTTP/1.1" && request.method !== "") changes.unshift(request.version);
    if (changes.length > 0)
      lines.push(
        `request: ${changes.length > 6 ? `${changes.slice(0, 5).join("; ")}; … (${changes.length} changes)` : changes.join("; ")}`,
      );
  } else {
    const response = responseOf(session);
    const changes = headerDifferences(response.headers, DEFAULT_RESPONSE.headers);
    if (response.reason !== DEFAULT_RESPONSE.reason) changes.unshift(`reason ${JSON.stringify(response.reason)}`);
    if (response.status !== 101) changes.unshift(`status ${response.status}`);
    if (changes.length > 0) lines.push(`response: ${changes.join("; ")}`);
  }
  if (session.early === true) lines.push("in the same write as the handshake:");
  if (session.cuts !== undefined)
    lines.push(
      `${session.cutHandshake === true ? "handshake and frames " : ""}cut ${typeof session.cuts === "number" ? `every ${session.cuts} byte${session.cuts === 1 ? "" : "s"}` : `at ${session.cuts.join(", ")}`}${session.gap !== undefined && session.gap > 0 ? `, ${session.gap} ms apart` : ""}`,
    );
  for (const step of session.steps) lines.push(describeStep(step));
  return lines;
}

/** Hex of what a session sends behind the handshake, a frame a line; long payloads are cut. */
export function sessionHex(session: Session, target: TargetRole): string[] {
  return session.steps.flatMap((step) => {
    const bytes = stepBytes(step.kind === "frame" ? { ...step, times: 1 } : step, target);
    if (bytes.length === 0) return [];
    const shown = toHex(bytes.subarray(0, 40)).replace(/(..)/g, "$1 ").trim();
    return [
      `${shown}${bytes.length > 40 ? ` … (${bytes.length} bytes)` : ""}${step.kind === "frame" && step.times !== undefined ? ` × ${step.times}` : ""}`,
    ];
  });
}

export function describeReceivedFrame(each: ReadFrame): string {
  const payload =
    each.opcode === 8 && each.complete ? closeWords(each.payload) : each.payload.length === 0 ? "" : ` ${words(each.payload)}`;
  return `${opcodeName(each.opcode)}${each.fin ? "" : " without FIN"}${bits(each.rsv)}${payload}${each.complete ? "" : " (cut short)"}`;
}

/** What came back, one line per frame, then how TCP ended. */
export function describeReceived(
  received: Uint8Array,
  ended: "open" | "fin" | "reset",
  response: Uint8Array = new Uint8Array(0),
): string[] {
  const lines: string[] = [];
  const status = fromLatin1(response.subarray(0, 200)).split("\r\n")[0];
  if (status !== undefined && status !== "" && !status.includes(" 101")) lines.push(status);
  const { frames, rest } = readFrames(received);
  for (const each of frames.slice(0, 20)) lines.push(describeReceivedFrame(each));
  if (frames.length > 20) lines.push(`… ${frames.length - 20} more frames`);
  if (rest.length > 0) lines.push(`bytes ${toHex(rest)}`);
  lines.push(ended === "open" ? "TCP stays open" : ended === "fin" ? "FIN" : "RST");
  return lines;
}
