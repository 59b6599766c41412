import type { ExtensionOffer, ExtensionParameter } from "../extension/extension-list.ts";
import { EXTENSION_NAME, formatParameters, MalformedParameters, readParameters, type DeflateParameters } from "./parameters.ts";

/**
 * The negotiation of permessage-deflate (RFC 7692 §5 and §7.1), for both roles and without any compression: parameters
 * in, parameters out.
 */

/** What the two sides have agreed on. Every value is in force, none is a hint. */
export interface DeflateAgreement {
  /** The server compresses each message by itself (§7.1.1.1). */
  readonly serverNoContextTakeover: boolean;
  /** The client compresses each message by itself (§7.1.1.2). */
  readonly clientNoContextTakeover: boolean;
  /** The server's LZ77 window is at most 2 to this power, 8 to 15 (§7.1.2.1). */
  readonly serverMaxWindowBits: number;
  /** The client's LZ77 window is at most 2 to this power, 8 to 15 (§7.1.2.2). */
  readonly clientMaxWindowBits: number;
}

/** What a server asks for beyond what the client offers. */
export interface DeflatePolicy {
  /** Compress each message by itself: no memory per connection, 20 to 60 % more bytes for small messages. */
  readonly serverNoContextTakeover?: boolean | undefined;
  /** Have the client compress each message by itself: no memory per connection for receiving. */
  readonly clientNoContextTakeover?: boolean | undefined;
  /** Largest window that we compress with. 15. */
  readonly serverMaxWindowBits?: number | undefined;
  /**
   * Largest window that the client may compress with, that is what a connection can hold for receiving. 15.
   * A client that did not offer `client_max_window_bits` (Firefox) cannot be told a window (§7.1.2.2), but any client can
   * be told `client_no_context_takeover`, which needs no memory at all: that is what such a client gets below 15.
   */
  readonly clientMaxWindowBits?: number | undefined;
}

/** One of a client's offers. */
export interface DeflateOffer {
  /** Demand that the server compresses each message by itself. */
  readonly serverNoContextTakeover?: boolean | undefined;
  /** Promise to compress each message by itself. */
  readonly clientNoContextTakeover?: boolean | undefined;
  /** Demand a window of at most this from the server: what the connection can hold for receiving. */
  readonly serverMaxWindowBits?: number | undefined;
  /**
   * `true` (default): the server may choose our window. A number promises not to exceed it; servers that read an older
   * draft, AWS's among them, refuse the number, so it is best followed by an offer without. `false`: not mentioned.
   */
  readonly clientMaxWindowBits?: number | boolean | undefined;
}

/** What a server takes. */
export interface AcceptedOffer {
  /** Its element of `Sec-WebSocket-Extensions`. */
  readonly response: string;
  readonly agreement: DeflateAgreement;
}

/**
 * The server's choice: the first offer, in the client's order of preference, that is well-formed and can be met.
 * `undefined`: none, and the connection is not compressed (§5.1).
 *
 * @param minWindowBits the smallest window our compressor keeps to; an offer that demands a smaller one is declined
 */
export function acceptOffer(offers: readonly ExtensionOffer[], policy: DeflatePolicy, minWindowBits = 8): AcceptedOffer | undefined {
  for (const offer of offers) {
    if (offer.name !== EXTENSION_NAME) continue;
    const offered = readParameters(offer.params, "offer");
    // §7.1: "A server MUST decline" an offer with an unknown, a doubled or a malformed parameter. The next may do.
    if (offered instanceof MalformedParameters) continue;
    const serverMaxWindowBits = Math.min(offered.serverMaxWindowBits ?? 15, policy.serverMaxWindowBits ?? 15);
    if (serverMaxWindowBits < minWindowBits) continue;
    const told = offered.clientMaxWindowBits !== undefined;
    const wanted = policy.clientMaxWindowBits ?? 15;
    const clientMaxWindowBits = Math.min(
      offered.clientMaxWindowBits === true ? 15 : (offered.clientMaxWindowBits ?? 15),
      told ? wanted : 15,
    );
    const agreement: DeflateAgreement = {
      // §7.1.1.1: an offer with it is accepted by repeating it; without it, it may be added.
      serverNoContextTakeover: offered.serverNoContextTakeover || policy.serverNoContextTakeover === true,
      // §7.1.1.2: in the offer it is the client's promise, in the response it binds.
      clientNoContextTakeover: offered.clientNoContextTakeover || policy.clientNoContextTakeover === true || (!told && wanted < 15),
      serverMaxWindowBits,
      clientMaxWindowBits,
    };
    const response = formatParameters({
      serverNoContextTakeover: agreement.serverNoContextTakeover,
      clientNoContextTakeover: agreement.clientNoContextTakeover,
      // §7.1.2.1: an offer with it is accepted by including it, "with the same or smaller value".
      serverMaxWindowBits: offered.serverMaxWindowBits !== undefined || serverMaxWindowBits < 15 ? serverMaxWindowBits : undefined,
      // §7.1.2.2: never without its offer, and with a value. 15 is what its absence means.
      clientMaxWindowBits: clientMaxWindowBits < 15 ? clientMaxWindowBits : undefined,
    });
    return { response, agreement };
  }
  return undefined;
}

/** The client's elements of `Sec-WebSocket-Extensions`, preferred first (§5.2). */
export function formatOffers(offers: readonly DeflateOffer[]): string {
  return offers.map((offer) => formatParameters(parametersOf(offer))).join(", ");
}

/**
 * The client's check of the server's response (§7.1: whatever breaks a rule fails the connection). A response names no
 * offer, so it must answer one of them; the first that it answers is the one in force.
 *
 * @param offers at least one
 */
export function confirmResponse(
  params: readonly ExtensionParameter[],
  offers: readonly DeflateOffer[],
): DeflateAgreement | MalformedParameters {
  const response = readParameters(params, "response");
  if (response instanceof MalformedParameters) return response;
  let reason: MalformedParameters | undefined;
  for (const offer of offers) {
    const answer = answerTo(parametersOf(offer), response);
    if (!(answer instanceof MalformedParameters)) return answer;
    reason ??= answer;
  }
  return reason!;
}

function answerTo(offered: DeflateParameters, response: DeflateParameters): DeflateAgreement | MalformedParameters {
  if (offered.serverNoContextTakeover && !response.serverNoContextTakeover) {
    return new MalformedParameters("server_no_context_takeover was offered and is missing in the response (RFC 7692 §7.1.1.1)");
  }
  if (offered.serverMaxWindowBits !== undefined && (response.serverMaxWindowBits ?? 16) > offered.serverMaxWindowBits) {
    return new MalformedParameters(
      `server_max_window_bits must be at most the ${offered.serverMaxWindowBits} offered, not ${response.serverMaxWindowBits ?? "missing"} (RFC 7692 §7.1.2.1)`,
    );
  }
  // `true` cannot be: a response without a value did not pass `readParameters`.
  const told = response.clientMaxWindowBits as number | undefined;
  const most = offered.clientMaxWindowBits === true ? 15 : (offered.clientMaxWindowBits ?? 15);
  if (told !== undefined && (offered.clientMaxWindowBits === undefined || told > most)) {
    return new MalformedParameters(
      offered.clientMaxWindowBits === undefined
        ? "client_max_window_bits was not offered (RFC 7692 §7.1.2.2)"
        : `client_max_window_bits must be at most the ${most} offered, not ${told} (RFC 7692 §7.1.2.2)`,
    );
  }
  return {
    // §7.1.1.1, §7.1.2.1: the server may add its own two without their having been offered.
    serverNoContextTakeover: response.serverNoContextTakeover,
    serverMaxWindowBits: response.serverMaxWindowBits ?? 15,
    // What we promised holds, whether or not the server repeats it.
    clientNoContextTakeover: response.clientNoContextTakeover || offered.clientNoContextTakeover,
    clientMaxWindowBits: told ?? most,
  };
}

function parametersOf(offer: DeflateOffer): DeflateParameters {
  const clientMaxWindowBits = offer.clientMaxWindowBits ?? true;
  return {
    serverNoContextTakeover: offer.serverNoContextTakeover === true,
    clientNoContextTakeover: offer.clientNoContextTakeover === true,
    serverMaxWindowBits: offer.serverMaxWindowBits,
    clientMaxWindowBits: clientMaxWindowBits === false ? undefined : clientMaxWindowBits,
  };
}

/** Window bits as an option: throws a RangeError on what §7.1.2 has no value for. */
export function assertWindowBits(value: number | boolean | undefined, name: string): void {
  if (typeof value === "number" && !(Number.isInteger(value) && value >= 8 && value <= 15)) {
    throw new RangeError(`${name} must be an integer from 8 to 15, not ${value}`);
  }
}
