/** RFC 7692 §7.1: which offers of permessage-deflate are valid, which answers to them, and what a pair of them agrees on. */
import { parseExtensions, headerValues, type ExtensionItem, type Head } from "../wire/head.ts";
import type { Agreement, DeflateAgreement } from "./agreement.ts";

export function offeredExtensions(request: { headers: readonly (readonly [string, string])[] }): ExtensionItem[] {
  return headerValues(request, "sec-websocket-extensions").flatMap((value) => parseExtensions(value) ?? []);
}

const BITS = /^(8|9|1[0-5])$/;

/** RFC 7692 §7.1: whether an offer is one that a server may accept. */
export function isValidDeflateOffer(offer: ExtensionItem): boolean {
  const names = offer.params.map(([name]) => name);
  if (new Set(names).size !== names.length) return false;
  return offer.params.every(([name, value]) => {
    if (name === "client_no_context_takeover" || name === "server_no_context_takeover") return value === undefined;
    if (name === "server_max_window_bits") return value !== undefined && BITS.test(value);
    if (name === "client_max_window_bits") return value === undefined || BITS.test(value);
    return false;
  });
}

/** Whether this element of a response is an allowed answer to this offer, §7.1.1 and §7.1.2. */
export function isValidAnswer(response: ExtensionItem, offer: ExtensionItem): boolean {
  if (offer.name !== "permessage-deflate" || !isValidDeflateOffer(offer)) return false;
  const names = response.params.map(([name]) => name);
  if (new Set(names).size !== names.length) return false;
  const asked = new Map(offer.params);
  const given = new Map(response.params);
  for (const [name, value] of given) {
    if (name === "client_no_context_takeover" || name === "server_no_context_takeover") {
      if (value !== undefined) return false;
    } else if (name === "server_max_window_bits" || name === "client_max_window_bits") {
      if (value === undefined || !BITS.test(value)) return false;
      // §7.1.2.2: only if the client said that it understands it.
      if (name === "client_max_window_bits" && !asked.has(name)) return false;
      const limit = asked.get(name);
      if (limit !== undefined && name === "server_max_window_bits" && Number(value) > Number(limit)) return false;
      if (limit !== undefined && name === "client_max_window_bits" && Number(value) > Number(limit)) return false;
    } else return false;
  }
  // §7.1.1.1, §7.1.2.1: what the client asks of the server must come back.
  if (asked.has("server_no_context_takeover") && !given.has("server_no_context_takeover")) return false;
  if (asked.has("server_max_window_bits") && !given.has("server_max_window_bits")) return false;
  return true;
}

/** What a valid pair of request and response agreed on. */
export function agreementOf(response: Head, request: Head): Agreement {
  const element = headerValues(response, "sec-websocket-extensions")
    .flatMap((value) => parseExtensions(value) ?? [])
    .find((item) => item.name === "permessage-deflate");
  const subprotocol = headerValues(response, "sec-websocket-protocol")[0];
  if (element === undefined || !offeredExtensions(request).some((offer) => offer.name === "permessage-deflate")) return { subprotocol };
  const given = new Map(element.params);
  const deflate: DeflateAgreement = {
    clientNoContextTakeover: given.has("client_no_context_takeover"),
    serverNoContextTakeover: given.has("server_no_context_takeover"),
    clientMaxWindowBits: Number(given.get("client_max_window_bits") ?? 15),
    serverMaxWindowBits: Number(given.get("server_max_window_bits") ?? 15),
  };
  return { subprotocol, deflate };
}
