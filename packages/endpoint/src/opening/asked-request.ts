/**
 * A request while the program's `upgrade` decides about it: what the client sent, and a signal that fires when nobody waits for the decision
 * any more.
 */
import type { ExtensionOffer, HeaderList, UpgradeRequest } from "@ws/protocol/handshake";

import type { AbortSignalLike, HostAbortSignal } from "../ports/abort-signal.ts";

/** What `upgrade` is asked about. */
export interface PendingRequest extends UpgradeRequest {
  /**
   * Aborted when the decision is not needed any more: the client has left, `handshakeTimeout` has passed, or the server closes. Its reason
   * is the `HandshakeError`.
   */
  readonly signal: HostAbortSignal;
}

export class AskedRequest implements PendingRequest {
  readonly kind = "upgrade";
  readonly key: string;
  readonly target: string;
  readonly host: string;
  readonly origin: string | undefined;
  readonly subprotocols: readonly string[];
  readonly subprotocol: string;
  readonly offers: readonly ExtensionOffer[];
  readonly headers: HeaderList;
  /** Made when it is asked for: few programs do. */
  #controller: Controller | undefined = undefined;
  /** Set once aborted. */
  #reason: { readonly error: unknown } | undefined = undefined;

  constructor(request: UpgradeRequest) {
    this.key = request.key;
    this.target = request.target;
    this.host = request.host;
    this.origin = request.origin;
    this.subprotocols = request.subprotocols;
    this.subprotocol = request.subprotocol;
    this.offers = request.offers;
    this.headers = request.headers;
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
