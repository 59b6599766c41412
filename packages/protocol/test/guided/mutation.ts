// Inputs made of inputs, by chance: bits, bytes, ranges, pieces of others, and words that mean something in a head or begin a frame.

import { constants, deflateRawSync } from "node:zlib";

import { encodeFrame } from "@ws/codec";

import { vectors } from "../../../codec/test/vectors.ts";

/** Numbers below 1, the same for the same seed (mulberry32). */
export type Random = (below: number) => number;

export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

const octets = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));

const REQUEST =
  "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" +
  "Sec-WebSocket-Version: 13\r\n";
const RESPONSE = "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI=\r\n";

const ORIGIN = "Origin: http://h\r\n";
const SUBPROTOCOLS = "Sec-WebSocket-Protocol: chat, b\r\n";
const EXTENSIONS = 'Sec-WebSocket-Extensions: foo; a="1", bar\r\n';

/** Where a run without a corpus begins: an input for each target and way. */
export function firstInputs(): Uint8Array[] {
  const input = (target: number, options: number, bytes: Uint8Array): Uint8Array => Uint8Array.of(target, options, 5, ...bytes);
  return [
    ...vectors.map(({ bytes, role }) => input(role === "client" ? 1 : 0, 12, hex(bytes).subarray(0, 200))),
    input(0, 12 | (1 << 5), encodeFrame(2, Uint8Array.of(0, 1, 2), { rsv: 4, maskingKey: 0 })),
    input(1, 12 | (3 << 5), hex("c107f248cdc9c90700")),
    // A message that waits behind one at work, by the transform of the tests, as views of what was received.
    input(
      0,
      2 | (2 << 5),
      Uint8Array.of(...[0, 1].flatMap((number) => [...encodeFrame(2, Uint8Array.of(number, 5, 6), { rsv: 4, maskingKey: 0 })])),
    ),
    // 8 KiB of zeros, compressed.
    input(
      1,
      3 << 5,
      encodeFrame(2, deflateRawSync(new Uint8Array(8_192), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4), { rsv: 4 }),
    ),
    input(0, 8 | (3 << 5), encodeFrame(1, hex("f248cdc9c90700"), { rsv: 4, maskingKey: 0 })),
    input(2, 3, octets(`${REQUEST}\r\n`)),
    ...[0, 1, 2, 3].map((origins) => input(2, 1 | (origins << 5), octets(`${REQUEST}${ORIGIN}${SUBPROTOCOLS}${EXTENSIONS}\r\n`))),
    input(2, 0, octets(`${REQUEST.replace("/", "http://b:80/a?b")}\r\n`)),
    input(3, 3, octets(`${RESPONSE}\r\n`)),
    input(3, 1, octets(`${RESPONSE}Sec-WebSocket-Protocol: b\r\nSec-WebSocket-Extensions: bar; c="d"\r\n\r\n`)),
    input(3, 3, octets("HTTP/1.1 103 \r\n\r\nHTTP/1.1 400 x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")),
  ];
}

/** Lines of heads. */
const LINES: readonly Uint8Array[] = [
  ...REQUEST.split("\r\n"),
  ...RESPONSE.split("\r\n"),
  ...[ORIGIN, SUBPROTOCOLS, EXTENSIONS].map((field) => field.trim()),
  ...[
    "Origin: null",
    "Origin: https://[::1]:8443",
    "Origin: chrome-extension://x",
    "Origin: x",
    "Host: [::1]:1",
    "Sec-WebSocket-Version: 8",
  ],
  ...["Sec-WebSocket-Protocol: b", "Sec-WebSocket-Protocol: b, b", "Sec-WebSocket-Protocol:", "Sec-WebSocket-Extensions: ,;"],
  ...[
    "Content-Length: 3",
    "Content-Length: 0",
    "Transfer-Encoding: chunked",
    "Content-Type: text/html; charset=utf-8",
    `X: ${"a".repeat(120)}`,
  ],
  ...["HTTP/1.1 403 ", "HTTP/1.1 100 ", "3", "0", ""],
].map((line) => octets(`${line}\r\n`));

const HEAD_WORDS: readonly Uint8Array[] = [...'\r\n,;=":/ \t0%#?@[]', "\r\n\r\n", "HTTP/1.", "http://h:80/", "POST ", "chat, b"].map(
  octets,
);

/** Frames, for both roles; lengths; deflated payloads; close codes; §8.1's difficult bytes. */
const FRAME_WORDS: readonly Uint8Array[] = [
  ...[0, 1, 2, 8, 9, 10].flatMap((opcode) => [
    encodeFrame(opcode, new Uint8Array(0), {}),
    encodeFrame(opcode, Uint8Array.of(3, 232), { maskingKey: 0 }),
    encodeFrame(opcode, Uint8Array.of(0, 97), { fin: false, rsv: opcode < 3 ? 4 : 0, maskingKey: 0 }),
    encodeFrame(opcode, octets("abc"), { fin: opcode >= 8 }),
  ]),
  ...["827e0080", "81fe0080", "827f0000000000000080", "7f800000000000ffff", "c107f248cdc9c90700", "f2001100", "000000ffff"].map(hex),
  ...["c3a9", "f09f9880", "eda080", "efbfbf", "c0af", "03e8", "0bb8", "03ed"].map(hex),
];

const wordFor = (bytes: readonly number[], random: Random): Uint8Array => {
  const words = isHead(bytes) ? HEAD_WORDS : FRAME_WORDS;
  return words[random(words.length)]!;
};

/** The targets of target.ts take frames, frames, heads and heads. */
const isHead = (bytes: readonly number[]): boolean => (bytes[0]! & 2) !== 0;

/** Of heads, half of the time behind what separates their parts. */
function placeIn(bytes: readonly number[], random: Random): number {
  const at = random(bytes.length + 1);
  if (!isHead(bytes) || random(2) === 0) return at;
  const next = bytes.findIndex((byte, index) => index >= at && SEPARATORS.includes(byte));
  return next < 0 ? at : next + 1;
}

const SEPARATORS = octets('\r\n,;=":/ ');

const LONGEST = 600;
const LF = 10;

/** A changed copy, perhaps with pieces of `other`. */
export function mutated(input: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  let bytes = [...input];
  for (let changes = 1 + random(random(3) === 0 ? 8 : 3); changes > 0; changes--) {
    bytes = CHANGES[random(CHANGES.length)]!(bytes, placeIn(bytes, random), other, random);
  }
  return Uint8Array.from(bytes.slice(0, LONGEST));
}

type Change = (bytes: number[], at: number, other: Uint8Array, random: Random) => number[];

const put = (bytes: readonly number[], at: number, removed: number, added: Iterable<number>): number[] => [
  ...bytes.slice(0, at),
  ...added,
  ...bytes.slice(at + removed),
];

const CHANGES: readonly Change[] = [
  (bytes, at, _, random) => bytes.map((byte, index) => (index === at ? byte ^ (1 << random(8)) : byte)),
  (bytes, at, _, random) => bytes.map((byte, index) => (index === at ? random(256) : byte)),
  (bytes, at, _, random) => bytes.map((byte, index) => (index === at ? (byte + [1, 255, 2, 126, 128][random(5)]!) & 255 : byte)),
  (bytes, at, _, random) => put(bytes, at, 1 + random(random(2) === 0 ? 4 : 60), []),
  (bytes, at, _, random) => put(bytes, at, 0, bytes.slice(at, at + 1 + random(40))),
  (bytes, at, _, random) =>
    put(
      bytes,
      at,
      0,
      Array.from({ length: 1 + random(random(2) === 0 ? 3 : 130) }, () => random(256)),
    ),
  (bytes, at, _, random) => put(bytes, at, 0, wordFor(bytes, random)),
  (bytes, at, _, random) => {
    const word = wordFor(bytes, random);
    return put(bytes, at, word.length, word);
  },
  // A line, in the place of one or before it.
  (bytes, at, _, random) => {
    const begin = bytes.lastIndexOf(LF, at) + 1;
    const end = bytes.indexOf(LF, begin) + 1;
    return begin === 0 ? bytes : put(bytes, begin, end > 0 && random(2) === 0 ? end - begin : 0, LINES[random(LINES.length)]!);
  },
  (bytes, at, other, random) => {
    const from = random(other.length);
    return put(bytes, at, random(2) * 20, other.slice(from, from + 1 + random(60)));
  },
  (bytes, _, other) => [...bytes.slice(0, 3), ...other.slice(3), ...bytes.slice(3)],
  // Options and chunks, on purpose.
  (bytes, _, __, random) => put(bytes, 1 + random(2), 1, [random(256)]),
];
