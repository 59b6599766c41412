import { utf8, type FrameHeader, type FrameLeniencies, type Mask, type MessageDecoderOptions, type Role, type Utf8 } from "@ws/codec";

import { DEFAULTS, type Limits } from "../defaults.ts";
import type { MessageTransform } from "../extension/transform.ts";
import { requireAmount } from "../usage.ts";
import type { SendArena } from "./arena.ts";

/** Options of `ConnectionEngine`. Times are milliseconds. `undefined` means the default of DEFAULTS. */
export interface EngineOptions {
  /** The role of this endpoint. */
  readonly role: Role;
  /** The clock's reading. Monotonic; where it starts does not matter. */
  readonly now: number;
  /** A masking key: 32 bits from a strong source of entropy (§5.3). A client must have it, a server does not ask. */
  readonly randomUint32?: (() => number) | undefined;
  readonly limits?: { readonly [Name in keyof Limits]?: Limits[Name] | undefined } | undefined;
  /** What the opening handshake agreed on, for this connection only. */
  readonly transform?: MessageTransform | undefined;
  /** `false`: no keep-alive. */
  readonly keepAlive?: { readonly interval?: number | undefined; readonly timeout?: number | undefined } | false | undefined;
  /** How long each step of the closing may take. */
  readonly closeTimeout?: number | undefined;
  /** The host's faster UTF-8. */
  readonly utf8?: Utf8 | undefined;
  /** The host's faster masking. */
  readonly mask?: Mask | undefined;
  /** Messages are delivered in pieces, as `CHUNK`. */
  readonly streaming?: boolean | undefined;
  /** Binary messages are VIEWS into the received bytes where they can be, valid until the next `poll`. */
  readonly borrow?: boolean | undefined;
  /** What the peer may do although the RFC forbids it. Default: nothing. */
  readonly lenient?: FrameLeniencies | undefined;
  /** Shared by all connections of one driver. */
  readonly arena?: SendArena | undefined;
  /** Sees the header of each frame. The object is reused. Costs nothing when unset. */
  readonly onHeader?: ((header: FrameHeader, direction: "received" | "sent") => void) | undefined;
}

/** @throws TypeError for a role that is none, or a client without `randomUint32` */
export function assertRole({ role, randomUint32 }: EngineOptions): void {
  if (role !== "client" && role !== "server") throw new TypeError(`role must be "client" or "server", not ${String(role)}`);
  // §5.3: the key "MUST be derived from a strong source of entropy", which only the host has.
  if (role === "client" && typeof randomUint32 !== "function") throw new TypeError("a client needs randomUint32 (RFC 6455 §5.3)");
}

/** What decodes, with every default filled in that a transform asks about as well. */
export interface DecodingOptions extends MessageDecoderOptions {
  readonly maxMessageBytes: number;
  readonly utf8: Utf8;
  readonly streaming: boolean;
  readonly borrow: boolean;
}

/** The decoder's part of the options. @throws RangeError for limits that are none */
export function decodingOf(options: EngineOptions): DecodingOptions {
  const { role, limits = {}, onHeader, streaming = false, borrow = false } = options;
  return {
    role,
    streaming,
    borrow,
    utf8: options.utf8 ?? utf8,
    mask: options.mask,
    lenient: options.lenient,
    maxMessageBytes: requireAmount("maxMessageBytes", limits.maxMessageBytes ?? DEFAULTS.maxMessageBytes),
    maxFragments: requireAmount("maxFragments", limits.maxFragments ?? DEFAULTS.maxFragments),
    maxFrameBytes: limits.maxFrameBytes === undefined ? undefined : requireAmount("maxFrameBytes", limits.maxFrameBytes),
    onHeader: onHeader && ((header: FrameHeader): void => onHeader(header, "received")),
  };
}
