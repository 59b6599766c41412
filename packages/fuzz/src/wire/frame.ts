/** RFC 6455 §5.2: one frame as bytes. The writer writes whatever it is told to; the reader describes and judges nothing. */
import { concatBytes } from "./bytes.ts";

export const Opcode = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;

/** RSV1, RSV2 and RSV3 as the three bits of one number. */
export const RSV1 = 4;
export const RSV2 = 2;
export const RSV3 = 1;

export type LengthForm = 7 | 16 | 64;

export interface WrittenFrame {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  /** Unmasked payload. */
  readonly payload: Uint8Array;
  /** undefined: not masked. */
  readonly maskingKey?: number | undefined;
  /** undefined: the shortest. */
  readonly lengthForm?: LengthForm | undefined;
  /** What the header says the length is; undefined: the truth. A lie makes the frame longer or shorter than its payload. */
  readonly declaredLength?: bigint | undefined;
}

export function shortestLengthForm(length: bigint): LengthForm {
  return length <= 125n ? 7 : length <= 0xffffn ? 16 : 64;
}

/** XORs with the masking key, §5.3. COPY. */
export function maskPayload(payload: Uint8Array, maskingKey: number): Uint8Array {
  const masked = new Uint8Array(payload.length);
  const octets = [maskingKey >>> 24, (maskingKey >>> 16) & 0xff, (maskingKey >>> 8) & 0xff, maskingKey & 0xff];
  for (let index = 0; index < payload.length; index++) masked[index] = payload[index]! ^ octets[index % 4]!;
  return masked;
}

export function writeFrameHeader(frame: WrittenFrame): Uint8Array {
  const length = frame.declaredLength ?? BigInt(frame.payload.length);
  const form = frame.lengthForm ?? shortestLengthForm(length);
  const maskBit = frame.maskingKey === undefined ? 0 : 0x80;
  const header: number[] = [(frame.fin ? 0x80 : 0) | ((frame.rsv & 7) << 4) | (frame.opcode & 15)];
  if (form === 7) header.push(maskBit | Number(length & 0x7fn));
  else if (form === 16) header.push(maskBit | 126, Number((length >> 8n) & 0xffn), Number(length & 0xffn));
  else {
    header.push(maskBit | 127);
    for (let shift = 56n; shift >= 0n; shift -= 8n) header.push(Number((length >> shift) & 0xffn));
  }
  if (frame.maskingKey !== undefined) {
    header.push(frame.maskingKey >>> 24, (frame.maskingKey >>> 16) & 0xff, (frame.maskingKey >>> 8) & 0xff, frame.maskingKey & 0xff);
  }
  return Uint8Array.from(header);
}

/** The whole frame (COPY). */
export function writeFrame(frame: WrittenFrame): Uint8Array {
  const payload = frame.maskingKey === undefined || frame.maskingKey === 0 ? frame.payload : maskPayload(frame.payload, frame.maskingKey);
  return concatBytes([writeFrameHeader(frame), payload]);
}

/** A frame found in a byte stream. */
export interface ReadFrame {
  /** Index of its first byte, and of the byte after its last one that is there. */
  readonly start: number;
  readonly end: number;
  readonly headerLength: number;
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  readonly maskingKey: number;
  readonly lengthForm: LengthForm;
  /** As declared. */
  readonly length: bigint;
  /** Unmasked; shorter than `length` when the stream ends inside the frame. COPY. */
  readonly payload: Uint8Array;
  readonly complete: boolean;
}

/** Reads the frame that begins at `start`. undefined: its header is not complete. */
export function readFrame(bytes: Uint8Array, start: number): ReadFrame | undefined {
  const first = bytes[start];
  const second = bytes[start + 1];
  if (first === undefined || second === undefined) return undefined;
  const masked = (second & 0x80) !== 0;
  const short = second & 0x7f;
  const lengthForm: LengthForm = short === 127 ? 64 : short === 126 ? 16 : 7;
  const lengthBytes = lengthForm === 64 ? 8 : lengthForm === 16 ? 2 : 0;
  const headerLength = 2 + lengthBytes + (masked ? 4 : 0);
  if (bytes.length - start < headerLength) return undefined;
  let length = BigInt(lengthForm === 7 ? short : 0);
  for (let index = 0; index < lengthBytes; index++) length = (length << 8n) | BigInt(bytes[start + 2 + index]!);
  let maskingKey = 0;
  if (masked) {
    const at = start + 2 + lengthBytes;
    maskingKey = ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
  }
  const available = BigInt(bytes.length - start - headerLength);
  const complete = available >= length;
  const end = start + headerLength + Number(complete ? length : available);
  const raw = bytes.subarray(start + headerLength, end);
  return {
    start,
    end,
    headerLength,
    fin: (first & 0x80) !== 0,
    rsv: (first >> 4) & 7,
    opcode: first & 15,
    masked,
    maskingKey,
    lengthForm,
    length,
    payload: masked ? maskPayload(raw, maskingKey) : raw.slice(),
    complete,
  };
}

/** Every frame of a byte stream; the last may be incomplete. `rest`: the bytes of an incomplete header. */
export function readFrames(bytes: Uint8Array, start = 0): { frames: ReadFrame[]; rest: Uint8Array } {
  const frames: ReadFrame[] = [];
  let at = start;
  for (;;) {
    const frame = readFrame(bytes, at);
    if (frame === undefined) return { frames, rest: bytes.slice(at) };
    frames.push(frame);
    at = frame.end;
    if (!frame.complete) return { frames, rest: new Uint8Array(0) };
  }
}
