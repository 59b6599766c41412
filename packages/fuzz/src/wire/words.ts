/** Bytes and opcodes in words, for reports. */
import { toHex } from "./bytes.ts";

/** Printable bytes as a quoted string, others in hex; at most so many of them. */
export function words(bytes: Uint8Array, most = 24): string {
  if (bytes.length === 0) return "empty";
  const printable = bytes.every((byte) => byte >= 0x20 && byte <= 0x7e);
  const shown = bytes.subarray(0, most);
  const value = printable ? JSON.stringify(String.fromCharCode(...shown)) : toHex(shown);
  return bytes.length > most ? `${value}… (${bytes.length} bytes)` : value;
}

const NAMES: Record<number, string> = { 0: "continuation", 1: "text", 2: "binary", 8: "Close", 9: "Ping", 10: "Pong" };

export function opcodeName(opcode: number): string {
  return NAMES[opcode] ?? `opcode ${opcode}`;
}
