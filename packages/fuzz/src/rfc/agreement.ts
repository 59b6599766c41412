/** What both sides agreed on in the opening handshake, as far as frames are read by it. */
import { MessageInflater } from "../wire/message-inflater.ts";

export interface Agreement {
  readonly deflate?: DeflateAgreement | undefined;
  readonly subprotocol?: string | undefined;
}

/** RFC 7692 §7.1 */
export interface DeflateAgreement {
  readonly clientNoContextTakeover: boolean;
  readonly serverNoContextTakeover: boolean;
  readonly clientMaxWindowBits: number;
  readonly serverMaxWindowBits: number;
}

/** Inflates what this side sends. */
export function inflaterFor(sender: "client" | "server", deflate: DeflateAgreement): MessageInflater {
  return sender === "client"
    ? new MessageInflater({ noContextTakeover: deflate.clientNoContextTakeover, windowBits: deflate.clientMaxWindowBits })
    : new MessageInflater({ noContextTakeover: deflate.serverNoContextTakeover, windowBits: deflate.serverMaxWindowBits });
}
