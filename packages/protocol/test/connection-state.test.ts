import { Opcode } from "@ws/codec";
import { describe, expect, it } from "vitest";

import type { ConnectionEngine } from "../src/index.ts";
import { TRANSITIONS, type State, type Trigger } from "../src/connection/state.ts";
import { closePayload, eventsOf, masked, outputOf, received, server, toHex } from "./connection-support.ts";

const halves: readonly (readonly State[])[] = [
  ["sending", "closeWaiting", "closeSent", "cutOff"],
  ["receiving", "closeReceived", "ignoring"],
  ["connected", "halfEnded", "gone"],
];

describe("the table of states", () => {
  it("has every state as a row", () => {
    expect(Object.keys(TRANSITIONS)).toEqual(halves.flat());
  });

  it.each(halves.map((half) => [half[0]!, half] as const))(
    "the half that begins with %s only moves forward, within itself",
    (_name, half) => {
      for (const state of half) {
        for (const next of Object.values(TRANSITIONS[state as "sending"])) {
          expect(half.indexOf(next)).toBeGreaterThanOrEqual(half.indexOf(state));
        }
      }
    },
  );

  it("every trigger applied twice is the same as once", () => {
    for (const row of Object.values(TRANSITIONS) as Record<Trigger, State>[]) {
      for (const [trigger, next] of Object.entries(row) as [Trigger, State][]) {
        expect((TRANSITIONS as Record<State, Record<Trigger, State>>)[next][trigger]).toBe(next);
      }
    }
  });
});

/** How to get there, and what the state is then. */
const situations: Record<string, { reach: (engine: ConnectionEngine) => void; state: string }> = {
  open: { reach: () => undefined, state: "open" },
  "Close sent": { reach: (engine) => engine.close(1000), state: "closing" },
  "Close received": { reach: (engine) => received(engine, masked(Opcode.CLOSE, closePayload(1000))), state: "closing" },
  "Close sent and received": {
    reach: (engine) => (engine.close(1000), received(engine, masked(Opcode.CLOSE, closePayload(1000)))),
    state: "closing",
  },
  failed: { reach: (engine) => received(engine, masked(3)), state: "closing" },
  "FIN received": { reach: (engine) => (engine.receiveEnd(), eventsOf(engine)), state: "closed" },
  "closed clean": { reach: (engine) => (received(engine, masked(Opcode.CLOSE)), engine.receiveEnd(), eventsOf(engine)), state: "closed" },
  lost: { reach: (engine) => (engine.transportLost(), eventsOf(engine)), state: "closed" },
  aborted: { reach: (engine) => (engine.abort(), eventsOf(engine)), state: "closed" },
  "timed out": { reach: (engine) => (engine.close(1000), engine.handleTimeout(5000), eventsOf(engine)), state: "closed" },
};

/** What may happen in any of them. */
const happenings: Record<string, (engine: ConnectionEngine) => unknown> = {
  sendText: (engine) => engine.sendText("x"),
  sendBinary: (engine) => engine.sendBinary(new Uint8Array(1)),
  streaming: (engine) => [engine.beginMessage(Opcode.TEXT), engine.sendChunk("x", true)],
  ping: (engine) => engine.ping(),
  pong: (engine) => engine.pong(),
  close: (engine) => engine.close(1001),
  abort: (engine) => engine.abort(),
  fail: (engine) => engine.fail("BUFFER_OVERFLOW"),
  "a text message": (engine) => received(engine, masked(Opcode.TEXT, "x")),
  "a ping": (engine) => received(engine, masked(Opcode.PING, "x")),
  "a pong": (engine) => received(engine, masked(Opcode.PONG, "x")),
  "a Close": (engine) => received(engine, masked(Opcode.CLOSE, closePayload(1002))),
  garbage: (engine) => received(engine, Uint8Array.of(0xff, 0xff)),
  "a FIN": (engine) => engine.receiveEnd(),
  "a loss": (engine) => engine.transportLost(),
  time: (engine) => engine.handleTimeout(10_000),
  "a late result": (engine) => engine.completeWork(1, new Uint8Array(0)),
};

const order = ["open", "closing", "closed"];

describe.each(Object.entries(situations))("%s", (situation, { reach, state }) => {
  it(`is ${state}`, () => {
    const engine = server();
    reach(engine);
    expect(engine.state).toBe(state);
  });

  it.each(Object.entries(happenings))("%s: no throw, no way back, one CLOSED at most", (_name, happen) => {
    const engine = server();
    reach(engine);
    const closedBefore = engine.closed;
    happen(engine);
    eventsOf(engine);
    expect(order.indexOf(engine.state)).toBeGreaterThanOrEqual(order.indexOf(state));
    if (closedBefore !== undefined) expect(engine.closed).toBe(closedBefore);
    // Wherever it is: it can be ended, and then all is released.
    engine.transportLost();
    eventsOf(engine);
    expect(engine.closed).toBeDefined();
    expect([engine.state, engine.nextDeadline, engine.pendingBytes]).toEqual(["closed", Infinity, 0]);
  });

  it(situation === "open" ? "messages are accepted" : "no message is accepted", () => {
    const engine = server();
    reach(engine);
    outputOf(engine);
    const accepted = situation === "open";
    expect(engine.sendText("x")).toBe(accepted ? 0 : 1);
    expect(toHex(outputOf(engine))).toBe(accepted ? "81 01 78" : "");
  });
});
