import { consistsOf, VISIBLE } from "../head/characters.ts";
import { isEncodedNonce } from "./base64.ts";
import { parseExtensions } from "../extension/extension-list.ts";
import type { ExtensionOffer } from "../extension/extension-list.ts";
import { HandshakeFailure, type HandshakeFailureCode } from "../handshake-failure.ts";
import type { Header, RequestHead } from "../head/head.ts";
import type { HeadersInput } from "../head/head-encoding.ts";
import { headerList, type HeaderList } from "../head/header-list.ts";
import { listIncludes, parseTokenList } from "../head/lists.ts";
import { countedValues, type ServerHandshakeLeniencies } from "./leniencies.ts";
import { assertAllowedOrigins, isOriginAllowed, parseAuthority } from "./origin.ts";
import type { AllowedOrigins } from "./origin.ts";
import { printable } from "../head/printable.ts";
import { createRefusal } from "./refusal.ts";
import type { Refusal } from "./refusal.ts";
import { assertSubprotocols, chooseSubprotocol } from "./subprotocols.ts";
import type { SubprotocolOrder } from "./subprotocols.ts";

/**
 * How a server judges a request (RFC 6455 §4.2.1), as a function of its head, wherever that was parsed. Hosts' HTTP servers let through HTTP/1.0, a missing Host and duplicates, so nothing is taken for granted here.
 */

export interface ServerHandshakeOptions {
  /** Who may connect from a web page: see {@link AllowedOrigins}. Default: pages of this host. */
  readonly allowedOrigins?: AllowedOrigins<UpgradeRequest> | undefined;
  /** What this server speaks, in its order of preference. Default: none. */
  readonly subprotocols?: readonly string[] | undefined;
  /** Whose order of preference chooses the subprotocol. Default: the client's. */
  readonly subprotocolOrder?: SubprotocolOrder | undefined;
  /** The connection is TLS, so that the default port is 443. Default false, which also fits a server behind a TLS proxy. */
  readonly secure?: boolean | undefined;
  /** What clients may do although the RFC forbids it. `leadingEmptyLines` is the head decoder's. Default: nothing. */
  readonly lenient?: ServerHandshakeLeniencies | undefined;
}

/** A request that may be accepted. */
export interface UpgradeRequest {
  readonly kind: "upgrade";
  readonly key: string;
  /** The resource name (RFC 6455 §3): path and query, `/chat?room=1`. */
  readonly target: string;
  /** The host, and the port if it was sent. */
  readonly host: string;
  /** `undefined`: not from a web page. */
  readonly origin: string | undefined;
  /** What the client offers, in its order of preference. */
  readonly subprotocols: readonly string[];
  /** What the options choose among them. The empty string: none. */
  readonly subprotocol: string;
  readonly offers: readonly ExtensionOffer[];
  readonly headers: HeaderList;
}

/** Throws a TypeError on options with which no request could ever be accepted as meant. To be called once, not per request. */
export function assertServerHandshakeOptions(options: ServerHandshakeOptions): void {
  assertSubprotocols(options.subprotocols ?? []);
  assertAllowedOrigins(options.allowedOrigins);
}

/** Judges a request by RFC 6455 §4.2.1. Never throws, except what an `allowedOrigins` function throws. */
export function evaluateRequest(head: RequestHead, options: ServerHandshakeOptions = {}): UpgradeRequest | Refusal {
  const fields = collectFields(head.headers);
  const asksForWebSocket = listIncludes(fields.upgrade, "websocket");
  const [major, minor] = head.version.split(".").map(Number);
  // RFC 9110 §7.8: "A server MUST ignore an Upgrade header field that is received in an HTTP/1.0 request."
  const isUpgrade = asksForWebSocket && major === 1 && minor! >= 1;
  const refuse = (code: HandshakeFailureCode, message: string, headers?: HeadersInput): Refusal =>
    createRefusal(code, message, { isUpgrade, isHead: head.method === "HEAD", ...(headers && { headers }) });

  if (major !== 1) return refuse("UNSUPPORTED_HTTP_VERSION", "This server speaks HTTP/1.1.");
  if (minor! >= 1) {
    // RFC 9112 §3.2: these are answered with 400 whatever the request is for.
    if (fields.host.length === 0) return refuse("MISSING_HOST", "Send a Host header with the server's name.");
    if (fields.host.length > 1) return refuse("DUPLICATE_HEADER", "Send the Host header once.");
    if (parseAuthority(fields.host[0]!) === undefined)
      return refuse("MALFORMED_HOST", "Host has to be a host name or address, and a port if it is not the default one.");
  }
  // §4.2.1 item 1
  if (head.method !== "GET") return refuse("METHOD_NOT_ALLOWED", "Use GET: a WebSocket is opened by no other method.", ALLOW);
  // §4.2.1 item 3
  if (!asksForWebSocket)
    return refuse("UPGRADE_REQUIRED", "This is a WebSocket endpoint. Open it with a WebSocket client, at a ws: or wss: address.", VERSION);
  if (!isUpgrade)
    return refuse(
      "HTTP_VERSION_TOO_LOW",
      "Use HTTP/1.1: WebSocket cannot be opened over HTTP/1.0. A proxy on the way may have changed the version.",
    );
  const resource = parseTarget(head.target);
  if (resource === undefined)
    return refuse(
      "MALFORMED_TARGET",
      "The request-target has to be a path that begins with a slash, or an http or https address, without a fragment.",
    );
  // Octets behind the head are frames: a body would be read as some.
  if (fields.hasBody) return refuse("REQUEST_WITH_BODY", "Send no body: leave out Content-Length and Transfer-Encoding.");
  // §4.2.1 item 4
  if (!listIncludes(fields.connection, "upgrade")) {
    return refuse(
      "MISSING_CONNECTION_UPGRADE",
      "Send Connection: Upgrade. A proxy on the way that does not know WebSocket may have removed it.",
    );
  }

  // §4.2.1 item 6, §4.4
  if (fields.version.length > 1) return refuse("DUPLICATE_HEADER", "Send Sec-WebSocket-Version once.", VERSION);
  if (fields.version[0] !== "13") return refuse("UNSUPPORTED_VERSION", "Send Sec-WebSocket-Version: 13, the version of RFC 6455.", VERSION);
  // §4.2.1 item 5
  const key = fields.key[0];
  if (key === undefined) return refuse("MISSING_KEY", "Send Sec-WebSocket-Key: 16 random bytes in base64.");
  if (fields.key.length > 1) return refuse("DUPLICATE_HEADER", "Send Sec-WebSocket-Key once.");
  if (!isEncodedNonce(key, options.lenient?.strayKeyBits))
    return refuse("MALFORMED_KEY", "Sec-WebSocket-Key has to be 16 random bytes in base64: 22 characters and ==.");

  // §4.2.1 item 8
  const subprotocolFields = countedValues(fields.subprotocols, options.lenient);
  const subprotocols = parseTokenList(subprotocolFields);
  if (subprotocols === undefined || (subprotocols.length === 0 && subprotocolFields.length > 0)) {
    return refuse("MALFORMED_SUBPROTOCOLS", "Sec-WebSocket-Protocol has to be a list of tokens, separated by commas.");
  }
  if (subprotocols.length > 1 && new Set(subprotocols).size < subprotocols.length)
    return refuse("DUPLICATE_SUBPROTOCOL", "Name each subprotocol once in Sec-WebSocket-Protocol.");
  // §4.2.1 item 9
  const offers = parseExtensions(countedValues(fields.extensions, options.lenient));
  if (offers instanceof HandshakeFailure) return refuse(offers.code, offers.message);

  // §4.2.1 item 7, §4.2.2 item 4, §10.2
  if (fields.origin.length > 1) return refuse("DUPLICATE_HEADER", "Send the Origin header once.");
  const request: UpgradeRequest = {
    kind: "upgrade",
    key,
    target: resource.target,
    // RFC 9112 §3.2.2: the authority of an absolute target replaces Host.
    host: resource.host ?? fields.host[0]!,
    origin: fields.origin[0],
    subprotocols,
    subprotocol: chooseSubprotocol(subprotocols, options.subprotocols ?? [], options.subprotocolOrder ?? "client"),
    offers,
    headers: headerList(head.headers),
  };
  if (!isOriginAllowed(request.origin, request.host, options.allowedOrigins, request, options.secure))
    return refuse("ORIGIN_NOT_ALLOWED", originAdvice(request));
  return request;
}

const ALLOW: HeadersInput = [["Allow", "GET"]];
// RFC 9110 §15.5.22: "The server MUST send an Upgrade header field in a 426 response"; RFC 6455 §4.4 wants the version.
const VERSION: HeadersInput = [
  ["Upgrade", "websocket"],
  ["Sec-WebSocket-Version", "13"],
];

/** The fields that matter, by what they are for. Found by `switch`, so that no name can mean anything else. */
interface Fields {
  host: readonly string[];
  upgrade: readonly string[];
  connection: readonly string[];
  key: readonly string[];
  version: readonly string[];
  origin: readonly string[];
  subprotocols: readonly string[];
  extensions: readonly string[];
  hasBody: boolean;
}

const NONE: readonly string[] = [];

function collectFields(headers: readonly Header[]): Fields {
  const fields: Fields = {
    host: NONE,
    upgrade: NONE,
    connection: NONE,
    key: NONE,
    version: NONE,
    origin: NONE,
    subprotocols: NONE,
    extensions: NONE,
    hasBody: false,
  };
  for (const [name, value] of headers) {
    switch (name.toLowerCase()) {
      case "host":
        fields.host = added(fields.host, value);
        break;
      case "upgrade":
        fields.upgrade = added(fields.upgrade, value);
        break;
      case "connection":
        fields.connection = added(fields.connection, value);
        break;
      case "sec-websocket-key":
        fields.key = added(fields.key, value);
        break;
      case "sec-websocket-version":
        fields.version = added(fields.version, value);
        break;
      case "origin":
        fields.origin = added(fields.origin, value);
        break;
      case "sec-websocket-protocol":
        fields.subprotocols = added(fields.subprotocols, value);
        break;
      case "sec-websocket-extensions":
        fields.extensions = added(fields.extensions, value);
        break;
      case "content-length":
        // RFC 9110 §8.6: a length of 0 says that there is no body.
        if (value !== "0") fields.hasBody = true;
        break;
      case "transfer-encoding":
        fields.hasBody = true;
        break;
    }
  }
  return fields;
}

/** Nearly every field comes once: a list of one takes a fifth of the memory of one that is pushed to. */
function added(values: readonly string[], value: string): readonly string[] {
  if (values === NONE) return [value];
  (values as string[]).push(value);
  return values;
}

/** §4.2.1 item 1: origin-form, or an absolute http(s) URI. §3: no fragment. */
function parseTarget(target: string): { readonly target: string; readonly host: string | undefined } | undefined {
  if (!consistsOf(target, VISIBLE) || target.includes("#")) return undefined;
  if (target.startsWith("/")) return { target, host: undefined };
  const scheme = /^https?:\/\//i.exec(target);
  if (scheme === null) return undefined;
  const afterScheme = target.slice(scheme[0].length);
  const pathStart = afterScheme.search(/[/?]/);
  const host = pathStart < 0 ? afterScheme : afterScheme.slice(0, pathStart);
  const path = pathStart < 0 ? "" : afterScheme.slice(pathStart);
  if (parseAuthority(host) === undefined) return undefined;
  return { target: path.startsWith("/") ? path : `/${path}`, host };
}

function originAdvice(request: UpgradeRequest): string {
  const origin = printable(JSON.stringify(request.origin));
  return (
    `Pages from ${origin} may not connect to ${JSON.stringify(request.host)}. ` +
    `To allow it, give the server the option allowedOrigins: [${origin}], or allowedOrigins: "any" if pages from everywhere may connect.`
  );
}
