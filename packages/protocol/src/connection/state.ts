/**
 * The state of a connection (RFC 6455 §7.1): two half-machines and the transport, side by side.
 *
 * What this endpoint sends goes
 *
 *     sending ──> closeWaiting ──> closeEncoded ──> closeSent
 *
 * where `closeWaiting` is a Close that was asked for and waits in order behind a message that is still being transformed,
 * `closeEncoded` is a Close in the output or the transport's buffers, and `closeSent` one that the transport has taken.
 * From `closeWaiting` on no message is accepted, from `closeEncoded` on no frame follows. A side whose Close can no longer
 * leave is `cutOff`.
 *
 * What it receives goes
 *
 *     receiving ──> closeReceived, or ──> ignoring
 *
 * where `ignoring` is what §7.1.7 demands after failing: an endpoint "MUST NOT continue to attempt to process data". It is
 * also where the transport's end leads, when everything received before it has been delivered.
 *
 * The transport goes
 *
 *     connected ──> halfEnded ──> gone
 *
 * where `halfEnded` is the peer's FIN, so that there is nothing left to receive, and `gone` is its loss or tearing it down.
 * A FIN behind the peer's Close takes its turn when our own Close has left: the closing handshake is not over before.
 *
 * Everything else is derived from the three (§7.1.1, §7.1.4): the closing handshake is complete in `closeSent` and
 * `closeReceived`; the connection is open while it is sending and receiving, closed when the transport is no longer connected,
 * closing in between; the ending was clean if the handshake was complete. After the handshake the server half-closes
 * first; the client waits for that until its patience ends; after failing, and after the peer's FIN, both half-close.
 *
 * Each half only ever moves forward, and a trigger that is not listed changes nothing: that makes races (both sides close, a
 * deadline and a FIN meet) harmless. What is a race to one half still decides who began the closing, which is why the engine
 * notes the initiator at the first trigger.
 *
 * Deadlines. Each move gives the next one `closeTimeout`, after which `destroy` follows. So every state has a deadline, save two:
 * while the connection is open keep-alive watches it; and when the transport is gone, what was received before stays until it is
 * polled, which no peer delays any more (an extension's open work item has `closeTimeout` even then).
 */

export type Sending = "sending" | "closeWaiting" | "closeEncoded" | "closeSent" | "cutOff";
export type Receiving = "receiving" | "closeReceived" | "ignoring";
export type TransportState = "connected" | "halfEnded" | "gone";

export type Trigger =
  /** `close()` was called, or the peer's Close is to be answered. */
  | "close"
  /** Our Close frame is in the output. */
  | "closeEncoded"
  /** The transport has taken our Close frame. */
  | "closeTaken"
  /** The peer's Close frame has its turn. */
  | "closeArrived"
  /** This endpoint fails the connection (§7.1.7), with a Close frame if none was sent. */
  | "fail"
  /** The peer's FIN has its turn, or nothing is left to deliver of a lost transport. */
  | "end"
  /** The transport is lost. What was received before is still to be delivered. */
  | "lose"
  /** This endpoint tears the transport down: abort, a deadline, failing without a Close frame. */
  | "destroy";

/** Row: where a half is. In it: what happens, and where the half is then. */
type Transitions<State extends string> = Readonly<Record<State, { readonly [Name in Trigger]?: State }>>;

export const SENDING: Transitions<Sending> = {
  sending: { close: "closeWaiting", fail: "closeEncoded", end: "cutOff", lose: "cutOff", destroy: "cutOff" },
  closeWaiting: { closeEncoded: "closeEncoded", fail: "closeEncoded", end: "cutOff", lose: "cutOff", destroy: "cutOff" },
  closeEncoded: { closeTaken: "closeSent", lose: "cutOff", destroy: "cutOff" },
  closeSent: {},
  cutOff: {},
};

export const RECEIVING: Transitions<Receiving> = {
  receiving: { closeArrived: "closeReceived", fail: "ignoring", end: "ignoring", destroy: "ignoring" },
  closeReceived: {},
  ignoring: {},
};

export const TRANSPORT: Transitions<TransportState> = {
  connected: { end: "halfEnded", lose: "gone", destroy: "gone" },
  halfEnded: { lose: "gone", destroy: "gone" },
  gone: {},
};
