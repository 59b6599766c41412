import { Opcode } from "@ws/codec";
import { describe, expect, it } from "vitest";

import type { ConnectionEngine } from "../src/index.ts";
import { RECEIVING, SENDING, TRANSPORT } from "../src/connection/state.ts";
import { closePayload, eventsOf, masked, outputOf, received, server, toHex } from "./connection-support.ts";

const halves: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>> = { SENDING, RECEIVING, TRANSPORT };

describe.each(Object.entries(halves))("the transitions of %s", (_name, half) => {
  const states = Object.keys(half);

  it("only go forward, in the order in which the states are listed", () => {
    for (const [state, row] of Object.entries(half)) {
      for (const next of Object.values(row)) expect(states.indexOf(next)).toBeGreaterThan(states.indexOf(state));
    }
  });

  it("lead from the first state to every other", () => {
    const reached = new Set([states[0]!]);
    for (const state of states) if (reached.has(state)) for (const next of Object.values(half[state]!)) reached.add(next);
    expect([...reached].sort()).toEqual([...states].sort());
  });

  it("are nothing when their trigger comes a second time", () => {
    for (const row of Object.values(half)) {
      for (const [trigger, next] of Object.entries(row)) expect(half[next]![trigger] ?? next).toBe(next);
    }
  });
});

/** How to get there, and what the state is then. */
const situations: Record<string, { reach: (engine: ConnectionEngine) => void; state: string }> = {
  open: { reach: () => undefined, state: "open" },
  "Close encoded": { reach: (engine) => engine.close(1000), state: "closing" },
  "Close sent": { reach: (engine) => (engine.close(1000), outputOf(engine)), state: "closing" },
  "Close received": { reach: (engine) => received(engine, masked(Opcode.CLOSE, closePayload(1000))), state: "closing" },
  "Close sent and received": {
    reach: (engine) => (engine.close(1000), outputOf(engine), received(engine, masked(Opcode.CLOSE, closePayload(1000)))),
    state: "closing",
  },
  "Close received, FIN behind it": {
    reach: (engine) => (received(engine, masked(Opcode.CLOSE, closePayload(1000))), engine.receiveEnd(), eventsOf(engine)),
    state: "closing",
  },
  failed: { reach: (engine) => received(engine, masked(3)), state: "closing" },
  "FIN received": { reach: (engine) => (engine.receiveEnd(), eventsOf(engine)), state: "closed" },
  "closed clean": {
    reach: (engine) => (received(engine, masked(Opcode.CLOSE)), outputOf(engine), engine.receiveEnd(), eventsOf(engine)),
    state: "closed",
  },
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
  "output taken": (engine) => outputOf(engine),
  unclean: (engine) => engine.markUnclean("MESSAGES_UNSENT"),
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
