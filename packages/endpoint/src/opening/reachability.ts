/**
 * Why a server was not reached, for people. Each runtime has other words for it, and `wss:` to a server without TLS, or `ws:` to one with it, looks like
 * garbage at first sight.
 */
import { printable } from "@ws/protocol/internal";

import type { ConnectTarget } from "./connect-target.ts";

/** An embedder may know no more than the `Host`. */
export type Reached = Pick<ConnectTarget, "host"> & Partial<ConnectTarget>;

/** What the runtimes' errors have in common, in their code or else in their text. */
const REASONS: readonly (readonly [pattern: RegExp, reason: (target: Reached) => string])[] = [
  [/ECONNREFUSED|connection refused/i, () => "the connection was refused, so nothing listens there"],
  [
    /ENOTFOUND|EAI_AGAIN|EAI_NONAME|lookup address information/i,
    ({ hostname, host }) => `the name ${hostname ?? host} is not known, or the name service does not answer`,
  ],
  [/ENOENT|no such file/i, () => "there is no such socket"],
  [/ETIMEDOUT|timed out/i, () => "there is no answer"],
  [/EHOSTUNREACH|ENETUNREACH|unreachable/i, () => "there is no way to that address"],
  [
    /wrong.version.number|InvalidContentType|packet.length.too.long|http.request/i,
    ({ host }) => `the server speaks no TLS there; for one without, write ws://${host}`,
  ],
  [/before secure TLS|during the TLS handshake|unexpected end of file/i, () => "the server closed the connection during the TLS handshake"],
];

/** The stream could not be opened. */
export function dialFailure(error: unknown, target: Reached): string {
  const scheme = target.secure === undefined ? "" : target.secure ? "wss://" : "ws://";
  const [said, code] = told(error);
  const known = REASONS.find(([pattern]) => pattern.test(code)) ?? REASONS.find(([pattern]) => pattern.test(said));
  return `no connection to ${scheme}${target.host}: ${known === undefined ? said : known[1](target)}`;
}

/** What a program's own way to dial rejects with need not be readable. */
function told(error: unknown): [said: string, code: string] {
  try {
    return [wordsOf(error), String((error as { code?: unknown } | undefined)?.code ?? "")];
  } catch {
    return ["dialing failed", ""];
  }
}

/** On one line. Node gives the errors of several addresses in one whose own message is empty. */
function wordsOf(error: unknown): string {
  const { message, errors } = (error ?? {}) as { message?: unknown; errors?: unknown };
  if (Array.isArray(errors) && (message === undefined || message === "")) return errors.map(wordsOf).join("; ");
  const said = typeof message === "string" && message !== "" ? message : String(error);
  // A certificate's names are the peer's text.
  return printable(said.trim().replace(/\s*[\r\n]+\s*/g, " "));
}

/** RFC 8446 §5.1: the type of an alert record. */
const ALERT = 21;

/** Behind the message of a handshake that failed: what `ws:` to a server with TLS gets is an alert, or the end. */
export function schemeAdvice({ secure, host }: Reached, firstOctet: number | undefined): string {
  if (secure !== false) return "";
  if (firstOctet === undefined) return ` Nothing came from it: if it speaks TLS, write wss://${host}`;
  return firstOctet === ALERT ? ` The server speaks TLS: write wss://${host}` : "";
}
