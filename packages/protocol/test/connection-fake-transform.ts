import type { MessageTransform, TransformFailure, TransformWork } from "../src/index.ts";

/**
 * A transform with a context, as a compressor has one: each message is marked by its number in its direction and masked by it. A message out of
 * order, left out or seen twice does not decode.
 */
export class FakeTransform implements MessageTransform {
  readonly rsv = 4;
  closed = 0;
  #encoded = 0;
  #decoded = 0;
  readonly #atOnce: () => boolean;
  readonly #threshold: number;

  /** @param atOnce asked for each message; false makes it an item of work */
  constructor(atOnce: () => boolean = () => true, threshold = 0) {
    this.#atOnce = atOnce;
    this.#threshold = threshold;
  }

  wants(_opcode: number, byteLength: number): boolean {
    return byteLength >= this.#threshold;
  }

  encode(payload: Uint8Array): Uint8Array | undefined {
    return this.#atOnce() ? this.#encodeNow(payload) : undefined;
  }

  decode(payload: Uint8Array, maxLength: number): Uint8Array | TransformFailure | undefined {
    return this.#atOnce() ? this.#decodeNow(payload, maxLength) : undefined;
  }

  run(work: TransformWork): Promise<Uint8Array | TransformFailure> {
    return Promise.resolve(this.finish(work));
  }

  /** What `run` resolves to, at once. */
  finish(work: TransformWork): Uint8Array | TransformFailure {
    return work.direction === "encode" ? this.#encodeNow(work.payload) : this.#decodeNow(work.payload, work.maxLength);
  }

  close(): void {
    this.closed++;
  }

  #encodeNow(payload: Uint8Array): Uint8Array {
    const number = this.#encoded++ & 255;
    return Uint8Array.of(number, ...payload.map((octet) => octet ^ number));
  }

  #decodeNow(payload: Uint8Array, maxLength: number): Uint8Array | TransformFailure {
    const number = this.#decoded++ & 255;
    if (payload[0] !== number) return { failure: "INVALID_COMPRESSED_PAYLOAD" };
    if (payload.length - 1 > maxLength) return { failure: "MESSAGE_TOO_BIG" };
    return payload.subarray(1).map((octet) => octet ^ number);
  }
}
