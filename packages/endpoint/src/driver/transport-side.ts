/** The transport's side of a connection: what the engine wants of it, phase by phase (phase.ts). */
import type { ConnectionEngine } from "@ws/protocol";

import type { Transport } from "../ports/transport.ts";
import { type Phase, type PhaseTrigger, PHASES } from "./phase.ts";
import type { Sending } from "./sending.ts";

export class TransportSide {
  phase: Phase = "connected";
  readonly #engine: ConnectionEngine;
  readonly #transport: Transport;
  readonly #sending: Sending;

  constructor(engine: ConnectionEngine, transport: Transport, sending: Sending) {
    this.#engine = engine;
    this.#transport = transport;
    this.#sending = sending;
  }

  /** False when the trigger does not concern the phase. */
  move(trigger: PhaseTrigger): boolean {
    const next = PHASES[this.phase][trigger];
    if (next === undefined) return false;
    this.phase = next;
    return true;
  }

  /** Writes what was sent, and does what follows from the engine's state. */
  write(): void {
    if (this.phase === "gone" || this.phase === "released") return;
    this.#sending.write();
    if (this.#engine.wantsDestroy) this.#destroy();
    else if (this.#engine.wantsEnd && this.move("end")) this.#transport.end();
  }

  #destroy(): void {
    if (!this.move("destroy")) return;
    this.#sending.cutOff();
    this.#transport.destroy();
  }
}
