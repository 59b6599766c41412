import { DEFAULTS } from "../defaults.ts";
import { acceptKey } from "./accept-key.ts";
import type { Sha1 } from "./accept-key.ts";
import { base64Encode } from "./base64.ts";
import { BodyPrefix } from "../head/body-prefix.ts";
import { consistsOf, isFieldValue, VISIBLE } from "../head/characters.ts";
import { formatExtensions, parseExtensions } from "../extension/extension-list.ts";
import type { ExtensionOffer } from "../extension/extension-list.ts";
import { HandshakeFailure } from "../handshake-failure.ts";
import type { HandshakeFailureCode } from "../handshake-failure.ts";
import { headerValues } from "../head/head.ts";
import type { Header, ResponseHead } from "../head/head.ts";
import { HeadDecoder, HeadEvent } from "../head/head-decoder.ts";
import type { HeadLimits } from "../head/head-decoder.ts";
import { checkedHeaders, encodeHead, isHandshakeField } from "../head/head-encoding.ts";
import type { HeadersInput } from "../head/head-encoding.ts";
import { equalsIgnoringCase, listIncludes } from "../head/lists.ts";
import { parseAuthority } from "./origin.ts";
import { printable } from "../head/printable.ts";
import { refusalReason } from "./refusal-reason.ts";
import { checkSubprotocols } from "./subprotocols.ts";

/**
 * The client's side of the opening handshake (RFC 6455 §4.1): the request to send, and the judgement of what comes
 * back. Connecting, TLS, deadlines and random numbers are the caller's.
 */

export const HandshakeEvent = {
  /** Needs more bytes. */
  NONE: 0,
  /** The connection is open: `subprotocol`, `extensions`, `responseHead` and `rest` are there. */
  ACCEPTED: 1,
  /** `error` says why. */
  FAILED: 2,
} as const;
export type HandshakeEvent = (typeof HandshakeEvent)[keyof typeof HandshakeEvent];

export interface ClientHandshakeOptions {
  /** For `Host` (§4.1 item 4): the host, and the port if it is not the scheme's default. */
  readonly host: string;
  /** The resource name (§3): path and query, `/chat?room=1`. */
  readonly target: string;
  /** §4.1 item 7: 16 random bytes, new for each connection. */
  readonly nonce: Uint8Array;
  /** What the client speaks, in its order of preference. */
  readonly subprotocols?: readonly string[];
  /** The value of `Sec-WebSocket-Extensions`: what to offer. */
  readonly extensions?: string;
  /** §4.1 item 8: clients that run pages send where the page came from. */
  readonly origin?: string;
  /** Further header fields. A `Host` among them is sent instead of `host`: for virtual hosts, and for tests of a server. */
  readonly headers?: HeadersInput;
  readonly limits?: HeadLimits;
  readonly sha1?: Sha1;
}

/** How much of a refusal's body is kept. */
const MAX_BODY_BYTES = 4096;

export class ClientHandshake {
  /** The bytes to send. */
  readonly request: Uint8Array;

  readonly #accept: string;
  readonly #subprotocols: readonly string[];
  readonly #offers: readonly ExtensionOffer[];

  readonly #limits: Required<HeadLimits>;
  #decoder: HeadDecoder<"response">;
  /** Octets of 1xx heads before the response: they share its limit, or they could go on forever. */
  #interimBytes = 0;
  #head: ResponseHead | undefined;
  #body: BodyPrefix | undefined;
  #event: HandshakeEvent = HandshakeEvent.NONE;
  #subprotocol = "";
  #extensions: readonly ExtensionOffer[] = [];
  #error: HandshakeFailure | undefined;

  /** Throws a TypeError on anything that cannot be sent, or that would send more than it says. */
  constructor(options: ClientHandshakeOptions) {
    const key = base64Encode(requireNonce(options.nonce));
    this.#accept = acceptKey(key, options.sha1);
    this.#subprotocols = [...(options.subprotocols ?? [])];
    checkSubprotocols(this.#subprotocols);
    this.#offers = requireExtensions(options.extensions);
    this.#limits = {
      maxHeadBytes: options.limits?.maxHeadBytes ?? DEFAULTS.maxHeadBytes,
      maxHeaders: options.limits?.maxHeaders ?? DEFAULTS.maxHeaders,
    };
    this.#decoder = new HeadDecoder("response", this.#limits);
    this.request = encodeRequest(options, key, this.#subprotocols, this.#offers);
  }

  /** The chunk is read until `poll()` gives NONE. What follows the response's head is `rest`, a view of it. */
  receive(chunk: Uint8Array): void {
    if (this.#event === HandshakeEvent.ACCEPTED) throw new Error("The handshake is complete: these bytes belong to the connection.");
    if (this.#event === HandshakeEvent.FAILED) return;
    if (this.#body === undefined) this.#decoder.receive(chunk);
    else this.#body.receive(chunk);
  }

  /**
   * The peer's end of stream. It may also be called when a deadline has passed, to have a refusal's body as far as it
   * has come.
   */
  receiveEnd(): void {
    if (this.poll() !== HandshakeEvent.NONE) return;
    if (this.#body === undefined) this.#fail("ENDED_EARLY", "The connection ended before the response to the handshake was complete.");
    else this.#failUnexpectedStatus();
  }

  poll(): HandshakeEvent {
    while (this.#event === HandshakeEvent.NONE && this.#body === undefined) {
      const event = this.#decoder.poll();
      if (event === HeadEvent.NONE) return HandshakeEvent.NONE;
      if (event === HeadEvent.HEAD) this.#judge(this.#decoder.head);
      else this.#failWith(this.#decoder.error!);
    }
    if (this.#event === HandshakeEvent.NONE && this.#body!.isComplete) this.#failUnexpectedStatus();
    return this.#event;
  }

  /** From ACCEPTED on: one of those that were offered, or the empty string. */
  get subprotocol(): string {
    return this.#subprotocol;
  }

  /** From ACCEPTED on: what the server accepts of the offers. Their parameters are the extensions' to check. */
  get extensions(): readonly ExtensionOffer[] {
    return this.#extensions;
  }

  /** The final response, as soon as its head is complete; of a refusal, that may be before FAILED. */
  get responseHead(): ResponseHead | undefined {
    return this.#head;
  }

  /** From ACCEPTED on: the bytes behind the response. A view of the last chunk. */
  get rest(): Uint8Array {
    if (this.#event !== HandshakeEvent.ACCEPTED) throw new Error("There is no rest before ACCEPTED.");
    return this.#decoder.rest;
  }

  /** From FAILED on. */
  get error(): HandshakeFailure | undefined {
    return this.#error;
  }

  #judge(head: ResponseHead): void {
    if (head.status === 101) {
      this.#head = head;
      this.#judgeAccepted(head);
    } else if (head.status >= 100 && head.status < 200) {
      this.#skipInterim();
    } else {
      this.#head = head;
      this.#body = new BodyPrefix(head.status, head.headers, MAX_BODY_BYTES);
      this.#body.receive(this.#decoder.rest);
    }
  }

  /** RFC 9110 §15.2: any number of 1xx responses may come before the final one, and a client may ignore them. */
  #skipInterim(): void {
    const { headBytes, rest } = this.#decoder;
    this.#interimBytes += headBytes.length;
    const { maxHeadBytes } = this.#limits;
    if (this.#interimBytes >= maxHeadBytes)
      return this.#fail(
        "HEAD_TOO_LARGE",
        `The heads of 1xx responses are longer than ${maxHeadBytes} octets. Send less, or raise maxHeadBytes.`,
      );
    this.#decoder = new HeadDecoder("response", this.#limits, undefined, this.#interimBytes);
    this.#decoder.receive(rest);
  }

  /** §4.1: "the client MUST validate the server's response as follows". */
  #judgeAccepted(head: ResponseHead): void {
    const values = (name: string): string[] => headerValues(head.headers, name);
    if (!/^1\.[1-9]$/.test(head.version))
      return this.#fail("RESPONSE_HTTP_VERSION", `The server answers in HTTP/${head.version}, where 101 does not exist.`);
    // Item 2
    const upgrade = values("upgrade");
    if (upgrade.length !== 1 || !equalsIgnoringCase(upgrade[0]!, "websocket"))
      return this.#fail("RESPONSE_UPGRADE", "The response has no Upgrade: websocket.");
    // Item 3
    if (!listIncludes(values("connection"), "upgrade"))
      return this.#fail("RESPONSE_CONNECTION", "The response has no Connection: Upgrade.");
    // Item 4
    const accept = values("sec-websocket-accept");
    if (accept.length > 1) return this.#failDuplicate("Sec-WebSocket-Accept");
    if (accept[0] !== this.#accept)
      return this.#fail("RESPONSE_ACCEPT", "Sec-WebSocket-Accept is not the answer to the key that was sent.");
    // Item 5; §11.3.2: once in a response
    const extensionFields = values("sec-websocket-extensions");
    if (extensionFields.length > 1) return this.#failDuplicate("Sec-WebSocket-Extensions");
    const extensions = parseExtensions(extensionFields);
    if (extensions === undefined) return this.#fail("MALFORMED_EXTENSIONS", "Sec-WebSocket-Extensions does not follow RFC 6455 §9.1.");
    const unoffered = extensions.find(({ name }) => !this.#offers.some((offer) => offer.name === name));
    if (unoffered !== undefined)
      return this.#fail("EXTENSION_NOT_OFFERED", `The server uses the extension ${unoffered.name}, which was not offered.`);
    // Item 6; §11.3.4: once in a response
    const subprotocol = values("sec-websocket-protocol");
    if (subprotocol.length > 1) return this.#failDuplicate("Sec-WebSocket-Protocol");
    if (subprotocol[0] !== undefined && !this.#subprotocols.includes(subprotocol[0])) {
      return this.#fail(
        "SUBPROTOCOL_NOT_OFFERED",
        `The server chose the subprotocol ${printable(JSON.stringify(subprotocol[0]))}, which was not offered.`,
      );
    }
    this.#subprotocol = subprotocol[0] ?? "";
    this.#extensions = extensions;
    this.#event = HandshakeEvent.ACCEPTED;
  }

  /** Item 1. Redirects and authentication are reported, never followed: only the caller knows what it may send where. */
  #failUnexpectedStatus(): void {
    const { status, reason, headers } = this.#head!;
    const said = refusalReason(headers, this.#body!.bytes);
    this.#fail(
      "UNEXPECTED_STATUS",
      `The server answered ${status}${reason && ` ${printable(reason)}`} instead of 101${said === "" ? "." : `: ${said}`}`,
    );
  }

  #failDuplicate(name: string): void {
    this.#fail("DUPLICATE_HEADER", `The response has ${name} more than once.`);
  }

  #fail(code: HandshakeFailureCode, message: string): void {
    const head = this.#head;
    const response = head && { status: head.status, headers: head.headers, body: this.#body?.bytes ?? new Uint8Array(0) };
    this.#failWith(new HandshakeFailure(code, message, response));
  }

  #failWith(error: HandshakeFailure): void {
    this.#error = error;
    this.#event = HandshakeEvent.FAILED;
  }
}

function requireNonce(nonce: Uint8Array): Uint8Array {
  if (nonce.length !== 16) throw new TypeError(`The nonce has to be 16 random bytes (RFC 6455 §4.1 item 7), not ${nonce.length}.`);
  return nonce;
}

function requireExtensions(extensions = ""): readonly ExtensionOffer[] {
  const offers = extensions === "" ? [] : parseExtensions(extensions);
  if (offers === undefined) throw new TypeError(`Not a list of extensions (RFC 6455 §9.1): ${JSON.stringify(extensions)}`);
  return offers;
}

/** §4.1, "the requirements for this handshake", in their order. */
function encodeRequest(
  options: ClientHandshakeOptions,
  key: string,
  subprotocols: readonly string[],
  offers: readonly ExtensionOffer[],
): Uint8Array {
  const { target, origin } = options;
  const isReserved = (name: string): boolean => isHandshakeField(name) || (name === "origin" && origin !== undefined);
  const further = checkedHeaders(options.headers, isReserved);
  // RFC 9112 §3.2: once, and first.
  const [host = options.host, second] = headerValues(further, "host");
  if (second !== undefined) throw new TypeError("The headers have Host more than once.");
  if (parseAuthority(host) === undefined) throw new TypeError(`Not a host with an optional port: ${JSON.stringify(host)}`);
  // §3: "Fragment identifiers are meaningless in the context of WebSocket URIs and MUST NOT be used".
  if (!target.startsWith("/") || target.includes("#") || !consistsOf(target, VISIBLE)) {
    throw new TypeError(`Not a resource name (RFC 6455 §3: a path and a query, percent-encoded, no fragment): ${JSON.stringify(target)}`);
  }
  const headers: Header[] = [
    ["Host", host],
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
    ["Sec-WebSocket-Key", key],
  ];
  if (origin !== undefined) {
    if (!isFieldValue(origin)) throw new TypeError(`Not an origin: ${JSON.stringify(origin)}`);
    headers.push(["Origin", origin]);
  }
  headers.push(["Sec-WebSocket-Version", "13"]);
  if (subprotocols.length > 0) headers.push(["Sec-WebSocket-Protocol", subprotocols.join(", ")]);
  if (offers.length > 0) headers.push(["Sec-WebSocket-Extensions", formatExtensions(offers)]);
  headers.push(...further.filter(([name]) => name.toLowerCase() !== "host"));
  return encodeHead(`GET ${target} HTTP/1.1`, headers);
}
