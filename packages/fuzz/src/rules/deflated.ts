/** Compressed payloads that several rules send. */
import { deflateRawSync } from "node:zlib";

import { frameStep, type FrameStep } from "../sessions/session.ts";
import { filledBytes, text } from "../wire/bytes.ts";
import { deflateLiterals } from "../wire/deflate.ts";
import { Opcode, RSV1 } from "../wire/frame.ts";

/** A compressed message. */
export const HELLO: FrameStep = frameStep(Opcode.TEXT, deflateLiterals(text("Hello")), { rsv: RSV1 });

/** Bytes that repeat only after 1 200, so that a window of 512 must not find them. */
export function noise(length: number): Uint8Array {
  let state = 1;
  const period = Uint8Array.from({ length: 1200 }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state >>> 24;
  });
  return Uint8Array.from({ length }, (_, index) => period[index % 1200]!);
}

/** So many MiB of one byte, as one long run of copies: about 1 KiB per MiB, built without inflating or deflating anything large. */
export function zlibBomb(mebibytes: number): Uint8Array {
  const one = deflateRawSync(filledBytes(1 << 20), { finishFlush: 2 });
  const whole = new Uint8Array(one.length * mebibytes);
  for (let index = 0; index < mebibytes; index++) whole.set(one, index * one.length);
  return whole.subarray(0, whole.length - 4);
}
