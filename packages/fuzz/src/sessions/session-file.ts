/** A session as JSON: payloads are hex, and a run of one byte is written as { byte, length }. */
import { equalBytes, filledBytes, fromHex, toHex } from "../wire/bytes.ts";
import { frameStep, type FrameStep, type Session, type Step } from "./session.ts";

type PackedBytes = string | { byte: string; length: number };

function pack(bytes: Uint8Array): PackedBytes {
  if (bytes.length > 32 && equalBytes(bytes, filledBytes(bytes.length, bytes[0])))
    return { byte: toHex(bytes.subarray(0, 1)), length: bytes.length };
  return toHex(bytes);
}

function unpack(packed: unknown): Uint8Array {
  if (typeof packed === "string") return fromHex(packed);
  const { byte, length } = packed as { byte: string; length: number };
  if (typeof byte !== "string" || !Number.isSafeInteger(length) || length < 0 || length > 2 ** 30)
    throw new TypeError("a payload is hex, or { byte, length }");
  return filledBytes(length, fromHex(byte)[0] ?? 0);
}

export type SessionFile = Record<string, unknown>;

/** A plain object for JSON.stringify. */
export function sessionToJson(session: Session): SessionFile {
  const steps = session.steps.map((step) => {
    if (step.kind === "bytes") return { kind: "bytes", bytes: pack(step.bytes) };
    if (step.kind !== "frame") return { ...step };
    const { declaredLength, payload, ...rest } = step;
    return { ...rest, payload: pack(payload), ...(declaredLength === undefined ? {} : { declaredLength: declaredLength.toString() }) };
  });
  return { ...session, steps };
}

/** The inverse of sessionToJson. Throws TypeError when it is something else. */
export function sessionFromJson(json: unknown): Session {
  if (typeof json !== "object" || json === null || !Array.isArray((json as SessionFile)["steps"]))
    throw new TypeError("a session is an object with steps");
  const file = json as { steps: Record<string, unknown>[] };
  const steps = file.steps.map((step): Step => {
    switch (step["kind"]) {
      case "bytes":
        return { kind: "bytes", bytes: unpack(step["bytes"]) };
      case "frame": {
        const { declaredLength, payload, ...rest } = step;
        const plain = { ...frameStep(0), ...rest, payload: unpack(payload) } as FrameStep;
        return declaredLength === undefined ? plain : { ...plain, declaredLength: BigInt(declaredLength as string) };
      }
      case "pause":
        return { kind: "pause", ms: Number(step["ms"]) };
      case "await":
      case "end":
      case "reset":
        return { kind: step["kind"] };
      default:
        throw new TypeError(`unknown step ${JSON.stringify(step["kind"])}`);
    }
  });
  return { ...(json as Session), steps };
}
