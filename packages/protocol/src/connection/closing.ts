import { CloseCode, EMPTY, encodeClosePayload, firstByte, Opcode, type ProtocolError } from "@ws/codec";

import { ConnectionFailure, type EngineClosed, type ConnectionFailureCode } from "./failure.ts";
import type { IncomingMessages } from "./incoming-messages.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Sending } from "./sending.ts";

const CLOSE_FRAME = /* @__PURE__ */ firstByte(Opcode.CLOSE);

/** How a connection ends (RFC 6455 §7): the closing handshake, failing, and the transport's end; who began it, and why it was not clean. */
export class Closing {
  /** No further bytes will come: the peer's FIN, or the transport is lost. */
  inputEnded = false;
  readonly #lifecycle: Lifecycle;
  readonly #incoming: IncomingMessages;
  readonly #sending: Sending;
  #initiator: EngineClosed["initiator"] | undefined = undefined;
  /** Why the ending is not clean; `undefined` to the end if it is. */
  #cause: ProtocolError | ConnectionFailure | undefined = undefined;
  #lossReason: unknown = undefined;
  #payload: Uint8Array = EMPTY;

  constructor(lifecycle: Lifecycle, incoming: IncomingMessages, sending: Sending) {
    this.#lifecycle = lifecycle;
    this.#incoming = incoming;
    this.#sending = sending;
  }

  /** §7.1.2: this side begins. Without effect when the closing has begun. */
  begin(payload: Uint8Array, now: number): void {
    if (this.#lifecycle.sending !== "sending") return;
    this.#initiator = "local";
    this.#sendClose(payload, now);
  }

  /** The peer's Close has its turn. */
  receive(closeCode: number, closeReason: string, now: number): void {
    this.#initiator ??= "remote";
    this.#incoming.discard();
    this.#lifecycle.move("closeArrived", now);
    // §5.5.1: "the endpoint typically echos the status code it received"; 1005 stands for none and is never sent. A browser shows its
    // page the reason of the Close it receives last, so that is returned as well.
    const code = closeCode === CloseCode.NO_STATUS ? undefined : closeCode;
    if (this.#lifecycle.sending === "sending") this.#sendClose(encodeClosePayload(code, closeReason), now);
  }

  /** §5.5.1: Close is the last frame, so what was accepted before goes first. */
  sendInTurn(now: number): void {
    if (this.#lifecycle.sending !== "closeWaiting" || !this.#sending.isIdle) return;
    this.#writeClose(this.#payload);
    this.#lifecycle.move("closeEncoded", now);
  }

  /** §7.1.7 "Fail the WebSocket Connection". */
  fail(error: ProtocolError | ConnectionFailure, now: number): void {
    this.#initiator ??= "local";
    this.#cause = error;
    // "An endpoint SHOULD send a Close frame with an appropriate status code", except where it would not arrive.
    if (error.closeCode === CloseCode.ABNORMAL) {
      this.#destroy(now);
      return;
    }
    this.#incoming.discard();
    this.#sending.discardWaiting();
    if (this.#lifecycle.maySendControl) this.#writeClose(encodeClosePayload(error.closeCode, error.code));
    this.#lifecycle.move("fail", now);
  }

  /** The transport is gone in both directions. */
  lose(reason: unknown, now: number): void {
    this.inputEnded = true;
    this.#lossReason = reason;
    this.#lifecycle.move("lose", now);
    this.#sending.discard();
  }

  /** This step of the closing has taken too long. */
  expire(now: number): void {
    if (this.inputEnded && this.#lifecycle.receiving === "receiving") this.#end("TRANSPORT_LOST", this.#lossReason, "remote");
    else this.#end("CLOSE_TIMEOUT", undefined, "local");
    this.#destroy(now);
  }

  abort(reason: unknown, now: number): void {
    this.#end("ABORTED", reason, "local");
    this.#destroy(now);
  }

  /** Notes why the ending is not clean, unless that is known. */
  markUnclean(code: ConnectionFailureCode, cause: unknown): void {
    this.#cause ??= new ConnectionFailure(code, cause);
  }

  /** Nothing received is left to show: then the end of it has its turn, unless our Close is still to leave. */
  endInput(now: number): void {
    const lifecycle = this.#lifecycle;
    if (!this.inputEnded || lifecycle.owesClose || (lifecycle.receiving === "receiving" && !this.#incoming.isIdle)) return;
    this.#end("TRANSPORT_LOST", this.#lossReason, "remote");
    lifecycle.move("end", now);
  }

  /** The outcome (§7.1.4–7.1.6), given what the peer's Close said. */
  outcome(code: number, reason: string): EngineClosed {
    const initiator = this.#initiator!;
    const error = this.#cause;
    return error === undefined ? { code, reason, wasClean: true, initiator, error } : { code, reason, wasClean: false, initiator, error };
  }

  #sendClose(payload: Uint8Array, now: number): void {
    this.#payload = payload;
    this.#lifecycle.move("close", now);
    this.sendInTurn(now);
  }

  #writeClose(payload: Uint8Array): void {
    this.#sending.pings.flush();
    this.#sending.output.writeBytes(CLOSE_FRAME, payload, true);
  }

  #end(code: ConnectionFailureCode, cause: unknown, initiator: EngineClosed["initiator"]): void {
    this.#initiator ??= initiator;
    if (!this.#lifecycle.handshakeComplete) this.markUnclean(code, cause);
  }

  #destroy(now: number): void {
    this.#sending.discard();
    this.#lifecycle.move("destroy", now);
  }
}
