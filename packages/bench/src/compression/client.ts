/** Compressed messages to an echo server over plain sockets; counts what comes back and does not look into it. */
import { connect, type Socket } from "node:net";
import { constants, createDeflateRaw } from "node:zlib";

import { clientFrame, openingHandshake } from "../frames.ts";
import { messagesOf, type Kind } from "./data.ts";

export function plainFrames(kind: Kind, size: number): Uint8Array[] {
  return messagesOf(kind, size, 64).map((message) => clientFrame(kind === "binary" ? 2 : 1, message));
}

/**
 * As one stream with context takeover sends them. After the last comes the first again: that one refers to nothing before
 * it, and the others only to what then lies before them as it did the first time.
 */
export async function compressedFrames(kind: Kind, size: number): Promise<Uint8Array[]> {
  const messages = messagesOf(kind, size, Math.max(8, Math.min(512, Math.ceil(2_000_000 / size))));
  const opcode = kind === "binary" ? 2 : 1;
  const stream = createDeflateRaw({ level: 6 });
  const frames: Uint8Array[] = [];
  for (const message of messages) {
    const pieces: Buffer[] = [];
    const take = (piece: Buffer): void => void pieces.push(piece);
    stream.on("data", take);
    stream.write(message);
    await new Promise<void>((resolve) => stream.flush(constants.Z_SYNC_FLUSH, () => resolve()));
    stream.off("data", take);
    frames.push(clientFrame(opcode, Buffer.concat(pieces).subarray(0, -4), true));
  }
  return frames;
}

/** Sends a frame for each that arrives. */
export class EchoConnection {
  received = 0;
  receivedBytes = 0;
  readonly #socket: Socket;
  readonly #frames: readonly Uint8Array[];
  #next = 0;
  #sent = 0;
  #most = Infinity;
  /** Bytes of the current frame that have not arrived; header bytes of the next one that have. */
  #left = 0;
  #header = Buffer.alloc(0);

  constructor(socket: Socket, frames: readonly Uint8Array[]) {
    this.#socket = socket;
    this.#frames = frames;
    socket.on("data", (chunk: Buffer) => this.#send(this.#count(chunk)));
    socket.on("error", () => undefined);
  }

  /** Sends so many, then one for each that arrives, until `most` have been sent. */
  start(inFlight: number, most = Infinity): void {
    this.#most = most;
    this.#send(inFlight);
  }

  close(): void {
    this.#socket.destroy();
  }

  #send(count: number): void {
    count = Math.min(count, this.#most - this.#sent);
    if (count <= 0) return;
    this.#sent += count;
    this.#socket.cork();
    for (; count > 0; count--) {
      this.#socket.write(this.#frames[this.#next]!);
      this.#next = (this.#next + 1) % this.#frames.length;
    }
    this.#socket.uncork();
  }

  #count(chunk: Buffer): number {
    let done = 0;
    let offset = 0;
    this.receivedBytes += chunk.length;
    if (this.#header.length > 0) {
      chunk = Buffer.concat([this.#header, chunk]);
      this.#header = Buffer.alloc(0);
    }
    while (offset < chunk.length) {
      if (this.#left === 0) {
        const short = chunk[offset + 1];
        const headerLength = short === 126 ? 4 : short === 127 ? 10 : 2;
        if (short === undefined || chunk.length - offset < headerLength) {
          this.#header = Buffer.from(chunk.subarray(offset));
          break;
        }
        this.#left =
          headerLength +
          (headerLength === 2 ? short : headerLength === 4 ? chunk.readUInt16BE(offset + 2) : Number(chunk.readBigUInt64BE(offset + 2)));
      }
      const taken = Math.min(this.#left, chunk.length - offset);
      this.#left -= taken;
      offset += taken;
      if (this.#left === 0) done++;
    }
    this.received += done;
    return done;
  }
}

/** @param offer `undefined`: the frames are not compressed */
export function openCompressed(port: number, offer: string | undefined, frames: readonly Uint8Array[]): Promise<EchoConnection> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(openingHandshake(`127.0.0.1:${port}`, offer)));
    socket.setNoDelay(true);
    socket.once("error", reject);
    socket.once("data", (head: Buffer) => {
      if (offer === undefined || /^sec-websocket-extensions: *permessage-deflate/im.test(head.toString("latin1")))
        resolve(new EchoConnection(socket, frames));
      else reject(new Error(`not compressed: ${head.toString("latin1")}`));
    });
  });
}
