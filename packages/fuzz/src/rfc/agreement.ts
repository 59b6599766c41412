/** What both sides agreed on in the opening handshake, as far as frames are read by it. */
import { MessageInflater } from "../wire/message-inflater.ts";

export interface Agreement {
  deflate?: DeflateAgreement | undefined;
  subprotocol?: string | undefined;
}

/** RFC 7692 §7.1 */
export interface DeflateAgreement {
  clientNoContextTakeover: boolean;
  serverNoContextTakeover: boolean;
  clientMaxWindowBits: number;
  serverMaxWindowBits: number;
}

/** Inflates what this side sends. */
export function inflaterFor(sender: "client" | "server", deflate: DeflateAgreement): MessageInflater {
  return sender === "client"
    ? new MessageInflater({ noContextTakeover: deflate.clientNoContextTakeover, windowBits: deflate.clientMaxWindowBits })
    : new MessageInflater({ noContextTakeover: deflate.serverNoContextTakeover, windowBits: deflate.serverMaxWindowBits });
}
