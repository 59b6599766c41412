/**
 * The state of a connection (RFC 6455 §7.1): two half-machines and the transport, side by side in one table.
 *
 * What this endpoint sends goes
 *
 *     sending ──> closeWaiting ──> closeSent
 *
 * where `closeWaiting` is a Close that was asked for and waits in order behind a message that is still being transformed.
 * From `closeWaiting` on no message is accepted, from `closeSent` on no frame follows. A side whose Close can no longer
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
 *
 * Everything else is derived from the three (§7.1.1, §7.1.4): the closing handshake is complete when Close was sent and
 * received; the connection is open while it is sending and receiving, closed when the transport is no longer connected,
 * closing in between; the ending was clean if the handshake was complete. After the handshake the server half-closes
 * first; the client waits for that until its patience ends; after failing, and after the peer's FIN, both half-close.
 *
 * Each half only ever moves forward, and a trigger that says nothing to it leaves it where it is: that makes races (both
 * sides close, a deadline and a FIN meet) harmless. What is a race to one half still decides who began the closing,
 * which is why the engine notes the initiator at the first trigger.
 */

export type Sending = "sending" | "closeWaiting" | "closeSent" | "cutOff";
export type Receiving = "receiving" | "closeReceived" | "ignoring";
export type TransportState = "connected" | "halfEnded" | "gone";
export type State = Sending | Receiving | TransportState;

export type Trigger =
  /** `close()` was called, or the peer's Close is to be answered. */
  | "close"
  /** Our Close frame was encoded. */
  | "closeEncoded"
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

/** Row: where a half is. Column: what happens. Entry: where it is then. */
// prettier-ignore
export const TRANSITIONS: Readonly<
  Record<Sending, Record<Trigger, Sending>> & Record<Receiving, Record<Trigger, Receiving>> & Record<TransportState, Record<Trigger, TransportState>>
> = {
  sending:       { close: "closeWaiting",  closeEncoded: "closeSent",     closeArrived: "sending",       fail: "closeSent",     end: "cutOff",        lose: "cutOff",        destroy: "cutOff" },
  closeWaiting:  { close: "closeWaiting",  closeEncoded: "closeSent",     closeArrived: "closeWaiting",  fail: "closeSent",     end: "cutOff",        lose: "cutOff",        destroy: "cutOff" },
  closeSent:     { close: "closeSent",     closeEncoded: "closeSent",     closeArrived: "closeSent",     fail: "closeSent",     end: "closeSent",     lose: "closeSent",     destroy: "closeSent" },
  cutOff:        { close: "cutOff",        closeEncoded: "cutOff",        closeArrived: "cutOff",        fail: "cutOff",        end: "cutOff",        lose: "cutOff",        destroy: "cutOff" },

  receiving:     { close: "receiving",     closeEncoded: "receiving",     closeArrived: "closeReceived", fail: "ignoring",      end: "ignoring",      lose: "receiving",     destroy: "ignoring" },
  closeReceived: { close: "closeReceived", closeEncoded: "closeReceived", closeArrived: "closeReceived", fail: "closeReceived", end: "closeReceived", lose: "closeReceived", destroy: "closeReceived" },
  ignoring:      { close: "ignoring",      closeEncoded: "ignoring",      closeArrived: "ignoring",      fail: "ignoring",      end: "ignoring",      lose: "ignoring",      destroy: "ignoring" },

  connected:     { close: "connected",     closeEncoded: "connected",     closeArrived: "connected",     fail: "connected",     end: "halfEnded",     lose: "gone",          destroy: "gone" },
  halfEnded:     { close: "halfEnded",     closeEncoded: "halfEnded",     closeArrived: "halfEnded",     fail: "halfEnded",     end: "halfEnded",     lose: "gone",          destroy: "gone" },
  gone:          { close: "gone",          closeEncoded: "gone",          closeArrived: "gone",          fail: "gone",          end: "gone",          lose: "gone",          destroy: "gone" },
} as const satisfies Record<State, Record<Trigger, State>>;
