// RFC 6455 §5: frames, masking, UTF-8 and close codes.
import {
  applyMask,
  applyMaskInto,
  decodeClosePayload,
  decodeFrameHeader,
  decodeUtf8,
  encodeClosePayload,
  encodeFrame,
  encodeFrameHeaderInto,
  encodeUtf8Into,
  firstByte,
  frameHeaderLength,
  isValidCloseCode,
  MessageDecoder,
  MessageEvent,
  Opcode,
  ProtocolError,
  utf8ByteLength,
  Utf8Validator,
  type MessageDecoderOptions,
} from "@ws/codec";

import { vectors } from "../../../codec/test/vectors.ts";
import { type Check, check, chunksOf, equal, hex, joined, Numbers, throws, toHex } from "./check.ts";

/** Everything a new decoder says about these chunks, in the words of the vectors. */
function decode(chunks: readonly Uint8Array[], options: MessageDecoderOptions): object[] {
  const decoder = new MessageDecoder(options);
  const said: object[] = [];
  for (const chunk of chunks) {
    decoder.receive(chunk);
    for (let event = decoder.poll(); event !== MessageEvent.NONE; event = decoder.poll()) {
      said.push(describe(decoder, event));
      if (event === MessageEvent.FAILED) return said;
    }
  }
  return said;
}

function describe(decoder: MessageDecoder, event: MessageEvent): object {
  const { text, payload, opcode, first, last, closeCode, closeReason } = decoder;
  switch (event) {
    case MessageEvent.TEXT:
      return { text };
    case MessageEvent.BINARY:
      return { binary: toHex(payload) };
    case MessageEvent.PING:
      return { ping: toHex(payload) };
    case MessageEvent.PONG:
      return { pong: toHex(payload) };
    case MessageEvent.CLOSE:
      return { close: closeCode, reason: closeReason };
    case MessageEvent.FAILED:
      return { failed: decoder.error!.code, closeCode: decoder.error!.closeCode };
    default:
      return { chunk: opcode === Opcode.TEXT && event === MessageEvent.CHUNK ? text : toHex(payload), opcode, first, last };
  }
}

/** Pieces of compressed messages depend on the chunks they came in. */
function withoutPieces(said: readonly object[]): object[] {
  return said.filter((one) => !("chunk" in one));
}

const vectorChecks = vectors.map(({ rule, bytes, role = "server", options, said }) =>
  check(`RFC 6455 ${rule}, at every chunk size`, () => {
    const whole = hex(bytes);
    for (let size = 1; size <= whole.length; size++) {
      const heard = decode(chunksOf(whole, size), { role, ...options });
      equal(withoutPieces(heard), withoutPieces(said), `chunks of ${size}`);
    }
  }),
);

/** §5.2: payload length, and the bytes that say so behind the first one. */
const lengths: readonly [length: number, form: 7 | 16 | 64, bytes: string][] = [
  [0, 7, "00"],
  [1, 7, "01"],
  [125, 7, "7d"],
  [126, 16, "7e007e"],
  [65_535, 16, "7effff"],
  [65_536, 64, "7f0000000000010000"],
  [2 ** 32, 64, "7f0000000100000000"],
  [Number.MAX_SAFE_INTEGER, 64, "7f001fffffffffffff"],
];

const firstBytes = Array.from({ length: 256 }, (_, first) => first);

/** RFC 3629 §3, §4 and §10: well-formed or not, at the edges of every range. */
const wellFormed: readonly [bytes: string, text: string][] = [
  ["", ""],
  ["00", "\0"],
  ["7f", "\x7f"],
  ["c280", "\x80"],
  ["dfbf", "\u07ff"],
  ["e0a080", "\u0800"],
  ["ed9fbf", "\ud7ff"],
  ["ee8080", "\ue000"],
  ["efbfbf", "\uffff"],
  ["f0908080", "\u{10000}"],
  ["f48fbfbf", "\u{10ffff}"],
  ["efbbbf61", "\ufeffa"],
  ["48c3a9e282acf09f988021", "Hé€😀!"],
];
// prettier-ignore
const malformed = [
  "80", "bf", "c0", "c080", "c1bf", "c2", "c27f", "c2c0", "df", "e0", "e080", "e09fbf", "e0a0", "e0a07f", "eda080", "edbfbf", "ef", "efbf",
  "f0", "f08fbfbf", "f090", "f09080", "f0908008", "f4908080", "f48f", "f5808080", "f888808080", "fc8480808080", "fe", "ff", "61c3", "c3a9c3",
];

/** §7.4.1 and the IANA registry: first and last of each range that may travel. */
const closeRanges: readonly (readonly [first: number, last: number])[] = [
  [1000, 1003],
  [1007, 1014],
  [3000, 4999],
];

const texts = ["", "a", "é", "€", "😀", "\0", "\u07ff", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "\u{10ffff}", "Hello, 世界 🙂 "];

/** A message in fragments, with control frames between them (§5.4), and what a decoder has to say. */
function conversation(numbers: Numbers, masked: boolean): { bytes: Uint8Array; said: object[] } {
  const frames: Uint8Array[] = [];
  const said: object[] = [];
  const frame = (opcode: number, payload: Uint8Array, fin: boolean): void => {
    frames.push(encodeFrame(opcode as Opcode, payload, { fin, ...(masked && { maskingKey: numbers.next() }) }));
  };
  for (let message = 0; message < 4; message++) {
    const isText = numbers.below(2) === 0;
    const text = Array.from({ length: numbers.below(20) }, () => texts[numbers.below(texts.length)]!).join("");
    const payload = isText ? encoded(text) : numbers.bytes(numbers.below(300));
    let opcode: number = isText ? Opcode.TEXT : Opcode.BINARY;
    let start = 0;
    while (numbers.below(3) > 0) {
      const end = start + numbers.below(payload.length - start + 1);
      frame(opcode, payload.slice(start, end), false);
      opcode = Opcode.CONTINUATION;
      start = end;
      if (numbers.below(2) === 0) {
        const ping = numbers.bytes(numbers.below(126));
        frame(Opcode.PING, ping, true);
        said.push({ ping: toHex(ping) });
      }
    }
    frame(opcode, payload.slice(start), true);
    said.push(isText ? { text } : { binary: toHex(payload) });
  }
  frame(Opcode.CLOSE, encodeClosePayload(4321, "fin"), true);
  said.push({ close: 4321, reason: "fin" });
  return { bytes: joined(frames), said };
}

function encoded(text: string): Uint8Array {
  const bytes = new Uint8Array(utf8ByteLength(text));
  equal(encodeUtf8Into(text, bytes), bytes.length, `bytes of ${text}`);
  return bytes;
}

function brokenRule(payload: Uint8Array): string | undefined {
  const decoded = decodeClosePayload(payload);
  return decoded instanceof ProtocolError ? decoded.code : undefined;
}

export const codecChecks: readonly Check[] = [
  ...vectorChecks,
  check("§5.2 every first byte and payload length is written and read the same, masked or not", () => {
    for (const [payloadLength, lengthForm, lengthBytes] of lengths) {
      for (const maskingKey of [undefined, 0x37fa213d, 0xffffffff]) {
        const masked = maskingKey !== undefined;
        for (const first of firstBytes) {
          const fields = { fin: first >= 128, rsv: (first >> 4) & 7, opcode: (first & 15) as Opcode };
          const bytes = new Uint8Array(frameHeaderLength(payloadLength, masked));
          equal(
            encodeFrameHeaderInto(bytes, 0, firstByte(fields.opcode, fields.fin, fields.rsv), payloadLength, maskingKey),
            bytes.length,
            "bytes written",
          );
          const expected = hex(toHex(Uint8Array.of(first)) + lengthBytes + (masked ? maskingKey.toString(16) : ""));
          if (masked) expected[1]! |= 0x80;
          equal(bytes, expected, `${payloadLength} bytes`);
          const { payloadLengthHigh: _high, payloadLengthLow: _low, ...header } = decodeFrameHeader(bytes)!;
          equal(
            header,
            { ...fields, masked, maskingKey: maskingKey ?? 0, lengthForm, payloadLength, headerLength: bytes.length },
            `first byte ${first}`,
          );
          if (first === 130)
            for (let end = 0; end < bytes.length; end++) equal(decodeFrameHeader(bytes, 0, end), undefined, `cut at ${end}`);
        }
      }
    }
  }),
  check("§5.3 masking equals its definition at every alignment, offset and length, and undoes itself", () => {
    const numbers = new Numbers(53);
    for (let length = 0; length < 70; length++) {
      for (let start = 0; start < 5; start++) {
        const [key, offset] = [numbers.next(), numbers.below(9)];
        const original = numbers.bytes(start + length + 3);
        const octets = [key >>> 24, (key >>> 16) & 255, (key >>> 8) & 255, key & 255];
        const expected = original.map((octet, index) =>
          index < start || index >= start + length ? octet : octet ^ octets[(index - start + offset) % 4]!,
        );
        const bytes = original.slice();
        applyMask(bytes, key, offset, start, start + length);
        equal(bytes, expected, `${length} bytes from ${start}`);
        const copy = original.slice();
        applyMaskInto(original, start, start + length, copy, start, key, offset);
        equal(copy, expected, `${length} bytes from ${start}, copied`);
        applyMask(bytes, key, offset, start, start + length);
        equal(bytes, original, "twice");
      }
    }
  }),
  check("RFC 3629 well-formed text is decoded and encoded", () => {
    for (const [bytes, text] of wellFormed) {
      equal(decodeUtf8(hex(bytes)), text, bytes);
      equal(toHex(encoded(text)), bytes, text);
    }
    // §8.1 and WHATWG's encoder: a lone surrogate becomes U+FFFD.
    equal(toHex(encoded("\ud83d|\ude00")), "efbfbd7cefbfbd", "lone surrogates");
  }),
  check("RFC 3629 malformed text is rejected wherever it is cut", () => {
    for (const bytes of malformed) {
      equal(decodeUtf8(hex(bytes)), undefined, bytes);
      for (let cut = 0; cut <= bytes.length / 2; cut++) {
        const [validator, all] = [new Utf8Validator(), hex(bytes)];
        equal(
          validator.write(all, 0, cut) && validator.write(all, cut, all.length) && validator.pending === 0,
          false,
          `${bytes} cut at ${cut}`,
        );
      }
    }
  }),
  check("RFC 3629 every code point makes the round trip", () => {
    for (let point = 0; point < 0x110000; point += point < 0x900 ? 1 : 173) {
      if (point >= 0xd800 && point < 0xe000) continue;
      const text = String.fromCodePoint(point);
      equal(decodeUtf8(encoded(text)), text, `U+${point.toString(16)}`);
    }
  }),
  check("§7.4 the close codes that may travel are those, of all 65 536", () => {
    for (let code = 0; code < 65_536; code++) {
      const valid = closeRanges.some(([first, last]) => code >= first && code <= last);
      if (isValidCloseCode(code) !== valid) throw new Error(`${code}`);
      if (code > 5100) continue;
      const payload = Uint8Array.of(code >> 8, code & 255);
      if (valid) equal([encodeClosePayload(code), decodeClosePayload(payload)], [payload, { code, reason: "" }], `${code}`);
      else equal(brokenRule(payload), "CLOSE_CODE_INVALID", `${code}`);
    }
  }),
  check("§5.5.1 close payloads: empty, too short, the longest reason, one that is too long, one that is not UTF-8", () => {
    equal(decodeClosePayload(new Uint8Array(0)), { code: 1005, reason: "" }, "empty");
    equal(brokenRule(hex("03")), "CLOSE_PAYLOAD_TOO_SHORT", "one byte");
    equal(brokenRule(hex("03e8c3")), "INVALID_UTF8", "cut inside a character");
    const longest = encodeClosePayload(1000, "é".repeat(61) + "x");
    equal([longest.length, decodeClosePayload(longest)], [125, { code: 1000, reason: "é".repeat(61) + "x" }], "123 bytes");
    throws(() => encodeClosePayload(1000, "é".repeat(62)), "RangeError", "124 bytes");
    throws(() => encodeClosePayload(1005), "RangeError", "1005");
    throws(() => encodeClosePayload(undefined, "why"), "TypeError", "a reason without a code");
  }),
  check("§5.4 fragments with control frames between them give the same messages, in chunks of any size", () => {
    for (let seed = 0; seed < 30; seed++) {
      const masked = seed % 2 === 0;
      const { bytes, said } = conversation(new Numbers(seed), masked);
      const numbers = new Numbers(seed + 1000);
      for (const most of [1, 7, 64, bytes.length]) {
        const chunks: Uint8Array[] = [];
        for (let start = 0; start < bytes.length;) {
          const end = Math.min(bytes.length, start + 1 + numbers.below(most));
          chunks.push(bytes.slice(start, end));
          start = end;
        }
        equal(decode(chunks, { role: masked ? "server" : "client" }), said, `seed ${seed}, chunks of up to ${most}`);
      }
    }
  }),
  check("any bytes give messages or one documented failure", () => {
    for (let seed = 0; seed < 200; seed++) {
      const numbers = new Numbers(seed);
      const said = decode([numbers.bytes(numbers.below(200))], { role: seed % 2 === 0 ? "server" : "client", maxMessageBytes: 1000 });
      const failures = said.filter((one) => "failed" in one);
      equal(failures.length <= 1, true, `seed ${seed}`);
    }
  }),
];
