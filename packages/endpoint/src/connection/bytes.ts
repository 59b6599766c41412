/** Bytes as a program gives them: any view, or a whole buffer. */
import { shown } from "./option-kinds.ts";

/** Views are taken by their bytes (byteLength, not length), never by what else is in their buffer. `undefined`: no bytes. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  const tag = Object.prototype.toString.call(value);
  return tag === "[object ArrayBuffer]" || tag === "[object SharedArrayBuffer]" ? new Uint8Array(value as ArrayBuffer) : undefined;
}

/** @throws TypeError */
export function requireBytes(value: unknown): Uint8Array {
  const bytes = bytesOf(value);
  if (bytes === undefined) throw new TypeError(`bytes are a view or a buffer, not ${shown(value)}`);
  return bytes;
}
