import type { ExtensionParameter } from "../extension/extension-list.ts";

/**
 * The four parameters of permessage-deflate (RFC 7692 §7.1) as they stand in one element of `Sec-WebSocket-Extensions`.
 *
 * Reading is strict: §7.1 declines an offer, and fails the connection over a response, that has a parameter which is not
 * defined, one with an invalid value, or one twice. What a pair of offer and response means stands in `negotiate.ts`.
 */
export interface DeflateParameters {
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  /** Base-2 logarithm of the largest LZ77 window, 8 to 15. `undefined`: absent. */
  readonly serverMaxWindowBits: number | undefined;
  /** `true`: present without a value, which only an offer can have (§7.1.2.2). */
  readonly clientMaxWindowBits: number | true | undefined;
}

/** The extension-token. RFC 6455 §9.1 compares it as it is, and so do Chromium and Firefox. */
export const EXTENSION_NAME = "permessage-deflate";

/** What is wrong with a list of parameters, in words for a message. */
export class MalformedParameters {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** Reads an element's parameters, in whatever order they stand. */
export function readParameters(params: readonly ExtensionParameter[], kind: "offer" | "response"): DeflateParameters | MalformedParameters {
  let serverNoContextTakeover = false;
  let clientNoContextTakeover = false;
  let serverMaxWindowBits: number | undefined;
  let clientMaxWindowBits: number | true | undefined;
  for (let index = 0; index < params.length; index++) {
    const [name, value] = params[index]!;
    // A list of at most four distinct names: whoever sends more has sent one twice, or an unknown one, by the fifth.
    for (let before = 0; before < index; before++) {
      if (params[before]![0] === name) return new MalformedParameters(`${name} occurs twice (RFC 7692 §7.1)`);
    }
    switch (name) {
      case "server_no_context_takeover":
        if (value !== undefined) return invalid(name, value, "has no value (RFC 7692 §7.1.1.1)");
        serverNoContextTakeover = true;
        break;
      case "client_no_context_takeover":
        if (value !== undefined) return invalid(name, value, "has no value (RFC 7692 §7.1.1.2)");
        clientNoContextTakeover = true;
        break;
      case "server_max_window_bits":
        serverMaxWindowBits = readWindowBits(value);
        if (serverMaxWindowBits === undefined) return invalid(name, value, "must be 8 to 15 (RFC 7692 §7.1.2.1)");
        break;
      case "client_max_window_bits":
        clientMaxWindowBits = value === undefined && kind === "offer" ? true : readWindowBits(value);
        if (clientMaxWindowBits === undefined) return invalid(name, value, "must be 8 to 15 (RFC 7692 §7.1.2.2)");
        break;
      default:
        return new MalformedParameters(`${name} is not a parameter of ${EXTENSION_NAME} (RFC 7692 §7.1)`);
    }
  }
  return { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits };
}

/** `permessage-deflate; …`, parameters in the order of §7.1. */
export function formatParameters(parameters: DeflateParameters): string {
  let text = EXTENSION_NAME;
  if (parameters.serverNoContextTakeover) text += "; server_no_context_takeover";
  if (parameters.clientNoContextTakeover) text += "; client_no_context_takeover";
  if (parameters.serverMaxWindowBits !== undefined) text += `; server_max_window_bits=${parameters.serverMaxWindowBits}`;
  if (parameters.clientMaxWindowBits === true) text += "; client_max_window_bits";
  else if (parameters.clientMaxWindowBits !== undefined) text += `; client_max_window_bits=${parameters.clientMaxWindowBits}`;
  return text;
}

/** "a decimal integer value without leading zeroes between 8 to 15, inclusive" (§7.1.2.1, §7.1.2.2). */
function readWindowBits(value: string | undefined): number | undefined {
  return value !== undefined && /^(?:[89]|1[0-5])$/.test(value) ? Number(value) : undefined;
}

function invalid(name: string, value: string | undefined, rule: string): MalformedParameters {
  return new MalformedParameters(`${name}${value === undefined ? "" : `=${value}`}: ${rule}`);
}
