import { base64Encode } from "./base64.ts";
import { encodeLatin1 } from "../head/latin1.ts";
import { sha1 as pureSha1 } from "./sha1.ts";

/** A host's SHA-1 (RFC 3174), for those that have a faster one: any bytes in, 20 bytes out. */
export type Sha1 = (message: Uint8Array) => Uint8Array;

/** RFC 6455 §1.3: what every accept value is made with. */
export const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** RFC 6455 §4.2.2 item 5.4: what a server answers to this `Sec-WebSocket-Key`. The key is hashed as text, not decoded. */
export function acceptKey(key: string, sha1: Sha1 = pureSha1): string {
  return base64Encode(sha1(encodeLatin1(key + GUID)));
}
