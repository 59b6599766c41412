/** Where a WebSocket URI leads (§3). Parsing it is the host's `URL`'s business. */

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
  readonly port: string;
  readonly pathname: string;
  readonly search: string;
  readonly hash: string;
  readonly username: string;
  readonly password: string;
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
