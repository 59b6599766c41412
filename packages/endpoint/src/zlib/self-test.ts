import { ZlibFlush, type Zlib, type ZlibStream } from "@ws/protocol/deflate";

/** RFC 7692 §7.2.3.2: "Hello", and "Hello" once more with the first as history. */
const FIRST = Uint8Array.of(0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00);
const SECOND = Uint8Array.of(0xf2, 0x00, 0x11, 0x00, 0x00);
const TAIL = Uint8Array.of(0x00, 0x00, 0xff, 0xff, 0x00);
const HELLO = Uint8Array.of(0x48, 0x65, 0x6c, 0x6c, 0x6f);

/** Whether this zlib does what the port promises, as far as everything else depends on it. Takes well under a millisecond. */
export function keepsItsPromises(zlib: Zlib): boolean {
  try {
    return inflates(zlib) && deflates(zlib);
  } catch {
    return false;
  }
}

function inflates(zlib: Zlib): boolean {
  const stream = zlib.createInflate({ windowBits: 15 });
  const output = new Uint8Array(64);
  let good = true;
  for (const message of [FIRST, SECOND]) {
    good &&= take(stream, ZlibFlush.SYNC, message, output, 0, HELLO.length) && HELLO.every((byte, index) => output[index] === byte);
    // Stops at the end of the empty stored block, one byte before the end.
    good &&= take(stream, ZlibFlush.BLOCK, TAIL, output, 1, 0);
  }
  // BTYPE 3 does not exist, and a reset makes the stream usable again.
  stream.reset();
  good &&= !stream.write(ZlibFlush.SYNC, Uint8Array.of(0x07, 0x00), 0, 2, output, 0, output.length);
  stream.reset();
  good &&= take(stream, ZlibFlush.SYNC, FIRST, output, 0, HELLO.length);
  // Output stops where it was told to.
  stream.reset();
  good &&= stream.write(ZlibFlush.SYNC, FIRST, 0, FIRST.length, output, 10, 13) && stream.outputLeft === 0 && output[12] === HELLO[2];
  stream.close();
  return good;
}

function deflates(zlib: Zlib): boolean {
  const stream = zlib.createDeflate({ windowBits: 15, level: 6, memLevel: 8 });
  const output = new Uint8Array(64);
  const lengths = [];
  for (let count = 0; count < 2; count++) {
    stream.write(ZlibFlush.SYNC, HELLO, 0, HELLO.length, output, 0, output.length);
    lengths.push(output.length - stream.outputLeft);
  }
  stream.close();
  const [first = 0, second = 0] = lengths;
  return first > 4 && second > 4 && second < first && output[second - 1] === 0xff && output[second - 3] === 0x00;
}

function take(stream: ZlibStream, flush: ZlibFlush, input: Uint8Array, output: Uint8Array, inputLeft: number, produced: number): boolean {
  return (
    stream.write(flush, input, 0, input.length, output, 0, output.length) &&
    stream.inputLeft === inputLeft &&
    output.length - stream.outputLeft === produced
  );
}
