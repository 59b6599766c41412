import { constants, createDeflateRaw, createInflateRaw, type DeflateRaw, type InflateRaw } from "node:zlib";

import fc from "fast-check";
import type { TransformFailure } from "@ws/protocol";
import { DeflateContexts, type CompressorSettings, type Zlib } from "@ws/protocol/deflate";
import { DeflateTransform, type DirectionParameters } from "@ws/protocol/internal";

import { compressedPayload, type DeflateBlock, type DeflateToken, writeDeflateBlocks } from "../../../fuzz/src/wire/deflate.ts";
import { inflate } from "../../../fuzz/src/wire/inflate.ts";
import { MessageInflater, DEFLATE_TAIL } from "../../../fuzz/src/wire/message-inflater.ts";

/**
 * What holds for every implementation of the compressor port, in every runtime: run by Vitest on Node, and as a plain
 * script in the others. Peers are `node:zlib` streams, as `ws` has them, and the fuzzer's bit-by-bit reader.
 */
export interface Check {
  readonly name: string;
  run(zlib: Zlib): void | Promise<void>;
}

export const numRuns = Number(process.env["FAST_CHECK_RUNS"] ?? 100);

const settings: CompressorSettings = { level: 4, memLevel: 8, windowBits: 15, history: 4096, threshold: 0 };
const takeover: DirectionParameters = { noContextTakeover: false, maxWindowBits: 15 };
const noTakeover: DirectionParameters = { noContextTakeover: true, maxWindowBits: 15 };

export function hex(text: string): Uint8Array {
  return Uint8Array.from(text.split(" ").filter(Boolean), (byte) => Number.parseInt(byte, 16));
}

export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function equal(actual: unknown, expected: unknown, what: string): void {
  const [left, right] = [show(actual), show(expected)];
  if (left !== right) throw new Error(`${what}: expected ${right}, got ${left}`);
}

function show(value: unknown): string {
  if (!(value instanceof Uint8Array)) return JSON.stringify(value) ?? "undefined";
  return `${value.length} bytes ${Array.from(value.subarray(0, 65_536), (byte) => byte.toString(16).padStart(2, "0")).join(" ")}`;
}

/** A transform in which both directions have the same parameters. */
export function transform(
  zlib: Zlib,
  parameters: DirectionParameters = takeover,
  own: Partial<CompressorSettings> = {},
  contexts: DeflateContexts = new DeflateContexts(zlib),
): DeflateTransform {
  return new DeflateTransform(contexts, { ...settings, ...own }, parameters, parameters);
}

/** Decodes, whichever way it goes. */
export async function decode(receiver: DeflateTransform, payload: Uint8Array, maxLength = 1 << 24): Promise<Uint8Array | TransformFailure> {
  return (
    receiver.decode(payload, maxLength) ?? (await receiver.run({ id: 1, direction: "decode", payload, maxLength, prepared: undefined }))
  );
}

/** Encodes, whichever way it goes. `undefined`: it goes as it is. */
export async function encode(sender: DeflateTransform, payload: Uint8Array): Promise<Uint8Array | undefined> {
  const result =
    sender.encode(payload) ?? (await sender.run({ id: 1, direction: "encode", payload, maxLength: Infinity, prepared: undefined }));
  if ("failure" in result) throw new Error(result.failure);
  return result === payload ? undefined : result;
}

/** A peer that keeps zlib streams, one per direction. */
export class StreamPeer {
  readonly #parameters: DirectionParameters;
  readonly #level: number;
  #deflate: DeflateRaw | undefined;
  #inflate: InflateRaw | undefined;

  constructor(parameters: DirectionParameters, level: number) {
    this.#parameters = parameters;
    this.#level = level;
  }

  async compress(message: Uint8Array): Promise<Uint8Array> {
    // A stream that flushes twice without input in between writes nothing the second time.
    if (message.length === 0) return Uint8Array.of(0);
    const stream = (this.#deflate ??= createDeflateRaw({ windowBits: Math.max(9, this.#parameters.maxWindowBits), level: this.#level }));
    const whole = await through(stream, [message]);
    if (this.#parameters.noContextTakeover) this.#deflate = undefined;
    return whole.subarray(0, whole.length - 4);
  }

  async decompress(payload: Uint8Array): Promise<Uint8Array> {
    const stream = (this.#inflate ??= createInflateRaw({ windowBits: this.#parameters.maxWindowBits }));
    const message = await through(stream, [payload, DEFLATE_TAIL]);
    if (this.#parameters.noContextTakeover) this.#inflate = undefined;
    return message;
  }
}

function through(stream: DeflateRaw | InflateRaw, inputs: readonly Uint8Array[]): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const pieces: Uint8Array[] = [];
    const onData = (piece: Uint8Array): void => void pieces.push(piece);
    stream.on("data", onData);
    stream.once("error", reject);
    for (const input of inputs) stream.write(input);
    stream.flush(constants.Z_SYNC_FLUSH, () => {
      stream.off("data", onData);
      stream.off("error", reject);
      resolve(join(pieces));
    });
  });
}

export function join(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}

const words = [
  "price",
  "volume",
  "user",
  "message",
  "channel",
  '{"type":"update","id":',
  "true,",
  "null,",
  "timestamp",
  '"active":',
  "0123456789",
];

/** Messages as they occur: repetitive text, noise, nothing, a little, a lot. */
export function message(maxPieces = 60): fc.Arbitrary<Uint8Array> {
  const text = fc.array(fc.constantFrom(...words), { maxLength: maxPieces }).map((parts) => ascii(parts.join(" ")));
  const noise = fc.uint8Array({ maxLength: 300 });
  const runs = fc.tuple(fc.nat(255), fc.nat(5000)).map(([byte, length]) => new Uint8Array(length).fill(byte));
  return fc.oneof(text, text, noise, runs, fc.constant(new Uint8Array(0)));
}

export const parameters: fc.Arbitrary<DirectionParameters> = fc.record({
  noContextTakeover: fc.boolean(),
  maxWindowBits: fc.integer({ min: 8, max: 15 }),
});

const own: fc.Arbitrary<Partial<CompressorSettings>> = fc.record({
  level: fc.integer({ min: 1, max: 9 }),
  memLevel: fc.integer({ min: 1, max: 9 }),
  windowBits: fc.integer({ min: 8, max: 15 }),
  history: fc.constantFrom(0, 100, 4096, 32_768),
});

const token: fc.Arbitrary<DeflateToken> = fc.oneof(
  fc.nat(255),
  fc.record({ length: fc.integer({ min: 3, max: 258 }), distance: fc.integer({ min: 1, max: 6 }) }),
);
const block: fc.Arbitrary<DeflateBlock> = fc.oneof(
  fc.record({ type: fc.constant("stored" as const), bytes: fc.uint8Array({ maxLength: 40 }), final: fc.boolean() }),
  // Six literals first, so that every distance stays inside.
  fc.record({
    type: fc.constantFrom("fixed" as const, "dynamic" as const),
    tokens: fc.array(token, { maxLength: 20 }).map((tokens) => [1, 2, 3, 4, 5, 6, ...tokens]),
    final: fc.boolean(),
  }),
);

const examples: readonly [section: string, payload: string][] = [
  ["§7.2.3.1 one block", "f2 48 cd c9 c9 07 00"],
  ["§7.2.3.3 a stored block", "00 05 00 fa ff 48 65 6c 6c 6f 00"],
  ["§7.2.3.4 a block with BFINAL", "f3 48 cd c9 c9 07 00 00"],
  ["§7.2.3.5 two blocks", "f2 48 05 00 00 00 ff ff ca c9 c9 07 00"],
];

export const checks: readonly Check[] = [
  ...examples.map(([section, payload]) => ({
    name: `${section}: "Hello"`,
    async run(zlib: Zlib) {
      for (const parameters of [takeover, noTakeover]) {
        const receiver = transform(zlib, parameters);
        // Twice: what the first leaves behind must not matter.
        equal(await decode(receiver, hex(payload)), ascii("Hello"), "first");
        equal(await decode(receiver, hex(payload)), ascii("Hello"), "second");
      }
    },
  })),
  {
    name: "§7.2.3.2 the second message refers to the first",
    async run(zlib) {
      const receiver = transform(zlib);
      equal(await decode(receiver, hex("f2 48 cd c9 c9 07 00")), ascii("Hello"), "first");
      equal(await decode(receiver, hex("f2 00 11 00 00")), ascii("Hello"), "second");
      equal(await decode(transform(zlib), hex("f2 00 11 00 00")), { failure: "INVALID_COMPRESSED_PAYLOAD" }, "without the first");
      const plain = transform(zlib, noTakeover);
      await decode(plain, hex("f2 48 cd c9 c9 07 00"));
      equal(await decode(plain, hex("f2 00 11 00 00")), { failure: "INVALID_COMPRESSED_PAYLOAD" }, "without takeover");
    },
  },
  {
    name: "§7.2.3.6 an empty message is one zero byte, in both directions and however often",
    async run(zlib) {
      const endpoint = transform(zlib);
      for (let count = 0; count < 3; count++) {
        equal(await encode(endpoint, new Uint8Array(0)), Uint8Array.of(0), "encode");
        equal(await decode(endpoint, Uint8Array.of(0)), new Uint8Array(0), "decode");
      }
    },
  },
  {
    name: "§7.2.2 a payload cut short at any byte is an error",
    async run(zlib) {
      for (const payload of ["f2 48 cd c9 c9 07 00", "00 05 00 fa ff 48 65 6c 6c 6f 00", "f3 48 cd c9 c9 07 00 00", "00"]) {
        const bytes = hex(payload);
        for (let length = 0; length < bytes.length; length++) {
          // Without its 0x00, the example with BFINAL still has a last block: the end is not in doubt. One 0x00 is a message.
          if ((length === 7 && bytes[0] === 0xf3) || (length === 1 && bytes[0] === 0x00)) continue;
          equal(
            await decode(transform(zlib), bytes.subarray(0, length)),
            { failure: "INVALID_COMPRESSED_PAYLOAD" },
            `${payload} cut to ${length}`,
          );
        }
      }
      const text = ascii(words.join(" ").repeat(20));
      for (const level of [1, 6, 9]) {
        const whole = await new StreamPeer(noTakeover, level).compress(text);
        for (let length = 0; length < whole.length; length++) {
          equal(
            await decode(transform(zlib), whole.subarray(0, length)),
            { failure: "INVALID_COMPRESSED_PAYLOAD" },
            `level ${level} cut to ${length}`,
          );
        }
      }
    },
  },
  {
    name: "§7.2.1 bytes behind the end are an error: an unremoved tail, a second 0x00, anything",
    async run(zlib) {
      for (const extra of ["00", "00 00 ff ff", "01", "ff", "00 00 00 ff"]) {
        for (const payload of ["f2 48 cd c9 c9 07 00", "00 05 00 fa ff 48 65 6c 6c 6f 00"]) {
          equal(
            await decode(transform(zlib), hex(`${payload} ${extra}`)),
            { failure: "INVALID_COMPRESSED_PAYLOAD" },
            `${payload} + ${extra}`,
          );
        }
      }
    },
  },
  {
    name: "§7.2.3.4 nothing behind a final block is lost, and the window goes on over it",
    async run(zlib) {
      // "Hello" final, then a copy of it, final, then a stored block.
      const payload = payloadOf([
        { type: "fixed", tokens: [...ascii("Hello")], final: true },
        { type: "dynamic", tokens: [33, { length: 5, distance: 6 }], final: true },
        { type: "stored", bytes: ascii(" and "), final: false },
        { type: "fixed", tokens: [{ length: 5, distance: 10 }], final: true },
      ]);
      for (const parameters of [takeover, noTakeover])
        equal(await decode(transform(zlib, parameters), payload), ascii("Hello!Hello and Hello"), "whole");
      const receiver = transform(zlib);
      await decode(receiver, payload);
      equal(
        await decode(receiver, compressedPayload([{ type: "fixed", tokens: [{ length: 11, distance: 10 }] }])),
        ascii(" and HelloX".replace("X", " ")),
        "refers to it",
      );
    },
  },
  {
    name: "blocks of every kind in any order, final or not, decode as the bit-by-bit reader says",
    run(zlib) {
      return fc.assert(
        fc.asyncProperty(fc.array(fc.array(block, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 4 }), async (messages) => {
          const receiver = transform(zlib);
          const reference = new MessageInflater({ noContextTakeover: false, windowBits: 15 });
          for (const blocks of messages) {
            const payload = payloadOf(blocks);
            const expected = reference.message(payload);
            equal(expected.problem, undefined, "the reader");
            equal(await decode(receiver, payload), expected.output, "the message");
          }
        }),
        { numRuns },
      );
    },
  },
  {
    name: "closed world: damaged payloads give a message or an error, and a message only if the bit-by-bit reader gives the same",
    run(zlib) {
      const damaged = fc.tuple(
        fc.array(block, { maxLength: 3 }),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 2 }),
        fc.nat(),
        fc.uint8Array({ maxLength: 5 }),
      );
      return fc.assert(
        fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 80 }), damaged.map(damage)), async (payload) => {
          const result = await decode(transform(zlib), payload, 10_000);
          const expected = inflate(join([payload, DEFLATE_TAIL]), { maxLength: 10_000 });
          const bare = inflate(payload, { maxLength: 10_000 });
          if ("failure" in result) {
            if (result.failure === "MESSAGE_TOO_BIG") equal(expected.output.length, 10_000, "as much as allowed");
            // The reader does not mind in what the tail ends, so it may find good what is an error.
            return;
          }
          equal(
            result,
            expected.problem === undefined ? expected.output : bare.final && bare.problem === undefined ? bare.output : expected.problem,
            "the message",
          );
        }),
        { numRuns: numRuns * 5 },
      );
    },
  },
  {
    name: "any parameters: what a zlib stream compresses we decompress, context taken over",
    run(zlib) {
      return fc.assert(
        fc.asyncProperty(
          parameters,
          fc.integer({ min: 0, max: 9 }),
          fc.array(message(), { maxLength: 12 }),
          async (agreed, level, messages) => {
            const peer = new StreamPeer(agreed, level);
            const receiver = transform(zlib, agreed);
            for (const [index, text] of messages.entries())
              equal(await decode(receiver, await peer.compress(text)), text, `message ${index}`);
          },
        ),
        { numRuns },
      );
    },
  },
  {
    name: "any parameters and settings: what we compress a zlib stream of the agreed window decompresses, messages sent as they are in between",
    run(zlib) {
      return fc.assert(
        fc.asyncProperty(parameters, own, fc.array(message(), { maxLength: 12 }), async (agreed, chosen, messages) => {
          const peer = new StreamPeer(agreed, 6);
          const sender = transform(zlib, agreed, chosen);
          for (const [index, text] of messages.entries()) {
            const payload = await encode(sender, text);
            if (payload !== undefined) equal(await peer.decompress(payload), text, `message ${index}`);
          }
        }),
        { numRuns },
      );
    },
  },
  {
    name: "more connections than streams, in any order: every one keeps its own history",
    run(zlib) {
      const step = fc.tuple(fc.nat(7), message(20), fc.boolean());
      return fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
          const contexts = new DeflateContexts(zlib, { deflates: 2, inflates: 2, tasks: 1 });
          const connections = Array.from({ length: 8 }, () => ({
            ours: transform(zlib, takeover, {}, contexts),
            peer: new StreamPeer(takeover, 6),
          }));
          for (const [which, text, receive] of steps) {
            const { ours, peer } = connections[which]!;
            if (receive) equal(await decode(ours, await peer.compress(text)), text, "received");
            else {
              const payload = await encode(ours, text);
              if (payload !== undefined) equal(await peer.decompress(payload), text, "sent");
            }
          }
        }),
        { numRuns: Math.ceil(numRuns / 4) },
      );
    },
  },
  {
    name: "one connection's history is never another's, although they share a stream",
    async run(zlib) {
      const contexts = new DeflateContexts(zlib, { deflates: 1, inflates: 1, tasks: 1 });
      const [first, second] = [transform(zlib, takeover, {}, contexts), transform(zlib, takeover, {}, contexts)];
      for (const filler of [0, 40_000]) {
        if (filler > 0) await decode(first, await new StreamPeer(noTakeover, 1).compress(noise(filler)));
        equal(await decode(first, hex("f2 48 cd c9 c9 07 00")), ascii("Hello"), "the first connection");
        // A copy of five bytes, five back: "Hello", if it could be seen.
        equal(await decode(second, hex("f2 00 11 00 00")), { failure: "INVALID_COMPRESSED_PAYLOAD" }, "the second connection");
        equal(await decode(first, hex("f2 00 11 00 00")), ascii("Hello"), "the first again");
      }
    },
  },
  {
    name: "large messages go another way and keep order and context",
    async run(zlib) {
      const random = noise(300_000);
      const large = ascii(words.join(" ").repeat(3000));
      const mixed = join([large, random.subarray(0, 70_000), large]);
      for (const agreed of [takeover, noTakeover, { noContextTakeover: false, maxWindowBits: 9 }]) {
        const contexts = new DeflateContexts(zlib, { tasks: 1 });
        const ours = transform(zlib, agreed, {}, contexts);
        const peer = new StreamPeer(agreed, 6);
        for (const text of [
          ascii("first"),
          large,
          ascii("first and second"),
          mixed,
          random,
          large.subarray(0, 500),
          new Uint8Array(0),
          mixed,
        ]) {
          equal(await decode(ours, await peer.compress(text)), text, "received");
          const payload = await encode(ours, text);
          if (payload !== undefined) equal(await peer.decompress(payload), text, "sent");
        }
      }
    },
  },
  {
    name: "§7.1.2 no distance exceeds the window agreed on, 8 bits included",
    async run(zlib) {
      for (let maxWindowBits = 8; maxWindowBits <= 15; maxWindowBits++) {
        // Copies at every distance around the window, and at all of the small ones.
        const far = noise(2 ** maxWindowBits + 600);
        const inputs = [
          far,
          far.subarray(300),
          far.subarray(0, 500),
          ascii("abc".repeat(300)),
          join([far.subarray(0, 257), far.subarray(0, 257), far.subarray(0, 255), far.subarray(0, 256)]),
        ];
        for (let distance = 240; distance < 275; distance++)
          inputs.push(join([far.subarray(0, distance), far.subarray(0, distance), ascii("-"), far.subarray(0, 64)]));
        for (const level of [1, 2, 4, 6, 9]) {
          for (const history of [0, 32_768]) {
            const sender = transform(zlib, { noContextTakeover: false, maxWindowBits }, { level, history });
            const reader = new MessageInflater({ noContextTakeover: false, windowBits: maxWindowBits });
            for (const input of inputs) {
              const payload = await encode(sender, input);
              if (payload === undefined) continue;
              const read = reader.message(payload);
              equal(read.problem, undefined, `window ${maxWindowBits}, level ${level}`);
              equal(read.output, input, "the message");
            }
          }
        }
      }
    },
  },
  {
    name: "the limit is exact: as long as allowed is a message, one byte more is an error",
    async run(zlib) {
      for (const length of [1, 100, 65_535, 65_536, 65_537, 200_000]) {
        const text = new Uint8Array(length).fill(97);
        const payload = await new StreamPeer(noTakeover, 6).compress(text);
        equal(await decode(transform(zlib), payload, length), text, `${length} of ${length}`);
        equal(await decode(transform(zlib), payload, length - 1), { failure: "MESSAGE_TOO_BIG" }, `${length} of ${length - 1}`);
      }
    },
  },
  {
    name: "a payload of nothing but final blocks costs a bounded number of restarts",
    async run(zlib) {
      const many = join(Array.from({ length: 20_000 }, () => hex("03 00")));
      equal(await decode(transform(zlib), many), { failure: "INVALID_COMPRESSED_PAYLOAD" }, "20 000 of them");
      const few = join([...Array.from({ length: 1000 }, () => hex("03 00")), hex("f2 48 cd c9 c9 07 00")]);
      equal(await decode(transform(zlib), few), ascii("Hello"), "1 000 of them");
    },
  },
  {
    name: "bytes given are not modified, bytes returned are not touched again",
    async run(zlib) {
      const ours = transform(zlib);
      const peer = transform(zlib);
      const text = ascii(words.join(" "));
      const before = text.slice();
      const payload = (await encode(ours, text))!;
      const kept = payload.slice();
      const result = (await decode(peer, payload)) as Uint8Array;
      for (let count = 0; count < 5; count++) await decode(peer, (await encode(ours, ascii(`${words.join("-")} ${count}`)))!);
      equal(text, before, "the message");
      equal(payload, kept, "the payload");
      equal(result, before, "the result");
    },
  },
];

/** The next block after a final one begins with a new byte (RFC 1951 §3.2.3: it ends the data). */
function payloadOf(blocks: readonly DeflateBlock[]): Uint8Array {
  const streams: Uint8Array[] = [];
  let begin = 0;
  for (const [index, { final }] of blocks.entries()) {
    if (final !== true || index === blocks.length - 1) continue;
    streams.push(writeDeflateBlocks(blocks.slice(begin, index + 1)));
    begin = index + 1;
  }
  return join([...streams, compressedPayload(blocks.slice(begin))]);
}

function damage([blocks, changes, cut, extra]: [DeflateBlock[], [number, number][], number, Uint8Array]): Uint8Array {
  const payload = payloadOf(blocks);
  for (const [index, value] of changes) payload[index % payload.length] = value;
  return cut % 3 === 0 ? payload.subarray(0, cut % (payload.length + 1)) : cut % 3 === 1 ? join([payload, extra]) : payload;
}

/** The same in every run. */
export function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 0x2545f491;
  for (let index = 0; index < length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state;
  }
  return bytes;
}
