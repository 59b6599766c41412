import { Opcode } from "@ws/codec";
import { describe, expect, it } from "vitest";

import {
  EngineEvent,
  prepareMessage,
  SendResult,
  type ConnectionEngine,
  type MessageTransform,
  type PreparedContent,
} from "../src/index.ts";
import { FakeTransform } from "./connection-fake-transform.ts";
import { client, closePayload, eventsOf, expectFail, joined, masked, outputOf, received, server, toHex } from "./connection-support.ts";

const later = (): boolean => false;

/** A transformed message, number `number` of its direction, as the fake makes it. */
function transformed(text: string, number = 0, fin = true): Uint8Array {
  return masked(Opcode.TEXT, Uint8Array.of(number, ...new TextEncoder().encode(text).map((octet) => octet ^ number)), { rsv: 4, fin });
}

/** Polls up to WORK, which must come, and finishes it. */
function finishWork(engine: ConnectionEngine, transform: FakeTransform): void {
  let event = engine.poll();
  while (event !== EngineEvent.WORK && event !== EngineEvent.NONE) event = engine.poll();
  expect(event).toBe(EngineEvent.WORK);
  const work = engine.work!;
  engine.completeWork(work.id, transform.finish(work));
}

describe("a transform that answers at once", () => {
  it("§5.8 RSV1 marks a transformed message; control frames and what it does not want go as they are", () => {
    const engine = server({ transform: new FakeTransform(undefined, 3) });
    engine.sendText("abc");
    engine.sendText("ab");
    engine.sendBinary(Uint8Array.of(1, 2, 3));
    engine.ping(Uint8Array.of(1, 2, 3, 4));
    engine.close();
    expect(toHex(outputOf(engine))).toBe("c1 04 00 61 62 63 81 02 61 62 c2 04 01 00 03 02 89 04 01 02 03 04 88 00");
  });

  it("RSV1 is set on the first frame of a message only, and read so", () => {
    const engine = server({ transform: new FakeTransform() });
    expect(received(engine, transformed("he", 0, false), masked(Opcode.PING, "p"), masked(Opcode.CONTINUATION, "llo"))).toEqual([
      "PING 70",
      'TEXT "hello"',
    ]);
    expect(received(engine, masked(Opcode.CONTINUATION, "x", { rsv: 4 }))).toEqual(["FAILED RESERVED_BITS"]);
    expect(received(server({ transform: new FakeTransform() }), masked(Opcode.PING, "x", { rsv: 4 }))).toEqual(["FAILED RESERVED_BITS"]);
    expect(received(server({ transform: new FakeTransform() }), masked(Opcode.TEXT, "x", { rsv: 2 }))).toEqual(["FAILED RESERVED_BITS"]);
  });

  it("streamed messages go untransformed", () => {
    const engine = server({ transform: new FakeTransform() });
    engine.beginMessage(Opcode.TEXT);
    engine.sendChunk("a", false);
    engine.sendChunk("b", true);
    engine.beginMessage(Opcode.BINARY);
    engine.sendChunk(Uint8Array.of(1), true);
    expect(toHex(outputOf(engine))).toBe("01 01 61 80 01 62 82 01 01");
  });

  it("messages of both kinds are received side by side", () => {
    const engine = server({ transform: new FakeTransform() });
    expect(received(engine, masked(Opcode.TEXT, "plain"), transformed("a"), masked(Opcode.BINARY, "b"), transformed("c", 1))).toEqual([
      'TEXT "plain"',
      'TEXT "a"',
      "BINARY 62",
      'TEXT "c"',
    ]);
  });

  it("streaming delivers a transformed message in one piece", () => {
    const engine = server({ transform: new FakeTransform(), streaming: true });
    expect(received(engine, transformed("abc"), masked(Opcode.TEXT, "d", { fin: false }), masked(Opcode.CONTINUATION, "e"))).toEqual([
      'CHUNK first last "abc"',
      'CHUNK first "d"',
      'CHUNK last "e"',
    ]);
    expect(received(engine, masked(Opcode.BINARY, Uint8Array.of(1, 1 ^ 7), { rsv: 4 }))).toEqual(["CHUNK first last 07"]);
  });

  it("§8.1 what comes out must be UTF-8", () => {
    const engine = server({ transform: new FakeTransform() });
    expect(received(engine, masked(Opcode.TEXT, Uint8Array.of(0, 0xff), { rsv: 4 }))).toEqual(["FAILED INVALID_UTF8"]);
    expectFail(engine, 1007);
  });

  it("§10.4 what comes out counts against maxMessageBytes, even if the transform does not stop", () => {
    const boundless: MessageTransform = {
      rsv: 4,
      wants: () => false,
      encode: () => undefined,
      decode: () => new Uint8Array(11),
      run: () => Promise.reject(new Error("not called")),
    };
    const engine = server({ transform: boundless, limits: { maxMessageBytes: 10 } });
    expect(received(engine, masked(Opcode.BINARY, "x", { rsv: 4 }))).toEqual(["FAILED MESSAGE_TOO_BIG"]);
    expectFail(engine, 1009);
  });

  it("§10.4 what goes in counts against maxMessageBytes, over all fragments (a little more is allowed, for what does not compress)", () => {
    const engine = server({ transform: new FakeTransform(), limits: { maxMessageBytes: 1000 } });
    const half = new Uint8Array(600);
    expect(received(engine, masked(Opcode.BINARY, half, { rsv: 4, fin: false }), masked(Opcode.CONTINUATION, half))).toEqual([
      "FAILED MESSAGE_TOO_BIG",
    ]);
  });

  it("a payload that cannot be decoded fails with 1007", () => {
    const engine = server({ transform: new FakeTransform() });
    expect(received(engine, transformed("x", 7))).toEqual(["FAILED INVALID_COMPRESSED_PAYLOAD"]);
    expectFail(engine, 1007);
  });

  it("a transform that throws fails the connection with 1011, in either direction", () => {
    const cause = new Error("broken");
    const broken: MessageTransform = {
      rsv: 4,
      wants: () => true,
      encode: () => {
        throw cause;
      },
      decode: () => {
        throw cause;
      },
      run: () => Promise.reject(cause),
    };
    const receiving = server({ transform: broken });
    expect(received(receiving, transformed("x"))).toEqual(["FAILED TRANSFORM_FAILED"]);
    expect(receiving.error!.cause).toBe(cause);
    expectFail(receiving, 1011);
    const sending = server({ transform: broken });
    expect(sending.sendText("x")).toBe(1);
    expect(eventsOf(sending)).toEqual(["FAILED TRANSFORM_FAILED"]);
    expectFail(sending, 1011);
    for (const send of [
      (engine: ConnectionEngine) => engine.sendBinary(new Uint8Array(1)),
      (engine: ConnectionEngine) => engine.sendPrepared(prepareMessage("x")),
    ])
      expect(send(server({ transform: broken }))).toBe(1);
  });

  it("one that throws when it is closed makes the ending unclean, and no more", () => {
    const cause = new Error("cannot let go");
    const transform = new FakeTransform();
    transform.close = () => {
      throw cause;
    };
    const engine = server({ transform });
    engine.close(1000);
    expect(received(engine, masked(Opcode.CLOSE, closePayload(1000)))).toEqual(['CLOSING 1000 ""']);
    outputOf(engine);
    engine.receiveEnd();
    expect(eventsOf(engine)).toEqual(['CLOSED 1000 "" unclean local TRANSFORM_FAILED']);
    expect(engine.closed!.error).toMatchObject({ cause });
  });

  it("no prepared message is accepted once the closing handshake has begun", () => {
    for (const transform of [undefined, new FakeTransform()]) {
      const engine = server({ transform });
      engine.close();
      outputOf(engine);
      expect(engine.sendPrepared(prepareMessage("x"))).toBe(SendResult.CLOSING);
      expect(toHex(outputOf(engine))).toBe("");
    }
  });

  it("the payload itself as a result goes without RSV1", () => {
    const same: MessageTransform = {
      rsv: 4,
      wants: () => true,
      encode: (payload) => payload,
      decode: (payload) => payload,
      run: () => Promise.reject(new Error("not called")),
    };
    const engine = server({ transform: same });
    engine.sendBinary(Uint8Array.of(1));
    expect(toHex(outputOf(engine))).toBe("82 01 01");
  });

  it("prepared messages are asked for by encodePrepared, which may keep what it made", () => {
    let made = 0;
    class Keeping extends FakeTransform {
      encodePrepared(message: PreparedContent): Uint8Array {
        const kept = message.variants.get("fake") ?? (made++, Uint8Array.of(0, ...message.payload));
        message.variants.set("fake", kept);
        return kept;
      }
    }
    const message = prepareMessage("a");
    for (let i = 0; i < 3; i++) {
      const engine = server({ transform: new Keeping() });
      engine.sendPrepared(message);
      expect(toHex(outputOf(engine))).toBe("c1 02 00 61");
    }
    expect(made).toBe(1);
    const without = server({ transform: new FakeTransform(undefined, 2) });
    without.sendPrepared(message);
    without.sendPrepared(prepareMessage("bc"));
    expect(toHex(outputOf(without))).toBe("81 01 61 c1 03 00 62 63");
  });

  it("is closed once, when the connection is", () => {
    const transform = new FakeTransform();
    const engine = server({ transform });
    received(engine, masked(Opcode.CLOSE));
    expect(transform.closed).toBe(0);
    engine.receiveEnd();
    eventsOf(engine);
    engine.transportLost();
    eventsOf(engine);
    expect(transform.closed).toBe(1);
  });
});

describe("received messages that take time", () => {
  it("later messages and Close wait in order, Pings and Pongs pass", () => {
    const transform = new FakeTransform(later);
    const engine = server({ transform });
    const bytes = joined([
      transformed("1"),
      masked(Opcode.TEXT, "2"),
      masked(Opcode.PING, "p"),
      transformed("3", 1),
      masked(Opcode.BINARY, "4"),
      masked(Opcode.PONG),
      masked(Opcode.CLOSE, closePayload(1001)),
    ]);
    expect(received(engine, bytes)).toEqual(["WORK decode", "PING 70", "PONG 0"]);
    expect(engine.state).toBe("open");
    engine.completeWork(1, Uint8Array.from(Buffer.from("one")));
    expect(eventsOf(engine)).toEqual(['TEXT "one"', 'TEXT "2"', "WORK decode"]);
    engine.completeWork(2, Uint8Array.from(Buffer.from("three")));
    expect(eventsOf(engine)).toEqual(['TEXT "three"', "BINARY 34", 'CLOSING 1001 ""']);
    expect(toHex(outputOf(engine))).toBe("8a 01 70 88 02 03 e9");
  });

  it("a broken rule waits its turn too, so that what fails does not depend on timing", () => {
    const engine = server({ transform: new FakeTransform(later) });
    expect(received(engine, transformed("1"), masked(Opcode.TEXT, "2"), masked(3), masked(Opcode.TEXT, "never"))).toEqual(["WORK decode"]);
    engine.completeWork(1, new Uint8Array(0));
    expect(eventsOf(engine)).toEqual(['TEXT ""', 'TEXT "2"', "FAILED RESERVED_OPCODE"]);
    expectFail(engine, 1002);
  });

  it("so does a message that is too big to be gathered", () => {
    const engine = server({ transform: new FakeTransform(later), limits: { maxMessageBytes: 1000 } });
    const half = new Uint8Array(600);
    expect(
      received(engine, transformed("1"), masked(Opcode.BINARY, half, { rsv: 4, fin: false }), masked(Opcode.CONTINUATION, half)),
    ).toEqual(["WORK decode"]);
    engine.completeWork(1, new Uint8Array(0));
    expect(eventsOf(engine)).toEqual(['TEXT ""', "FAILED MESSAGE_TOO_BIG"]);
  });

  it("a FIN and a loss wait their turn as well", () => {
    for (const end of [(engine: ConnectionEngine) => engine.receiveEnd(), (engine: ConnectionEngine) => engine.transportLost()]) {
      const engine = server({ transform: new FakeTransform(later) });
      received(engine, transformed("1"), masked(Opcode.CLOSE));
      end(engine);
      expect(eventsOf(engine)).toEqual([]);
      engine.completeWork(1, new Uint8Array(0));
      const events = eventsOf(engine);
      outputOf(engine);
      expect([...events, ...eventsOf(engine)].map((event) => event.split(" ")[0])).toEqual(["TEXT", "CLOSING", "CLOSED"]);
    }
  });

  it("a result that never comes does not hold a lost connection for ever", () => {
    const engine = server({ transform: new FakeTransform(later), closeTimeout: 100 });
    received(engine, transformed("1"), masked(Opcode.TEXT, "2"));
    engine.transportLost();
    expect(engine.nextDeadline).toBe(100);
    engine.handleTimeout(100);
    expect(eventsOf(engine)).toEqual(['CLOSED 1006 "" unclean remote TRANSPORT_LOST']);
    engine.completeWork(1, new Uint8Array(0));
    expect(eventsOf(engine)).toEqual([]);
  });

  it("an item that begins long after the loss, when a slow reader came to it, has its time as well", () => {
    const transform = new FakeTransform(later);
    const engine = server({ transform, closeTimeout: 100 });
    engine.receive(joined([masked(Opcode.TEXT, "1"), transformed("2")]));
    engine.transportLost();
    expect(engine.nextDeadline).toBe(Infinity);
    engine.poll();
    engine.now = 1000;
    expect(engine.poll()).toBe(EngineEvent.WORK);
    expect(engine.nextDeadline).toBe(1100);
    engine.handleTimeout(1000);
    engine.completeWork(1, Uint8Array.of(0x32));
    expect(eventsOf(engine)).toEqual(['TEXT "2"', 'CLOSED 1006 "" unclean remote TRANSPORT_LOST']);
  });

  it("what waits is bounded: then no more is read, and everything still comes in order", () => {
    const transform = new FakeTransform(later);
    const engine = server({ transform });
    const texts = Array.from({ length: 3000 }, (_unused, index) => `${index}`);
    expect(received(engine, transformed("0"), joined(texts.slice(1).map((text) => masked(Opcode.TEXT, text))))).toEqual(["WORK decode"]);
    expect(engine.wantsInput).toBe(false);
    // A driver may still give what it had read already.
    engine.receive(masked(Opcode.CLOSE));
    engine.receiveEnd();
    expect(eventsOf(engine)).toEqual([]);
    engine.completeWork(1, Uint8Array.of(0x30));
    expect(eventsOf(engine)).toEqual([...texts.map((text) => `TEXT "${text}"`), 'CLOSING 1005 ""']);
    outputOf(engine);
    expect(eventsOf(engine)).toEqual(['CLOSED 1005 "" clean remote']);
    expect(engine.wantsInput).toBe(true);
  });

  it("with borrow, what waits and what is worked on has bytes of its own", () => {
    const transform = new FakeTransform(later);
    const engine = server({ transform, borrow: true });
    const chunk = joined([transformed("one"), masked(Opcode.BINARY, "2"), transformed("three", 1)]);
    engine.receive(chunk);
    expect(engine.poll()).toBe(EngineEvent.WORK);
    const { work } = engine;
    expect(eventsOf(engine)).toEqual([]);
    chunk.fill(0xdd);
    engine.completeWork(work!.id, transform.finish(work!));
    expect(engine.poll()).toBe(EngineEvent.TEXT);
    expect(engine.text).toBe("one");
    expect(engine.poll()).toBe(EngineEvent.BINARY);
    expect(toHex(engine.payload)).toBe("32");
    finishWork(engine, transform);
    expect(eventsOf(engine)).toEqual(['TEXT "three"']);
  });

  it("a transport's buffer may be reused after retain, whatever is held back", () => {
    const transform = new FakeTransform(later);
    const engine = server({ transform });
    const chunks = [
      joined([transformed("0"), ...Array.from({ length: 2000 }, (_unused, index) => masked(Opcode.TEXT, `${index + 1}`))]),
      masked(Opcode.TEXT, "last"),
    ];
    for (const chunk of chunks) engine.receive(chunk);
    expect(eventsOf(engine)).toEqual(["WORK decode"]);
    expect(engine.wantsInput).toBe(false);
    engine.retain();
    for (const chunk of chunks) chunk.fill(0xdd);
    engine.completeWork(1, Uint8Array.of(0x30));
    expect(eventsOf(engine)).toEqual([...Array.from({ length: 2001 }, (_unused, index) => `TEXT "${index}"`), 'TEXT "last"']);
    engine.retain();
    expect(received(engine, masked(Opcode.TEXT, "next"))).toEqual(['TEXT "next"']);
  });

  it("streamed pieces wait as pieces", () => {
    const engine = server({ transform: new FakeTransform(later), streaming: true });
    received(
      engine,
      transformed("1"),
      masked(Opcode.TEXT, "a", { fin: false }),
      masked(Opcode.CONTINUATION, "b"),
      masked(Opcode.BINARY, "c"),
    );
    engine.completeWork(1, Uint8Array.of(0x31));
    expect(eventsOf(engine)).toEqual(['CHUNK first last "1"', 'CHUNK first "a"', 'CHUNK last "b"', "CHUNK first last 63"]);
  });

  it("a failure as a result fails the connection", () => {
    const engine = server({ transform: new FakeTransform(later) });
    received(engine, transformed("1"));
    engine.completeWork(1, { failure: "MESSAGE_TOO_BIG" });
    expect(eventsOf(engine)).toEqual(["FAILED MESSAGE_TOO_BIG"]);
    expectFail(engine, 1009);
  });
});

describe("sent messages that take time", () => {
  it("later messages and Close wait in order, control frames pass", () => {
    const transform = new FakeTransform(later, 3);
    const engine = server({ transform });
    engine.sendText("long");
    engine.sendText("s");
    engine.sendBinary(Uint8Array.of(1));
    engine.sendPrepared(prepareMessage("p"));
    engine.sendPrepared(prepareMessage("prepared"));
    engine.beginMessage(Opcode.TEXT);
    engine.sendChunk("x", false);
    engine.sendChunk("y", true);
    engine.beginMessage(Opcode.BINARY);
    engine.sendChunk(Uint8Array.of(2), true, true);
    engine.ping(Uint8Array.of(9));
    received(engine, masked(Opcode.PING, "z"));
    engine.close(1000);
    expect([engine.sendText("no"), engine.state]).toEqual([1, "closing"]);
    expect(toHex(outputOf(engine))).toBe("89 01 09 8a 01 7a");
    expect(engine.waitingBytes).toBeGreaterThan(0);
    engine.completeWork(1, Uint8Array.of(0));
    expect(toHex(outputOf(engine))).toBe("c1 01 00 81 01 73 82 01 01 81 01 70");
    engine.completeWork(2, Uint8Array.of(1));
    expect(toHex(outputOf(engine))).toBe("c1 01 01 01 01 78 80 01 79 82 01 02 88 02 03 e8");
    expect(engine.waitingBytes).toBe(0);
  });

  it("each item is reported once", () => {
    const engine = server({ transform: new FakeTransform(later) });
    engine.sendText("1");
    engine.sendText("2");
    expect(eventsOf(engine)).toEqual(["WORK encode"]);
    expect(eventsOf(engine)).toEqual([]);
    engine.completeWork(1, Uint8Array.of(0));
    expect(eventsOf(engine)).toEqual(["WORK encode"]);
    engine.completeWork(2, Uint8Array.of(1));
    expect(eventsOf(engine)).toEqual([]);
  });

  it("there is one item a direction, and both may be open", () => {
    const engine = server({ transform: new FakeTransform(later) });
    engine.sendText("1");
    expect(received(engine, transformed("x"))).toEqual(["WORK encode", "WORK decode"]);
  });

  it("the peer's Close is answered when what was accepted before has been sent", () => {
    const engine = server({ transform: new FakeTransform(later) });
    engine.sendText("1");
    expect(received(engine, masked(Opcode.CLOSE, closePayload(1000)))).toEqual(["WORK encode", 'CLOSING 1000 ""']);
    expect([engine.pendingBytes, engine.wantsEnd]).toEqual([0, false]);
    engine.completeWork(1, Uint8Array.of(5));
    expect(toHex(outputOf(engine))).toBe("c1 01 05 88 02 03 e8");
    expect(engine.wantsEnd).toBe(true);
  });

  it("our Close that waits is not replaced by the answer to the peer's", () => {
    const engine = server({ transform: new FakeTransform(later) });
    engine.sendText("1");
    engine.close(4000);
    expect(received(engine, masked(Opcode.CLOSE, closePayload(1001)))).toEqual(["WORK encode", 'CLOSING 1001 ""']);
    engine.completeWork(1, Uint8Array.of(5));
    expect(toHex(outputOf(engine))).toBe("c1 01 05 88 02 0f a0");
  });

  it("failing does not wait: what waits is dropped, and a late result ignored", () => {
    const engine = server({ transform: new FakeTransform(later) });
    engine.sendText("1");
    expect(received(engine, masked(3))).toEqual(["WORK encode", "FAILED RESERVED_OPCODE"]);
    expect(received(client(), outputOf(engine))).toEqual(['CLOSING 1002 "RESERVED_OPCODE"']);
    engine.completeWork(1, Uint8Array.of(5));
    expect([engine.pendingBytes, engine.waitingBytes]).toEqual([0, 0]);
  });

  it("a failure as a result fails the connection with 1011", () => {
    const engine = server({ transform: new FakeTransform(later) });
    engine.sendText("1");
    engine.sendText("2");
    eventsOf(engine);
    engine.completeWork(1, { failure: "INVALID_COMPRESSED_PAYLOAD" });
    expect(eventsOf(engine)).toEqual(["FAILED TRANSFORM_FAILED"]);
    expectFail(engine, 1011);
  });

  it("and no answer to the peer's Close makes that clean", () => {
    const engine = server({ transform: new FakeTransform(later) });
    engine.sendText("1");
    received(engine, masked(Opcode.CLOSE, closePayload(1000)));
    engine.completeWork(1, { failure: "INVALID_COMPRESSED_PAYLOAD" });
    expect(eventsOf(engine)).toEqual(["FAILED TRANSFORM_FAILED"]);
    expect(received(client(), outputOf(engine))).toEqual(['CLOSING 1011 "TRANSFORM_FAILED"']);
    engine.receiveEnd();
    expect(eventsOf(engine)).toEqual(['CLOSED 1000 "" unclean remote TRANSFORM_FAILED']);
  });

  it("a failure while what waits is sent on fails it too", () => {
    let calls = 0;
    const transform: MessageTransform = {
      rsv: 4,
      wants: () => true,
      encode: () => (calls++ === 0 ? undefined : { failure: "INVALID_COMPRESSED_PAYLOAD" }),
      decode: () => undefined,
      run: () => Promise.reject(new Error("not called")),
    };
    const engine = server({ transform });
    engine.sendText("1");
    engine.sendText("2");
    engine.completeWork(1, Uint8Array.of(1));
    expect(eventsOf(engine)).toEqual(["FAILED TRANSFORM_FAILED"]);
  });

  it("the Close that waits has a deadline", () => {
    const engine = server({ transform: new FakeTransform(later), closeTimeout: 100 });
    engine.sendText("1");
    engine.close(1000);
    engine.handleTimeout(100);
    expect(eventsOf(engine)).toEqual(['CLOSED 1006 "" unclean local CLOSE_TIMEOUT']);
  });

  it("waiting bytes count against maxBufferedBytes, empty messages included", () => {
    const engine = server({ transform: new FakeTransform(later), limits: { maxBufferedBytes: 1000 } });
    let accepted = 0;
    while (engine.sendText("") === 0) accepted++;
    expect(accepted).toBeLessThan(20);
    expect(eventsOf(engine)).toEqual(["FAILED BUFFER_OVERFLOW", 'CLOSED 1006 "" unclean local BUFFER_OVERFLOW']);
    expect(engine.waitingBytes).toBe(0);
  });

  it("with copy, later changes of the caller's bytes do not show", () => {
    const transform = new FakeTransform(later);
    const engine = server({ transform });
    const bytes = Uint8Array.of(1);
    engine.sendBinary(bytes, true);
    engine.sendBinary(bytes, true);
    engine.beginMessage(Opcode.BINARY);
    engine.sendChunk(bytes, true, true);
    bytes[0] = 9;
    finishWork(engine, transform);
    finishWork(engine, transform);
    expect(toHex(outputOf(engine))).toBe("c2 02 00 01 c2 02 01 00 82 01 01");
  });

  it("two engines with such transforms understand each other", () => {
    const transforms = [new FakeTransform(later), new FakeTransform(later)] as const;
    const from = client({ transform: transforms[0] });
    const to = server({ transform: transforms[1] });
    for (const text of ["a", "b", "c"]) from.sendText(text);
    for (const text of ["a", "b", "c"]) {
      finishWork(from, transforms[0]);
      to.receive(outputOf(from));
      finishWork(to, transforms[1]);
      expect(eventsOf(to)).toEqual([`TEXT "${text}"`]);
    }
  });
});
