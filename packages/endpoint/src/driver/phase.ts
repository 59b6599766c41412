/**
 * The transport's side of a connection, as one table. The engine has the protocol's side (state.ts of @ws/protocol).
 *
 *     connected ──> ended ──> destroyed ──> gone ──> released
 *
 * | phase     | what has happened                       | what ends it                                                    |
 * |-----------|-----------------------------------------|-----------------------------------------------------------------|
 * | connected |                                         | the engine: keep-alive, closing handshake; `stallTimeout`; idle |
 * | ended     | our FIN is sent, or queued behind bytes | the peer's FIN; the engine's `closeTimeout`                     |
 * | destroyed | the transport was torn down             | the transport, which always reports `closed`                    |
 * | gone      | the transport has reported `closed`     | the engine, when everything received has been delivered         |
 * | released  | the connection is over                  | nothing                                                         |
 *
 * A trigger that does not concern a phase changes nothing.
 */
export type Phase = "connected" | "ended" | "destroyed" | "gone" | "released";

export type PhaseTrigger =
  /** The engine wants our direction ended. */
  | "end"
  /** The engine wants the transport torn down. */
  | "destroy"
  /** The transport has reported its end. */
  | "lost"
  /** The outcome is known, and the transport gone. */
  | "release";

/** Row: the phase. Entries: the triggers that change it. */
export const PHASES: Readonly<Record<Phase, Readonly<Partial<Record<PhaseTrigger, Phase>>>>> = {
  connected: { end: "ended", destroy: "destroyed", lost: "gone" },
  ended: { destroy: "destroyed", lost: "gone" },
  destroyed: { lost: "gone" },
  gone: { release: "released" },
  released: {},
};
