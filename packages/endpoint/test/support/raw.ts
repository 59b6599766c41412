/** A peer made of bytes: what it sends is written by hand, what it receives is decoded by the codec. */
import { FrameDecoder, FrameEvent, encodeFrame } from "@ws/codec";
import type { MemoryTransport, TransportSink } from "@ws/endpoint";

export const UPGRADE =
  "GET /chat HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
export const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export interface RawFrame {
  readonly opcode: number;
  readonly fin: boolean;
  readonly payload: Uint8Array;
}

export class RawPeer implements TransportSink {
  readonly transport: MemoryTransport;
  readonly received_: Uint8Array[] = [];
  ended_ = false;
  closed_ = false;
  error_: unknown = undefined;

  constructor(transport: MemoryTransport) {
    this.transport = transport;
    transport.start(this);
  }

  received(bytes: Uint8Array): void {
    this.received_.push(bytes.slice());
  }
  drained(): void {
    // Writes of a test are small.
  }
  ended(): void {
    this.ended_ = true;
  }
  closed(error?: unknown): void {
    this.closed_ = true;
    this.error_ = error;
  }

  write(...pieces: (Uint8Array | string)[]): void {
    this.transport.write(pieces.map((piece) => (typeof piece === "string" ? ascii(piece) : piece)));
  }

  /** Everything received, and forgets it. */
  take(): Uint8Array {
    const length = this.received_.reduce((sum, piece) => sum + piece.length, 0);
    const all = new Uint8Array(length);
    let offset = 0;
    for (const piece of this.received_.splice(0)) {
      all.set(piece, offset);
      offset += piece.length;
    }
    return all;
  }

  takeText(): string {
    return Array.from(this.take(), (byte) => String.fromCharCode(byte)).join("");
  }

  /** The frames received, whole ones, as this side of the wire sees them. */
  takeFrames(role: "client" | "server"): RawFrame[] {
    const decoder = new FrameDecoder({ role });
    decoder.receive(this.take());
    const frames: RawFrame[] = [];
    for (let event = decoder.poll(); event !== FrameEvent.NONE; event = decoder.poll()) {
      if (event === FrameEvent.FAILED) throw decoder.error!;
      if (event === FrameEvent.HEADER) continue;
      frames.push({ opcode: decoder.header.opcode, fin: decoder.header.fin, payload: decoder.takePayload().slice() });
    }
    return frames;
  }
}

/** A masked frame, as a client sends it. */
export function clientFrame(opcode: number, payload: Uint8Array | string = "", fin = true): Uint8Array {
  return encodeFrame(opcode, typeof payload === "string" ? ascii(payload) : payload, { maskingKey: 0x12345678, fin });
}

/** An unmasked frame, as a server sends it. */
export function serverFrame(opcode: number, payload: Uint8Array | string = "", fin = true): Uint8Array {
  return encodeFrame(opcode, typeof payload === "string" ? ascii(payload) : payload, { fin });
}
