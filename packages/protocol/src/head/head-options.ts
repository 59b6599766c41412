/** What a reader of heads is told: limits, the rules it need not insist on, and what its host does faster. */
import type { Utf8 } from "@ws/codec";

export interface HeadLimits {
  /** Octets of the head, its final empty line included. Default 16 384. */
  readonly maxHeadBytes?: number | undefined;
  /** Header fields. Default 100. */
  readonly maxHeaders?: number | undefined;
}

/** What is read although RFC 9112 forbids senders to write it. Nothing by default. */
export interface HeadLeniencies {
  /** Requests: CRLF before the request line (§2.2), any number of times within `maxHeadBytes`. It is no part of the head. */
  readonly leadingEmptyLines?: boolean | undefined;
  /** Responses: a status line that ends behind the status code, without the space that precedes a reason phrase, be it empty (§4). */
  readonly missingReasonSpace?: boolean | undefined;
}

export interface HeadDecoderOptions extends HeadLimits {
  readonly lenient?: HeadLeniencies | undefined;
  /** A host's faster way to read ASCII, which nearly every head is. */
  readonly utf8?: Pick<Utf8, "decode"> | undefined;
  /** Octets of 1xx heads before this one, which count for `maxHeadBytes` as well. */
  readonly spent?: number | undefined;
}

/** @throws RangeError */
export function requireLimit(name: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`${name} has to be a positive integer, not ${value}.`);
  return value;
}
