/** A header of which only the first bytes are there: what they say, and for the rest what breaks no rule. */
import { EMPTY } from "./bytes.ts";
import type { LengthForm, ReadFrame } from "./frame.ts";

/** `bytes` end inside a header that begins at `start`. `masked`: what the MASK bit is taken for where it is not there yet. */
export function readBegunFrame(bytes: Uint8Array, start: number, masked: boolean): ReadFrame {
  const rest = bytes.subarray(start);
  return {
    start,
    end: bytes.length,
    headerLength: rest.length,
    fin: rest[0]! >= 0x80,
    rsv: (rest[0]! >> 4) & 7,
    opcode: rest[0]! & 15,
    masked: rest.length > 1 ? rest[1]! >= 0x80 : masked,
    maskingKey: 0,
    ...partialLength(rest),
    payload: EMPTY,
    complete: false,
  };
}

function partialLength(rest: Uint8Array): { length: bigint; lengthForm: LengthForm } {
  const short = (rest[1] ?? 0) & 0x7f;
  if (short < 126) return { length: BigInt(short), lengthForm: 7 };
  const bytes = short === 126 ? 2 : 8;
  const lengthForm = short === 126 ? 16 : 64;
  if (rest.length >= 2 + bytes) {
    let length = 0n;
    for (let index = 0; index < bytes; index++) length = (length << 8n) | BigInt(rest[2 + index]!);
    return { length, lengthForm };
  }
  if (lengthForm === 64 && (rest[2] ?? 0) >= 0x80) return { length: 1n << 63n, lengthForm };
  return { length: short === 126 ? 126n : 65_536n, lengthForm };
}
