import { type ExtensionOffer, parseExtensions } from "@ws/protocol/handshake";

/** A list that is well-formed. */
export function listOf(text: string): ExtensionOffer[] {
  const list = parseExtensions(text);
  if (list instanceof Error) throw list;
  return list;
}
