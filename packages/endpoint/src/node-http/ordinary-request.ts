/**
 * Judges the head of an ordinary HTTP request before the runtime's HTTP server sees it: version, `Host` and request-target (RFC 9112 §3.2, §3.3),
 * method, and framing of the body (§6). The same for every request of a connection.
 */
import { METHODS } from "node:http";

import { createRefusal, type HandshakeFailureCode, type Refusal, type RequestHead } from "@ws/protocol/handshake";
import { headerValues, parseAuthority } from "@ws/protocol/internal";

import { BodyFraming } from "./body-framing.ts";

export interface JudgedRequest {
  readonly kind: "request";
  /** What the target URI (RFC 9110 §7.1) has of `Host`, and of path and query. */
  readonly host: string;
  readonly target: string;
  readonly body: BodyFraming;
}

/** RFC 9110 §9.3: what the Fetch standard cannot ask for. */
const NOT_FOR_FETCH: ReadonlySet<string> = new Set(["CONNECT", "TRACE", "TRACK"]);

/** @param maxExtra octets of chunk extensions and trailer fields */
export function judgeRequest(head: RequestHead, secure: boolean, maxExtra: number): JudgedRequest | Refusal {
  const { method, version, headers } = head;
  const refuse = (code: HandshakeFailureCode, message: string): Refusal =>
    createRefusal(code, message, { isUpgrade: false, isHead: method === "HEAD" });

  if (version !== "1.1" && version !== "1.0") return refuse("UNSUPPORTED_HTTP_VERSION", "This server speaks HTTP/1.1.");
  const hosts = headerValues(headers, "host");
  if (hosts.length > 1) return refuse("DUPLICATE_HEADER", "Send the Host header once.");
  if (hosts.length === 0 && version === "1.1") return refuse("MISSING_HOST", "Send a Host header with the server's name.");
  if (hosts.length === 1 && parseAuthority(hosts[0]!) === undefined)
    return refuse("MALFORMED_HOST", "Host has to be a host name or address, and a port if it is not the default one.");
  if (NOT_FOR_FETCH.has(method) || !METHODS.includes(method)) return refuse("UNSUPPORTED_METHOD", "This server does not know that method.");

  const scheme = secure ? "https" : "http";
  const resource = parseTarget(method, head.target);
  if (resource === undefined)
    return refuse("MALFORMED_TARGET", "The request-target has to be a path that begins with a slash, or an http or https address.");
  if (resource.scheme !== undefined && resource.scheme !== scheme)
    return refuse("MISDIRECTED_REQUEST", `This port serves ${scheme}, not ${resource.scheme}.`);
  // RFC 9112 §3.2.2: the authority of an absolute target replaces Host. HTTP/1.0 need not say a name (§3.3).
  const host = resource.host ?? hosts[0] ?? "localhost";
  if (!URL.canParse(`${scheme}://${host}${resource.target}`)) return refuse("MALFORMED_HOST", "The target URI is no address.");

  const body = BodyFraming.of(version, headers, maxExtra);
  if (body === "MALFORMED_FRAMING")
    return refuse(body, "Say once where the body ends: by one Content-Length, or by Transfer-Encoding: chunked.");
  if (body === "UNSUPPORTED_TRANSFER_CODING") return refuse(body, "Send no transfer coding but chunked.");
  return { kind: "request", host, target: resource.target, body };
}

interface Target {
  readonly scheme: string | undefined;
  readonly host: string | undefined;
  /** Path and query. */
  readonly target: string;
}

/** RFC 9112 §3.2: origin-form, absolute-form, and asterisk-form for OPTIONS, whose path is empty (§3.3). */
function parseTarget(method: string, target: string): Target | undefined {
  if (target.includes("#")) return undefined;
  if (target.startsWith("/")) return { scheme: undefined, host: undefined, target };
  if (target === "*") return method === "OPTIONS" ? { scheme: undefined, host: undefined, target: "/" } : undefined;
  const parts = /^(https?):\/\/([^/?]*)(.*)$/i.exec(target);
  if (parts === null || parseAuthority(parts[2]!) === undefined) return undefined;
  const path = parts[3]!;
  return { scheme: parts[1]!.toLowerCase(), host: parts[2]!, target: path.startsWith("/") ? path : `/${path}` };
}
