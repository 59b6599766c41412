import type { Extension } from "./extension.ts";
import type { MessageTransform } from "./transform.ts";
import type { ExtensionOffer } from "./extension-list.ts";
import { HandshakeFailure } from "../handshake-failure.ts";

/**
 * RFC 6455 §9.1: the extensions of a connection, out of what the client offers and what the server knows. At most one
 * is agreed on, because every transform there is uses the same reserved bit (RFC 7692 §6).
 */

export interface AcceptedExtensions {
  /** For `encodeAccept`. The empty string: none. */
  readonly response: string;
  readonly transform: MessageTransform | undefined;
}

/** Server: the first of its extensions that accepts one of the offers. A bad offer does not spoil a good one behind it. @throws TypeError for an extension that gives no transform */
export function acceptExtensions(offers: readonly ExtensionOffer[], extensions: readonly Extension[]): AcceptedExtensions {
  for (const extension of extensions) {
    const named = offers.filter(({ name }) => name === extension.name);
    const accepted = named.length === 0 ? undefined : extension.accept(named);
    if (accepted !== undefined) return { response: accepted.response, transform: requireTransform(accepted.transform, extension) };
  }
  return { response: "", transform: undefined };
}

/** Client: the value of `ClientHandshakeOptions.extensions`. */
export function offerExtensions(extensions: readonly Extension[]): string {
  return extensions.map((extension) => extension.offer()).join(", ");
}

/** Client: what the server's choice amounts to. `undefined`: no extension. */
export function confirmExtensions(
  accepted: readonly ExtensionOffer[],
  extensions: readonly Extension[],
): MessageTransform | HandshakeFailure | undefined {
  const [chosen, ...others] = accepted;
  if (chosen === undefined) return undefined;
  if (others.length > 0)
    return new HandshakeFailure("EXTENSION_PARAMETERS", "The server uses several extensions at once, which need the same reserved bit.");
  const extension = extensions.find(({ name }) => name === chosen.name);
  if (extension === undefined)
    return new HandshakeFailure("EXTENSION_NOT_OFFERED", `The server uses the extension ${chosen.name}, which was not offered.`);
  const confirmed = extension.confirm(chosen.params);
  return confirmed instanceof HandshakeFailure ? confirmed : requireTransform(confirmed, extension);
}

/** Extensions are written by programs too. Throws a TypeError. */
function requireTransform(transform: Partial<MessageTransform> | undefined, { name }: Extension): MessageTransform {
  if (typeof transform?.decode !== "function" || typeof transform.encode !== "function" || typeof transform.wants !== "function")
    throw new TypeError(`The extension ${name} has given no transform.`);
  return transform as MessageTransform;
}
