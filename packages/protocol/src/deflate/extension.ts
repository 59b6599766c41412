import type { Extension } from "../extension/extension.ts";
import type { MessageTransform } from "../extension/transform.ts";
import type { ExtensionOffer, ExtensionParameter } from "../extension/extension-list.ts";
import { HandshakeFailure } from "../handshake-failure.ts";
import type { DeflateContexts } from "./contexts.ts";
import {
  acceptOffer,
  assertWindowBits,
  confirmResponse,
  formatOffers,
  type DeflateAgreement,
  type DeflateOffer,
  type DeflatePolicy,
} from "./negotiate.ts";
import { EXTENSION_NAME, MalformedParameters } from "./parameters.ts";
import { DeflateTransform, type CompressorSettings } from "./transform.ts";

type CompressorOptions = { readonly [Name in keyof CompressorSettings]?: CompressorSettings[Name] | undefined };

/** What a program can choose about permessage-deflate. All of it has a default. */
export interface DeflateOptions extends DeflatePolicy, CompressorOptions {
  /**
   * Client: what is offered, preferred first. By default one offer with `client_max_window_bits`, as browsers make it, and
   * with whatever of `serverNoContextTakeover`, `clientNoContextTakeover`, `serverMaxWindowBits` and `clientMaxWindowBits` is set.
   */
  readonly offers?: readonly DeflateOffer[] | undefined;
}

/** The one table of defaults; docs/compression.md gives the reasons, and a test compares the two. */
export const DEFLATE_DEFAULTS: Readonly<CompressorSettings> = /* @__PURE__ */ Object.freeze({
  level: 4,
  memLevel: 8,
  windowBits: 13,
  history: 2048,
  threshold: 256,
});

/**
 * permessage-deflate (RFC 7692) as an extension for either role.
 *
 * @param contexts the zlib streams to share, one object for all connections of a program
 * @throws RangeError on a setting that zlib or the RFC has no value for
 */
export function createDeflateExtension(contexts: DeflateContexts, options: DeflateOptions = {}): Extension {
  const settings = readSettings(options);
  // Copied: a program may use its list for something else later.
  const offers = options.offers?.slice() ?? [
    {
      serverNoContextTakeover: options.serverNoContextTakeover,
      clientNoContextTakeover: options.clientNoContextTakeover,
      serverMaxWindowBits: options.serverMaxWindowBits,
      clientMaxWindowBits: options.clientMaxWindowBits,
    },
  ];
  if (offers.length === 0) throw new RangeError("offers must not be empty");
  for (const part of [options, ...offers]) {
    assertWindowBits(part.serverMaxWindowBits, "serverMaxWindowBits");
    assertWindowBits(part.clientMaxWindowBits, "clientMaxWindowBits");
  }
  return {
    name: EXTENSION_NAME,
    offer: () => formatOffers(offers),
    accept(received: readonly ExtensionOffer[]) {
      const accepted = acceptOffer(received, options);
      if (accepted === undefined) return undefined;
      return { response: accepted.response, transform: createTransform(contexts, settings, accepted.agreement, "server") };
    },
    confirm(params: readonly ExtensionParameter[]) {
      const agreement = confirmResponse(params, offers);
      if (agreement instanceof MalformedParameters) return new HandshakeFailure("EXTENSION_PARAMETERS", agreement.message);
      return createTransform(contexts, settings, agreement, "client");
    },
  };
}

function createTransform(
  contexts: DeflateContexts,
  settings: CompressorSettings,
  agreement: DeflateAgreement,
  role: "client" | "server",
): MessageTransform {
  const client = { noContextTakeover: agreement.clientNoContextTakeover, maxWindowBits: agreement.clientMaxWindowBits };
  const server = { noContextTakeover: agreement.serverNoContextTakeover, maxWindowBits: agreement.serverMaxWindowBits };
  return role === "server"
    ? new DeflateTransform(contexts, settings, server, client)
    : new DeflateTransform(contexts, settings, client, server);
}

function readSettings(options: DeflateOptions): CompressorSettings {
  const settings = {
    level: options.level ?? DEFLATE_DEFAULTS.level,
    memLevel: options.memLevel ?? DEFLATE_DEFAULTS.memLevel,
    windowBits: options.windowBits ?? DEFLATE_DEFAULTS.windowBits,
    history: options.history ?? DEFLATE_DEFAULTS.history,
    threshold: options.threshold ?? DEFLATE_DEFAULTS.threshold,
  };
  assertWindowBits(settings.windowBits, "windowBits");
  requireInteger(settings.level, 1, 9, "level");
  requireInteger(settings.memLevel, 1, 9, "memLevel");
  requireInteger(settings.history, 0, 32_768, "history");
  requireInteger(settings.threshold, 0, Number.MAX_SAFE_INTEGER, "threshold");
  return settings;
}

function requireInteger(value: number, least: number, most: number, name: string): void {
  if (!Number.isInteger(value) || value < least || value > most)
    throw new RangeError(`${name} must be an integer from ${least} to ${most}, not ${value}`);
}
