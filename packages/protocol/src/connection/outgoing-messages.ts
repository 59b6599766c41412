import { firstByte, Opcode, type Utf8 } from "@ws/codec";

import type { Output } from "./output.ts";
import { encodeText, type PreparedContent } from "../prepared-message.ts";
import { Queue } from "../queue.ts";
import type { MessageTransform, TransformFailure, TransformWork } from "../extension/transform.ts";

/** What waits behind an open work item: a message, a prepared one, or a fragment, which `first` (of its header) makes a frame. */
type Waiting =
  | { readonly kind: "message"; readonly opcode: number; readonly content: string | Uint8Array; readonly size: number }
  | { readonly kind: "prepared"; readonly message: PreparedContent; readonly size: number }
  | { readonly kind: "fragment"; readonly first: number; readonly content: string | Uint8Array; readonly size: number };

const RSV1 = 4;

/** What a waiting message is counted for beyond its payload, so that empty ones count too. */
export const WAITING_OVERHEAD = 64;

/**
 * Messages on their way through a transform into the output (RFC 6455 §5.8). While an item of work is open, what is sent
 * later waits in order. Methods that may meet the transform say whether it succeeded; if not, `failure` says more.
 */
export class OutgoingMessages {
  /** The open item. */
  work: TransformWork | undefined = undefined;
  /** Of all that was accepted and is not in the output. */
  waitingBytes = 0;
  failure: unknown = undefined;

  readonly #transform: MessageTransform;
  readonly #output: Output;
  readonly #utf8: Utf8;
  readonly #nextWorkId: () => number;
  readonly #waiting = new Queue<Waiting>();
  #workOpcode = 0;

  constructor(transform: MessageTransform, output: Output, utf8: Utf8, nextWorkId: () => number) {
    this.#transform = transform;
    this.#output = output;
    this.#utf8 = utf8;
    this.#nextWorkId = nextWorkId;
  }

  /** Everything accepted is in the output. */
  get idle(): boolean {
    return this.work === undefined;
  }

  sendText(text: string): boolean {
    if (this.work !== undefined)
      return this.#wait({ kind: "message", opcode: Opcode.TEXT, content: text, size: this.#utf8.byteLength(text) });
    if (this.#transform.wants(Opcode.TEXT, this.#utf8.byteLength(text))) return this.#encode(Opcode.TEXT, encodeText(text, this.#utf8));
    this.#output.writeText(firstByte(Opcode.TEXT), text);
    return true;
  }

  sendBinary(payload: Uint8Array, copy: boolean): boolean {
    const { length } = payload;
    const wants = this.#transform.wants(Opcode.BINARY, length);
    if (this.work === undefined && !wants) {
      this.#output.writeBytes(firstByte(Opcode.BINARY), payload, copy);
      return true;
    }
    const content = copy ? payload.slice() : payload;
    if (this.work !== undefined) return this.#wait({ kind: "message", opcode: Opcode.BINARY, content, size: length });
    return this.#encode(Opcode.BINARY, content);
  }

  sendPrepared(message: PreparedContent): boolean {
    const size = message.payload.length;
    if (this.work !== undefined) return this.#wait({ kind: "prepared", message, size });
    if (this.#transform.wants(message.opcode, size)) return this.#encode(message.opcode, message.payload, message);
    this.#output.writePrepared(message);
    return true;
  }

  /** A fragment of a streamed message, which is never transformed. */
  sendFragment(first: number, content: string | Uint8Array, copy: boolean): void {
    if (this.work === undefined) {
      if (typeof content === "string") this.#output.writeText(first, content);
      else this.#output.writeBytes(first, content, copy);
      return;
    }
    const size = typeof content === "string" ? this.#utf8.byteLength(content) : content.length;
    this.#wait({ kind: "fragment", first, content: copy && typeof content !== "string" ? content.slice() : content, size });
  }

  /** The result of `work`; then what waits goes on, up to the next open item. */
  complete(result: Uint8Array | TransformFailure): boolean {
    const { payload } = this.work!;
    this.work = undefined;
    this.waitingBytes -= payload.length;
    if (!this.#finish(this.#workOpcode, payload, result)) return false;
    while (this.work === undefined) {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) return true;
      this.waitingBytes -= waiting.size + WAITING_OVERHEAD;
      if (!this.#send(waiting)) return false;
    }
    return true;
  }

  /** The connection is over. */
  discard(): void {
    this.work = undefined;
    this.waitingBytes = 0;
    this.#waiting.clear();
  }

  #send(waiting: Waiting): boolean {
    if (waiting.kind === "prepared") return this.sendPrepared(waiting.message);
    if (waiting.kind === "fragment") {
      this.sendFragment(waiting.first, waiting.content, false);
      return true;
    }
    return typeof waiting.content === "string" ? this.sendText(waiting.content) : this.sendBinary(waiting.content, false);
  }

  #wait(waiting: Waiting): true {
    this.#waiting.push(waiting);
    this.waitingBytes += waiting.size + WAITING_OVERHEAD;
    return true;
  }

  #encode(opcode: number, payload: Uint8Array, prepared?: PreparedContent): boolean {
    const transform = this.#transform;
    let result: Uint8Array | TransformFailure | undefined;
    try {
      result =
        prepared !== undefined && transform.encodePrepared !== undefined ? transform.encodePrepared(prepared) : transform.encode(payload);
    } catch (cause) {
      this.failure = cause;
      return false;
    }
    if (result !== undefined) return this.#finish(opcode, payload, result);
    this.#workOpcode = opcode;
    this.work = { id: this.#nextWorkId(), direction: "encode", payload, maxLength: Number.MAX_SAFE_INTEGER, prepared };
    this.waitingBytes += payload.length;
    return true;
  }

  /** RFC 7692 §6.1: RSV1 marks a transformed message. */
  #finish(opcode: number, payload: Uint8Array, result: Uint8Array | TransformFailure): boolean {
    if ("failure" in result) {
      this.failure = result.failure;
      return false;
    }
    this.#output.writeBytes(firstByte(opcode, true, result === payload ? 0 : RSV1), result, false);
    return true;
  }
}
