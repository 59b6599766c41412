import { Opcode } from "@ws/codec";
import { describe, expect, it } from "vitest";

import type { ConnectionEngine } from "../src/index.ts";
import { client, eventsOf, joined, masked, outputOf, Pair, received, server, toHex, unmasked } from "./connection-support.ts";

describe("our pings", () => {
  it("have rising ids, and are answered by the Pong with the same payload", () => {
    const pair = new Pair();
    expect([pair.client.ping(), pair.client.ping(Uint8Array.of(1)), pair.client.ping()]).toEqual([1, 2, 3]);
    pair.deliver();
    expect(pair.seenByClient).toEqual(["PONG 1", "PONG 2", "PONG 3"]);
    expect(pair.seenByServer).toEqual(["PING 00 00 00 01", "PING 01", "PING 00 00 00 03"]);
  });

  it("§5.5.3 a Pong answers all earlier pings too", () => {
    const engine = server();
    for (let i = 0; i < 3; i++) engine.ping();
    expect(received(engine, masked(Opcode.PONG, Uint8Array.of(0, 0, 0, 2)), masked(Opcode.PONG, Uint8Array.of(0, 0, 0, 1)))).toEqual([
      "PONG 2",
      "PONG 0",
    ]);
    expect(received(engine, masked(Opcode.PONG, Uint8Array.of(0, 0, 0, 3)))).toEqual(["PONG 3"]);
  });

  it("with the same payload are answered one after the other", () => {
    const engine = server();
    engine.ping(new Uint8Array(0));
    engine.ping(new Uint8Array(0));
    expect(received(engine, masked(Opcode.PONG), masked(Opcode.PONG), masked(Opcode.PONG))).toEqual(["PONG 1", "PONG 2", "PONG 0"]);
  });

  it("are answered by just that payload: one that is longer, or begins like it, is unsolicited", () => {
    const engine = server();
    engine.ping(new Uint8Array(0));
    engine.ping(Uint8Array.of(1, 2));
    for (const other of [[1], [1, 2, 3], [2, 1]]) expect(received(engine, masked(Opcode.PONG, Uint8Array.from(other)))).toEqual(["PONG 0"]);
    expect(received(engine, masked(Opcode.PONG, Uint8Array.of(1, 2)))).toEqual(["PONG 2"]);
  });

  it("are bounded: 0 says that one more was not sent", () => {
    const engine = server({ limits: { maxPendingPings: 2 } });
    expect([engine.ping(), engine.ping(), engine.ping()]).toEqual([1, 2, 0]);
    expect(outputOf(engine)).toHaveLength(2 * 6);
    received(engine, masked(Opcode.PONG, Uint8Array.of(0, 0, 0, 2)));
    expect(engine.ping()).toBe(3);
  });

  it("carry their id as four octets, the highest first", () => {
    const engine = server({ limits: { maxPendingPings: 100_000 } });
    for (let id = 1; id < 0x0001_0203; id++) engine.ping();
    engine.takeOutput();
    expect(engine.ping()).toBe(0x0001_0203);
    expect(toHex(outputOf(engine))).toBe("89 04 00 01 02 03");
  });

  it("§5.5 carry at most 125 bytes, copied at once", () => {
    const engine = server();
    expect(() => engine.ping(new Uint8Array(126))).toThrow(RangeError);
    expect(() => engine.pong(new Uint8Array(126))).toThrow(RangeError);
    expect(() => engine.ping("x" as unknown as Uint8Array)).toThrow(TypeError);
    const payload = new Uint8Array(125).fill(1);
    engine.ping(payload);
    payload.fill(2);
    expect(received(engine, masked(Opcode.PONG, new Uint8Array(125).fill(1)))).toEqual(["PONG 1"]);
  });

  it("§5.5.3 an unsolicited Pong is sent and received without effect", () => {
    const pair = new Pair();
    expect([pair.client.pong(), pair.server.pong(Uint8Array.of(7))]).toEqual([0, 0]);
    pair.finish();
    expect([pair.seenByServer, pair.seenByClient]).toEqual([["PONG 0"], ["PONG 0"]]);
  });
});

describe("§5.5.2 the peer's pings", () => {
  it("are answered in order, between the fragments of a message too", () => {
    const engine = server();
    engine.beginMessage(Opcode.TEXT);
    engine.sendChunk("a", false);
    received(engine, masked(Opcode.PING, "1"), masked(Opcode.PING, "2"));
    engine.sendChunk("b", true);
    expect(toHex(outputOf(engine))).toBe("01 01 61 8a 01 31 8a 01 32 80 01 62");
  });

  it("§5.5.3 while output is not taken, past the limit only the latest is answered", () => {
    const engine = server({ limits: { maxPendingPings: 2 } });
    for (const payload of "abcdef") received(engine, masked(Opcode.PING, payload));
    expect(engine.pendingBytes).toBe(6);
    expect(received(client(), outputOf(engine))).toEqual(["PONG 0", "PONG 0", "PONG 0"]);
    for (let i = 0; i < 3; i++) {
      engine.receive(masked(Opcode.PING, "x"));
      engine.poll();
      engine.payload.fill(0);
    }
    expect(toHex(outputOf(engine))).toBe("8a 01 78 8a 01 78 8a 01 78");
    for (const payload of "gh") received(engine, masked(Opcode.PING, payload));
    expect(toHex(outputOf(engine))).toBe("8a 01 67 8a 01 68");
  });

  it("a flood of pings costs a bounded output", () => {
    const engine = server();
    const flood = joined(Array.from({ length: 10_000 }, () => masked(Opcode.PING, new Uint8Array(125))));
    expect(received(engine, flood)).toHaveLength(10_000);
    expect(outputOf(engine)).toHaveLength(65 * 127);
  });

  it("an answer that is held back is dropped with the transport", () => {
    for (const end of [(engine: ConnectionEngine) => engine.abort(), (engine: ConnectionEngine) => engine.transportLost()]) {
      const engine = server({ limits: { maxPendingPings: 0 } });
      received(engine, masked(Opcode.PING, "x"));
      end(engine);
      expect(outputOf(engine)).toHaveLength(0);
    }
  });

  it("the answer that is held back goes before our Close", () => {
    const engine = server({ limits: { maxPendingPings: 0 } });
    received(engine, masked(Opcode.PING, "x"));
    engine.close();
    expect(toHex(outputOf(engine))).toBe("8a 01 78 88 00");
  });
});

describe("keep-alive", () => {
  const keepAlive = { interval: 100, timeout: 40 };

  it("pings a peer that was silent for the interval, and goes on when it answers", () => {
    const pair = new Pair({ server: { keepAlive } });
    expect(pair.server.nextDeadline).toBe(100);
    pair.passTime(100);
    expect(pair.seenByClient).toEqual(["PING 00 00 00 01"]);
    expect(pair.seenByServer).toEqual(["PONG 1"]);
    expect(pair.server.nextDeadline).toBe(200);
    pair.passTime(100);
    expect(pair.seenByServer).toEqual(["PONG 1", "PONG 2"]);
  });

  it("§7.1.7 fails a connection whose peer stays silent: half-open, so no Close frame", () => {
    const engine = server({ keepAlive });
    engine.handleTimeout(100);
    expect(toHex(outputOf(engine))).toBe("89 04 00 00 00 01");
    expect(engine.nextDeadline).toBe(140);
    engine.handleTimeout(139);
    expect(engine.state).toBe("open");
    engine.handleTimeout(140);
    expect(eventsOf(engine)).toEqual(["FAILED KEEP_ALIVE_TIMEOUT", 'CLOSED 1006 "" unclean local KEEP_ALIVE_TIMEOUT']);
    expect([engine.wantsDestroy, engine.pendingBytes, engine.nextDeadline]).toEqual([true, 0, Infinity]);
  });

  it("any byte is a sign of life, and does not move the deadline", () => {
    const engine = server({ keepAlive });
    const message = masked(Opcode.TEXT, "x");
    engine.now = 90;
    received(engine, message.subarray(0, 3));
    expect(engine.nextDeadline).toBe(100);
    engine.handleTimeout(100);
    expect([engine.pendingBytes, engine.nextDeadline]).toEqual([0, 190]);
    engine.handleTimeout(190);
    expect(engine.pendingBytes).toBe(6);
    engine.now = 220;
    received(engine, message.subarray(3));
    expect(engine.nextDeadline).toBe(320);
    engine.handleTimeout(320);
    expect(engine.state).toBe("open");
  });

  it("a transport that drains is a sign of life", () => {
    const engine = server({ keepAlive });
    engine.handleTimeout(100);
    engine.now = 130;
    engine.heardFrom();
    engine.handleTimeout(140);
    expect(engine.state).toBe("open");
    expect(engine.nextDeadline).toBe(230);
  });

  it("silence proves nothing while the driver does not read", () => {
    const engine = server({ keepAlive });
    engine.handleTimeout(100);
    engine.paused = true;
    for (engine.now = 140; engine.now < 1000; engine.now = engine.nextDeadline) engine.handleTimeout(engine.nextDeadline);
    expect(engine.state).toBe("open");
    expect(engine.paused).toBe(true);
    engine.paused = false;
    const resumed = engine.now;
    expect(engine.nextDeadline).toBe(resumed + 40);
    engine.handleTimeout(resumed + 40);
    expect(eventsOf(engine)[0]).toBe("FAILED KEEP_ALIVE_TIMEOUT");
  });

  it("silence proves nothing while received bytes wait to be looked at", () => {
    const engine = server({ keepAlive });
    engine.handleTimeout(100);
    engine.receive(masked(Opcode.TEXT, "1"));
    for (let i = 0; i < 5; i++) engine.handleTimeout(engine.nextDeadline);
    expect(engine.state).toBe("open");
    expect(eventsOf(engine)).toEqual(['TEXT "1"']);
    for (let i = 0; i < 5; i++) engine.handleTimeout(engine.nextDeadline);
    expect(eventsOf(engine)[0]).toBe("FAILED KEEP_ALIVE_TIMEOUT");
  });

  it("false means none; without the option it is 20 s", () => {
    expect(server({ keepAlive: false }).nextDeadline).toBe(Infinity);
    expect(server({ keepAlive: { interval: undefined } }).nextDeadline).toBe(server().nextDeadline);
    expect(server().nextDeadline).toBe(20_000);
    expect(client().nextDeadline).toBe(20_000);
  });

  it("ends with the closing handshake, which has a deadline of its own", () => {
    const engine = client({ keepAlive, closeTimeout: 1000 });
    engine.close(1000);
    expect(engine.nextDeadline).toBe(1000);
    received(engine, unmasked(Opcode.CLOSE));
    outputOf(engine);
    engine.handleTimeout(500);
    expect(engine.pendingBytes).toBe(0);
  });

  it("does without a Ping of its own when the program's pings are unanswered", () => {
    const engine = server({ keepAlive, limits: { maxPendingPings: 1 } });
    engine.ping();
    outputOf(engine);
    engine.handleTimeout(100);
    expect(engine.pendingBytes).toBe(0);
    engine.handleTimeout(140);
    expect(eventsOf(engine)[0]).toBe("FAILED KEEP_ALIVE_TIMEOUT");
  });
});
