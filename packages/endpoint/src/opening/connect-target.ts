/** Where a WebSocket URI leads (§3). Parsing it is the host's `URL`'s business. */
import { shown } from "../connection/option-kinds.ts";

export interface ConnectTarget {
  /** `wss:`: TLS. */
  readonly secure: boolean;
  /** Without brackets, as sockets and certificates want it. */
  readonly hostname: string;
  readonly port: number;
  /** The `Host` header: the port is left out when it is the scheme's default. */
  readonly host: string;
  /** Path and query. */
  readonly target: string;
}

/** What is used of a host's `URL`. */
export interface UrlLike {
  readonly protocol: string;
  readonly hostname: string;
  /** With the port, if it is not the scheme's. */
  readonly host: string;
  readonly port: string;
  readonly pathname: string;
  readonly search: string;
  readonly hash: string;
  readonly username: string;
  readonly password: string;
}

/**
 * The URL that a program gave to `connect`, by the host's own `URL`.
 *
 * @throws TypeError that says what is wrong with it
 */
export function parseUrl<Url extends UrlLike>(url: unknown, URL: new (url: string) => Url): Url {
  if (typeof url !== "string") {
    const href = typeof url === "object" && url !== null ? (url as { href?: unknown }).href : undefined;
    if (typeof href !== "string") throw new TypeError(`the URL must be a string or a URL, not ${shown(url)}`);
    return new URL(href);
  }
  let parsed: Url | undefined;
  try {
    parsed = new URL(url);
  } catch {
    // Told below, the same in every runtime.
  }
  // "localhost:8080" is a URL, of the scheme "localhost".
  if (parsed === undefined || (parsed.host === "" && urlMeant(url) !== undefined)) throw new TypeError(notAbsolute(url));
  return parsed;
}

/** What is said of a URL without scheme or host. */
export function notAbsolute(url: string): string {
  const meant = urlMeant(url);
  return `${shown(url)} is not an absolute URL${meant === undefined ? "" : `: did you mean ${meant}?`}`;
}

function urlMeant(url: string): string | undefined {
  if (/^\/\/./.test(url)) return `ws:${url}`;
  if (/^[/?]/.test(url)) return `ws://host${url.startsWith("/") ? "" : "/"}${url}`;
  return /^([\w.-]+|\[[\da-f:.]+\])(:\d+)?([/?].*)?$/i.test(url) ? `ws://${url}` : undefined;
}

/** ws and wss, to which http and https are mapped; no fragment, and no credentials, which would not be sent. Throws a TypeError. */
export function connectTarget(url: UrlLike): ConnectTarget {
  const { protocol, hostname, pathname, search } = url;
  const secure = protocol === "wss:" || protocol === "https:";
  if (!secure && protocol !== "ws:" && protocol !== "http:") {
    throw new TypeError(`the scheme must be ws or wss, not ${protocol}`);
  }
  if (url.hash !== "") throw new TypeError("a WebSocket URI has no fragment (RFC 6455 §3)");
  if (url.username !== "" || url.password !== "") {
    throw new TypeError("credentials in the URL are not sent: give an Authorization header");
  }
  // A URL with the scheme's default port has an empty one.
  const port = url.port === "" ? (secure ? 443 : 80) : Number(url.port);
  return {
    secure,
    hostname: hostname.startsWith("[") ? hostname.slice(1, -1) : hostname,
    port,
    host: url.port === "" ? hostname : `${hostname}:${url.port}`,
    target: (pathname === "" ? "/" : pathname) + search,
  };
}
