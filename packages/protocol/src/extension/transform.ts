import type { ProtocolErrorCode } from "@ws/codec";

import type { PreparedContent } from "../prepared-message.ts";

/**
 * The port for an extension that changes whole messages and marks them by RSV1 (RFC 6455 §5.8, §9; RFC 7692 §6).
 *
 * It answers at once, or says `undefined`: then the engine hands the same message out as a numbered work item, the
 * driver calls `run` and gives the result to `completeWork`. There is at most one item a direction; later messages of
 * that direction, and its Close, wait in order, since a compression context goes from message to message. Control
 * frames pass. Bytes given to a transform are not to be modified, bytes it returns are the engine's to keep.
 */
export interface MessageTransform {
  /** The reserved bit that marks a transformed message: RSV1. */
  readonly rsv: 4;
  /** Whether to transform this outgoing message. Streamed messages and those of which this is false go as they are. */
  wants(opcode: number, byteLength: number): boolean;
  /** `undefined`: too much to do at once, hand it out as work. The payload itself: send it as it is, without RSV1. */
  encode(payload: Uint8Array): Uint8Array | TransformFailure | undefined;
  /**
   * A prepared message: `message.variants` keeps what was computed for the same parameters before. Without this method
   * `encode` is asked each time.
   */
  encodePrepared?(message: PreparedContent): Uint8Array | TransformFailure | undefined;
  /** `undefined`: too much to do at once. A result longer than `maxLength` must not be computed: `{ failure: "MESSAGE_TOO_BIG" }`. */
  decode(payload: Uint8Array, maxLength: number): Uint8Array | TransformFailure | undefined;
  /** Does an item. Called by the driver, never by the engine, which knows no promises. */
  run(work: TransformWork): PromiseLike<Uint8Array | TransformFailure>;
  /** The connection is over: release what is held. Called once; an item may still be running. */
  close?(): void;
}

/** Why a message could not be transformed. A failure to encode is ours and closes with 1011, whatever it says. */
export interface TransformFailure {
  readonly failure: ProtocolErrorCode & ("MESSAGE_TOO_BIG" | "INVALID_COMPRESSED_PAYLOAD");
}

/** One message for the driver to run through the transform: `engine.work` after a `WORK` event. */
export interface TransformWork {
  readonly id: number;
  readonly direction: "encode" | "decode";
  readonly payload: Uint8Array;
  /** Most bytes the result may have (`decode`). */
  readonly maxLength: number;
  /** Present when the outgoing message is a prepared one. */
  readonly prepared: PreparedContent | undefined;
}
