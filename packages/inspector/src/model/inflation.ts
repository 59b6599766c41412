/**
 * Compressed messages, inflated for reading (RFC 7692 §7.2.2). A direction's messages share a window unless it was agreed otherwise,
 * so once octets of one are missing, those behind it cannot be inflated any more.
 */
import { DEFLATE_DEFAULTS, DeflateContexts } from "@ws/protocol/deflate";
import type { ExtensionOffer } from "@ws/protocol/handshake";
import { DeflateTransform, MalformedParameters, readParameters } from "@ws/protocol/internal";
import { createPakoZlib } from "@ws/protocol/pako";

import type { Direction } from "./records.ts";

export interface Inflated {
  /** The beginning of the message. */
  readonly bytes: Uint8Array;
  /** Octets of the whole message. */
  readonly length: number;
}

export type InflationResult = Inflated | "malformed" | "too-big" | "unavailable";

/** Octets of a message that are inflated at most, and that are held afterwards. */
const MAX_INFLATED = 16 * 1024 * 1024;
const MAX_HELD = 256 * 1024;

/** One for all: it lends its decompressors to whoever inflates. */
const contexts = /* @__PURE__ */ new DeflateContexts(createPakoZlib());

export class Inflater {
  readonly #transform: DeflateTransform;
  readonly #takeover: boolean;
  #broken = false;

  constructor(transform: DeflateTransform, takeover: boolean) {
    this.#transform = transform;
    this.#takeover = takeover;
  }

  /** `payload` of a whole message; undefined: octets of it are missing. */
  inflate(payload: Uint8Array | undefined): InflationResult {
    if (this.#broken || payload === undefined) {
      this.#broken = this.#takeover;
      return "unavailable";
    }
    const result = this.#transform.decode(payload, MAX_INFLATED);
    if (result !== undefined && !("failure" in result)) return { bytes: result.slice(0, MAX_HELD), length: result.length };
    this.#broken = this.#takeover;
    return result?.failure === "INVALID_COMPRESSED_PAYLOAD" ? "malformed" : "too-big";
  }
}

/** What one direction needs, from what the server agreed to; undefined: its messages are not compressed. */
export function inflaterFor(direction: Direction, extensions: readonly ExtensionOffer[]): Inflater | undefined {
  const deflate = extensions.find(({ name }) => name === "permessage-deflate");
  if (deflate === undefined) return undefined;
  const parameters = readParameters(deflate.params, "response");
  if (parameters instanceof MalformedParameters) return undefined;
  const bits = direction === "client" ? parameters.clientMaxWindowBits : parameters.serverMaxWindowBits;
  const noContextTakeover = direction === "client" ? parameters.clientNoContextTakeover : parameters.serverNoContextTakeover;
  const agreed = { noContextTakeover, maxWindowBits: typeof bits === "number" ? bits : 15 };
  // Nothing is ever sent through it: the other direction's part stays empty.
  const nothing = { noContextTakeover: true, maxWindowBits: 15 };
  return new Inflater(new DeflateTransform(contexts, DEFLATE_DEFAULTS, nothing, agreed), !noContextTakeover);
}
