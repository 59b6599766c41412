/** What the caller gets wrong: TypeError, RangeError, and this one. */
import { allocate } from "@ws/codec";

/** A call that a message being streamed rules out, or that needs one (§5.4). */
export class InvalidStateError extends Error {
  override readonly name = "InvalidStateError";
}

/** Throws a TypeError unless it is a Uint8Array, of whichever realm; other views would send a wrong length. */
export function requireBytes(bytes: Uint8Array): Uint8Array {
  if (bytes instanceof Uint8Array) return bytes;
  if (ArrayBuffer.isView(bytes) && (bytes as Uint8Array)[Symbol.toStringTag] === "Uint8Array") return bytes;
  throw new TypeError("bytes must be a Uint8Array");
}

/** §5.5: "All control frames MUST have a payload length of 125 bytes or less". */
export function requireControlPayload(payload: Uint8Array): void {
  if (requireBytes(payload).length > 125) throw new RangeError("a control frame carries at most 125 bytes (RFC 6455 §5.5)");
}

/** So many bytes for what is to be sent. Throws a RangeError when the host does not have them; nothing has been sent then. */
export function requireMemory(length: number): Uint8Array<ArrayBuffer> {
  const memory = allocate(length);
  if (memory === undefined) throw new RangeError(`this host has no room for ${length} bytes`);
  return memory;
}

/** A limit or a time: finite, not negative. */
export function requireAmount(name: string, amount: number): number {
  if (typeof amount === "number" && amount >= 0 && amount <= Number.MAX_SAFE_INTEGER) return amount;
  throw new RangeError(`${name} must be a number from 0 to 2^53-1, not ${String(amount)}`);
}
