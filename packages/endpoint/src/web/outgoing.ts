/**
 * Messages on their way to the connection, in the order of the calls. A Blob has to be read first, and what is sent meanwhile waits behind it, the
 * Close frame as well.
 */
import { CloseCode, utf8 } from "@ws/codec";
import { ConnectionFailure } from "@ws/protocol";

import { type ConnectionError, connectionError } from "../connection/errors.ts";
import type { BufferedAmount } from "./buffered-amount.ts";
import type { WebConnection } from "./options.ts";

export type OutgoingMessage = string | Uint8Array<ArrayBuffer> | Blob;

interface Close {
  readonly code: number | undefined;
  readonly reason: string;
}

export function byteLengthOf(message: OutgoingMessage): number {
  if (typeof message === "string") return utf8.byteLength(message);
  return message instanceof Uint8Array ? message.byteLength : message.size;
}

function sizeOf(entry: OutgoingMessage | Close): number {
  return typeof entry === "object" && "code" in entry ? 0 : byteLengthOf(entry);
}

export class Outgoing {
  readonly #connection: WebConnection;
  readonly #amount: BufferedAmount;
  readonly #maxWaitingBytes: number;
  readonly #fail: (error: ConnectionError) => void;
  readonly #waiting: (OutgoingMessage | Close)[] = [];
  #waitingBytes = 0;

  /** @param fail a message cannot be sent, and none after it may take its place */
  constructor(connection: WebConnection, amount: BufferedAmount, maxWaitingBytes: number, fail: (error: ConnectionError) => void) {
    this.#connection = connection;
    this.#amount = amount;
    this.#maxWaitingBytes = maxWaitingBytes;
    this.#fail = fail;
  }

  /** Bytes are those of a copy, and are not changed any more. */
  send(message: OutgoingMessage): void {
    if (this.#waiting.length === 0 && !(message instanceof Blob)) this.#give(message);
    else if (this.#waitingBytes < this.#maxWaitingBytes) this.#wait(message);
    // "If the data cannot be sent, because it would need to be buffered but the buffer is full …"
    else this.#fail(connectionError(new ConnectionFailure("BUFFER_OVERFLOW")));
  }

  close(code: number | undefined, reason: string): void {
    if (this.#waiting.length === 0) this.#connection.close(code, reason);
    else this.#wait({ code, reason });
  }

  #give(message: string | Uint8Array<ArrayBuffer>): void {
    this.#amount.give(byteLengthOf(message), () => this.#connection.send(message) !== "closing");
  }

  #wait(entry: OutgoingMessage | Close): void {
    this.#waiting.push(entry);
    this.#waitingBytes += sizeOf(entry);
    if (this.#waiting.length === 1) this.#readFirst();
  }

  /** Only a Blob is ever the first that waits. */
  #readFirst(): void {
    (this.#waiting[0] as Blob).arrayBuffer().then(
      (buffer) => this.#read(new Uint8Array(buffer)),
      // The raw data is gone, such as that of a file.
      (error: unknown) => this.#fail(connectionError(new ConnectionFailure("MESSAGE_BROKEN", error), CloseCode.ABNORMAL)),
    );
  }

  #taken(): void {
    this.#waitingBytes -= sizeOf(this.#waiting.shift()!);
  }

  #read(bytes: Uint8Array<ArrayBuffer>): void {
    this.#taken();
    this.#give(bytes);
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (next instanceof Blob) {
        this.#readFirst();
        return;
      }
      this.#taken();
      if (typeof next === "string" || next instanceof Uint8Array) this.#give(next);
      else this.#connection.close(next.code, next.reason);
    }
  }
}
