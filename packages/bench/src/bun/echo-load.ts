/**
 * The echo load generator, a Bun program: keeps `inFlight` messages under way on each of
 * `connections` connections, counts the echoed bytes, and prints one JSON line with what it measured and its own CPU share.
 *
 *   bun echo-load.ts '{"port":8080,"connections":32,"inFlight":16,"size":64,"kind":"binary","seconds":2}'
 *
 * On Linux the inner loop is echo-load.c; TLS, a given rate and other systems take the loop in this file.
 */
import { cc, ptr } from "bun:ffi";
import { readFileSync } from "node:fs";

import type { Socket as BunSocket } from "bun";

import { clientFrame, openingHandshake, payloadOf, serverFrameLength } from "../frames.ts";

export interface EchoLoad {
  port: number;
  connections: number;
  inFlight: number;
  /** Payload bytes of each message. */
  size: number;
  kind: "text" | "binary";
  seconds: number;
  /** Not counted, first. */
  warmup?: number;
  /** The server echoes bytes, not messages: no handshake, and what comes back has the client's own length. */
  raw?: boolean;
  tls?: boolean;
  /** The server's process, whose processor time is measured. */
  serverProcess: number;
  /** At most this many messages per second in all (latency at a given load). */
  rate?: number;
}

export interface EchoResult {
  messagesPerSecond: number;
  bytesPerSecond: number;
  /** Of one core, 0–1: near 1 means that the generator was the bottleneck. */
  generatorCpu: number;
  /** Processor time of the server for each message, all threads, µs. */
  serverCost: number;
  /** Milliseconds, only with one message in flight. */
  p50?: number;
  p99?: number;
}

const load = JSON.parse(process.argv[2]!) as EchoLoad;
const frame = clientFrame(load.kind === "text" ? 1 : 2, payloadOf(load.kind, load.size));
const echoLength = load.raw ? frame.length : serverFrameLength(load.size);

/** `inFlight` frames in a row: any number of answers is one slice of it. */
const batch = new Uint8Array(frame.length * load.inFlight);
for (let index = 0; index < load.inFlight; index++) batch.set(frame, index * frame.length);

const warmup = load.warmup ?? 0.3;

function finish(messages: number, serverTime: number, seconds: number, cpu: NodeJS.CpuUsage, latencies: Float64Array): never {
  if (messages === 0) fail("No message came back in time.");
  latencies.sort();
  const at = (share: number) => latencies[Math.floor(latencies.length * share)]!;
  const result: EchoResult = {
    messagesPerSecond: messages / seconds,
    bytesPerSecond: (messages * load.size) / seconds,
    serverCost: (serverTime * 1000) / messages,
    generatorCpu: (cpu.user + cpu.system) / 1e6 / (seconds + warmup),
    ...(latencies.length > 0 ? { p50: at(0.5), p99: at(0.99) } : {}),
  };
  console.log(JSON.stringify(result));
  process.exit(0);
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

if (process.platform === "linux" && !load.tls && !load.rate) {
  const { symbols } = cc({
    source: new URL("echo-load.c", import.meta.url).pathname,
    symbols: {
      run: {
        args: ["int", "int", "u64", "ptr", "u64", "u64", "u64", "ptr", "u64", "int", "double", "double", "ptr", "ptr", "u64"],
        returns: "int",
      },
    },
  });
  const handshake = new TextEncoder().encode(openingHandshake(`127.0.0.1:${load.port}`));
  const out = new Float64Array(4);
  const latencies = new Float64Array(1 << 20);
  const before = process.cpuUsage();
  const status = symbols.run(
    load.port,
    load.connections,
    load.inFlight,
    ptr(batch),
    batch.length,
    frame.length,
    echoLength,
    ptr(handshake),
    load.raw ? 0 : handshake.length,
    load.serverProcess,
    warmup * 1000,
    load.seconds * 1000,
    ptr(out),
    ptr(latencies),
    latencies.length,
  );
  if (status !== 0) fail(["", "Could not connect.", "The server refused the handshake.", "A connection was lost under load."][status]!);
  finish(out[0]!, out[3]!, out[1]! / 1000, process.cpuUsage(before), latencies.slice(0, out[2]));
}

interface State {
  head: string | undefined;
  /** Bytes of echoes received. */
  received: number;
  /** Whole messages counted of those. */
  counted: number;
  /** What the socket has not taken yet. */
  unsent: Uint8Array | undefined;
  sentAt: number;
}

let counting = false;
let messages = 0;
const latencies: number[] = [];
const interval = load.rate ? (load.connections / load.rate) * 1000 : 0;

type Socket = BunSocket<State>;

function write(socket: Socket, bytes: Uint8Array): void {
  if (socket.data.unsent) {
    const joined = new Uint8Array(socket.data.unsent.length + bytes.length);
    joined.set(socket.data.unsent);
    joined.set(bytes, socket.data.unsent.length);
    socket.data.unsent = joined;
    return;
  }
  const written = socket.write(bytes);
  if (written < bytes.length) socket.data.unsent = bytes.subarray(Math.max(written, 0));
}

function begin(socket: Socket): void {
  socket.data.sentAt = performance.now();
  write(socket, batch);
}

let opened = 0;
let allOpened: () => void;
const ready = new Promise<void>((resolve) => (allOpened = resolve));

function open(socket: Socket): void {
  opened += 1;
  if (opened === load.connections) allOpened();
  socket.data.head = undefined;
}

const sockets: Socket[] = [];
for (let index = 0; index < load.connections; index++) {
  const socket = await Bun.connect<State>({
    hostname: "127.0.0.1",
    port: load.port,
    ...(load.tls ? { tls: { rejectUnauthorized: false } } : {}),
    data: { head: load.raw ? undefined : "", received: 0, counted: 0, unsent: undefined, sentAt: 0 },
    socket: {
      open(opening) {
        opening.setNoDelay(true);
        if (load.raw) open(opening);
        else write(opening, new TextEncoder().encode(openingHandshake(`127.0.0.1:${load.port}`)));
      },
      data(receiving, bytes) {
        const state = receiving.data;
        if (state.head !== undefined) {
          state.head += new TextDecoder("latin1").decode(bytes);
          if (!state.head.includes("\r\n\r\n")) return;
          if (!state.head.startsWith("HTTP/1.1 101")) {
            fail(`The server refused: ${state.head.split("\r\n", 1)[0]}`);
          }
          open(receiving);
          return;
        }
        state.received += bytes.length;
        const whole = Math.floor(state.received / echoLength) - state.counted;
        if (whole === 0) return;
        state.counted += whole;
        if (counting) messages += whole;
        if (load.inFlight === 1) {
          if (counting) latencies.push(performance.now() - state.sentAt);
          if (interval > 0) {
            setTimeout(begin, Math.max(0, interval * (0.5 + Math.random()) - (performance.now() - state.sentAt)), receiving);
            return;
          }
          state.sentAt = performance.now();
        }
        write(receiving, batch.subarray(0, whole * frame.length));
      },
      drain(draining) {
        const { unsent } = draining.data;
        if (!unsent) return;
        draining.data.unsent = undefined;
        write(draining, unsent);
      },
      close(closing) {
        if (counting || closing.data.head !== undefined) fail("A connection was lost under load.");
      },
      error(_failing, error) {
        fail(`A connection failed: ${error.message}`);
      },
    },
  });
  sockets.push(socket);
}

await ready;
for (const socket of sockets) begin(socket);
const before = process.cpuUsage();
await Bun.sleep(warmup * 1000);

/** Processor time that the server has used, milliseconds (Linux: proc(5), ticks of 10 ms). */
function serverTime(): number {
  if (process.platform !== "linux") return NaN;
  const fields = readFileSync(`/proc/${load.serverProcess}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

const serverBefore = serverTime();
counting = true;
const started = performance.now();
await Bun.sleep(load.seconds * 1000);
counting = false;
finish(messages, serverTime() - serverBefore, (performance.now() - started) / 1000, process.cpuUsage(before), Float64Array.from(latencies));
