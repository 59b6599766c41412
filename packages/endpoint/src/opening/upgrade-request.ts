/**
 * A request as programs see it (RFC 6455 §4.2.1): when `upgrade` decides about it, and later as `connection.request`. Where it came from belongs to
 * it, and a signal that fires when nobody waits for the decision any more.
 */
import type { HeaderList, UpgradeRequest as ValidRequest } from "@ws/protocol/handshake";

import type { AbortSignalLike, HostAbortSignal } from "../ports/abort-signal.ts";
import type { Transport } from "../ports/transport.ts";

/** A valid request to open a WebSocket. */
export interface UpgradeRequest {
  /**
   * The whole address: `ws:` or `wss:` (as the connection itself is), the host as in `Host`, and the target. `new URL(request.url).searchParams`.
   * `URL` throws for a Host that no URL can have, such as `1.2.3.4.5`. Where the runtime has `URL.canParse`, only `onRefused` sees one (`MALFORMED_HOST`).
   */
  readonly url: string;
  /** The resource name (§3): path and query, `/chat?room=1`. */
  readonly target: string;
  /** The host, and the port if it was sent: `Host`, or that of a target in absolute form. */
  readonly host: string;
  /** `undefined`: not from a web page. */
  readonly origin: string | undefined;
  readonly headers: HeaderList;
  /** What the client offers, in its order of preference. */
  readonly subprotocols: readonly string[];
  /** What the option `subprotocols` chooses among them. Empty: none. */
  readonly subprotocol: string;
  /** The peer's address, as the runtime writes it: a proxy's, if one is in front. */
  readonly remoteAddress: string | undefined;
  /** The connection itself is TLS. */
  readonly secure: boolean;
  readonly httpVersion: "1.1" | "2";
  /**
   * Aborted when the decision is not needed any more: the client has left, `handshakeTimeout` has passed, or the server closes. Its reason
   * is the `HandshakeError`.
   */
  readonly signal: HostAbortSignal;
}

/** What a request has of the connection that it came on. */
export type Carried = Pick<Transport, "remoteAddress" | "secure">;

/** What a client wants to reach. */
export function requestUrl({ host, target }: Pick<ValidRequest, "host" | "target">, secure: boolean): string {
  return `${secure ? "wss" : "ws"}://${host}${target}`;
}

/**
 * Whether the runtime takes it for a URL, where it has a class for them. A host may be well-formed (RFC 3986 §3.2.2) and no host of the URL standard,
 * such as `1.2.3.4.5`: what a stranger sends must not make `new URL(request.url)` throw in a program.
 */
export function isParsable(url: string): boolean {
  const { URL } = globalThis as { URL?: { canParse?(url: string): boolean } };
  return URL?.canParse?.(url) ?? true;
}

export class AskedRequest implements UpgradeRequest {
  readonly target: string;
  readonly host: string;
  readonly origin: string | undefined;
  readonly headers: HeaderList;
  readonly subprotocols: readonly string[];
  readonly subprotocol: string;
  readonly remoteAddress: string | undefined;
  readonly secure: boolean;
  readonly httpVersion = "1.1";
  /** Made when it is asked for: few programs do. */
  #controller: Controller | undefined = undefined;
  /** Set once aborted. */
  #reason: { readonly error: unknown } | undefined = undefined;

  constructor(request: ValidRequest, { remoteAddress, secure }: Carried) {
    this.target = request.target;
    this.host = request.host;
    this.origin = request.origin;
    this.headers = request.headers;
    this.subprotocols = request.subprotocols;
    this.subprotocol = request.subprotocol;
    this.remoteAddress = remoteAddress;
    this.secure = secure === true;
  }

  get url(): string {
    return requestUrl(this, this.secure);
  }

  get signal(): HostAbortSignal {
    if (this.#controller === undefined) {
      const host = (globalThis as { AbortController?: new () => Controller }).AbortController;
      this.#controller = host === undefined ? new OwnController() : new host();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason.error);
    }
    return this.#controller.signal as HostAbortSignal;
  }

  abort(error: unknown): void {
    if (this.#reason !== undefined) return;
    this.#reason = { error };
    this.#controller?.abort(error);
  }
}

interface Controller {
  readonly signal: AbortSignalLike;
  abort(reason: unknown): void;
}

/** For hosts without `AbortController`, such as bare JavaScript engines. */
export class OwnController implements Controller {
  readonly #listeners = new Set<() => void>();
  readonly signal: { -readonly [Key in keyof AbortSignalLike]: AbortSignalLike[Key] } = {
    aborted: false,
    reason: undefined,
    addEventListener: (_type, listener) => void this.#listeners.add(listener),
    removeEventListener: (_type, listener) => void this.#listeners.delete(listener),
  };

  abort(reason: unknown): void {
    if (this.signal.aborted) return;
    this.signal.aborted = true;
    this.signal.reason = reason;
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) {
      try {
        listener();
      } catch {
        // As with the host's own: a listener's error is not the aborter's.
      }
    }
  }
}
