/**
 * The codec alone against `ws`'s Receiver and Sender and against copying memory, alternating in one process: a Node program. Prints one line of
 * JSON for each case, with messages per second of processor time for each candidate and round.
 */
import { Buffer, isUtf8 } from "node:buffer";
import { createRequire } from "node:module";

import {
  applyMask,
  encodeFrame,
  encodeFrameInto,
  encodeTextInto,
  MessageDecoder,
  MessageEvent,
  Opcode,
  utf8,
  type MessageDecoderOptions,
  type Utf8,
} from "@ws/codec";
import { bufferUtf8 } from "@ws/endpoint/internal/node-buffer";
import { maskRead, ReadRegion } from "@ws/endpoint/internal/read-memory";

export interface CodecTask {
  sizes: number[];
  rounds: number;
  /** Of each candidate and round. */
  milliseconds: number;
}

export interface CodecCase {
  id: string;
  title: string;
  /** Messages per second, by candidate: one for each round. */
  rates: Record<string, number[]>;
}

interface Candidate {
  name: string;
  /** Messages that a step handles. */
  count: number;
  step(): void;
}

// ws has no types for these two.
interface Ws {
  Receiver: new (options: object) => { on(event: string, listener: (...args: never[]) => void): void; write(chunk: Uint8Array): void };
  Sender: new (socket: object) => { send(message: unknown, options: object): void };
}

/** ws looks for its native addon when it is loaded, so it is loaded twice. */
function loadWs(addon: boolean): Ws {
  const require = createRequire(import.meta.url);
  for (const path of Object.keys(require.cache))
    if (/[\\/]node_modules[\\/]ws[\\/]/.test(path)) Reflect.deleteProperty(require.cache, path);
  if (addon) delete process.env["WS_NO_BUFFER_UTIL"];
  else process.env["WS_NO_BUFFER_UTIL"] = "1";
  return require("ws") as Ws;
}

const wsKinds: [name: string, ws: Ws][] = [
  ["ws", loadWs(false)],
  ["ws with bufferutil", loadWs(true)],
];

const task = JSON.parse(process.argv[2]!) as CodecTask;
const host: Utf8 = bufferUtf8({ decode: 16, encode: 8, ascii: Infinity });
const maskingKey = 0x1234_5678;
/** For all chunks of all sizes. */
const readMemory = new ReadRegion(16 << 20);
let sink = 0;

interface Frames {
  chunk: Uint8Array;
  count: number;
  /** Unmasking is done in place. What a binary payload says does not matter, so it is masked and unmasked by turns; text has to be text. */
  restore(): void;
}

/** As many frames as fill about 64 KiB, the size of a read. */
function framesOf(opcode: number, size: number, allocate: (length: number) => Uint8Array): Frames {
  const frame = encodeFrame(opcode, new Uint8Array(size).fill(0x61), { maskingKey });
  const count = Math.max(1, Math.floor(65_536 / frame.length));
  const chunk = allocate(frame.length * count);
  for (let index = 0; index < count; index++) chunk.set(frame, index * frame.length);
  const pristine = chunk.slice();
  return { chunk, count, restore: opcode === Opcode.TEXT ? () => chunk.set(pristine) : () => undefined };
}

/** As @ws/node sets the decoder up: memory to read into, masking and UTF-8 by the host. */
const asOnNode = { utf8: host, mask: maskRead };

function ourDecoder(name: string, opcode: number, size: number, options: Partial<MessageDecoderOptions>): Candidate {
  const { chunk, count, restore } = framesOf(
    opcode,
    size,
    options.mask === undefined ? (length) => new Uint8Array(length) : (length) => readMemory.buffer(length),
  );
  const decoder = new MessageDecoder({ role: "server", maxMessageBytes: 1 << 30, ...options });
  return {
    name,
    count,
    step() {
      restore();
      decoder.receive(chunk);
      for (let event = decoder.poll(); event !== MessageEvent.NONE; event = decoder.poll()) {
        sink += event === MessageEvent.TEXT ? decoder.text.length : decoder.payload.length;
      }
    },
  };
}

function wsReceivers(opcode: number, size: number): Candidate[] {
  return wsKinds.map(([name, ws]) => wsReceiver(name, ws, opcode, size));
}

function wsReceiver(name: string, { Receiver }: Ws, opcode: number, size: number): Candidate {
  const { chunk, count, restore } = framesOf(opcode, size, (length) => Buffer.alloc(length));
  const receiver = new Receiver({ isServer: true, allowSynchronousEvents: true, maxPayload: 1 << 30 });
  receiver.on("message", (message: Buffer, isBinary: boolean) => {
    // A program that wants text calls toString.
    sink += isBinary ? message.length : message.toString().length;
  });
  receiver.on("error", (error: Error) => {
    throw error;
  });
  return {
    name,
    count,
    step() {
      restore();
      receiver.write(chunk);
    },
  };
}

const encoded = Buffer.alloc(2 << 20) as Buffer & { utf8Write(text: string): number };
const socket = {
  cork() {},
  uncork() {},
  write(bytes: string | Uint8Array) {
    // Unmasked text is left to the socket, which encodes it: that belongs to the cost of the frame.
    sink += typeof bytes === "string" ? encoded.utf8Write(bytes) : bytes.length;
    return true;
  },
  on() {},
  once() {},
};

function wsSenders(message: string | Buffer, mask: boolean): Candidate[] {
  return wsKinds.map(([name, ws]) => wsSender(name, ws, message, mask));
}

function wsSender(name: string, { Sender }: Ws, message: string | Buffer, mask: boolean): Candidate {
  const sender = new Sender(socket);
  const options = { binary: typeof message !== "string", fin: true, compress: false, mask };
  return {
    name,
    count: 16,
    step() {
      for (let index = 0; index < 16; index++) sender.send(message, options);
    },
  };
}

/** What no codec can beat: copying as many bytes. */
function copying(size: number): Candidate {
  const source = new Uint8Array(Math.max(size, 65_536)).fill(0x61);
  const target = new Uint8Array(source.length);
  return { name: "memcpy", count: Math.max(1, Math.floor(65_536 / (size + 8))), step: () => target.set(source) };
}

function times(name: string, step: () => number): Candidate {
  return {
    name,
    count: 16,
    step() {
      for (let index = 0; index < 16; index++) sink += step();
    },
  };
}

/** Of all threads, milliseconds: those that collect garbage work for whoever made it. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function measure(id: string, title: string, candidates: Candidate[]): void {
  const rates = Object.fromEntries(candidates.map(({ name }) => [name, [] as number[]]));
  for (let round = -3; round < task.rounds; round++) {
    for (const { name, count, step } of candidates) {
      const before = processorTime();
      let messages = 0;
      let used: number;
      do {
        for (let index = 0; index < 8; index++) step();
        messages += 8 * count;
        used = processorTime() - before;
      } while (used < task.milliseconds);
      if (round >= 0) rates[name]!.push((messages / used) * 1000);
    }
  }
  console.log(JSON.stringify({ id, title, rates } satisfies CodecCase));
}

const named = (size: number): string => (size >= 1 << 20 ? `${size >> 20} MiB` : size >= 1024 ? `${size >> 10} KiB` : `${size} B`);
const target = new Uint8Array(2 << 20);
for (const size of task.sizes) {
  const payload = new Uint8Array(size).fill(0x61);
  const text = "a".repeat(size);
  measure(`codec/decode/binary/${size}`, `Decoding masked binary messages of ${named(size)}`, [
    ourDecoder("ours", 2, size, { ...asOnNode, borrow: true }),
    ...wsReceivers(2, size),
    ourDecoder("ours, copied", 2, size, asOnNode),
    ourDecoder("ours, pure JavaScript", 2, size, { borrow: true }),
    copying(size),
  ]);
  measure(`codec/decode/text/${size}`, `Decoding masked text of ${named(size)} to strings`, [
    ourDecoder("ours", 1, size, asOnNode),
    ...wsReceivers(1, size),
    ourDecoder("ours, pure JavaScript", 1, size, {}),
  ]);
  for (const mask of [false, true]) {
    const key = mask ? maskingKey : undefined;
    const masked = mask ? "masked " : "";
    measure(`codec/encode/${mask ? "masked" : "unmasked"}/${size}`, `Encoding ${masked}binary messages of ${named(size)}`, [
      times("ours", () => encodeFrameInto(target, 0, 0x82, payload, key)),
      ...wsSenders(Buffer.from(payload), mask),
      copying(size),
    ]);
    measure(`codec/encode/text/${mask ? "masked" : "unmasked"}/${size}`, `Encoding ${masked}text of ${named(size)}`, [
      times("ours", () => encodeTextInto(target, 0, text, key, host)),
      ...wsSenders(text, mask),
      times("ours, pure JavaScript", () => encodeTextInto(target, 0, text, key, utf8)),
    ]);
  }
  const bytes = Buffer.alloc(size, 0x61);
  measure(`codec/mask/${size}`, `Masking ${named(size)}`, [times("ours", () => (applyMask(bytes, maskingKey), 1)), copying(size)]);
  measure(`codec/utf8/${size}`, `Checking ${named(size)} of ASCII as UTF-8`, [
    times("ours, pure JavaScript", () => +utf8.isValid(bytes, 0, size)),
    times("node:buffer", () => +isUtf8(bytes)),
  ]);
}
if (sink === 0) throw new Error("nothing was measured");
