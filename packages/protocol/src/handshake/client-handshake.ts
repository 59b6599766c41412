import type { ExtensionOffer } from "../extension/extension-list.ts";
import { HandshakeFailure, type HandshakeFailureCode } from "../handshake-failure.ts";
import { BodyPrefix } from "../head/body-prefix.ts";
import type { ResponseHead } from "../head/head.ts";
import { HeadDecoder, HeadEvent } from "../head/head-decoder.ts";
import type { HeadLimits } from "../head/head-options.ts";
import type { Sha1 } from "./accept-key.ts";
import { encodeRequest, type HandshakeRequestOptions, type SentRequest } from "./encode-request.ts";
import type { ClientHandshakeLeniencies } from "./leniencies.ts";
import { evaluateResponse, type UpgradeResponse } from "./evaluate-response.ts";

/**
 * The client's side of the opening handshake (RFC 6455 §4.1): the request to send, and reading what comes back until it can be judged.
 * Connecting, TLS, deadlines and random numbers are the caller's.
 */

export const HandshakeEvent = {
  /** Needs more bytes. */
  NONE: 0,
  /** The connection is open: `subprotocol`, `extensions`, `responseHead` and `rest` are there. */
  ACCEPTED: 1,
  /** `error` says why. */
  FAILED: 2,
} as const;
export type HandshakeEvent = (typeof HandshakeEvent)[keyof typeof HandshakeEvent];

export interface ClientHandshakeOptions extends HandshakeRequestOptions {
  readonly limits?: HeadLimits | undefined;
  readonly sha1?: Sha1 | undefined;
  /** What the server may do although the RFC forbids it. Default: nothing. */
  readonly lenient?: ClientHandshakeLeniencies | undefined;
}

/** How much of a refusal's body is kept. */
const MAX_BODY_BYTES = 4096;

export class ClientHandshake {
  /** The bytes to send. */
  readonly request: Uint8Array<ArrayBuffer>;

  readonly #sent: SentRequest;
  readonly #sha1: Sha1 | undefined;
  readonly #lenient: ClientHandshakeLeniencies | undefined;
  readonly #limits: HeadLimits;
  #decoder: HeadDecoder<"response">;
  /** Octets of 1xx heads before the response: they share its limit, or they could go on forever. */
  #interimBytes = 0;
  #head: ResponseHead | undefined;
  #body: BodyPrefix | undefined;
  #event: HandshakeEvent = HandshakeEvent.NONE;
  #response: UpgradeResponse | undefined;
  #error: HandshakeFailure | undefined;

  /** Throws a TypeError on anything that cannot be sent, or that would send more than it says. */
  constructor(options: ClientHandshakeOptions) {
    const { bytes, ...sent } = encodeRequest(options);
    this.request = bytes;
    this.#sent = sent;
    this.#sha1 = options.sha1;
    this.#lenient = options.lenient;
    const { maxHeadBytes, maxHeaders } = options.limits ?? {};
    this.#limits = { maxHeadBytes, maxHeaders };
    this.#decoder = this.#decoderOf();
  }

  /** The chunk is read until `poll()` gives NONE. What follows the response's head is `rest`, a view of it. */
  receive(chunk: Uint8Array): void {
    if (this.#event === HandshakeEvent.ACCEPTED) throw new Error("The handshake is complete: these bytes belong to the connection.");
    if (this.#event === HandshakeEvent.FAILED) return;
    if (this.#body === undefined) this.#decoder.receive(chunk);
    else this.#body.receive(chunk);
  }

  /**
   * The peer's end of stream. It may also be called when a deadline has passed, to have a refusal's body as far as it
   * has come.
   */
  receiveEnd(): void {
    if (this.poll() !== HandshakeEvent.NONE) return;
    if (this.#body === undefined) this.#fail("ENDED_EARLY", "The connection ended before the response to the handshake was complete.");
    else this.#evaluate(this.#head!, this.#body.bytes);
  }

  poll(): HandshakeEvent {
    while (this.#event === HandshakeEvent.NONE && this.#body === undefined) {
      const event = this.#decoder.poll();
      if (event === HeadEvent.NONE) return HandshakeEvent.NONE;
      if (event === HeadEvent.HEAD) this.#take(this.#decoder.head);
      else this.#failWith(this.#decoder.error!);
    }
    if (this.#event === HandshakeEvent.NONE && this.#body!.isComplete) this.#evaluate(this.#head!, this.#body!.bytes);
    return this.#event;
  }

  /** From ACCEPTED on: one of those that were offered, or the empty string. */
  get subprotocol(): string {
    return this.#response?.subprotocol ?? "";
  }

  /** From ACCEPTED on: what the server accepts of the offers. Their parameters are the extensions' to check. */
  get extensions(): readonly ExtensionOffer[] {
    return this.#response?.extensions ?? [];
  }

  /** The final response, as soon as its head is complete; of a refusal, that may be before FAILED. */
  get responseHead(): ResponseHead | undefined {
    return this.#head;
  }

  /** From ACCEPTED on: the bytes behind the response. A view of the last chunk. */
  get rest(): Uint8Array {
    if (this.#event !== HandshakeEvent.ACCEPTED) throw new Error("There is no rest before ACCEPTED.");
    return this.#decoder.rest;
  }

  /** From FAILED on. */
  get error(): HandshakeFailure | undefined {
    return this.#error;
  }

  #take(head: ResponseHead): void {
    if (head.status === 101) {
      this.#head = head;
      this.#evaluate(head, undefined);
    } else if (head.status >= 100 && head.status < 200) {
      this.#skipInterim();
    } else {
      this.#head = head;
      this.#body = new BodyPrefix(head.status, head.headers, MAX_BODY_BYTES);
      this.#body.receive(this.#decoder.rest);
    }
  }

  /** RFC 9110 §15.2: any number of 1xx responses may come before the final one, and a client may ignore them. */
  #skipInterim(): void {
    const { headBytes, rest } = this.#decoder;
    this.#interimBytes += headBytes.length;
    this.#decoder = this.#decoderOf();
    this.#decoder.receive(rest);
  }

  #decoderOf(): HeadDecoder<"response"> {
    return new HeadDecoder("response", { ...this.#limits, lenient: this.#lenient, spent: this.#interimBytes });
  }

  #evaluate(head: ResponseHead, body: Uint8Array | undefined): void {
    const judged = evaluateResponse(head, this.#sent, { body, sha1: this.#sha1, lenient: this.#lenient });
    if (judged instanceof HandshakeFailure) return this.#failWith(judged);
    this.#response = judged;
    this.#event = HandshakeEvent.ACCEPTED;
  }

  #fail(code: HandshakeFailureCode, message: string): void {
    this.#failWith(new HandshakeFailure(code, message));
  }

  #failWith(error: HandshakeFailure): void {
    this.#error = error;
    this.#event = HandshakeEvent.FAILED;
  }
}
