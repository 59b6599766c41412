/**
 * Options with every default filled in and checked, once for all connections that share them.
 */
import { DEFAULTS, type Limits } from "@ws/protocol";
import type { DeflateOptions } from "@ws/protocol/deflate";
import type { Extension } from "@ws/protocol/handshake";
import { requireAmount } from "@ws/protocol/internal";

import { ENDPOINT_DEFAULTS } from "./defaults.ts";
import { type Leniencies, leniencies } from "./leniencies.ts";
import type { ConnectionHandlers, ConnectionOptions } from "./options.ts";

export interface Settings {
  readonly limits: Limits;
  readonly keepAlive: { readonly interval: number; readonly timeout: number } | false;
  readonly closeTimeout: number;
  readonly handshakeTimeout: number;
  /** Infinity: none. */
  readonly idleTimeout: number;
  /** Infinity: none. */
  readonly stallTimeout: number;
  readonly sendHighWaterMark: number;
  readonly receiveHighWaterMark: number;
  readonly streaming: boolean;
  readonly borrow: boolean;
  readonly extensions: readonly Extension[];
  readonly lenient: Leniencies;
  readonly inspect: ConnectionOptions["inspect"];
}

const NO_KEEP_ALIVE = " (keepAlive: false: none)";

/** What makes the extension for the option `compress`: a host's, as zlib is. Throws a TypeError or RangeError for parameters that cannot be. */
export type Deflate = (options?: DeflateOptions) => Extension;

/**
 * @param handlers undefined for iterator style
 * @throws RangeError for a number that is none, or is negative; TypeError for options that contradict the style, or that the host cannot do
 */
export function resolveSettings(
  options: ConnectionOptions,
  handlers: ConnectionHandlers<never> | undefined,
  deflate: Deflate | undefined,
): Settings {
  const streaming = isStreaming(options, handlers);
  const { keepAlive } = options;
  const maxMessageBytes = limit("maxMessageBytes", options.maxMessageBytes, DEFAULTS.maxMessageBytes);
  return {
    limits: {
      maxHeadBytes: limit("maxHeadBytes", options.maxHeadBytes, DEFAULTS.maxHeadBytes),
      maxHeaders: limit("maxHeaders", options.maxHeaders, DEFAULTS.maxHeaders),
      maxMessageBytes,
      maxFrameBytes: limit("maxFrameBytes", options.maxFrameBytes, maxMessageBytes),
      maxFragments: limit("maxFragments", options.maxFragments, DEFAULTS.maxFragments),
      maxBufferedBytes: limit("maxBufferedBytes", options.maxBufferedBytes, DEFAULTS.maxBufferedBytes),
      maxPendingPings: limit("maxPendingPings", options.maxPendingPings, DEFAULTS.maxPendingPings),
    },
    keepAlive:
      keepAlive === false
        ? false
        : {
            interval: time("keepAlive.interval", keepAlive?.interval, DEFAULTS.keepAliveInterval, NO_KEEP_ALIVE),
            timeout: time("keepAlive.timeout", keepAlive?.timeout, DEFAULTS.keepAliveTimeout, NO_KEEP_ALIVE),
          },
    closeTimeout: time("closeTimeout", options.closeTimeout, DEFAULTS.closeTimeout),
    handshakeTimeout: time("handshakeTimeout", options.handshakeTimeout, DEFAULTS.handshakeTimeout),
    idleTimeout: timeOrNone("idleTimeout", options.idleTimeout, ENDPOINT_DEFAULTS.idleTimeout),
    stallTimeout: timeOrNone("stallTimeout", options.stallTimeout, ENDPOINT_DEFAULTS.stallTimeout),
    sendHighWaterMark: limit("sendHighWaterMark", options.sendHighWaterMark, ENDPOINT_DEFAULTS.sendHighWaterMark),
    receiveHighWaterMark: limit("receiveHighWaterMark", options.receiveHighWaterMark, ENDPOINT_DEFAULTS.receiveHighWaterMark),
    streaming,
    borrow: options.borrow ?? false,
    extensions: extensionsOf(options, deflate),
    lenient: leniencies(options.lenient),
    inspect: options.inspect,
  };
}

function extensionsOf({ extensions = [], compress = false }: ConnectionOptions, deflate: Deflate | undefined): readonly Extension[] {
  if (compress === false) return extensions;
  if (deflate === undefined) {
    throw new TypeError(
      "compress: this host brings no zlib; `extensions` takes one's own, such as permessageDeflate() of @ws/protocol/pako",
    );
  }
  const extension = deflate(compress === true ? undefined : compress);
  if (extensions.some(({ name }) => name === extension.name)) {
    throw new TypeError(`compress and extensions both give ${extension.name}: leave one of them out`);
  }
  return [...extensions, extension];
}

/**
 * Messages arrive in pieces: what the options and the style have to agree on.
 *
 * @param handlers undefined for iterator style
 * @throws TypeError for options that contradict the style
 */
export function isStreaming(options: ConnectionOptions, handlers: ConnectionHandlers<never> | undefined): boolean {
  const streaming = options.streaming ?? handlers?.chunk !== undefined;
  if (handlers !== undefined && streaming !== (handlers.chunk !== undefined)) {
    throw new TypeError("the handler `chunk` and the option `streaming` belong together");
  }
  if (streaming && handlers?.message !== undefined) throw new TypeError("with `streaming` there is no handler `message`: give `chunk`");
  if (options.borrow === true && handlers === undefined) throw new TypeError("`borrow` is for handler style only");
  return streaming;
}

/** A size or a count: finite, as every limit is. */
export function limit(name: string, value: number | undefined, otherwise: number): number {
  return value === undefined ? otherwise : requireAmount(name, value);
}

/** Milliseconds, or `false`: Infinity here, so that it is never due. */
function timeOrNone(name: string, value: number | false | undefined, otherwise: number | false): number {
  const chosen = value ?? otherwise;
  return chosen === false ? Infinity : time(name, chosen, 0, " (false: none)");
}

/** Milliseconds. */
export function time(name: string, value: number | undefined, otherwise: number, hint = ""): number {
  if (value === undefined) return otherwise;
  if (typeof value !== "number" || !(value > 0 && value <= Number.MAX_SAFE_INTEGER)) {
    throw new RangeError(`${name} must be milliseconds above 0, not ${String(value)}${hint}`);
  }
  return value;
}
