import { firstByte, Opcode, utf8 } from "@ws/codec";

import { DEFAULTS } from "../defaults.ts";
import type { TransformFailure, TransformWork } from "../extension/transform.ts";
import type { PreparedContent } from "../prepared-message.ts";
import { requireAmount } from "../usage.ts";
import { SendArena } from "./arena.ts";
import type { EngineOptions } from "./engine-options.ts";
import { OutgoingMessages } from "./outgoing-messages.ts";
import { Output } from "./output.ts";
import { Pings } from "./pings.ts";
import { StreamedMessage } from "./streamed-message.ts";

const TEXT_FRAME = /* @__PURE__ */ firstByte(Opcode.TEXT);
const BINARY_FRAME = /* @__PURE__ */ firstByte(Opcode.BINARY);

/**
 * What is on its way into the output: messages, straight or through a transform, Pings and Pongs. Whether anything may be sent is the engine's to know. Where a
 * transform may be met, `false` says that it failed, and `failure` why.
 */
export class Sending {
  readonly output: Output;
  readonly streamed: StreamedMessage = new StreamedMessage();
  readonly pings: Pings;
  /** When there is a transform. */
  readonly #outgoing: OutgoingMessages | undefined;
  #reported: TransformWork | undefined = undefined;

  constructor(options: EngineOptions, nextWorkId: () => number) {
    const { role, randomUint32, transform, onHeader, limits } = options;
    const encoding = options.utf8 ?? utf8;
    this.output = new Output(options.arena ?? new SendArena(), role === "client" ? randomUint32 : undefined, encoding, onHeader);
    this.pings = new Pings(this.output, requireAmount("maxPendingPings", limits?.maxPendingPings ?? DEFAULTS.maxPendingPings));
    this.#outgoing = transform && new OutgoingMessages(transform, this.output, encoding, nextWorkId);
  }

  /** Everything accepted is in the output. */
  get isIdle(): boolean {
    return this.#outgoing?.idle !== false;
  }

  /** Of what is not. */
  get waitingBytes(): number {
    return this.#outgoing === undefined ? 0 : this.#outgoing.waitingBytes;
  }

  get failure(): unknown {
    return this.#outgoing?.failure;
  }

  text(text: string): boolean {
    if (this.#outgoing !== undefined) return this.#outgoing.sendText(text);
    this.output.writeText(TEXT_FRAME, text);
    return true;
  }

  binary(payload: Uint8Array, copy: boolean): boolean {
    if (this.#outgoing !== undefined) return this.#outgoing.sendBinary(payload, copy);
    this.output.writeBytes(BINARY_FRAME, payload, copy);
    return true;
  }

  prepared(message: PreparedContent): boolean {
    if (this.#outgoing !== undefined) return this.#outgoing.sendPrepared(message);
    this.output.writePrepared(message);
    return true;
  }

  chunk(chunk: string | Uint8Array, last: boolean, copy: boolean): void {
    const content = this.streamed.contentOf(chunk, last);
    const first = this.streamed.first(last);
    if (this.#outgoing !== undefined) this.#outgoing.sendFragment(first, content, copy);
    else if (typeof content === "string") this.output.writeText(first, content);
    else this.output.writeBytes(first, content, copy);
    this.streamed.sent(chunk, last);
  }

  /** The open item, once. */
  takeWork(): TransformWork | undefined {
    const work = this.#outgoing?.work;
    if (work === this.#reported) return undefined;
    this.#reported = work;
    return work;
  }

  /** The result of an item. `undefined`: it is not open here. */
  complete(id: number, result: Uint8Array | TransformFailure): boolean | undefined {
    return this.#outgoing?.work?.id === id ? this.#outgoing.complete(result) : undefined;
  }

  /** Drops what is not in the output. */
  discardWaiting(): void {
    this.#outgoing?.discard();
  }

  discard(): void {
    this.discardWaiting();
    this.output.discard();
    this.pings.discard();
  }
}
