import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { chunksOf } from "../../codec/test/chunking.ts";
import { Recorder } from "../src/cli/recorder.ts";
import type { FrameEntry } from "../src/model/entry.ts";
import { ConversationLog } from "../src/model/log.ts";
import { textOf } from "../src/model/payload.ts";
import {
  type ConversationStart,
  decodeCount,
  decodeJson,
  decodeRecords,
  encodeJson,
  encodeRecords,
  type FeedRecord,
  RecordKind,
} from "../src/model/records.ts";
import { frame, REQUEST, RESPONSE } from "./feed.ts";

const START: ConversationStart = {
  client: { address: "127.0.0.1", port: 1 },
  local: { address: "127.0.0.1", port: 2 },
  target: { name: "a", url: "ws://a" },
};

function recorder(history = 1 << 20, keepPayload = 1 << 16): Recorder {
  let now = 0;
  return new Recorder({ history, keepPayload }, () => (now += 1));
}

function all(source: Recorder): FeedRecord[] {
  return source.reader(() => undefined).take(Infinity);
}

describe("records", () => {
  test("are read as they were written", () => {
    const record = fc.record({
      kind: fc.constantFrom(...Object.values(RecordKind)),
      conversation: fc.nat(0xffff_ffff),
      time: fc.double({ noNaN: true, noDefaultInfinity: true }),
      position: fc.maxSafeNat(),
      firstFrame: fc.integer({ min: -1, max: 1000 }),
      body: fc.uint8Array(),
    });
    fc.assert(
      fc.property(fc.array(record), (records) => {
        expect(decodeRecords(encodeRecords(records))).toEqual(records);
      }),
    );
  });

  test("a message that ends within a record is refused", () => {
    const whole = encodeRecords([{ kind: 2, conversation: 1, time: 0, position: 0, firstFrame: -1, body: new Uint8Array(5) }]);
    for (let length = 1; length < whole.length; length += 1) expect(() => decodeRecords(whole.subarray(0, length))).toThrow(RangeError);
  });

  test("JSON keeps every character", () => {
    const value = { text: 'Grüße 👋 \ud800 \u2028 "' };
    expect(encodeJson(value).every((octet) => octet < 128)).toBe(true);
    expect(decodeJson(encodeJson(value))).toEqual(value);
  });
});

describe("history", () => {
  test("stays within its limit whatever passes", () => {
    const source = recorder(100_000);
    const conversation = source.open(1, START);
    for (let index = 0; index < 1000; index += 1) {
      conversation.bytes("client", new Uint8Array(index));
      expect(source.held).toBeLessThanOrEqual(100_000);
    }
  });

  test("a page that comes late is told what was agreed, and goes on at a frame", () => {
    const source = recorder(20_000);
    const conversation = source.open(1, START);
    conversation.bytes("client", REQUEST);
    conversation.bytes("target", RESPONSE);
    for (let index = 0; index < 500; index += 1) conversation.bytes("target", frame(1, String(index).padStart(50)));
    conversation.closed();
    const log = new ConversationLog();
    log.receive(all(source));
    const [first] = log.conversations;
    expect(first).toMatchObject({ request: { target: "/chat" }, response: { proof: { matches: true } }, state: "closed" });
    const texts = log.entries.filter((entry): entry is FrameEntry => entry.kind === "frame").map((entry) => Number(textOf(entry)));
    expect(texts.at(-1)).toBe(499);
    expect(texts.slice(1)).toEqual(texts.slice(1).map((_, index) => texts.at(-1)! - texts.length + 2 + index));
    expect(log.entries.some((entry) => entry.kind === "note" && entry.text.includes("are not shown"))).toBe(true);
    expect(log.entries.flatMap(({ problems }) => problems)).toEqual([]);
  });

  test("a page that lags learns at least how conversations ended", () => {
    const source = recorder(5_000);
    const reader = source.reader(() => undefined);
    const first = source.open(1, START);
    const log = new ConversationLog();
    log.receive(reader.take(Infinity));
    first.closed();
    const second = source.open(2, START);
    for (let index = 0; index < 100; index += 1) second.bytes("client", new Uint8Array(100));
    log.receive(reader.take(Infinity));
    expect(log.conversations.map(({ id, ended }) => [id, ended !== undefined])).toEqual([
      [1, true],
      [2, false],
    ]);
  });

  test("two pages read the same at their own pace", () => {
    const source = recorder();
    let woken = 0;
    const slow = source.reader(() => (woken += 1));
    const conversation = source.open(1, START);
    conversation.bytes("client", REQUEST);
    const fast = all(source);
    expect(fast).toHaveLength(2);
    conversation.bytes("client", frame(1, "x", { key: 1 }));
    expect(slow.take(1)).toHaveLength(1);
    expect(slow.take(Infinity)).toHaveLength(2);
    expect(slow.take(Infinity)).toEqual([]);
    expect(woken).toBe(3);
    slow.close();
    conversation.closed();
    expect(woken).toBe(3);
  });

  test("clear forgets what was recorded, and what goes on is still introduced", () => {
    const source = recorder();
    const conversation = source.open(1, START);
    conversation.bytes("client", REQUEST);
    source.clear();
    expect(source.held).toBe(0);
    expect(all(source)).toEqual([]);
    conversation.bytes("target", RESPONSE);
    expect(all(source).map(({ kind }) => kind)).toEqual([RecordKind.OPENED, RecordKind.CLIENT_BYTES, RecordKind.TARGET_BYTES]);
  });
});

describe("long payloads", () => {
  test("are kept up to the limit, the rest is counted; other octets are all kept", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3000), { maxLength: 8 }), fc.integer({ min: 1, max: 2500 }), (lengths, chunkSize) => {
        const source = recorder(1 << 22, 1000);
        const conversation = source.open(1, START);
        const stream = Buffer.concat([RESPONSE, ...lengths.map((length) => frame(2, new Uint8Array(length).fill(length & 255)))]);
        for (const chunk of chunksOf(stream, chunkSize)) conversation.bytes("target", chunk);
        conversation.closed();
        const log = new ConversationLog();
        log.receive(all(source));
        const frames = log.entries.filter((entry): entry is FrameEntry => entry.kind === "frame");
        expect(frames.map(({ kept, omitted, complete }) => [kept, omitted, complete])).toEqual(
          lengths.map((length) => [Math.min(1000, length), Math.max(0, length - 1000), true]),
        );
        expect(log.entries.some((entry) => entry.kind === "note" && entry.tone === "warning" && entry.text.includes("not shown"))).toBe(
          false,
        );
        expect(log.conversations[0]?.counts.target.bytes).toBe(stream.length);
      }),
      { numRuns: 100 },
    );
  });

  test("one endless payload costs next to nothing", () => {
    const source = recorder(1 << 20, 1000);
    const conversation = source.open(1, START);
    conversation.bytes("target", RESPONSE);
    conversation.bytes("target", Uint8Array.of(0x82, 0x7f, 0, 0, 0, 1, 0, 0, 0, 0));
    const chunk = new Uint8Array(65_536);
    for (let index = 0; index < 10_000; index += 1) conversation.bytes("target", chunk);
    const records = all(source);
    expect(source.held).toBeLessThan(100_000);
    const omitted = records.filter(({ kind }) => kind === RecordKind.TARGET_OMITTED).reduce((sum, { body }) => sum + decodeCount(body), 0);
    expect(omitted).toBeGreaterThan(640_000_000);
  });

  test("a refusal's body is limited like a payload", () => {
    const source = recorder(1 << 20, 100);
    const conversation = source.open(1, START);
    conversation.bytes("target", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"));
    conversation.bytes("target", new Uint8Array(1000));
    conversation.closed();
    const log = new ConversationLog();
    log.receive(all(source));
    expect(log.entries.find(({ kind }) => kind === "opaque")).toMatchObject({ kept: 100, omitted: 900 });
  });
});
