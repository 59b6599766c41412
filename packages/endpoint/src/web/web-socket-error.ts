/** `WebSocketError`: a DOMException that says how a WebSocket was, or is to be, closed. */
import { validateCloseCodeAndReason } from "./close-arguments.ts";
import { defineInterface, toDictionary, toDOMString, toEnforcedUnsignedShort, toUSVString } from "./webidl.ts";
import type { WebSocketCloseInfo, WebSocketFailure } from "./types.ts";

/** The dictionary WebSocketCloseInfo. */
export function toCloseInfo(value: unknown): { closeCode: number | undefined; reason: string } {
  const { closeCode, reason } = toDictionary(value, "closeInfo");
  return {
    closeCode: closeCode === undefined ? undefined : toEnforcedUnsignedShort(closeCode, "closeCode"),
    reason: reason === undefined ? "" : toUSVString(reason),
  };
}

/** What the peer said is not bound to what programs may say. */
let receivedFromPeer: { readonly closeCode: number; readonly reason: string } | undefined;

export class WebSocketError extends DOMException {
  /** Beyond the draft: why it was not closed cleanly. Undefined for what programs make, and for an end that the program chose. */
  declare readonly cause?: WebSocketFailure;
  readonly #closeCode: number | null;
  readonly #reason: string;

  /** @throws DOMException "InvalidAccessError" or "SyntaxError" for what may not be sent, as `close` does */
  constructor(message: string = "", init: WebSocketCloseInfo = {}) {
    super(toDOMString(message), "WebSocketError");
    // Some versions of Node make the object with the prototype of DOMException itself.
    // v8 ignore next -- the Node that counts is none of them
    if (Object.getPrototypeOf(this) !== new.target.prototype) Object.setPrototypeOf(this, new.target.prototype as object);
    if (receivedFromPeer !== undefined) {
      this.#closeCode = receivedFromPeer.closeCode;
      this.#reason = receivedFromPeer.reason;
      return;
    }
    const { closeCode, reason } = toCloseInfo(init);
    validateCloseCodeAndReason(closeCode, reason);
    // "If reason is non-empty, but code is null, then set code to 1000."
    this.#closeCode = closeCode ?? (reason === "" ? null : 1000);
    this.#reason = reason;
  }

  get closeCode(): number | null {
    return this.#closeCode;
  }

  get reason(): string {
    return this.#reason;
  }
}
defineInterface(WebSocketError, { name: "WebSocketError" });

/** How the connection ended, with codes that programs may not give. */
export function webSocketErrorOf(message: string, closeCode: number, reason: string, cause: WebSocketFailure | undefined): WebSocketError {
  receivedFromPeer = { closeCode, reason };
  try {
    const error = new WebSocketError(message);
    if (cause !== undefined) Object.defineProperty(error, "cause", { value: cause, writable: true, enumerable: false, configurable: true });
    return error;
  } finally {
    receivedFromPeer = undefined;
  }
}
