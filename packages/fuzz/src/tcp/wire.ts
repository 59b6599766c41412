/** A TCP connection with everything that happened on it, and the ways to write to it that a session knows. */
import type { Socket } from "node:net";

import { EMPTY } from "../wire/bytes.ts";
import { Scanner } from "./scanner.ts";

/** A socket with everything that happened on it. */
export class Wire {
  readonly scanner: Scanner = new Scanner();
  /** Bytes of the head, until the head is complete. */
  head: Uint8Array = EMPTY;
  ended: "open" | "fin" | "reset" = "open";
  readonly socket: Socket;
  #wake: (() => void) | undefined;
  #inHead: boolean;

  constructor(socket: Socket, inHead: boolean) {
    this.socket = socket;
    this.#inHead = inHead;
    socket.on("data", (chunk: Uint8Array) => {
      if (this.#inHead) this.head = this.head.length === 0 ? chunk.slice() : Buffer.concat([this.head, chunk]);
      else this.scanner.push(chunk);
      this.#wake?.();
    });
    socket.on("end", () => {
      if (this.ended === "open") this.ended = "fin";
      this.#wake?.();
    });
    socket.on("error", () => {
      if (this.ended === "open") this.ended = "reset";
      this.#wake?.();
    });
    socket.on("close", () => {
      if (this.ended === "open") this.ended = "reset";
      this.#wake?.();
    });
  }

  /** The head has been read: what follows are frames. */
  headDone(length: number): void {
    this.#inHead = false;
    const rest = this.head.subarray(length);
    this.head = this.head.subarray(0, length);
    if (rest.length > 0) this.scanner.push(rest);
  }

  /**
   * Waits until the condition holds. false: the time is over. It is counted in parts with a turn of the loop between them, and a part
   * that took longer counts as one: while this process was not given any time, its target may not have been either.
   */
  until(condition: () => boolean, ms: number): Promise<boolean> {
    if (condition()) return Promise.resolve(true);
    return new Promise((resolve) => {
      let left = Math.min(10, Math.max(3, Math.floor(ms / 10)));
      const part = ms / left;
      const done = (result: boolean): void => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve(result);
      };
      const count = (): void => {
        if (--left === 0) done(false);
        else timer = setTimeout(count, part);
      };
      let timer = setTimeout(count, part);
      this.#wake = () => {
        if (condition()) done(true);
      };
    });
  }

  write(bytes: Uint8Array): void {
    if (bytes.length > 0 && this.socket.writable) this.socket.write(bytes);
  }
}

/** Ends behind a turn in which sockets are read, however late the timer is: a target in this process gets what was written before on its own. */
export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    if (ms <= 0) setImmediate(resolve);
    else setTimeout(() => setImmediate(resolve), ms);
  });

/** Writes bytes in pieces; each piece leaves before the next is written. */
export async function writeCut(wire: Wire, bytes: Uint8Array, offsets: readonly number[], gap: number): Promise<void> {
  let at = 0;
  for (const cut of [...offsets, bytes.length]) {
    if (cut <= at) continue;
    wire.write(bytes.subarray(at, cut));
    at = cut;
    if (at < bytes.length) await sleep(gap);
  }
}
