/** Arbitraries for the parts of a session: payloads, frames, fragments, chunks. Each says whether what it makes is legal. */
import fc, { type Arbitrary } from "fast-check";

import { concatBytes, filledBytes, fromHex, text } from "../../wire/bytes.ts";
import { compressedPayload, deflateBomb, writeDeflateBlocks, type DeflateBlock, type DeflateToken } from "../../wire/deflate.ts";
import { Opcode, RSV1, type LengthForm } from "../../wire/frame.ts";
import { closePayload, frameStep, type FrameStep, type Step } from "../session.ts";

const { CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG } = Opcode;

/** Lengths of payloads, with those where a header changes. */
export function payloadLength(most = 300): Arbitrary<number> {
  return fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 0, max: Math.min(40, most) }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(...[0, 1, 124, 125, 126, 127, 128, 255, 256, 1023, 1024, 65535, 65536].filter((length) => length <= most)),
    },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: most }) },
  );
}

export function binaryPayload(most = 300): Arbitrary<Uint8Array> {
  return payloadLength(most).chain((length) =>
    length > 64 ? fc.nat(255).map((byte) => filledBytes(length, byte)) : fc.uint8Array({ minLength: length, maxLength: length }),
  );
}

const CHARACTERS = [
  "a",
  "b",
  " ",
  "\u0000",
  "\u007f",
  "\u0080",
  "\u00e4",
  "\u07ff",
  "\u0800",
  "\u20ac",
  "\ud7ff",
  "\ue000",
  "\ufeff",
  "\ufffe",
  "\uffff",
  "\u{10000}",
  "\u{1f600}",
  "\u{10ffff}",
];

/** Well-formed UTF-8. */
export function utf8Payload(most = 40): Arbitrary<Uint8Array> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.array(fc.constantFrom(...CHARACTERS), { maxLength: most }).map((all) => text(all.join(""))) },
    { weight: 1, arbitrary: payloadLength(300).map((length) => filledBytes(length)) },
  );
}

/** One ill-formed sequence of each kind; some are only ill-formed because nothing, or the wrong byte, follows. */
export const ILL_FORMED_UTF8: readonly string[] = [
  "80",
  "bf",
  "c0af",
  "c1bf",
  "e080af",
  "e09fbf",
  "f08080af",
  "f08fbfbf",
  "eda080",
  "edbfbf",
  "f4908080",
  "f5808080",
  "f888808080",
  "fc8480808080",
  "fe",
  "ff",
  "c261",
  "e28261",
  "f09f9861",
  "c2c2",
  "e2e2",
  "f0f0",
];

/** Text that is not UTF-8, of every kind, at any place; or that ends inside a character. */
export function invalidUtf8Payload(): Arbitrary<Uint8Array> {
  const inside = fc
    .tuple(utf8Payload(6), fc.constantFrom(...ILL_FORMED_UTF8), utf8Payload(6))
    .map(([before, bad, after]) => concatBytes([before, fromHex(bad), after]));
  const cut = fc
    .tuple(utf8Payload(6), fc.constantFrom("c2", "df", "e0a0", "e282", "f09f", "f09f98", "f48f"))
    .map(([before, bad]) => concatBytes([before, fromHex(bad)]));
  return fc.oneof(inside, cut);
}

export function maskingKey(): Arbitrary<number> {
  return fc.oneof(fc.constantFrom(0, 0xffffffff, 1, 0x80000000), fc.nat(0xffffffff));
}

/** A whole data frame. */
export function messageFrame(most = 300): Arbitrary<FrameStep> {
  return fc.oneof(
    fc.tuple(utf8Payload(), maskingKey()).map(([payload, key]) => frameStep(TEXT, payload, { maskingKey: key })),
    fc.tuple(binaryPayload(most), maskingKey()).map(([payload, key]) => frameStep(BINARY, payload, { maskingKey: key })),
  );
}

export function controlPayload(): Arbitrary<Uint8Array> {
  return fc.oneof(
    fc.uint8Array({ maxLength: 8 }),
    fc.constantFrom(0, 1, 124, 125).map((length) => filledBytes(length)),
  );
}

/** A Ping, or a Pong that nobody asked for. */
export function controlFrame(): Arbitrary<FrameStep> {
  return fc
    .tuple(fc.constantFrom(PING, PING, PONG), controlPayload(), maskingKey())
    .map(([opcode, payload, key]) => frameStep(opcode, payload, { maskingKey: key }));
}

/** One message in two to six fragments, some of them empty. */
export function fragmentedMessage(): Arbitrary<FrameStep[]> {
  const payload = fc.oneof(
    utf8Payload().map((bytes) => ({ opcode: TEXT as number, bytes })),
    binaryPayload(60).map((bytes) => ({ opcode: BINARY as number, bytes })),
  );
  return fc.tuple(payload, fc.array(fc.nat(1000), { minLength: 1, maxLength: 5 }), maskingKey()).map(([{ opcode, bytes }, cuts, key]) => {
    const offsets = cuts.map((cut) => (bytes.length === 0 ? 0 : cut % (bytes.length + 1))).sort((a, b) => a - b);
    const pieces = [...offsets, bytes.length].map((end, index) => bytes.slice(index === 0 ? 0 : offsets[index - 1], end));
    return pieces.map((piece, index) =>
      frameStep(index === 0 ? opcode : CONTINUATION, piece, { fin: index === pieces.length - 1, maskingKey: key }),
    );
  });
}

/** A fragmented message with control frames between its fragments (§5.4). */
export function interleavedMessage(): Arbitrary<FrameStep[]> {
  return fc
    .tuple(fragmentedMessage(), fc.array(fc.option(controlFrame(), { freq: 2 }), { minLength: 6, maxLength: 6 }))
    .map(([fragments, between]) =>
      fragments.flatMap((each, index) => {
        const guest = index > 0 ? between[index] : null;
        return guest === null || guest === undefined ? [each] : [guest, each];
      }),
    );
}

/** Steps that every endpoint has to take: messages, fragmented messages, Pings, Pongs. */
export function legalSteps(most = 4): Arbitrary<Step[]> {
  return fc
    .array(
      fc.oneof(
        { weight: 3, arbitrary: messageFrame().map((each) => [each]) },
        { weight: 1, arbitrary: fragmentedMessage() },
        { weight: 1, arbitrary: interleavedMessage() },
        { weight: 1, arbitrary: controlFrame().map((each) => [each]) },
      ),
      { maxLength: most },
    )
    .map((groups) => groups.flat());
}

/** One frame whose header breaks a rule of §5.1, §5.2 or §5.5 wherever it stands. */
export function illegalFrame(): Arbitrary<FrameStep> {
  const key = maskingKey();
  return fc.oneof(
    fc
      .tuple(fc.constantFrom(TEXT, BINARY, PING, CLOSE), fc.integer({ min: 1, max: 7 }), key)
      .map(([opcode, rsv, maskKey]) => frameStep(opcode, opcode === CLOSE ? closePayload(1000) : "a", { rsv, maskingKey: maskKey })),
    fc
      .tuple(fc.constantFrom(3, 4, 5, 6, 7, 11, 12, 13, 14, 15), fc.boolean(), fc.uint8Array({ maxLength: 5 }), key)
      .map(([opcode, fin, payload, maskKey]) => frameStep(opcode, payload, { fin: opcode >= 8 ? true : fin, maskingKey: maskKey })),
    fc
      .tuple(fc.constantFrom(TEXT, BINARY, PING), key)
      .map(([opcode, maskKey]) => frameStep(opcode, "a", { wrongMask: true, maskingKey: maskKey })),
    fc
      .tuple(fc.constantFrom(PING, PONG, CLOSE), key)
      .map(([opcode, maskKey]) => frameStep(opcode, opcode === CLOSE ? closePayload(1000) : "a", { fin: false, maskingKey: maskKey })),
    fc
      .tuple(fc.constantFrom(PING, PONG), fc.integer({ min: 126, max: 300 }), key)
      .map(([opcode, length, maskKey]) => frameStep(opcode, filledBytes(length), { maskingKey: maskKey })),
  );
}

/** A legal frame whose length is not written in the fewest bytes (§5.2). */
export function nonMinimalFrame(): Arbitrary<FrameStep> {
  return fc
    .tuple(fc.constantFrom<LengthForm>(16, 64), fc.nat(100), maskingKey())
    .map(([lengthForm, length, key]) => frameStep(BINARY, filledBytes(length), { lengthForm, maskingKey: key }));
}

/** Frames that §5.4 forbids in this order. */
export function illegalFragments(): Arbitrary<FrameStep[]> {
  return fc.oneof(
    fc.boolean().map((fin) => [frameStep(CONTINUATION, "a", { fin })]),
    fc
      .tuple(fc.constantFrom(TEXT, BINARY), fc.constantFrom(TEXT, BINARY), fc.boolean())
      .map(([first, second, fin]) => [frameStep(first, "a", { fin: false }), frameStep(second, "b", { fin })]),
  );
}

/** Payloads of a Close frame that may be sent. */
export function legalClosePayload(): Arbitrary<Uint8Array> {
  const code = fc.oneof(
    fc.constantFrom(1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999),
    fc.integer({ min: 3000, max: 4999 }),
  );
  return fc.oneof(
    fc.constant(new Uint8Array(0)),
    fc.tuple(code, fc.oneof(utf8Payload(8), fc.constant(filledBytes(123)))).map(([value, reason]) => closePayload(value, reason)),
  );
}

/** Payloads of a Close frame that must not be, or (for some codes) need not be, taken. */
export function illegalClosePayload(): Arbitrary<Uint8Array> {
  return fc.oneof(
    fc.nat(255).map((byte) => Uint8Array.of(byte)),
    fc.oneof(fc.nat(999), fc.constantFrom(1005, 1006, 1015)).map((code) => closePayload(code)),
    fc.constantFrom(1004, 1016, 1100, 2000, 2999, 5000, 65535).map((code) => closePayload(code)),
    fc.tuple(fc.constantFrom(1000, 3000), fc.constantFrom(...ILL_FORMED_UTF8)).map(([code, bad]) => closePayload(code, fromHex(bad))),
  );
}

/** Where a stream of bytes is cut into TCP writes, and the pause between them. */
export function chunking(): Arbitrary<{ cuts: number | number[]; gap: number }> {
  const cuts: Arbitrary<number | number[]> = fc.oneof(
    fc.integer({ min: 1, max: 3 }),
    fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 6 }),
  );
  return fc.record({ cuts, gap: fc.constantFrom(0, 1, 1) });
}

/** Blocks of deflated data: stored, fixed, dynamic, several, with copies from the message itself. */
export function deflateBlocks(): Arbitrary<DeflateBlock[]> {
  const literals = fc.array(fc.integer({ min: 0x20, max: 0x7e }), { maxLength: 12 });
  const tokens: Arbitrary<DeflateToken[]> = fc
    .tuple(literals, fc.option(fc.integer({ min: 3, max: 258 })), fc.nat(1000))
    .map(([all, length, distance]) =>
      length === null || all.length === 0 ? all : [...all, { length, distance: 1 + (distance % all.length) }],
    );
  const block: Arbitrary<DeflateBlock> = fc.oneof(
    literals.map((bytes): DeflateBlock => ({ type: "stored", bytes: Uint8Array.from(bytes) })),
    tokens.map((all): DeflateBlock => ({ type: "fixed", tokens: all })),
    tokens.map((all): DeflateBlock => ({ type: "dynamic", tokens: all })),
  );
  return fc.array(block, { minLength: 1, maxLength: 3 });
}

/** A legal compressed payload (printable ASCII inside), its last block sometimes with BFINAL. */
export function deflatedPayload(): Arbitrary<Uint8Array> {
  return fc.oneof(
    { weight: 6, arbitrary: deflateBlocks().map(compressedPayload) },
    { weight: 1, arbitrary: deflateBlocks().map((blocks) => compressedPayload([{ ...blocks[0]!, final: true }])) },
    { weight: 1, arbitrary: fc.constant(Uint8Array.of(0)) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 3000 }).map(deflateBomb) },
  );
}

/** Compressed data that cannot be inflated. */
export function invalidDeflatedPayload(): Arbitrary<Uint8Array> {
  return fc.oneof(
    fc.constant(writeDeflateBlocks([{ type: "reserved" }])),
    fc.constant(fromHex("0005000000")),
    fc
      .integer({ min: 2, max: 200 })
      .map((distance) => compressedPayload([{ type: "fixed", tokens: [0x61, { length: 3, distance: distance + 20_000 }] }])),
  );
}

/** One compressed message, whole or in fragments. */
export function compressedMessage(): Arbitrary<FrameStep[]> {
  return fc
    .tuple(deflatedPayload(), fc.constantFrom(TEXT, BINARY), fc.option(fc.nat(1000), { freq: 3 }), maskingKey())
    .map(([payload, opcode, cut, key]) => {
      if (cut === null) return [frameStep(opcode, payload, { rsv: RSV1, maskingKey: key })];
      const at = cut % (payload.length + 1);
      return [
        frameStep(opcode, payload.slice(0, at), { rsv: RSV1, fin: false, maskingKey: key }),
        frameStep(CONTINUATION, payload.slice(at), { maskingKey: key }),
      ];
    });
}
