/** Strings and bytes by methods that every Buffer has, without making one: tried first, since they are not documented. */
import { Buffer } from "node:buffer";

export interface BufferMethods {
  utf8Slice(this: Uint8Array, start: number, end: number): string;
  latin1Slice(this: Uint8Array, start: number, end: number): string;
  utf8Write(this: Uint8Array, text: string, offset: number, length: number): number;
}

/**
 * Public on every Buffer though undocumented, in all three runtimes; `toString` and `write` are these after a look at their arguments, and
 * would need a Buffer made for each message.
 */
const native = Buffer.prototype as unknown as BufferMethods;

/** The same by what is documented. */
export const documented: BufferMethods = {
  utf8Slice(start, end) {
    return bufferOf(this).toString("utf8", start, end);
  },
  latin1Slice(start, end) {
    return bufferOf(this).toString("latin1", start, end);
  },
  utf8Write(text, offset, length) {
    return bufferOf(this).write(text, offset, length, "utf8");
  },
};

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Whether they read and write the right bytes of an array that begins and ends within its buffer, and no others. */
export function keepPromises({ utf8Slice, latin1Slice, utf8Write }: BufferMethods): boolean {
  const memory = Uint8Array.of(0x78, 0x79, 0x61, 0xc3, 0xa9, 0xff, 0x7a, 0x7a);
  const bytes = memory.subarray(1, 7);
  try {
    return (
      utf8Slice.call(bytes, 1, 5) === "a\u00e9\ufffd" &&
      latin1Slice.call(bytes, 1, 5) === "a\u00c3\u00a9\u00ff" &&
      utf8Write.call(bytes, "\u20ac\ud800", 0, 6) === 6 &&
      utf8Write.call(bytes, "b", 5, 1) === 1 &&
      memory.join() === "120,226,130,172,239,191,98,122"
    );
  } catch {
    return false;
  }
}

// v8 ignore next -- every runtime of the tests keeps them; a test gives broken ones to `keepPromises`
export const bufferMethods: BufferMethods = keepPromises(native) ? native : documented;
