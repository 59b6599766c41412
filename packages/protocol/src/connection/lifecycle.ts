import { RECEIVING, SENDING, TRANSPORT, type Receiving, type Sending, type TransportState, type Trigger } from "./state.ts";

/** Where a connection is: the three parts of its state (see state.ts), what follows from them, and the deadline of the present step. */
export class Lifecycle {
  sending: Sending = "sending";
  receiving: Receiving = "receiving";
  transport: TransportState = "connected";
  /** When the present step of the closing has taken too long. */
  deadline: number = Infinity;
  readonly #closeTimeout: number;

  constructor(closeTimeout: number) {
    this.#closeTimeout = closeTimeout;
  }

  /** All transitions. Each one that changes something gives the next step its time. */
  move(trigger: Trigger, now: number): void {
    const sending = SENDING[this.sending][trigger] ?? this.sending;
    const receiving = RECEIVING[this.receiving][trigger] ?? this.receiving;
    const transport = TRANSPORT[this.transport][trigger] ?? this.transport;
    if (sending === this.sending && receiving === this.receiving && transport === this.transport) return;
    this.sending = sending;
    this.receiving = receiving;
    this.transport = transport;
    this.extend(now);
  }

  /** The present step gets its time anew. */
  extend(now: number): void {
    this.deadline = now + this.#closeTimeout;
  }

  /** §7.1.3 and §7.1.4. */
  get state(): "open" | "closing" | "closed" {
    if (this.transport !== "connected") return "closed";
    return this.sending === "sending" && this.receiving === "receiving" ? "open" : "closing";
  }

  get isGone(): boolean {
    return this.transport === "gone";
  }

  /** §7.1.4: Close was sent and received. */
  get handshakeComplete(): boolean {
    return this.sending === "closeSent" && this.receiving === "closeReceived";
  }

  /** No frame has to be the last one yet. */
  get maySendControl(): boolean {
    return this.sending === "sending" || this.sending === "closeWaiting";
  }

  /** The peer's Close came and our answer has not left, but still may: its FIN waits for that. */
  get owesClose(): boolean {
    return this.receiving === "closeReceived" && (this.sending === "closeWaiting" || this.sending === "closeEncoded");
  }

  /** Our half is to be ended behind what was written: §7.1.7 after failing; §7.1.1 after the handshake, the server first. */
  wantsEnd(isServer: boolean): boolean {
    if (this.transport !== "connected") return this.transport === "halfEnded";
    return this.receiving === "ignoring" || (isServer && this.receiving === "closeReceived" && !this.maySendControl);
  }
}
