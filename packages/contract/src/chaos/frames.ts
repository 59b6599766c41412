/** Frames as bytes (§5.2), written and read for raw peers by code of their own, so that a fault of the codec is not made twice. */
import { Opcode } from "@ws/codec";

import type { Arrivals } from "./ledger.ts";

export function frameOf(opcode: number, payload: Uint8Array, mask: number | undefined, { fin = true, rsv = 0 } = {}): Uint8Array {
  const { length } = payload;
  const head = [(fin ? 0x80 : 0) | (rsv << 4) | opcode];
  const bit = mask === undefined ? 0 : 0x80;
  if (length < 126) head.push(bit | length);
  else if (length < 65_536) head.push(bit | 126, length >> 8, length & 0xff);
  else head.push(bit | 127, 0, 0, 0, 0, (length >>> 24) & 0xff, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff);
  const key = mask === undefined ? [] : [mask >>> 24, (mask >>> 16) & 0xff, (mask >>> 8) & 0xff, mask & 0xff];
  const frame = new Uint8Array(head.length + key.length + length);
  frame.set(head);
  frame.set(key, head.length);
  const start = head.length + key.length;
  frame.set(payload, start);
  if (mask !== undefined) for (let index = 0; index < length; index++) frame[start + index]! ^= key[index & 3]!;
  return frame;
}

/** Bytes that break a rule, and the code of the Close that answers them. */
export function illegal(which: string, mask: number | undefined): { bytes: Uint8Array; code: number } {
  const made = ILLEGAL[which]!(mask);
  return { bytes: made, code: which === "utf-8" ? 1007 : which === "too big" ? 1009 : 1002 };
}

const some = new Uint8Array(5).fill(0x23);

const ILLEGAL: Readonly<Record<string, (mask: number | undefined) => Uint8Array>> = {
  "reserved bits": (mask) => frameOf(Opcode.TEXT, some, mask, { rsv: 2 }),
  "reserved opcode": (mask) => frameOf(3, some, mask),
  "wrong mask": (mask) => frameOf(Opcode.TEXT, some, mask === undefined ? 1 : undefined),
  "continuation of nothing": (mask) => frameOf(Opcode.CONTINUATION, some, mask),
  "message within a message": (mask) =>
    Buffer.concat([
      frameOf(Opcode.PING, some, mask),
      frameOf(Opcode.TEXT, new Uint8Array(0), mask, { fin: false }),
      frameOf(Opcode.TEXT, some, mask),
    ]),
  "control in fragments": (mask) => frameOf(Opcode.PING, some, mask, { fin: false }),
  "long control": (mask) => frameOf(Opcode.PING, new Uint8Array(126), mask),
  "close of one byte": (mask) => frameOf(Opcode.CLOSE, new Uint8Array(1), mask),
  "close code": (mask) => frameOf(Opcode.CLOSE, Uint8Array.of(0x03, 0xed), mask),
  "utf-8": (mask) => frameOf(Opcode.TEXT, Uint8Array.of(0x23, 0xff, 0x23), mask),
  "too big": (mask) => Uint8Array.of(0x82, (mask === undefined ? 0 : 0x80) | 127, 0, 0, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4),
};
export const ILLEGAL_KINDS: readonly string[] = Object.keys(ILLEGAL);

const EMPTY = new Uint8Array(0);

/** Reads what an end of ours writes, and looks whether it may. */
export class FrameReader {
  readonly #masked: boolean;
  readonly #arrivals: Arrivals;
  readonly #fault: (kind: string, detail: string) => void;
  #bytes: Uint8Array = EMPTY;
  #parts: Uint8Array[] | undefined;
  #text = false;
  #closed = false;
  #failed = false;

  /** @param masked whether frames have to be masked (§5.1) */
  constructor(masked: boolean, arrivals: Arrivals, fault: (kind: string, detail: string) => void) {
    this.#masked = masked;
    this.#arrivals = arrivals;
    this.#fault = fault;
  }

  push(bytes: Uint8Array, on: { ping(payload: Uint8Array): void; close(code: number): void }): void {
    if (this.#failed) return;
    this.#bytes = this.#bytes.length === 0 ? bytes.slice() : Buffer.concat([this.#bytes, bytes]);
    for (let frame = this.#take(); frame !== undefined; frame = this.#take()) {
      const { opcode, payload, fin } = frame;
      if (this.#closed) return this.#wrong(`a frame of opcode ${opcode} behind the Close`);
      if (opcode >= 8 && (!fin || payload.length > 125)) return this.#wrong("a control frame that is too long, or in fragments");
      if (opcode === Opcode.PING) on.ping(payload);
      else if (opcode === Opcode.CLOSE) {
        this.#closed = true;
        if (payload.length === 1) return this.#wrong("a Close of one byte");
        on.close(payload.length === 0 ? 1005 : (payload[0]! << 8) | payload[1]!);
      } else if (opcode !== Opcode.PONG) this.#data(opcode, payload, fin);
    }
  }

  #data(opcode: number, payload: Uint8Array, fin: boolean): void {
    if (opcode === Opcode.CONTINUATION) {
      if (this.#parts === undefined) return this.#wrong("a continuation of nothing");
      this.#parts.push(payload);
    } else if (opcode > 2) return this.#wrong(`opcode ${opcode}`);
    else {
      if (this.#parts !== undefined) return this.#wrong("a message within a message");
      this.#parts = [payload];
      this.#text = opcode === Opcode.TEXT;
    }
    if (!fin) return;
    const whole = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts);
    this.#parts = undefined;
    this.#arrivals.whole(this.#text ? new TextDecoder().decode(whole) : whole);
  }

  #take(): { opcode: number; payload: Uint8Array; fin: boolean } | undefined {
    const bytes = this.#bytes;
    if (bytes.length < 2 || this.#failed) return undefined;
    if ((bytes[0]! & 0x70) !== 0) return void this.#wrong("reserved bits");
    const masked = (bytes[1]! & 0x80) !== 0;
    if (masked !== this.#masked) return void this.#wrong(masked ? "a masked frame" : "a frame that is not masked");
    let length = bytes[1]! & 0x7f;
    let start = 2;
    if (length >= 126) {
      const size = length === 126 ? 2 : 8;
      if (bytes.length < start + size) return undefined;
      length = bytes.subarray(start, start + size).reduce((sum, byte) => sum * 256 + byte, 0);
      start += size;
    }
    const key = masked ? bytes.subarray(start, start + 4) : EMPTY;
    start += masked ? 4 : 0;
    if (bytes.length < start + length) return undefined;
    const payload = bytes.slice(start, start + length);
    if (masked) for (let index = 0; index < length; index++) payload[index]! ^= key[index & 3]!;
    this.#bytes = bytes.subarray(start + length);
    return { opcode: bytes[0]! & 0x0f, payload, fin: (bytes[0]! & 0x80) !== 0 };
  }

  #wrong(what: string): void {
    this.#failed = true;
    this.#fault("illegal bytes", what);
  }
}
