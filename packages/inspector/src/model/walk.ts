/**
 * Finds the parts of one direction of a WebSocket conversation: the HTTP head (RFC 6455 §4), then frame headers
 * and payloads (§5.2). Pulled: `advance` moves over one part of the bytes at hand and says what it was.
 *
 * It only finds boundaries. Nothing is judged, nothing is unmasked and no payload is kept.
 */
import { decodeFrameHeader, type FrameHeader } from "@ws/codec";

export const Part = {
  /** Octets of an HTTP head. */
  HEAD: 0,
  /** Octets of a frame header. */
  HEADER: 1,
  /** Octets of a frame's payload, masked as they travel. */
  PAYLOAD: 2,
  /** Octets that belong to no frame: the body of a refusal, or something that is not HTTP at all. */
  OPAQUE: 3,
} as const;
export type Part = (typeof Part)[keyof typeof Part];

/** A head longer than this is taken for something that is not HTTP. */
const MAX_HEAD = 65_536;
/** §5.2: two octets, up to eight of extended payload length, four of masking key. */
const MAX_FRAME_HEADER = 14;

export class StreamWalk {
  /** What the octets passed by the last `advance` belong to. */
  part: Part = Part.HEAD;
  /** The last `advance` reached the end of its part. */
  complete = false;
  /** Part.HEADER and complete: the header that was just read. */
  header: FrameHeader | undefined;
  /** Part.HEADER and complete: its octets, in a buffer of the receiver's own. */
  headerBytes: Uint8Array = new Uint8Array(0);

  #next: Part = Part.HEAD;
  #headLength = 0;
  #headTail = 0;
  readonly #carry: Uint8Array = new Uint8Array(MAX_FRAME_HEADER);
  #carried = 0;
  #payloadLeft = 0;

  /** Moves over one part of `bytes` from `start`; returns where it stops (always beyond `start`). */
  advance(bytes: Uint8Array, start: number): number {
    this.part = this.#next;
    this.complete = false;
    switch (this.part) {
      case Part.HEAD:
        return this.#advanceHead(bytes, start);
      case Part.HEADER:
        return this.#advanceHeader(bytes, start);
      case Part.PAYLOAD: {
        const end = Math.min(bytes.length, start + this.#payloadLeft);
        this.skip(end - start);
        return end;
      }
      default:
        return bytes.length;
    }
  }

  /** The payload of the frame under way, still to come. */
  get payloadLeft(): number {
    return this.#payloadLeft;
  }

  /** The next octet starts a frame. */
  get atFrame(): boolean {
    return this.#next === Part.HEADER && this.#carried === 0;
  }

  /** Passes over payload octets that are not at hand. */
  skip(count: number): void {
    this.#payloadLeft -= count;
    if (this.#payloadLeft > 0) return;
    this.#payloadLeft = 0;
    this.complete = true;
    this.#next = Part.HEADER;
  }

  /** What follows is not frames: the answer was no 101 (§4.2.2), or this is no WebSocket conversation. */
  expectOpaque(): void {
    this.#next = Part.OPAQUE;
  }

  /** Another head follows: the last one was an interim response (RFC 9110 §15.2). */
  expectHead(): void {
    this.#next = Part.HEAD;
    this.#headLength = this.#headTail = 0;
  }

  /** Octets were lost; what comes next starts a frame. */
  expectFrame(): void {
    this.#next = Part.HEADER;
    this.#carried = this.#payloadLeft = 0;
  }

  #advanceHead(bytes: Uint8Array, start: number): number {
    for (let at = start; at < bytes.length; at += 1) {
      const octet = bytes[at];
      // RFC 9112 §2.1: the head ends with an empty line, CR LF CR LF.
      if (octet === (this.#headTail % 2 === 0 ? 13 : 10)) this.#headTail += 1;
      else this.#headTail = octet === 13 ? 1 : 0;
      this.#headLength += 1;
      if (this.#headTail === 4) {
        this.complete = true;
        this.#next = Part.HEADER;
        return at + 1;
      }
      if (this.#headLength === MAX_HEAD) {
        this.#next = Part.OPAQUE;
        return at + 1;
      }
    }
    return bytes.length;
  }

  #advanceHeader(bytes: Uint8Array, start: number): number {
    let at = start;
    while (at < bytes.length) {
      this.#carry[this.#carried] = bytes[at]!;
      this.#carried += 1;
      at += 1;
      const header = decodeFrameHeader(this.#carry, 0, this.#carried);
      if (header === undefined) continue;
      this.header = header;
      this.headerBytes = this.#carry.slice(0, this.#carried);
      this.#carried = 0;
      this.complete = true;
      this.#payloadLeft = header.payloadLength;
      this.#next = header.payloadLength === 0 ? Part.HEADER : Part.PAYLOAD;
      break;
    }
    return at;
  }
}

/** The status of a response head, undefined when it has none. */
export function statusOf(head: Uint8Array): number | undefined {
  const line = String.fromCharCode(...head.subarray(0, 16));
  const match = /^HTTP\/\d\.\d (\d{3})/.exec(line);
  return match === null ? undefined : Number(match[1]);
}
