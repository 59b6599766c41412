/**
 * Reads a copy of a client's first octets, to decide who answers them, and rewrites Host and Origin when asked to.
 */
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";

import type { Rewritten } from "../model/records.ts";

/** Everything of the inspector's own lives below this path; `/` shows the page too. */
export const OWN_PATH = "/__inspector";

/** Octets read before the decision; longer heads are the target's affair. */
export const MAX_HEAD = 16_384;

export type Owner =
  /** The inspector: its page, its feed, or an ordinary HTTP request. */
  | "inspector"
  /** The target: a WebSocket handshake, and everything that is not HTTP. */
  | "target"
  /** Not decided yet. */
  | undefined;

/**
 * Only what is clearly an ordinary HTTP request stays here. A faulty handshake, or garbage, is just what
 * a person wants to see the target's answer to.
 */
export function ownerOf(bytes: Uint8Array): Owner {
  const text = latin1(bytes.subarray(0, MAX_HEAD));
  const line = /^([^\r\n]*)\r\n/.exec(text);
  if (line === null) return bytes.length < 8192 && /^[!-~]{0,32}( |$)/.test(text) ? undefined : "target";
  const request = /^[!-~]+ (\S+) HTTP\/\d\.\d$/.exec(line[1]!);
  if (request === null) return "target";
  if (isOwnPath(request[1]!)) return "inspector";
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return bytes.length < MAX_HEAD ? undefined : "target";
  return /\r\n(upgrade|sec-websocket-[a-z]+)[ \t]*:/i.test(text.slice(0, end)) ? "target" : "inspector";
}

export function isOwnPath(target: string): boolean {
  const path = target.split("?", 1)[0]!;
  return path === OWN_PATH || path.startsWith(`${OWN_PATH}/`);
}

/** The Host of a request for the inspector itself is this machine's, and no foreign name that resolves to it (DNS rebinding). */
export function isLocalName(request: IncomingMessage): boolean {
  const name = (request.headers.host ?? "").replace(/:\d*$/, "").toLowerCase();
  return name === "localhost" || name.endsWith(".localhost") || isIP(name.replace(/^\[|\]$/g, "")) !== 0;
}

/** Where a request head ends (behind its empty line), -1 when it does not within `bytes`. */
export function headEnd(bytes: Uint8Array): number {
  const end = latin1(bytes).indexOf("\r\n\r\n");
  return end < 0 ? -1 : end + 4;
}

export interface RewrittenHead {
  readonly bytes: Uint8Array;
  readonly fields: readonly Rewritten[];
}

/** Replaces the values of Host and Origin; every other octet stays. `head` ends with its empty line. COPY. */
export function rewriteHost(head: Uint8Array, host: string, origin: string): RewrittenHead {
  const fields: Rewritten[] = [];
  const text = latin1(head).replace(
    /(\r\n(host|origin)[ \t]*:[ \t]*)([^\r\n]*?)(?=[ \t]*\r\n)/gi,
    (whole, start: string, name: string, from: string) => {
      const to = name.toLowerCase() === "host" ? host : origin;
      if (from === to) return whole;
      fields.push({ name, from, to });
      return start + to;
    },
  );
  return { bytes: Buffer.from(text, "latin1"), fields };
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
