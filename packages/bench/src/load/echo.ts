/**
 * The echo load generator (runs in Bun, whose sockets cost the least here): keeps `inFlight` messages under way on each of
 * `connections` connections, counts the echoed bytes, and prints one JSON line with what it measured and its own CPU share.
 *
 *   bun echo.ts '{"port":8080,"connections":32,"inFlight":16,"size":64,"kind":"binary","seconds":2}'
 */
import { clientFrame, openingHandshake, payloadOf, serverFrameLength } from "./frames.ts";

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
  /** At most this many messages per second in all (latency at a given load). */
  rate?: number;
}

export interface EchoResult {
  messagesPerSecond: number;
  bytesPerSecond: number;
  /** Of one core, 0–1: near 1 means that the generator was the bottleneck. */
  generatorCpu: number;
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

type Socket = import("bun").Socket<State>;

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
            console.error(`The server refused: ${state.head.split("\r\n", 1)[0]}`);
            process.exit(1);
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
        if (counting || closing.data.head !== undefined) {
          console.error("The server closed a connection under load.");
          process.exit(1);
        }
      },
      error(_failing, error) {
        console.error(`A connection failed: ${error.message}`);
        process.exit(1);
      },
    },
  });
  sockets.push(socket);
}

await ready;
for (const socket of sockets) begin(socket);
await Bun.sleep((load.warmup ?? 0.3) * 1000);

counting = true;
const startCpu = process.cpuUsage();
const started = performance.now();
await Bun.sleep(load.seconds * 1000);
counting = false;
const seconds = (performance.now() - started) / 1000;
const cpu = process.cpuUsage(startCpu);

latencies.sort((a, b) => a - b);
const result: EchoResult = {
  messagesPerSecond: messages / seconds,
  bytesPerSecond: (messages * load.size) / seconds,
  generatorCpu: (cpu.user + cpu.system) / 1e6 / seconds,
  ...(load.inFlight === 1 && latencies.length > 0
    ? { p50: latencies[Math.floor(latencies.length * 0.5)]!, p99: latencies[Math.floor(latencies.length * 0.99)]! }
    : {}),
};
console.log(JSON.stringify(result));
process.exit(0);
