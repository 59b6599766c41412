// The codec against `ws`'s Receiver and Sender, alternating in one process. Only the ratios mean something.
//
//   node --conditions=@ws/source packages/codec/scripts/bench.mjs [--quick]

import { createRequire } from "node:module";
import { Buffer, isUtf8 } from "node:buffer";

import { encodeFrame, encodeFrameInto, encodeTextInto, MessageDecoder, MessageEvent, utf8 } from "@ws/codec";

const require = createRequire(import.meta.url);
const { Receiver, Sender } = require("ws");

const quick = process.argv.includes("--quick");
const ROUNDS = quick ? 3 : 9;
const ROUND_MS = quick ? 60 : 200;

/** UTF-8 as Node has it, plugged in: what @ws/node does. */
const hostUtf8 = {
  ...utf8,
  isValid: (bytes, start, end) => isUtf8(bytes.subarray(start, end)),
  decode(bytes, start, end) {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
    return isUtf8(buffer) ? buffer.utf8Slice(0, end - start) : undefined;
  },
  encodeInto: (text, target, offset) => Buffer.prototype.utf8Write.call(target, text, offset),
  byteLength: (text) => Buffer.byteLength(text),
};

/** As many frames as fill about 64 KiB, the size of a read. */
function chunkOf(opcode, payload, maskingKey) {
  const frame = encodeFrame(opcode, payload, { maskingKey });
  const count = Math.max(1, Math.floor(65_536 / frame.length));
  const chunk = Buffer.alloc(frame.length * count);
  for (let i = 0; i < count; i++) chunk.set(frame, i * frame.length);
  return { chunk, count };
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

/** Runs the candidates in turns and returns the median messages per second of each. `step` handles `count` messages. */
function measure(candidates) {
  const rates = candidates.map(() => []);
  for (let round = -2; round < ROUNDS; round++) {
    candidates.forEach(({ step, count }, index) => {
      const begin = performance.now();
      let messages = 0;
      do {
        for (let i = 0; i < 8; i++) step();
        messages += 8 * count;
      } while (performance.now() - begin < ROUND_MS);
      if (round >= 0) rates[index].push((messages / (performance.now() - begin)) * 1000);
    });
  }
  return rates.map(median);
}

function report(name, size, candidates) {
  const [ours, theirs, ...others] = measure(candidates);
  const rate = ours > 1e5 ? `${(ours / 1e6).toFixed(2)} M/s` : `${(ours / 1e3).toFixed(1)} k/s`;
  console.log(
    `${name.padEnd(28)} ${String(size).padStart(8)} B  ${rate.padStart(12)}  ${((ours * size) / 1e9).toFixed(2)} GB/s   ${(ours / theirs).toFixed(2)} x ws` +
      others.map((other, i) => `   ${(ours / other).toFixed(2)} x ${candidates[i + 2].name}`).join(""),
  );
}

let sink = 0;

/** Every round works on the same bytes: masking twice restores them, so they are masked again each time by unmasking. */
function ourDecoder(opcode, size, options) {
  const payload = new Uint8Array(size).fill(0x61);
  const { chunk, count } = chunkOf(opcode, payload, 0x12345678);
  const pristine = Buffer.from(chunk);
  const decoder = new MessageDecoder({ role: "server", maxMessageSize: 1 << 30, ...options });
  return {
    count,
    step() {
      chunk.set(pristine);
      decoder.receive(chunk);
      for (;;) {
        const event = decoder.poll();
        if (event === MessageEvent.NONE) break;
        sink += event === MessageEvent.TEXT ? decoder.text.length : decoder.payload.length;
      }
    },
  };
}

function wsReceiver(opcode, size) {
  const payload = new Uint8Array(size).fill(0x61);
  const { chunk, count } = chunkOf(opcode, payload, 0x12345678);
  const pristine = Buffer.from(chunk);
  const receiver = new Receiver({ isServer: true, allowSynchronousEvents: true, maxPayload: 1 << 30 });
  receiver.on("message", (message, isBinary) => {
    // A program that wants text calls toString.
    sink += isBinary ? message.length : message.toString().length;
  });
  receiver.on("error", (error) => {
    throw error;
  });
  return {
    count,
    step() {
      chunk.set(pristine);
      receiver.write(chunk);
    },
  };
}

const memory = (size) => {
  const source = new Uint8Array(Math.max(size, 65_536));
  const target = new Uint8Array(source.length);
  return { name: "memcpy", count: Math.max(1, Math.floor(65_536 / (size + 14))), step: () => target.set(source) };
};

const sizes = quick ? [64, 1024, 65_536] : [16, 64, 256, 1024, 4096, 16_384, 65_536, 1_048_576];

console.log(`node ${process.version}`);
for (const size of sizes) {
  report("decode binary, borrowed", size, [ourDecoder(2, size, { borrow: true }), wsReceiver(2, size), memory(size)]);
}
for (const size of sizes) report("decode binary, copied", size, [ourDecoder(2, size, {}), wsReceiver(2, size)]);
for (const size of sizes) report("decode text, pure", size, [ourDecoder(1, size, {}), wsReceiver(1, size)]);
for (const size of sizes) report("decode text, host UTF-8", size, [ourDecoder(1, size, { utf8: hostUtf8 }), wsReceiver(1, size)]);

const socket = { cork() {}, uncork() {}, write(bytes) { sink += bytes.length; return true; }, on() {}, once() {} };
function wsSender(message, size, mask) {
  const sender = new Sender(socket);
  const options = { binary: typeof message !== "string", fin: true, compress: false, mask };
  return { count: 16, step() { for (let i = 0; i < 16; i++) sender.send(message, options); } };
}

const target = new Uint8Array(2 * 1024 * 1024);
for (const mask of [false, true]) {
  const key = mask ? 0x12345678 : undefined;
  for (const size of sizes) {
    const payload = new Uint8Array(size).fill(0x61);
    report(`encode binary${mask ? ", masked" : ""}`, size, [
      { count: 16, step() { for (let i = 0; i < 16; i++) sink += encodeFrameInto(target, 0, 0x82, payload, key); } },
      wsSender(Buffer.from(payload), size, mask),
    ]);
  }
  for (const size of sizes) {
    const text = "a".repeat(size);
    for (const [name, encoding] of [["pure", utf8], ["host", hostUtf8]]) {
      report(`encode text ${name}${mask ? ", masked" : ""}`, size, [
        { count: 16, step() { for (let i = 0; i < 16; i++) sink += encodeTextInto(target, 0, text, key, encoding); } },
        wsSender(text, size, mask),
      ]);
    }
  }
}
if (sink === 0) throw new Error("nothing was measured");
