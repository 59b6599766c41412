import { consistsOf, DIGIT, HOST } from "../head/characters.ts";

/**
 * RFC 6455 §10.2: servers that are not meant for every web page SHOULD check `Origin`, because browsers let any page
 * open a WebSocket anywhere, with the user's cookies. By default the page has to come from this very host.
 */

/**
 * `"same"`, which `undefined` means as well: a page's host and port have to equal `Host`. A list: these origins only, such as `https://example.com`,
 * `file://`, and `null` for pages without one. A function decides by itself. `"any"`: no check.
 *
 * Requests without `Origin` do not come from a page (§4.1 item 8) and always pass.
 */
export type AllowedOrigins<Request = unknown> =
  undefined | "same" | "any" | readonly string[] | ((origin: string, request: Request) => boolean);

/**
 * @param origin the `Origin` field's value, or `undefined` when there was none
 * @param host what the client thinks it talks to, from `Host`
 * @param secure the connection itself is TLS, so that the port of a bare `Host` is 443 for certain. Otherwise it is
 * taken from the page's scheme, because a proxy in front may have ended TLS.
 */
export function isOriginAllowed<Request>(
  origin: string | undefined,
  host: string,
  policy: AllowedOrigins<Request>,
  request: Request,
  secure = false,
): boolean {
  if (origin === undefined || policy === "any") return true;
  if (typeof policy === "function") return requireAnswer(policy(origin, request));
  if (policy === undefined || policy === "same") return originEqualsHost(origin, host, secure);
  const received = canonicalOrigin(origin);
  return received !== undefined && policy.some((allowed) => canonicalOrigin(allowed) === received);
}

/** Only `true` opens the door: a promise, whatever it comes to, is no answer. */
function requireAnswer(answer: unknown): boolean {
  if (typeof answer === "boolean") return answer;
  // It is reported here and now; what it rejects with has nobody to go to.
  if (answer instanceof Promise) {
    answer.then(
      () => undefined,
      () => undefined,
    );
  }
  throw new TypeError("`allowedOrigins` has to answer true or false at once: what takes time is asked in `upgrade`.");
}

/** Throws a TypeError on an entry that no `Origin` could ever equal. */
export function assertAllowedOrigins(policy: AllowedOrigins<never>): void {
  if (policy === undefined || policy === "same" || policy === "any" || typeof policy === "function") return;
  for (const origin of policy) {
    if (canonicalOrigin(origin) === undefined) {
      throw new TypeError(`Not an origin: ${JSON.stringify(origin)}. Write "https://example.com", with no path, or allowedOrigins: "any".`);
    }
  }
}

function originEqualsHost(origin: string, host: string, secure: boolean): boolean {
  const page = parseOrigin(origin);
  const server = parseAuthority(host);
  if (page === undefined || server === undefined) return false;
  const pagePort = page.port ?? DEFAULT_PORTS[page.scheme];
  const serverPort = server.port ?? DEFAULT_PORTS[secure ? "https" : page.scheme];
  return page.host === server.host && pagePort !== undefined && pagePort === serverPort;
}

/** Of the schemes that pages are loaded by, and of WebSocket's own (RFC 6455 §3): native clients send the address they open. */
const DEFAULT_PORTS: Readonly<Record<string, number>> = Object.assign(Object.create(null), { http: 80, https: 443, ws: 80, wss: 443 });

/** RFC 6454 §6.2, in lower case and without a default port. `undefined`: no origin. */
function canonicalOrigin(origin: string): string | undefined {
  if (origin === "null") return origin;
  const hostless = HOSTLESS_ORIGIN.exec(origin)?.[1]!.toLowerCase();
  if (hostless !== undefined) return hostless in DEFAULT_PORTS ? undefined : `${hostless}://`;
  const parsed = parseOrigin(origin);
  if (parsed === undefined) return undefined;
  const { scheme, host, port } = parsed;
  return port === undefined || port === DEFAULT_PORTS[scheme] ? `${scheme}://${host}` : `${scheme}://${host}:${port}`;
}

/** What embedded browsers send for pages that come from no host, such as `file://`. */
const HOSTLESS_ORIGIN = /^([a-z][a-z0-9+.-]*):\/\/$/i;

export interface Authority {
  /** In lower case. */
  readonly host: string;
  readonly port: number | undefined;
}

/** RFC 6454 §7.1: scheme "://" host [ ":" port ], nothing more. */
function parseOrigin(origin: string): (Authority & { readonly scheme: string }) | undefined {
  const separator = origin.indexOf("://");
  if (separator < 1) return undefined;
  const scheme = origin.slice(0, separator).toLowerCase();
  if (!/^[a-z][a-z0-9+.-]*$/.test(scheme)) return undefined;
  const authority = parseAuthority(origin.slice(separator + 3));
  return authority && { scheme, ...authority };
}

/** uri-host [ ":" port ] (RFC 9110 §7.2). A host is needed: WebSocket URIs have one (RFC 6455 §3). `undefined`: malformed. */
export function parseAuthority(text: string): Authority | undefined {
  if (!consistsOf(text, HOST)) return undefined;
  // An IP literal has colons of its own, within brackets.
  const literalEnd = text.startsWith("[") ? text.indexOf("]") + 1 : 0;
  if (text.startsWith("[") && literalEnd < 4) return undefined;
  const colon = text.indexOf(":", literalEnd);
  const host = text.slice(0, colon < 0 ? text.length : colon);
  if (host === "" || (literalEnd > 0 && host.length !== literalEnd)) return undefined;
  if (literalEnd === 0 && /[[\]]/.test(host)) return undefined;
  if (colon < 0) return { host: host.toLowerCase(), port: undefined };
  const digits = text.slice(colon + 1);
  // RFC 3986 §3.2.3 allows a colon with no port behind it, which means the default port.
  if (digits.length > 5 || !consistsOf(digits, DIGIT) || Number(digits) > 65_535) return undefined;
  return { host: host.toLowerCase(), port: digits === "" ? undefined : Number(digits) };
}
