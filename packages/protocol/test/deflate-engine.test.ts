import { encodeFrame, Opcode } from "@ws/codec";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { EngineEvent, prepareMessage, type ConnectionEngine, type MessageTransform, type TransformWork } from "@ws/protocol";
import { hostZlib } from "@ws/endpoint/zlib";
import type { Zlib } from "@ws/protocol/deflate";
import type { DirectionParameters } from "@ws/protocol/internal";
import { createPakoZlib } from "@ws/protocol/pako";

import { contentOf } from "../src/prepared-message.ts";
import { places, sameInAnyChunks, sameInAnyChunksAsync } from "../../codec/test/chunking.ts";
import { deflateBomb } from "../../fuzz/src/wire/deflate.ts";
import {
  client,
  eventsOf,
  expectFail,
  hex,
  joined,
  masked,
  outputOf,
  Pair,
  received,
  server,
  toHex,
  unmasked,
} from "./connection-support.ts";
import { ofEngine, ofEngineAtWork } from "./receivers.ts";
import { ascii, encode, message, noise, numRuns, parameters, StreamPeer, transform } from "./deflate/checks.ts";

const atOnce = createPakoZlib();
const inSteps = createPakoZlib({ pause: () => new Promise((resolve) => setImmediate(resolve)) });
const noTakeover = { noContextTakeover: true, maxWindowBits: 15 };

const COMPRESSED = { rsv: 4 };

const captured = new WeakMap<ConnectionEngine, TransformWork[]>();

/** The items of work that polling came upon: an engine shows each until the next poll only. */
function workOf(engine: ConnectionEngine): TransformWork[] {
  let items = captured.get(engine);
  if (items === undefined) {
    captured.set(engine, (items = []));
    const poll = engine.poll.bind(engine);
    engine.poll = () => {
      const event = poll();
      if (event === EngineEvent.WORK) captured.get(engine)!.push(engine.work!);
      return event;
    };
  }
  return items;
}

/** Does the work items of an engine, as a driver does, until there is nothing left. */
async function eventsWithWork(engine: ConnectionEngine, own: MessageTransform): Promise<string[]> {
  const items = workOf(engine);
  const events: string[] = [];
  for (;;) {
    events.push(...eventsOf(engine));
    const item = items.shift();
    if (item === undefined) return events.filter((event) => !event.startsWith("WORK"));
    engine.completeWork(item.id, await own.run(item));
  }
}

describe("the examples as they travel, at every chunk size", () => {
  test.each<[string, string, string[]]>([
    ["§7.2.3.1 one frame", "c1 07 f2 48 cd c9 c9 07 00", ['TEXT "Hello"']],
    ["§7.2.3.1 two fragments", "41 03 f2 48 cd 80 04 c9 c9 07 00", ['TEXT "Hello"']],
    ["§7.2.3.1 two fragments around a Ping", "41 03 f2 48 cd 89 00 80 04 c9 c9 07 00", ["PING ", 'TEXT "Hello"']],
    [
      "§7.2.3.2 twice, the second referring to the first",
      "c1 07 f2 48 cd c9 c9 07 00 c1 05 f2 00 11 00 00",
      ['TEXT "Hello"', 'TEXT "Hello"'],
    ],
    [
      "§6.1 a message as it is in between",
      "c1 07 f2 48 cd c9 c9 07 00 81 02 68 69 c1 05 f2 00 11 00 00",
      ['TEXT "Hello"', 'TEXT "hi"', 'TEXT "Hello"'],
    ],
    ["§7.2.3.3 a stored block", "c1 0b 00 05 00 fa ff 48 65 6c 6c 6f 00", ['TEXT "Hello"']],
    ["§7.2.3.4 BFINAL", "c1 08 f3 48 cd c9 c9 07 00 00", ['TEXT "Hello"']],
    ["§7.2.3.5 two blocks", "c1 0d f2 48 05 00 00 00 ff ff ca c9 c9 07 00", ['TEXT "Hello"']],
    ["§7.2.3.6 an empty message", "c2 01 00", ["BINARY "]],
    ["§7.2.3.6 an empty last fragment", "41 07 f2 48 cd c9 c9 07 00 80 00", ['TEXT "Hello"']],
    ["fragmented, compressed and empty", "41 00 00 00 80 01 00", ['TEXT ""']],
    ["a binary message", "c2 07 f2 48 cd c9 c9 07 00", ["BINARY 48 65 6c 6c 6f"]],
  ])("%s", (_, frames, events) => {
    for (const zlib of [atOnce, hostZlib()]) {
      expect(sameInAnyChunks(hex(frames), () => ofEngine(client({ transform: transform(zlib) }))).events).toEqual(events);
    }
  });
});

describe("§6, §7.2 what fails the connection", () => {
  test.each<[string, number, Uint8Array[]]>([
    ["RSV1 on a control frame", 1002, [masked(Opcode.PING, "x", COMPRESSED)]],
    ["RSV1 on a Close", 1002, [masked(Opcode.CLOSE, "", COMPRESSED)]],
    [
      "RSV1 on a continuation",
      1002,
      [masked(Opcode.TEXT, hex("f2 48 cd"), { ...COMPRESSED, fin: false }), masked(Opcode.CONTINUATION, hex("c9 c9 07 00"), COMPRESSED)],
    ],
    [
      "RSV1 on the continuation of a message that is not compressed",
      1002,
      [masked(Opcode.TEXT, "a", { fin: false }), masked(Opcode.CONTINUATION, "b", COMPRESSED)],
    ],
    ["RSV2 with RSV1", 1002, [masked(Opcode.TEXT, hex("f2 48 cd c9 c9 07 00"), { rsv: 6 })]],
    ["a payload cut short", 1007, [masked(Opcode.TEXT, hex("f2 48 cd c9"), COMPRESSED)]],
    ["no payload at all", 1007, [masked(Opcode.TEXT, "", COMPRESSED)]],
    ["an unremoved tail", 1007, [masked(Opcode.TEXT, hex("f2 48 cd c9 c9 07 00 00 00 ff ff"), COMPRESSED)]],
    ["a block type that does not exist", 1007, [masked(Opcode.TEXT, hex("06 00"), COMPRESSED)]],
    ["a distance before the beginning", 1007, [masked(Opcode.TEXT, hex("f2 00 11 00 00"), COMPRESSED)]],
    ["§8.1 text that is not UTF-8 once decompressed", 1007, [masked(Opcode.TEXT, hex("00 01 00 fe ff ff 00"), COMPRESSED)]],
    ["a bomb", 1009, [masked(Opcode.BINARY, deflateBomb(200_000), COMPRESSED)]],
    [
      "a bomb in fragments",
      1009,
      [
        masked(Opcode.BINARY, deflateBomb(200_000).subarray(0, 100), { ...COMPRESSED, fin: false }),
        masked(Opcode.CONTINUATION, deflateBomb(200_000).subarray(100)),
      ],
    ],
  ])("%s: %i", (_, closeCode, frames) => {
    const engine = server({ transform: transform(atOnce), limits: { maxMessageBytes: 100_000 } });
    received(engine, ...frames);
    expectFail(engine, closeCode);
  });

  test("RSV1 without an agreement: 1002", () => {
    const engine = server();
    received(engine, masked(Opcode.TEXT, hex("f2 48 cd c9 c9 07 00"), COMPRESSED));
    expectFail(engine, 1002);
  });
});

test("a message of exactly the limit that compression has made larger is a message, one byte more is not", async () => {
  for (const [length, event] of [
    [100_000, "BINARY"],
    [100_001, "FAILED MESSAGE_TOO_BIG"],
  ] as const) {
    const payload = await new StreamPeer(noTakeover, 6).compress(noise(length));
    expect(payload.length).toBeGreaterThan(length);
    const [first] = received(
      server({ transform: transform(atOnce), limits: { maxMessageBytes: 100_000 } }),
      masked(Opcode.BINARY, payload, COMPRESSED),
    );
    expect(first?.startsWith(event)).toBe(true);
  }
});

describe("§6.1 what is sent", () => {
  test("RSV1 on messages that became smaller, none on others and on control frames", () => {
    const engine = server({ transform: transform(atOnce) });
    engine.sendText("a".repeat(50));
    engine.sendText("Hi");
    engine.sendText("");
    engine.ping();
    engine.close();
    const firstBytes = [];
    const bytes = outputOf(engine);
    for (let offset = 0; offset < bytes.length; offset += 2 + bytes[offset + 1]!) firstBytes.push(bytes[offset]!);
    expect(firstBytes).toEqual([0xc1, 0x81, 0xc1, 0x89, 0x88]);
  });

  test("the second of two equal messages is shorter, unless takeover was ruled out", () => {
    const lengths = [transform(atOnce), transform(atOnce, noTakeover)].map((own) => {
      const engine = server({ transform: own });
      return [1, 2].map(() => {
        engine.sendText("the same sentence, word for word");
        return outputOf(engine).length;
      });
    });
    expect(lengths[0]![1]).toBeLessThan(lengths[0]![0]! / 2);
    expect(lengths[1]![1]).toBe(lengths[1]![0]);
  });

  test("below the threshold nothing is compressed", () => {
    const engine = server({ transform: transform(atOnce, undefined, { threshold: 60 }) });
    engine.sendText("a".repeat(59));
    expect(outputOf(engine)[0]).toBe(0x81);
    engine.sendText("a".repeat(60));
    expect(outputOf(engine)[0]).toBe(0xc1);
  });
});

test("prepared messages are compressed once for each set of parameters, whatever was sent before", () => {
  const text = "to everybody, ".repeat(20);
  const prepared = prepareMessage(text);
  const pairs = [15, 15, 15, 10, 10].map((maxWindowBits, index) => {
    const agreed = { noContextTakeover: index === 2, maxWindowBits };
    const pair = new Pair({ client: { transform: transform(atOnce, agreed) }, server: { transform: transform(atOnce, agreed) } });
    for (let count = 0; count < index; count++) pair.server.sendText(`${text} ${count}`);
    return pair;
  });
  for (const [index, pair] of pairs.entries()) {
    pair.server.sendPrepared(prepared);
    pair.server.sendText(text);
    pair.deliver();
    expect(pair.seenByClient.slice(index)).toEqual([`TEXT ${JSON.stringify(text)}`, `TEXT ${JSON.stringify(text)}`]);
  }
  expect(contentOf(prepared).variants.size).toBe(2);
});

test("large prepared messages are compressed once although many connections send them at the same time", async () => {
  const text = "to everybody, ".repeat(10_000);
  const prepared = prepareMessage(text);
  let flushes = 0;
  const counting = {
    ...inSteps,
    createDeflate(options: Parameters<typeof inSteps.createDeflate>[0]) {
      const stream = inSteps.createDeflate(options);
      const write = stream.write.bind(stream);
      stream.write = (...args) => {
        if (args[0] === 2) flushes++;
        return write(...args);
      };
      return stream;
    },
  };
  const outputs = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const own = transform(counting);
      const engine = server({ transform: own });
      engine.sendPrepared(prepared);
      engine.sendText("after it");
      await eventsWithWork(engine, own);
      return toHex(outputOf(engine));
    }),
  );
  // Each connection has its own streams here, so the ten short messages flush too, and prime with the history first.
  expect(flushes).toBe(1 + 10 * 2);
  expect(new Set(outputs).size).toBe(1);
});

/** What a peer sends: compressed or not, in fragments of these lengths, Pings in between. */
interface Sent {
  readonly text: string;
  readonly compressed: boolean;
  readonly cuts: readonly number[];
  readonly ping: boolean;
}

const sent: fc.Arbitrary<Sent> = fc.record({
  text: message(20).map((bytes) => Array.from(bytes, (byte) => String.fromCharCode(0x20 + (byte % 0x5f))).join("")),
  compressed: fc.boolean(),
  cuts: fc.array(fc.nat(40), { maxLength: 4 }),
  ping: fc.boolean(),
});

async function framesOf({ text, compressed, cuts, ping }: Sent, peer: ReturnType<typeof transform>): Promise<Uint8Array> {
  const payload = compressed ? await encode(peer, ascii(text)) : undefined;
  const bytes = payload ?? ascii(text);
  const frames: Uint8Array[] = [];
  let start = 0;
  for (const cut of cuts) {
    const end = Math.min(bytes.length, start + cut);
    frames.push(
      unmasked(frames.length === 0 ? Opcode.TEXT : Opcode.CONTINUATION, bytes.subarray(start, end), {
        fin: false,
        rsv: frames.length === 0 && payload ? 4 : 0,
      }),
    );
    if (ping) frames.push(encodeFrame(Opcode.PING, new Uint8Array(0)));
    start = end;
  }
  frames.push(
    unmasked(cuts.length === 0 ? Opcode.TEXT : Opcode.CONTINUATION, bytes.subarray(start), { rsv: cuts.length === 0 && payload ? 4 : 0 }),
  );
  return joined(frames);
}

test.each([
  ["pako, at once", atOnce],
  ["pako, in steps", inSteps],
  ["node:zlib", hostZlib()],
])("any parameters, any messages, fragments and chunks: the same messages in the same order (%s)", (_, zlib) =>
  fc.assert(
    fc.asyncProperty(parameters, fc.array(sent, { maxLength: 10 }), places, async (agreed, all, at) => {
      const peer = transform(atOnce, agreed, { history: 32_768 });
      const frames: Uint8Array[] = [];
      for (const one of all) frames.push(await framesOf(one, peer));
      const { events, control } = await sameInAnyChunksAsync(joined(frames), receiver(zlib, agreed), at);
      expect(events).toEqual(all.map(({ text }) => `TEXT ${JSON.stringify(text)}`));
      expect(control.length).toBe(all.reduce((sum, { cuts, ping }) => sum + (ping ? cuts.length : 0), 0));
    }),
    { numRuns },
  ),
);

test("frames with damage: the same in any chunks, and by pako and node:zlib", () =>
  fc.assert(
    fc.asyncProperty(
      parameters,
      fc.array(sent, { minLength: 1, maxLength: 5 }),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 }),
      places,
      async (agreed, all, changes, at) => {
        const peer = transform(atOnce, agreed, { history: 32_768 });
        const frames: Uint8Array[] = [];
        for (const one of all) frames.push(await framesOf(one, peer));
        const bytes = joined(frames);
        for (const [place, bits] of changes) bytes[place % bytes.length]! ^= bits;
        const byPako = await sameInAnyChunksAsync(bytes, receiver(atOnce, agreed), at);
        for (const zlib of [inSteps, hostZlib()]) expect(await sameInAnyChunksAsync(bytes, receiver(zlib, agreed), at)).toEqual(byPako);
      },
    ),
    { numRuns },
  ));

function receiver(zlib: Zlib, agreed: DirectionParameters): () => ReturnType<typeof ofEngineAtWork> {
  return () => {
    const own = transform(zlib, agreed);
    return ofEngineAtWork(client({ transform: own }), own);
  };
}

test("large messages become work: Pings pass them, messages and Close wait, in both directions", async () => {
  const large = "large ".repeat(50_000);
  const transforms = [transform(inSteps), transform(inSteps)] as const;
  const ours = server({ transform: transforms[0] });
  const peer = client({ transform: transforms[1] });
  const items = workOf(ours);
  ours.sendText("first");
  ours.sendText(large);
  ours.sendText("second");
  ours.ping(Uint8Array.of(1));
  ours.close(1000, "done");
  expect(eventsOf(ours)).toEqual(["WORK encode"]);
  expect(ours.poll()).toBe(EngineEvent.NONE);
  const before = outputOf(ours);
  // "first", and the Ping; nothing of what comes behind the large one.
  expect(received(peer, before)).toEqual(['TEXT "first"', "PING 01"]);
  ours.completeWork(items[0]!.id, await transforms[0].run(items[0]!));
  expect(eventsOf(ours)).toEqual([]);
  peer.receive(outputOf(ours));
  expect(await eventsWithWork(peer, transforms[1])).toEqual([`TEXT ${JSON.stringify(large)}`, 'TEXT "second"', 'CLOSING 1000 "done"']);
});
