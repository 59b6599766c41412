/**
 * Three ways to keep a compression context from message to message, compared in one process of any runtime:
 *
 * (a) streams shared by all connections, which keep their history as plain bytes: "current" when the stream is still at the end of
 *     the connection's history, "switched" when it served another one in between;
 * (b) a new synchronous call per message, primed with the history as zlib's `dictionary`;
 * (c) an asynchronous stream per connection and direction, as `ws` has it.
 *
 * Prints one line of JSON per figure. Times are processor time of all threads for compressing and decompressing one message, the best
 * of several rounds: wall time says little on a machine that is not ours alone.
 */
import { constants, createDeflateRaw, createInflateRaw, deflateRawSync, inflateRawSync, type DeflateRaw, type InflateRaw } from "node:zlib";

import { DeflateContexts } from "@ws/protocol/deflate";
import { DeflateTransform } from "@ws/protocol/internal";
import { hostZlib } from "@ws/endpoint/zlib";

import { kinds, messagesOf, type Kind } from "./data.ts";
import { strategies, type Figure, type Strategy } from "./strategies-figure.ts";

/** A connection to itself: compresses, decompresses, says how many bytes lay in between. */
type Connection = (message: Uint8Array) => number | Promise<number>;

const level = 4;
const windowBits = 13;
const memLevel = 8;
const TAIL = Uint8Array.of(0, 0, 255, 255);

function shared(contexts: DeflateContexts): Connection {
  const settings = { level, memLevel, windowBits, history: 2048, threshold: 0 };
  const direction = { noContextTakeover: false, maxWindowBits: 15 };
  const ours = new DeflateTransform(contexts, settings, direction, direction);
  const encode = (message: Uint8Array, payload: Uint8Array | undefined): number | Promise<number> => {
    if (payload === undefined) return later(message);
    if (payload === message) return message.length;
    const result = ours.decode(payload, 1 << 24);
    if (result === undefined) return decodeLater(message, payload);
    if (!("length" in result) || result.length !== message.length) throw new Error("not the same message");
    return payload.length;
  };
  const later = async (message: Uint8Array): Promise<number> =>
    encode(
      message,
      (await ours.run({ id: 1, direction: "encode", payload: message, maxLength: Infinity, prepared: undefined })) as Uint8Array,
    );
  const decodeLater = async (message: Uint8Array, payload: Uint8Array): Promise<number> => {
    const result = await ours.run({ id: 1, direction: "decode", payload, maxLength: 1 << 24, prepared: undefined });
    if (!("length" in result) || result.length !== message.length) throw new Error("not the same message");
    return payload.length;
  };
  return (message) => encode(message, ours.encode(message));
}

function dictionary(): Connection {
  let sent = new Uint8Array(0);
  let received = new Uint8Array(0);
  const last = (history: Uint8Array, message: Uint8Array, most: number): Uint8Array<ArrayBuffer> => {
    const whole = new Uint8Array(Math.min(most, history.length + message.length));
    const kept = Math.max(0, whole.length - message.length);
    whole.set(history.subarray(history.length - kept));
    whole.set(message.subarray(Math.max(0, message.length - whole.length)), kept);
    return whole;
  };
  return (message) => {
    const options = { level, memLevel, windowBits, finishFlush: constants.Z_SYNC_FLUSH };
    const compressed = deflateRawSync(message, sent.length > 0 ? { ...options, dictionary: sent } : options);
    sent = last(sent, message, 8192);
    const flush = { finishFlush: constants.Z_SYNC_FLUSH };
    const result = inflateRawSync(compressed, received.length > 0 ? { ...flush, dictionary: received } : flush);
    received = last(received, result, 32_768);
    if (result.length !== message.length) throw new Error("not the same message");
    return compressed.length - 4;
  };
}

function stream(): Connection {
  const deflate = createDeflateRaw({ level, memLevel, windowBits });
  const inflate = createInflateRaw();
  const through = (by: DeflateRaw | InflateRaw, inputs: Uint8Array[]): Promise<Buffer> =>
    new Promise((resolve) => {
      const pieces: Buffer[] = [];
      by.removeAllListeners("data");
      by.on("data", (piece: Buffer) => pieces.push(piece));
      for (const input of inputs) by.write(input);
      by.flush(constants.Z_SYNC_FLUSH, () => resolve(Buffer.concat(pieces)));
    });
  return async (message) => {
    const compressed = (await through(deflate, [message])).subarray(0, -4);
    const result = await through(inflate, [compressed, TAIL]);
    if (result.length !== message.length) throw new Error("not the same message");
    return compressed.length;
  };
}

/** As many connections as make the difference: eight take turns at their own streams; 256 at 32 streams hardly ever find theirs. */
function connectionsOf(strategy: Strategy, large: boolean): Connection[] {
  if (strategy === "current" || strategy === "switched") {
    // Small messages are measured at full speed; how many of them go into one turn of the loop is another matter.
    const contexts = new DeflateContexts(large ? hostZlib() : { ...hostZlib(), pause: undefined });
    return Array.from({ length: strategy === "current" ? 8 : 256 }, () => shared(contexts));
  }
  return Array.from({ length: 8 }, strategy === "dictionary" ? dictionary : stream);
}

async function measure(strategy: Strategy, kind: Kind, size: number): Promise<Figure> {
  const figure: Figure = { strategy, kind, size, microseconds: Infinity, ratio: 0, hold: Infinity };
  const large = size >= 65_536;
  const messages = messagesOf(kind, size, Math.max(5, Math.min(1021, Math.ceil(2_000_000 / size))));
  const connections = connectionsOf(strategy, large);
  // Over all rounds, so that a connection sees the same message again only after all others.
  let sent = 0;
  const next = (): Uint8Array => messages[(sent++ * 37) % messages.length]!;
  const perRound = large ? 16 : Math.max(256, Math.min(2048, Math.round(1_000_000 / size)));
  try {
    for (let round = 0; round < 5; round++) {
      let compressed = 0;
      let longest = 0;
      let last = performance.now();
      let lastUsed = processorTime();
      let watching = true;
      const watch = (): void => {
        const [now, used] = [performance.now(), processorTime()];
        // Preempted, less was used than passed; with other threads, more.
        longest = Math.max(longest, Math.min(now - last, (used - lastUsed) / 1000));
        [last, lastUsed] = [now, used];
        if (watching) setImmediate(watch);
      };
      if (large) setImmediate(watch);
      const start = processorTime();
      if (large) {
        // Each connection sends its next message when the one before is done, all of them at once.
        const queue = connections.slice(0, 8);
        await Promise.all(
          queue.map(async (connection, which) => {
            for (let index = which; index < perRound; index += queue.length) {
              const bytes = await connection(next());
              compressed += bytes;
            }
          }),
        );
        // What was done since the last look counts too.
        await new Promise((resolve) => setImmediate(resolve));
      } else {
        let index = 0;
        if (strategy === "stream") {
          await Promise.all(
            connections.map(async (connection) => {
              while (index++ < perRound) {
                const bytes = await connection(next());
                compressed += bytes;
              }
            }),
          );
        } else {
          for (; index < perRound; index++) compressed += connections[index % connections.length]!(next()) as number;
        }
      }
      const used = processorTime() - start;
      watching = false;
      figure.microseconds = Math.min(figure.microseconds, used / perRound);
      figure.hold = Math.min(figure.hold, large ? longest : used / perRound / 1000);
      figure.ratio = (size * perRound) / compressed;
    }
  } catch (error) {
    figure.failed = error instanceof Error ? error.message : String(error);
  }
  return figure;
}

/** Microseconds of all threads. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

const sizes = (process.argv[2] ?? "64,256,1024,4096,16384,65536,1048576").split(",").map(Number);
for (const kind of kinds) {
  for (const size of sizes) {
    for (const strategy of strategies) console.log(JSON.stringify(await measure(strategy, kind, size)));
  }
}
process.exit(0);
