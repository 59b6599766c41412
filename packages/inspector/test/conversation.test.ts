import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { Entry, FrameEntry } from "../src/model/entry.ts";
import { ConversationLog } from "../src/model/log.ts";
import { payloadOf, textOf } from "../src/model/payload.ts";
import { bytes, Feed, frame, REQUEST, RESPONSE } from "./feed.ts";

const MASK = 0x37fa213d;

function read(feed: Feed, limits?: ConstructorParameters<typeof ConversationLog>[0]): ConversationLog {
  const log = new ConversationLog(limits);
  log.receive(feed.records);
  return log;
}

function frames(log: ConversationLog): FrameEntry[] {
  return log.entries.filter((entry): entry is FrameEntry => entry.kind === "frame");
}

/** Codes of all problems in order. */
function problems(log: ConversationLog): string[] {
  return log.entries.flatMap((entry) => entry.problems.map(({ code, section }) => `${code} ${section}`));
}

function opened(): Feed {
  return new Feed().handshake();
}

describe("§5.7 examples", () => {
  test("a single-frame masked text message", () => {
    const log = read(opened().client(bytes("81 85 37fa213d 7f9f4d5158")));
    const [hello] = frames(log);
    expect(hello?.header).toMatchObject({
      fin: true,
      rsv: 0,
      opcode: 1,
      masked: true,
      maskingKey: MASK,
      lengthForm: 7,
      payloadLength: 5,
      headerLength: 6,
    });
    expect(hello?.headerBytes).toEqual(bytes("81 85 37fa213d"));
    expect(textOf(hello!)).toBe("Hello");
    expect(hello?.message).toEqual({ number: 1, opcode: 1, fragment: 1, last: true, compressed: false });
    expect(problems(log)).toEqual([]);
  });

  test("a fragmented unmasked text message, with a Ping between its fragments", () => {
    const log = read(opened().target(bytes("01 03 48656c"), bytes("89 05 48656c6c6f"), bytes("80 02 6c6f")));
    expect(
      frames(log).map((each) => [each.header.opcode, textOf(each), each.message?.number, each.message?.fragment, each.message?.last]),
    ).toEqual([
      [1, "Hel", 1, 1, false],
      [9, undefined, undefined, undefined, undefined],
      [0, "lo", 1, 2, true],
    ]);
    expect(problems(log)).toEqual([]);
    expect(log.conversations[0]?.counts.target).toEqual({ frames: 3, messages: 1, bytes: RESPONSE.length + 16 });
  });

  test("256 bytes and 64 KiB of binary: the 16 and the 64 bit length forms", () => {
    const log = read(opened().target(frame(2, new Uint8Array(256)), frame(2, new Uint8Array(65_536))));
    expect(
      frames(log).map(({ header, headerBytes }) => [header.lengthForm, header.payloadLength, Buffer.from(headerBytes).toString("hex")]),
    ).toEqual([
      [16, 256, "827e0100"],
      [64, 65_536, "827f0000000000010000"],
    ]);
  });
});

describe("names the rule that a frame breaks", () => {
  const cases: [rule: string, expected: string, feed: Feed][] = [
    ["§5.1 a client's frame without a mask", "MASK_MISSING RFC 6455 §5.1", opened().client(frame(1, "x"))],
    ["§5.1 a server's frame with a mask", "MASK_UNEXPECTED RFC 6455 §5.1", opened().target(frame(1, "x", { key: MASK }))],
    ["§5.2 a reserved bit without an extension", "RESERVED_BITS RFC 6455 §5.2", opened().target(frame(1, "x", { rsv: 4 }))],
    ["§5.2 a reserved opcode", "RESERVED_OPCODE RFC 6455 §5.2", opened().target(frame(3, "x"))],
    ["§5.2 a length that is not minimal", "LENGTH_NOT_MINIMAL RFC 6455 §5.2", opened().target(bytes("82 7e 0001 00"))],
    ["§5.4 a continuation of nothing", "CONTINUATION_UNEXPECTED RFC 6455 §5.4", opened().target(frame(0, "x"))],
    [
      "§5.4 a text frame inside a fragmented message",
      "CONTINUATION_EXPECTED RFC 6455 §5.4",
      opened().target(frame(1, "a", { fin: false }), frame(1, "b")),
    ],
    ["§5.5 a fragmented Ping", "CONTROL_FRAGMENTED RFC 6455 §5.5", opened().target(frame(9, "x", { fin: false }))],
    ["§5.5 a Ping of 126 bytes", "CONTROL_TOO_LONG RFC 6455 §5.5", opened().target(frame(9, new Uint8Array(126)))],
    ["§5.5.1 a Close of one byte", "CLOSE_PAYLOAD_TOO_SHORT RFC 6455 §5.5.1", opened().target(frame(8, "x"))],
    ["§5.5.1 a data frame after a Close", "DATA_AFTER_CLOSE RFC 6455 §5.5.1", opened().target(bytes("88 02 03e8"), frame(1, "late"))],
    ["§7.4 a close code that must not be sent", "CLOSE_CODE_INVALID RFC 6455 §7.4", opened().target(bytes("88 02 03ed"))],
    ["§8.1 text that is not UTF-8", "INVALID_UTF8 RFC 6455 §8.1", opened().target(bytes("81 02 c328"))],
    ["§8.1 text whose last character is cut off", "INVALID_UTF8 RFC 6455 §8.1", opened().target(bytes("01 01 e2"), bytes("80 01 82"))],
  ];
  test.each(cases)("%s", (_rule, expected, feed) => {
    const log = read(feed);
    expect(problems(log)).toEqual([expected]);
    expect(log.conversations[0]?.problems).toBe(1);
  });

  test("§8.1 a character may be cut by a fragment's end, at the first bad byte it is found", () => {
    expect(problems(read(opened().target(bytes("01 01 e2"), bytes("00 01 82"), bytes("80 01 ac"))))).toEqual([]);
    const log = read(opened().target(bytes("01 02 e228"), bytes("80 01 ac")));
    expect(frames(log).map((each) => each.problems.length)).toEqual([1, 0]);
  });
});

describe("closing handshake", () => {
  test("§7.1.4 is clean when both Close frames were seen; code and reason in words", () => {
    const log = read(
      opened()
        .client(frame(8, Buffer.from([0x0f, 0xa0, ...Buffer.from("bye")]), { key: MASK }))
        .target(bytes("88 02 0fa0"))
        .event({ event: "ended", side: "target" })
        .event({ event: "ended", side: "client" })
        .closed(),
    );
    const [first, second] = frames(log);
    expect(first?.close).toEqual({ code: 4000, reason: "bye" });
    expect(second?.answers?.entry).toBe(first);
    expect(second?.answers?.milliseconds).toBe(1.25);
    expect(log.conversations[0]).toMatchObject({ state: "closed", close: { code: 4000, reason: "bye", by: "client" } });
    expect(log.entries.at(-1)).toMatchObject({ kind: "note", tone: "plain", text: "The connection is closed, cleanly (§7.1.4)." });
  });

  test("§7.1.4 is not clean without them", () => {
    const log = read(opened().event({ event: "ended", side: "target" }).closed());
    expect(log.entries.at(-1)).toMatchObject({ kind: "note", tone: "warning" });
  });

  test("§5.5.1 an empty Close has no code", () => {
    expect(frames(read(opened().target(bytes("88 00"))))[0]?.close).toEqual({ code: undefined, reason: "" });
  });

  test("an invalid code is shown all the same", () => {
    expect(frames(read(opened().target(bytes("88 02 03ee"))))[0]?.close).toEqual({ code: 1006, reason: "" });
  });
});

test("§5.5.3 a Pong answers the latest Ping with its payload, and those before it", () => {
  const log = read(
    opened()
      .target(frame(9, "a"), frame(9, "b"), frame(9, "c"))
      .client(frame(10, "b", { key: 1 }), frame(10, "a", { key: 1 }), frame(10, "c", { key: 1 })),
  );
  const all = frames(log);
  expect(all.slice(3).map(({ answers }) => answers && all.indexOf(answers.entry))).toEqual([1, undefined, 2]);
});

test("any chunking gives the same entries", () => {
  const sent = Buffer.concat([
    REQUEST,
    frame(1, "Grüße", { key: MASK }),
    frame(2, new Uint8Array(300).fill(7), { key: 5 }),
    frame(1, "a", { fin: false, key: 9 }),
    frame(9, "", { key: 9 }),
    frame(0, "b", { key: 9 }),
    frame(8, bytes("03e8"), { key: 1 }),
  ]);
  const shape = (feed: Feed): unknown[] =>
    read(feed).entries.map((entry) => {
      if (entry.kind === "frame")
        return [entry.position, entry.header, payloadOf(entry), entry.message, entry.close, entry.complete, entry.problems];
      return entry.kind === "head" ? entry.head : entry.kind;
    });
  const whole = shape(new Feed().client(sent));
  expect(whole).toHaveLength(7);
  for (let size = 1; size <= sent.length; size += 1) {
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < sent.length; at += size) chunks.push(sent.subarray(at, at + size));
    expect(shape(new Feed().client(...chunks))).toEqual(whole);
  }
});

test("any octets give entries and no exception, and none is lost", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 }), fc.boolean(), (chunks, withHandshake) => {
      const feed = withHandshake ? opened() : new Feed();
      const log = read(
        feed
          .client(...chunks)
          .target(...chunks)
          .closed(),
      );
      const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      const started = withHandshake ? REQUEST.length : 0;
      expect(log.conversations[0]?.counts.client.bytes).toBe(length + started);
      const held = (entry: Entry): number =>
        entry.kind === "frame"
          ? entry.header.headerLength + entry.kept
          : entry.kind === "note"
            ? 0
            : entry.pieces.reduce((sum, piece) => sum + piece.bytes.length, 0);
      expect(log.bytes).toBe(log.entries.reduce((sum, entry) => sum + held(entry), 0));
      // All but the beginning of a header that never went on.
      if (!withHandshake) expect(log.bytes).toBe(length * 2);
      else expect(length * 2 + REQUEST.length + RESPONSE.length - log.bytes).toBeLessThanOrEqual(26);
    }),
  );
});

describe("holes", () => {
  test("payload that was not kept is counted, and the next frame is found", () => {
    const long = frame(1, new Uint8Array(1000).fill(97));
    const log = read(
      opened().bytes("target", long.subarray(0, 104)).omitted("target", 400).omitted("target", 500).bytes("target", frame(1, "next")),
    );
    const [first, second] = frames(log);
    expect(first).toMatchObject({ kept: 100, omitted: 900, complete: true });
    expect(textOf(first!)).toBe("a".repeat(100));
    expect(textOf(second!)).toBe("next");
    expect(problems(log)).toEqual([]);
  });

  test("octets that the page was not given: decoding goes on at the next known frame", () => {
    const feed = opened()
      .target(frame(1, "a", { fin: false }))
      .lost("target", 1000);
    // The rest of a frame nobody saw the beginning of, then a whole one.
    feed.bytes("target", bytes("ffff")).bytes("target", Buffer.concat([bytes("00ff"), frame(0, "x"), frame(1, "known")]), 2);
    const log = read(feed);
    expect(log.entries.map((entry) => (entry.kind === "frame" ? textOf(entry) : entry.kind))).toEqual([
      "head",
      "head",
      "a",
      "note",
      undefined,
      "known",
    ]);
    expect(log.entries[3]).toMatchObject({
      kind: "note",
      text: "1,000 bytes are not shown: they were cleared, or left the inspector's history before the page could read them.",
    });
    // The continuation may well continue what was lost: no rule is broken as far as anybody knows.
    expect(problems(log)).toEqual([]);
  });
});

describe("limits", () => {
  test("the newest entries are kept, the others counted", () => {
    const feed = opened();
    for (let index = 0; index < 1000; index += 1) feed.target(frame(1, String(index)));
    const log = read(feed, { maxEntries: 100, maxBytes: 1 << 20, maxConversations: 5 });
    expect(log.entries.length).toBeLessThanOrEqual(100);
    expect(log.entries.length + log.dropped).toBe(1002);
    expect(textOf(log.entries.at(-1) as FrameEntry)).toBe("999");
  });

  test("octets are limited too", () => {
    const log = new ConversationLog({ maxEntries: 1000, maxBytes: 10_000, maxConversations: 5 });
    const feed = opened();
    for (let index = 0; index < 50; index += 1) feed.target(frame(2, new Uint8Array(1000)));
    for (const record of feed.records) {
      log.receive([record]);
      expect(log.bytes).toBeLessThanOrEqual(10_000);
    }
    expect(log.entries.length + log.dropped).toBe(52);
    expect(log.bytes).toBe(log.entries.length * 1004);
  });

  test("conversations that are over are forgotten first", () => {
    const log = new ConversationLog({ maxEntries: 1000, maxBytes: 1 << 20, maxConversations: 3 });
    for (let id = 1; id <= 6; id += 1) log.receive((id === 2 ? new Feed(id).handshake() : new Feed(id).handshake().closed()).records);
    expect(log.conversations.map(({ id }) => id)).toEqual([2, 5, 6]);
  });

  test("clear forgets entries and ended conversations", () => {
    const log = read(new Feed(1).handshake().closed());
    log.receive(new Feed(2).handshake().records);
    log.clear();
    expect(log.entries).toEqual([]);
    expect(log.bytes).toBe(0);
    expect(log.conversations.map(({ id }) => id)).toEqual([2]);
  });
});

describe("what is not a WebSocket conversation", () => {
  test("a refusal's body is shown as octets", () => {
    const log = read(new Feed().client(REQUEST).target(Buffer.from("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")).closed());
    expect(log.entries.map(({ kind }) => kind)).toEqual(["head", "head", "opaque", "note"]);
    expect(log.conversations[0]?.state).toBe("refused");
  });

  test("RFC 9110 §15.2 an interim response is followed by another head", () => {
    const log = read(
      new Feed().client(REQUEST).target(Buffer.concat([Buffer.from("HTTP/1.1 103 Early Hints\r\n\r\n"), RESPONSE, frame(1, "x")])),
    );
    expect(log.entries.map(({ kind }) => kind)).toEqual(["head", "head", "head", "frame"]);
  });

  test("half a head is shown when the connection ends", () => {
    const log = read(new Feed().client(Buffer.from("GET / HT")).event({ event: "ended", side: "client" }));
    expect(log.entries.map(({ kind }) => kind)).toEqual(["opaque", "note"]);
  });
});
