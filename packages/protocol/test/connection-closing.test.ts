import { Opcode } from "@ws/codec";
import { describe, expect, it } from "vitest";

import type { ConnectionEngine, EngineOptions } from "../src/index.ts";
import {
  client,
  closePayload,
  eventsOf,
  expectFail,
  joined,
  masked,
  outputOf,
  Pair,
  received,
  server,
  toHex,
  unmasked,
} from "./connection-support.ts";

describe("the closing handshake", () => {
  it.each(["client", "server"] as const)("§7.1.2 begun by the %s: both end clean, with its code and reason", (beginner) => {
    const pair = new Pair();
    pair[beginner].close(4000, "enough");
    pair.finish();
    const [asBeginner, asOther] = beginner === "client" ? [pair.seenByClient, pair.seenByServer] : [pair.seenByServer, pair.seenByClient];
    expect(asBeginner).toEqual(['CLOSING 4000 "enough"', 'CLOSED 4000 "enough" clean local']);
    expect(asOther).toEqual(['CLOSING 4000 "enough"', 'CLOSED 4000 "enough" clean remote']);
  });

  it("§5.5.1 both at once: neither answers the other's Close a second time", () => {
    const pair = new Pair();
    pair.client.close(1000);
    pair.server.close(1001, "restart");
    pair.finish();
    expect(pair.seenByClient).toEqual(['CLOSING 1001 "restart"', 'CLOSED 1001 "restart" clean local']);
    expect(pair.seenByServer).toEqual(['CLOSING 1000 ""', 'CLOSED 1000 "" clean local']);
  });

  it("§7.1.1 the server half-closes first, the client when the server has", () => {
    const pair = new Pair();
    pair.client.close(1000);
    pair.deliver();
    expect([pair.server.wantsEnd, pair.client.wantsEnd]).toEqual([true, false]);
    expect([pair.server.state, pair.client.state]).toEqual(["closing", "closing"]);
    pair.client.receiveEnd();
    expect(eventsOf(pair.client)).toEqual(['CLOSED 1000 "" clean local']);
    expect(pair.client.wantsEnd).toBe(true);
    pair.server.receiveEnd();
    expect(eventsOf(pair.server)).toEqual(['CLOSED 1000 "" clean remote']);
    expect([pair.server.wantsDestroy, pair.client.wantsDestroy]).toEqual([false, false]);
  });

  it("the server's Close is written before it half-closes", () => {
    const engine = server();
    received(engine, masked(Opcode.CLOSE));
    expect(engine.wantsEnd).toBe(false);
    outputOf(engine);
    expect(engine.wantsEnd).toBe(true);
  });

  it("§7.1.1 a client whose server does not end the transport waits no longer than closeTimeout, and ends clean", () => {
    const engine = client({ closeTimeout: 100 });
    engine.close(1000);
    outputOf(engine);
    engine.now = 60;
    expect(received(engine, unmasked(Opcode.CLOSE, closePayload(1000)))).toEqual(['CLOSING 1000 ""']);
    expect(engine.nextDeadline).toBe(160);
    engine.handleTimeout(159);
    expect(engine.wantsDestroy).toBe(false);
    engine.handleTimeout(160);
    expect(eventsOf(engine)).toEqual(['CLOSED 1000 "" clean local']);
    expect(engine.wantsDestroy).toBe(true);
    expect(engine.nextDeadline).toBe(Infinity);
  });

  it("a peer that never answers Close costs closeTimeout: 1006, unclean", () => {
    const engine = server({ closeTimeout: 100 });
    engine.now = 1000;
    engine.close(1000);
    expect(engine.nextDeadline).toBe(1100);
    engine.handleTimeout(1100);
    expect(eventsOf(engine)).toEqual(['CLOSED 1006 "" unclean local CLOSE_TIMEOUT']);
    expect(engine.wantsDestroy).toBe(true);
    expect(outputOf(engine)).toHaveLength(0);
  });

  it("a peer that answers Close with data for ever costs no more", () => {
    const engine = server({ closeTimeout: 100 });
    engine.close(1000);
    for (engine.now = 10; engine.now < 100; engine.now += 10)
      expect(received(engine, masked(Opcode.TEXT, "more"))).toEqual(['TEXT "more"']);
    engine.handleTimeout(100);
    expect(eventsOf(engine)).toEqual(['CLOSED 1006 "" unclean local CLOSE_TIMEOUT']);
  });

  it("after our Close, messages under way are delivered and nothing is sent, not even Pongs", () => {
    const engine = server();
    engine.sendText("last");
    engine.close(1000);
    expect(toHex(outputOf(engine))).toBe("81 04 6c 61 73 74 88 02 03 e8");
    expect(received(engine, masked(Opcode.TEXT, "crossed"), masked(Opcode.PING, "x"))).toEqual(['TEXT "crossed"', "PING 78"]);
    expect([
      engine.sendText("x"),
      engine.sendBinary(new Uint8Array(1)),
      engine.beginMessage(Opcode.TEXT),
      engine.pong(),
      engine.ping(),
    ]).toEqual([1, 1, 1, 1, 0]);
    expect(engine.pendingBytes).toBe(0);
  });

  it("what follows the peer's Close in the same chunk holds nothing up: the FIN behind it is still awaited", () => {
    const engine = server();
    engine.receive(joined([masked(Opcode.CLOSE, closePayload(1000)), masked(Opcode.TEXT, "ignored")]));
    engine.receive(masked(Opcode.TEXT, "ignored too"));
    expect(eventsOf(engine)).toEqual(['CLOSING 1000 ""']);
    expect(engine.wantsInput).toBe(true);
    outputOf(engine);
    engine.receiveEnd();
    expect(eventsOf(engine)).toEqual(['CLOSED 1000 "" clean remote']);
  });

  it("a second close is without effect, and so is one after the peer's", () => {
    const engine = server();
    engine.close(1000);
    engine.close(1001);
    expect(toHex(outputOf(engine))).toBe("88 02 03 e8");
    received(engine, masked(Opcode.CLOSE, closePayload(1002)));
    engine.close(1003);
    expect(engine.pendingBytes).toBe(0);
  });

  it("§7.4 codes and reasons that must not be sent throw before anything changes", () => {
    const engine = server();
    for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 1000.5]) expect(() => engine.close(code)).toThrow(RangeError);
    expect(() => engine.close(1000, "x".repeat(124))).toThrow(RangeError);
    expect(() => engine.close(undefined, "why")).toThrow(TypeError);
    expect(engine.state).toBe("open");
    engine.close(1000, "é".repeat(61));
    expect(outputOf(engine)).toHaveLength(2 + 2 + 122);
  });

  it("§5.5.1 the answer carries the code and the reason of the peer's Close", () => {
    const engine = server();
    received(engine, masked(Opcode.CLOSE, closePayload(4001, "größer")));
    expect(received(client(), outputOf(engine))).toEqual(['CLOSING 4001 "größer"']);
    const longest = "x".repeat(123);
    const other = client();
    received(other, unmasked(Opcode.CLOSE, closePayload(1000, longest)));
    expect(received(server(), outputOf(other))).toEqual([`CLOSING 1000 "${longest}"`]);
  });

  it("a Close without code is sent without payload", () => {
    const engine = server();
    engine.close();
    expect(toHex(outputOf(engine))).toBe("88 00");
  });
});

describe("the transport's end", () => {
  it("§7.1.5 a FIN without Close: 1006, unclean, and our half ends too", () => {
    const engine = server();
    engine.receiveEnd();
    expect(engine.state).toBe("open");
    expect(eventsOf(engine)).toEqual(['CLOSED 1006 "" unclean remote TRANSPORT_LOST']);
    expect(engine.state).toBe("closed");
    expect([engine.wantsEnd, engine.wantsDestroy]).toEqual([true, false]);
    expect(engine.sendText("x")).toBe(1);
  });

  it("there are no bytes behind a FIN", () => {
    const engine = server();
    engine.receiveEnd();
    expect(received(engine, masked(Opcode.TEXT, "x"))).toEqual(['CLOSED 1006 "" unclean remote TRANSPORT_LOST']);
  });

  it("a peer that neither reads nor ends after its FIN does not hold the transport for ever", () => {
    const engine = server({ closeTimeout: 100 });
    engine.sendText("unread");
    engine.receiveEnd();
    eventsOf(engine);
    expect(engine.nextDeadline).toBe(100);
    engine.handleTimeout(100);
    expect(eventsOf(engine)).toEqual([]);
    expect(engine.wantsDestroy).toBe(true);
    expect(engine.nextDeadline).toBe(Infinity);
  });

  it("a lost transport: what was received before is delivered, what was not sent is dropped", () => {
    const engine = server();
    engine.sendText("never");
    engine.receive(masked(Opcode.TEXT, "before"));
    const reason = new Error("ECONNRESET");
    engine.transportLost(reason);
    expect(engine.state).toBe("closed");
    expect(engine.sendText("x")).toBe(1);
    expect(eventsOf(engine)).toEqual(['TEXT "before"', 'CLOSED 1006 "" unclean remote TRANSPORT_LOST']);
    expect(engine.closed!.error!.cause).toBe(reason);
    expect([engine.pendingBytes, engine.wantsEnd, engine.wantsDestroy]).toEqual([0, false, true]);
  });

  it("after the loss, what was received waits for its reader without a deadline, however long that takes", () => {
    const engine = server({ closeTimeout: 100, keepAlive: { interval: 50, timeout: 50 } });
    engine.receive(masked(Opcode.TEXT, "one"));
    engine.receive(masked(Opcode.TEXT, "two"));
    engine.transportLost();
    expect(engine.nextDeadline).toBe(Infinity);
    engine.handleTimeout(1e9);
    expect(eventsOf(engine)).toEqual(['TEXT "one"', 'TEXT "two"', 'CLOSED 1006 "" unclean remote TRANSPORT_LOST']);
    expect(engine.nextDeadline).toBe(Infinity);
  });

  it("a loss in the middle of closing keeps what was received as well", () => {
    const engine = server({ closeTimeout: 100 });
    engine.close(1000);
    engine.receive(masked(Opcode.TEXT, "crossed"));
    engine.receive(masked(Opcode.CLOSE, closePayload(1000)));
    engine.transportLost();
    engine.handleTimeout(1e9);
    expect(eventsOf(engine)).toEqual(['TEXT "crossed"', 'CLOSING 1000 ""', 'CLOSED 1000 "" unclean local TRANSPORT_LOST']);
  });

  it("a Close that was received before the transport was lost gives its code, but no clean end", () => {
    const engine = server();
    engine.receive(masked(Opcode.CLOSE, closePayload(1001, "leaving")));
    engine.transportLost();
    expect(eventsOf(engine)).toEqual(['CLOSING 1001 "leaving"', 'CLOSED 1001 "leaving" unclean remote TRANSPORT_LOST']);
  });

  it("a broken rule that was received before the transport was lost is what failed the connection", () => {
    const engine = server();
    engine.receive(masked(Opcode.TEXT, Uint8Array.of(0xff)));
    engine.transportLost();
    expect(eventsOf(engine)).toEqual(["FAILED INVALID_UTF8", 'CLOSED 1006 "" unclean local INVALID_UTF8']);
  });

  it("a loss after the closing handshake is a clean end", () => {
    const pair = new Pair();
    pair.client.close(1000);
    pair.deliver();
    pair.server.transportLost();
    expect(eventsOf(pair.server)).toEqual(['CLOSED 1000 "" clean remote']);
  });

  it("Close and FIN in one read end clean for the client, whose Close still goes out", () => {
    const engine = client();
    engine.receive(unmasked(Opcode.CLOSE, closePayload(1000)));
    engine.receiveEnd();
    expect(eventsOf(engine)).toEqual(['CLOSING 1000 ""']);
    expect(engine.wantsEnd).toBe(false);
    expect(outputOf(engine)).toHaveLength(8);
    expect(eventsOf(engine)).toEqual(['CLOSED 1000 "" clean remote']);
    expect(engine.wantsEnd).toBe(true);
  });

  it("abort ends at once, drops everything and keeps its reason", () => {
    const engine = server();
    engine.sendText("never");
    engine.receive(masked(Opcode.TEXT, "unseen"));
    engine.abort("enough");
    expect([engine.wantsDestroy, engine.pendingBytes, engine.state]).toEqual([true, 0, "closed"]);
    expect(eventsOf(engine)).toEqual(['CLOSED 1006 "" unclean local ABORTED']);
    expect(engine.closed!.error!.cause).toBe("enough");
    expect(received(engine, masked(Opcode.TEXT, "late"))).toEqual([]);
  });

  it("CLOSED comes once", () => {
    const engine = server();
    engine.abort();
    expect(eventsOf(engine)).toHaveLength(1);
    const { closed } = engine;
    engine.abort();
    engine.receiveEnd();
    engine.transportLost();
    engine.close(1000);
    engine.fail("BUFFER_OVERFLOW");
    engine.handleTimeout(1e9);
    expect(eventsOf(engine)).toEqual([]);
    expect(engine.closed).toBe(closed);
  });
});

describe("failing the connection", () => {
  it("§7.1.7 sends Close with the code, ignores what follows, and ends with 1006", () => {
    const engine = server();
    expect(received(engine, masked(Opcode.TEXT, "ok"), masked(3))).toEqual(['TEXT "ok"', "FAILED RESERVED_OPCODE"]);
    expectFail(engine, 1002);
  });

  it("what was accepted before leaves before the Close", () => {
    const engine = server();
    engine.sendText("before");
    received(engine, masked(3));
    expect(received(client(), outputOf(engine))).toEqual(['TEXT "before"', 'CLOSING 1002 "RESERVED_OPCODE"']);
  });

  it("happens once", () => {
    const engine = server();
    received(engine, masked(3));
    engine.fail("BUFFER_OVERFLOW");
    engine.handleTimeout(1);
    expect(eventsOf(engine)).toEqual([]);
    expectFail(engine, 1002);
  });

  it("after our Close there is no second one", () => {
    const engine = server();
    engine.close(1000);
    outputOf(engine);
    expect(received(engine, masked(3))).toEqual(["FAILED RESERVED_OPCODE"]);
    expect(engine.pendingBytes).toBe(0);
    expect(engine.wantsEnd).toBe(true);
  });

  it("a peer that goes on after we failed costs closeTimeout at most", () => {
    const engine = server({ closeTimeout: 100 });
    received(engine, masked(3));
    outputOf(engine);
    for (engine.now = 10; engine.now < 100; engine.now += 10) received(engine, masked(Opcode.TEXT, "x"));
    engine.handleTimeout(100);
    expect(eventsOf(engine)).toEqual(['CLOSED 1006 "" unclean local RESERVED_OPCODE']);
    expect(engine.wantsDestroy).toBe(true);
  });

  it("the peer of a failing engine sees an ordinary Close, and its own end is clean", () => {
    const pair = new Pair({ server: { limits: { maxMessageBytes: 3 } } });
    pair.client.sendText("four");
    pair.finish();
    expect(pair.seenByServer).toEqual(["FAILED MESSAGE_TOO_BIG", 'CLOSED 1006 "" unclean local MESSAGE_TOO_BIG']);
    expect(pair.seenByClient).toEqual(['CLOSING 1009 "MESSAGE_TOO_BIG"', 'CLOSED 1009 "MESSAGE_TOO_BIG" clean remote']);
  });

  it("maxBufferedBytes: what would come on top of it fails the connection, and says so", () => {
    const engine = server({ limits: { maxBufferedBytes: 100 } });
    expect(engine.sendBinary(new Uint8Array(98))).toBe(0);
    expect(engine.sendText("x")).toBe(1);
    expect(eventsOf(engine)).toEqual(["FAILED BUFFER_OVERFLOW", 'CLOSED 1006 "" unclean local BUFFER_OVERFLOW']);
    expect(engine.wantsDestroy).toBe(true);
  });

  it("maxBufferedBytes counts unsolicited Pongs too", () => {
    const engine = server({ limits: { maxBufferedBytes: 1000 } });
    let accepted = 0;
    while (engine.pong(new Uint8Array(98)) === 0) accepted++;
    expect(accepted).toBe(10);
    expect(eventsOf(engine)[0]).toBe("FAILED BUFFER_OVERFLOW");
  });

  it("a message larger than maxBufferedBytes is accepted when nothing waits", () => {
    const engine = server({ limits: { maxBufferedBytes: 100 } });
    expect(engine.sendBinary(new Uint8Array(1000))).toBe(0);
    outputOf(engine);
    expect(engine.sendBinary(new Uint8Array(1000))).toBe(0);
  });
});

/** Bytes leave the engine for the transport, which has not taken them yet. */
function written(engine: ConnectionEngine): Uint8Array {
  return joined(engine.takeOutput());
}

describe("sent means taken by the transport", () => {
  /** The peer's Close was received and answered; the answer has not been taken. */
  function answering(role: "client" | "server", options: Partial<EngineOptions> = {}): ConnectionEngine {
    const engine = role === "client" ? client(options) : server(options);
    const payload = closePayload(1001, "leaving");
    expect(received(engine, role === "client" ? unmasked(Opcode.CLOSE, payload) : masked(Opcode.CLOSE, payload))).toEqual([
      'CLOSING 1001 "leaving"',
    ]);
    return engine;
  }

  it.each(["client", "server"] as const)("§7.1.4 a %s whose Close was not taken before the loss has not ended clean", (role) => {
    for (const takeOutput of [false, true]) {
      const engine = answering(role);
      if (takeOutput) written(engine);
      const reason = new Error("ECONNRESET");
      engine.transportLost(reason);
      expect(eventsOf(engine)).toEqual(['CLOSED 1001 "leaving" unclean remote TRANSPORT_LOST']);
      expect(engine.closed!.error!.cause).toBe(reason);
    }
  });

  it.each(["client", "server"] as const)("§7.1.4 a %s whose Close was taken before the loss has ended clean", (role) => {
    const engine = answering(role);
    written(engine);
    expect(engine.outputTaken()).toBe(true);
    engine.transportLost(new Error("ECONNRESET"));
    expect(eventsOf(engine)).toEqual(['CLOSED 1001 "leaving" clean remote']);
  });

  it("what the engine still holds is not taken, whatever the transport says", () => {
    const engine = answering("server");
    expect(engine.outputTaken()).toBe(false);
    engine.transportLost();
    expect(eventsOf(engine)).toEqual(['CLOSED 1001 "leaving" unclean remote TRANSPORT_LOST']);
  });

  it("taking what was sent before any Close changes nothing", () => {
    const engine = server();
    engine.sendText("x");
    written(engine);
    expect(engine.outputTaken()).toBe(false);
    expect([engine.state, engine.nextDeadline]).toEqual(["open", 20_000]);
  });

  it("a transport that takes nothing costs closeTimeout, and the end is not clean", () => {
    const engine = answering("server", { closeTimeout: 100 });
    written(engine);
    expect([engine.nextDeadline, engine.wantsEnd]).toEqual([100, true]);
    engine.handleTimeout(100);
    expect(eventsOf(engine)).toEqual(['CLOSED 1001 "leaving" unclean remote CLOSE_TIMEOUT']);
    expect(engine.wantsDestroy).toBe(true);
  });

  it("tearing down before the Close was taken is not clean", () => {
    const engine = answering("server");
    written(engine);
    engine.abort("enough");
    expect(eventsOf(engine)).toEqual(['CLOSED 1001 "leaving" unclean remote ABORTED']);
  });

  it("§7.1.1 the peer's FIN waits for our Close to be taken", () => {
    const engine = answering("client");
    engine.receiveEnd();
    expect(eventsOf(engine)).toEqual([]);
    expect([engine.state, engine.wantsEnd]).toEqual(["closing", false]);
    written(engine);
    expect(eventsOf(engine)).toEqual([]);
    expect(engine.outputTaken()).toBe(true);
    expect(eventsOf(engine)).toEqual(['CLOSED 1001 "leaving" clean remote']);
    expect(engine.wantsEnd).toBe(true);
  });

  it("…or for the loss", () => {
    const engine = answering("client");
    engine.receiveEnd();
    written(engine);
    engine.transportLost();
    expect(eventsOf(engine)).toEqual(['CLOSED 1001 "leaving" unclean remote TRANSPORT_LOST']);
  });

  it("…or for the deadline", () => {
    const engine = answering("client", { closeTimeout: 100 });
    engine.receiveEnd();
    written(engine);
    expect(eventsOf(engine)).toEqual([]);
    engine.handleTimeout(100);
    expect(eventsOf(engine)).toEqual(['CLOSED 1001 "leaving" unclean remote CLOSE_TIMEOUT']);
    expect(engine.wantsDestroy).toBe(true);
  });

  it("a FIN without a Close is the end, taken or not", () => {
    const engine = server();
    engine.close(1000);
    written(engine);
    engine.receiveEnd();
    expect(eventsOf(engine)).toEqual(['CLOSED 1006 "" unclean local TRANSPORT_LOST']);
    expect(engine.wantsEnd).toBe(true);
  });

  it("§7.1.7 after failing, the FIN does not wait: that end is not clean anyway", () => {
    const engine = server();
    received(engine, masked(3));
    written(engine);
    engine.receiveEnd();
    expect(eventsOf(engine)).toEqual(['CLOSED 1006 "" unclean local RESERVED_OPCODE']);
  });

  it("the peer has closeTimeout from the moment our Close left", () => {
    const engine = server({ closeTimeout: 100 });
    engine.close(1000);
    written(engine);
    engine.now = 90;
    engine.outputTaken();
    expect(engine.nextDeadline).toBe(190);
  });
});

describe("an ending that keeps its course and is not clean", () => {
  it("says why: MESSAGES_UNSENT", () => {
    const engine = server();
    received(engine, masked(Opcode.CLOSE, closePayload(1000)));
    engine.markUnclean("MESSAGES_UNSENT", "3 messages");
    outputOf(engine);
    expect([engine.wantsEnd, engine.wantsDestroy, engine.error]).toEqual([true, false, undefined]);
    engine.receiveEnd();
    expect(eventsOf(engine)).toEqual(['CLOSED 1000 "" unclean remote MESSAGES_UNSENT']);
    expect(engine.closed!.error!.cause).toBe("3 messages");
  });

  it("the first reason stands", () => {
    const engine = server();
    received(engine, masked(3));
    engine.markUnclean("MESSAGES_UNSENT");
    engine.transportLost();
    expect(eventsOf(engine)).toEqual(['CLOSED 1006 "" unclean local RESERVED_OPCODE']);
    const other = server();
    received(other, masked(Opcode.CLOSE));
    other.markUnclean("MESSAGES_UNSENT");
    other.transportLost();
    expect(eventsOf(other)).toEqual(['CLOSED 1005 "" unclean remote MESSAGES_UNSENT']);
  });
});

describe("what a driver watches", () => {
  it("BUFFER_STALLED tears down without a Close: nobody would read it", () => {
    const engine = server();
    engine.sendText("unread");
    engine.fail("BUFFER_STALLED");
    expect(eventsOf(engine)).toEqual(["FAILED BUFFER_STALLED", 'CLOSED 1006 "" unclean local BUFFER_STALLED']);
    expect([engine.wantsDestroy, engine.pendingBytes]).toEqual([true, 0]);
  });

  it("§5.4 MESSAGE_BROKEN closes with 1011: a message that was begun has no other end", () => {
    const engine = server();
    engine.beginMessage(Opcode.TEXT);
    engine.sendChunk("begun", false);
    engine.fail("MESSAGE_BROKEN", "its source failed");
    expect(eventsOf(engine)).toEqual(["FAILED MESSAGE_BROKEN"]);
    expect(engine.error!.cause).toBe("its source failed");
    expectFail(engine, 1011);
  });
});
