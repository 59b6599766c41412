import { describe, expect, test } from "vitest";

import { prepareMessage } from "@ws/protocol";
import { DeflateContexts, type Zlib, type ZlibStream } from "@ws/protocol/deflate";
import { createPakoZlib } from "@ws/protocol/pako";

import { contentOf } from "../src/prepared-message.ts";
import { ascii, decode, encode, noise, StreamPeer, transform } from "./deflate/checks.ts";

const takeover = { noContextTakeover: false, maxWindowBits: 15 };
const KIB = 1024;

/** pako, with a record of how much was done between two pauses, and of the streams that exist. */
function observed(): { zlib: Zlib; turns: { input: number; output: number }[]; streams: { made: number; open: number } } {
  const turns = [{ input: 0, output: 0 }];
  const streams = { made: 0, open: 0 };
  const pako = createPakoZlib();
  const observe = (stream: ZlibStream): ZlibStream => {
    streams.made++;
    streams.open++;
    const [write, close] = [stream.write.bind(stream), stream.close.bind(stream)];
    stream.write = (flush, input, start, end, output, outputStart, outputEnd) => {
      const result = write(flush, input, start, end, output, outputStart, outputEnd);
      const turn = turns.at(-1)!;
      turn.input += end - start - stream.inputLeft;
      turn.output += outputEnd - outputStart - stream.outputLeft;
      return result;
    };
    stream.close = () => {
      streams.open--;
      close();
    };
    return stream;
  };
  const zlib: Zlib = {
    createDeflate: (options) => observe(pako.createDeflate(options)),
    createInflate: (options) => observe(pako.createInflate(options)),
    pause: () => new Promise((resolve) => setImmediate(resolve)).then(() => void turns.push({ input: 0, output: 0 })),
  };
  return { zlib, turns, streams };
}

const large = ascii('{"type":"update","price":123.45},'.repeat(20_000));

describe("the loop is never held for long", () => {
  test("a large message is compressed 16 KiB at a time", async () => {
    const { zlib, turns } = observed();
    await encode(transform(zlib), large);
    expect(Math.max(...turns.map(({ input }) => input))).toBeLessThanOrEqual(16 * KIB);
    expect(turns.length).toBeGreaterThanOrEqual(large.length / (16 * KIB));
  });

  test("a level above 6 takes smaller steps", async () => {
    const { zlib, turns } = observed();
    await encode(transform(zlib, takeover, { level: 9 }), large);
    expect(Math.max(...turns.map(({ input }) => input))).toBeLessThanOrEqual(4 * KIB);
  });

  test("a large message is decompressed in steps of at most 16 KiB in and about 128 KiB out, its history shown in one more", async () => {
    for (const text of [large, noise(300_000), new Uint8Array(1_000_000)]) {
      const { zlib, turns } = observed();
      const receiver = transform(zlib);
      const peer = new StreamPeer(takeover, 6);
      await decode(receiver, await peer.compress(noise(40_000)));
      turns.splice(0, turns.length, { input: 0, output: 0 });
      expect(await decode(receiver, await peer.compress(text))).toEqual(text);
      // The window as history, the tail, and what the scratch area makes of it.
      expect(Math.max(...turns.map(({ input }) => input))).toBeLessThanOrEqual(16 * KIB + 32 * KIB + 10);
      expect(Math.max(...turns.map(({ output }) => output))).toBeLessThanOrEqual((128 + 64 + 32) * KIB);
    }
  });

  test("what is short enough is done at once", () => {
    const { zlib } = observed();
    const own = transform(zlib);
    expect(own.encode(large.subarray(0, 16 * KIB))).toBeInstanceOf(Uint8Array);
    expect(own.encode(large.subarray(0, 16 * KIB + 1))).toBeUndefined();
    expect(own.encodePrepared(contentOf(prepareMessage(large)))).toBeUndefined();
    expect(own.decode(new Uint8Array(16 * KIB + 1), 1 << 24)).toBeUndefined();
  });

  test("many small messages in one turn: what exceeds a step's worth waits for the next turns, in order, whoever they belong to", async () => {
    const { zlib, turns } = observed();
    const contexts = new DeflateContexts(zlib);
    const connections = Array.from({ length: 10 }, () => ({
      own: transform(zlib, takeover, {}, contexts),
      peer: new StreamPeer(takeover, 6),
    }));
    let atOnce = 0;
    const sent = await Promise.all(
      connections.map(async ({ own }, index) => {
        const messages: { text: Uint8Array; payload: Uint8Array }[] = [];
        for (let count = 0; count < 10; count++) {
          const text = large.subarray(index * 100, index * 100 + 4000 + count);
          const now = own.encode(text);
          if (now !== undefined) atOnce++;
          const payload = (now ??
            (await own.run({ id: 1, direction: "encode", payload: text, maxLength: Infinity, prepared: undefined }))) as Uint8Array;
          messages.push({ text, payload });
        }
        return messages;
      }),
    );
    for (const [index, messages] of sent.entries()) {
      for (const { text, payload } of messages) expect(await connections[index]!.peer.decompress(payload)).toEqual(text);
    }
    expect(atOnce).toBeGreaterThan(10);
    expect(atOnce).toBeLessThan(100);
    // The budget of 64 KiB, the last message that began within it, one that had waited, and the histories shown.
    expect(Math.max(...turns.map(({ input }) => input))).toBeLessThanOrEqual(64 * KIB + 2 * 4100 + 10 * 4 * KIB);
  });

  test("a large message makes progress while small ones keep coming", async () => {
    const { zlib } = observed();
    let waiting = 0;
    let most = 0;
    const pause = async (): Promise<void> => {
      most = Math.max(most, ++waiting);
      await zlib.pause!();
      waiting--;
    };
    const contexts = new DeflateContexts({ ...zlib, pause });
    const [busy, patient] = [transform(zlib, takeover, {}, contexts), transform(zlib, takeover, {}, contexts)];
    let ended = false;
    const running = patient
      .run({ id: 1, direction: "encode", payload: large, maxLength: Infinity, prepared: undefined })
      .then(() => (ended = true));
    for (let turn = 0; turn < 500 && !ended; turn++) {
      busy.encode(large.subarray(0, 1000));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(ended).toBe(true);
    await running;
    // One that waits for its next step, and one for the next turn.
    expect(most).toBeLessThanOrEqual(2);
  });

  test("without a way to pause everything is done at once", () => {
    const [sender, receiver] = [transform(createPakoZlib()), transform(createPakoZlib())];
    const payload = sender.encode(large)!;
    expect(receiver.decode(payload, 1 << 24)).toEqual(large);
    expect(sender.encodePrepared(contentOf(prepareMessage(large)))).toBeInstanceOf(Uint8Array);
  });
});

describe("memory", () => {
  test("a connection holds nothing before its first message, then no more than what passed, and its two windows at most", async () => {
    const own = transform(createPakoZlib(), takeover, { history: 2048 });
    const peer = new StreamPeer(takeover, 6);
    expect(own.heldBytes).toBe(0);
    await encode(own, ascii("hello ".repeat(50)));
    await decode(own, await peer.compress(ascii("hello ".repeat(50))));
    expect(own.heldBytes).toBe(2 * 2048);
    for (let count = 0; count < 50; count++) {
      await encode(own, ascii(`${count} hello `.repeat(100)));
      await decode(own, await peer.compress(noise(2000)));
    }
    expect(own.heldBytes).toBe(32 * KIB + 2 * KIB);
    own.close();
    expect(own.heldBytes).toBe(0);
  });

  test("without takeover it holds nothing at all; smaller windows hold as much as they are", async () => {
    const peer = new StreamPeer({ noContextTakeover: false, maxWindowBits: 9 }, 6);
    const none = transform(createPakoZlib(), { noContextTakeover: true, maxWindowBits: 15 });
    const small = transform(createPakoZlib(), { noContextTakeover: false, maxWindowBits: 9 });
    for (let count = 0; count < 20; count++) {
      await encode(none, large.subarray(0, 3000));
      await encode(small, large.subarray(0, 3000));
      const payload = await peer.compress(large.subarray(count, count + 2000));
      await decode(small, payload);
    }
    expect(none.heldBytes).toBe(0);
    expect(small.heldBytes).toBe(2 * 512);
  });

  test("any number of connections shares a few streams", async () => {
    const { zlib, streams } = observed();
    const contexts = new DeflateContexts(zlib, { deflates: 4, inflates: 3, tasks: 2 });
    const connections = Array.from({ length: 20 }, () => ({
      own: transform(zlib, takeover, {}, contexts),
      peer: new StreamPeer(takeover, 6),
    }));
    await Promise.all(
      connections.map(async ({ own, peer }, index) => {
        for (let count = 0; count < 3; count++) {
          const text = ascii(`connection ${index}, message ${count} `.repeat(count === 1 ? 800 : 5));
          const payload = await encode(own, text);
          expect(await peer.decompress(payload!)).toEqual(text);
          expect(await decode(own, await peer.compress(text))).toEqual(text);
        }
      }),
    );
    // Those that are kept, and one spare of each kind for large messages.
    expect(streams.open).toBeLessThanOrEqual(4 + 3 + 2);
    expect(streams.made).toBeLessThanOrEqual(200);
  });
});

test("a connection that is closed in the middle of its work ends the work, and leaves the streams to the others", async () => {
  const { zlib, turns, streams } = observed();
  const contexts = new DeflateContexts(zlib, { tasks: 1 });
  const [closing, other] = [transform(zlib, takeover, {}, contexts), transform(zlib, takeover, {}, contexts)];
  const running = closing.run({ id: 1, direction: "encode", payload: large, maxLength: Infinity, prepared: undefined });
  const after = other.run({ id: 1, direction: "encode", payload: large, maxLength: Infinity, prepared: undefined });
  while (turns.length < 5) await new Promise((resolve) => setImmediate(resolve));
  closing.close();
  expect(await running).toEqual({ failure: "INVALID_COMPRESSED_PAYLOAD" });
  expect(turns.length).toBeLessThan(15);
  const payload = (await after) as Uint8Array;
  expect(await new StreamPeer(takeover, 6).decompress(payload)).toEqual(large);
  expect(streams.made).toBe(1);
  expect(closing.heldBytes).toBe(0);
});

test("a connection that is closed while a short message waits for its turn leaves its streams alone", async () => {
  const { zlib, turns } = observed();
  for (const direction of ["encode", "decode"] as const) {
    const own = transform(zlib);
    const running = own.run({ id: 1, direction, payload: large.subarray(0, 100), maxLength: 1000, prepared: undefined });
    own.close();
    expect(await running).toEqual({ failure: "INVALID_COMPRESSED_PAYLOAD" });
  }
  const own = transform(zlib);
  const payload = await new StreamPeer(takeover, 6).compress(noise(50_000));
  const running = own.run({ id: 1, direction: "decode", payload, maxLength: 50_000, prepared: undefined });
  own.close();
  expect(await running).toEqual({ failure: "INVALID_COMPRESSED_PAYLOAD" });
  // The large one had begun: it ends with its first step.
  expect(turns.reduce((sum, { input }) => sum + input, 0)).toBeLessThanOrEqual(16 * KIB);
});

test("a message whose pieces are joined in more than one step comes through whole, in both directions", async () => {
  const { zlib } = observed();
  const digits = noise(2_500_000).map((octet) => 0x30 + (octet & 0x0f));
  const compressed = (await encode(transform(zlib), digits))!;
  expect(compressed.length).toBeGreaterThan(1 << 20);
  expect(Buffer.compare((await decode(transform(zlib), compressed)) as Uint8Array, digits)).toBe(0);
});

test("blocks that yield nothing go on from step to step", async () => {
  const { zlib } = observed();
  const empty = new Uint8Array(5 * 8_000 + 1);
  for (let block = 0; block < 8_000; block++) empty.set([0, 0, 0, 0xff, 0xff], 5 * block);
  expect(await decode(transform(zlib), empty)).toEqual(new Uint8Array(0));
});

test("a prepared message that another connection has compressed meanwhile is not compressed again", async () => {
  const { zlib, turns } = observed();
  const contexts = new DeflateContexts(zlib);
  const message = contentOf(prepareMessage(large));
  const work = { id: 1, direction: "encode", payload: message.payload, maxLength: Infinity, prepared: message } as const;
  const first = await transform(zlib, takeover, {}, contexts).run(work);
  const turnsOfFirst = turns.length;
  expect(await transform(zlib, takeover, {}, contexts).run(work)).toBe(first);
  expect(turns.length).toBe(turnsOfFirst);
});
