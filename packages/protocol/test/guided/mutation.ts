// Inputs made of inputs, by chance: bits, bytes, ranges, pieces of others, and words that mean something in a head or begin a frame.

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

/** Where a run without a corpus begins: an input for each target and way. */
export function firstInputs(): Uint8Array[] {
  const input = (target: number, options: number, bytes: Uint8Array): Uint8Array => Uint8Array.of(target, options, 5, ...bytes);
  return [
    ...vectors.map(({ bytes, role }) => input(role === "client" ? 1 : 0, 12, hex(bytes).subarray(0, 200))),
    input(0, 12 | (1 << 5), encodeFrame(2, Uint8Array.of(0, 1, 2), { rsv: 4, maskingKey: 0 })),
    input(1, 12 | (3 << 5), hex("c107f248cdc9c90700")),
    input(2, 3, octets(`${REQUEST}\r\n`)),
    input(3, 3, octets(`${RESPONSE}\r\n`)),
    input(3, 3, octets("HTTP/1.1 103 \r\n\r\nHTTP/1.1 400 x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")),
  ];
}

const WORDS: readonly Uint8Array[] = [
  ...[...'\r\n,;=":/ \t0'].map(octets),
  ...REQUEST.split("\r\n").map((line) => octets(`${line}\r\n`)),
  ...RESPONSE.split("\r\n").map((line) => octets(`${line}\r\n`)),
  ...[
    "Origin: http://h",
    "Origin: null",
    "Sec-WebSocket-Protocol: b",
    'Sec-WebSocket-Extensions: foo; a="1"',
    "Content-Length: 3",
    "Host: [::1]:1",
  ].map((line) => octets(`${line}\r\n`)),
  ...["Transfer-Encoding: chunked", "Content-Type: text/html; charset=utf-8", "Sec-WebSocket-Version: 8"].map((line) =>
    octets(`${line}\r\n`),
  ),
  ...["\r\n\r\n", "HTTP/1.", "http://h:80/", "HTTP/1.1 403 ", "HTTP/1.1 100 \r\n\r\n", "POST ", "#", "chat, b"].map(octets),
  // Frames, for both roles; §8.1's difficult bytes.
  ...[0, 1, 2, 8, 9, 10].flatMap((opcode) => [
    encodeFrame(opcode, new Uint8Array(0), {}),
    encodeFrame(opcode, Uint8Array.of(3, 232), { maskingKey: 0 }),
    encodeFrame(opcode, Uint8Array.of(0, 97), { fin: false, rsv: opcode < 3 ? 4 : 0, maskingKey: 0 }),
    encodeFrame(opcode, octets("abc"), { fin: opcode >= 8 }),
  ]),
  ...["827e0080", "81fe0080", "827f0000000000000080", "7f800000000000ffff", "c107f248cdc9c90700", "f2001100", "000000ffff"].map(hex),
  ...["c3a9", "f09f9880", "eda080", "efbfbf", "c0af", "03e8", "0bb8", "03ed"].map(hex),
];

const LONGEST = 600;

/** A changed copy, perhaps with pieces of `other`. */
export function mutated(input: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  let bytes = [...input];
  for (let changes = 1 + random(random(3) === 0 ? 8 : 3); changes > 0; changes--) {
    bytes = CHANGES[random(CHANGES.length)]!(bytes, random(bytes.length + 1), other, random);
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
  (bytes, at, _, random) => put(bytes, at, 0, WORDS[random(WORDS.length)]!),
  (bytes, at, _, random) => {
    const word = WORDS[random(WORDS.length)]!;
    return put(bytes, at, word.length, word);
  },
  (bytes, at, other, random) => {
    const from = random(other.length);
    return put(bytes, at, random(2) * 20, other.slice(from, from + 1 + random(60)));
  },
  (bytes, _, other) => [...bytes.slice(0, 3), ...other.slice(3), ...bytes.slice(3)],
  // Options and chunks, on purpose.
  (bytes, _, __, random) => put(bytes, 1 + random(2), 1, [random(256)]),
];
