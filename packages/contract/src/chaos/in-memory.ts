/** Listeners that no socket reaches: over pipes in memory, and over pairs of WHATWG streams. */
import {
  connectTarget,
  createHost,
  type Host,
  listenWith,
  memoryTransportPair,
  openConnection,
  type Acceptor,
  type Clock,
  type Transport,
} from "@ws/endpoint";
import { streamTransport } from "@ws/endpoint/streams";
import { permessageDeflate } from "@ws/endpoint/zlib";

import { askedFor, listenOptions, type Place, type Served } from "./place.ts";
import type { PlaceScript } from "./script.ts";
import { nextTurn } from "./own-time.ts";
import { transportWire } from "./wire.ts";

const clock: Clock = {
  now: () => performance.now(),
  setTimer: (callback, delay) => setTimeout(callback, delay),
  clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
  turn: (callback) => void nextTurn().then(callback),
  microtask: queueMicrotask,
};

const host: Host = createHost({
  clock,
  fillRandom: (bytes) => crypto.getRandomValues(bytes),
  deflate: permessageDeflate,
  printError: (error) => console.error(error),
  poisonBorrowed: true,
});

export async function inMemory(script: PlaceScript, served: Served): Promise<Place> {
  let acceptor: Acceptor | undefined;
  const pair = (): [Transport, Transport] => (script.kind === "streams" ? streamPair() : memoryPair(script));
  /** The near end of a new stream. */
  const dial = (): Transport => {
    const [near, far] = pair();
    if (script.raw === true) askedFor(transportWire(far), served);
    else acceptor!.accept(far);
    return near;
  };
  const open = (given: Acceptor): { port: number; hostname: string; unix: undefined; secure: boolean; close(): void } => {
    acceptor = given;
    return { port: 0, hostname: "memory", unix: undefined, secure: false, close: () => undefined };
  };
  const server = script.raw === true ? undefined : await listenWith(host, { open }, listenOptions(script.tuning, served), served.handler);
  return {
    script,
    server,
    connect: (target, options, handler) => openConnection(host, connectTarget(new URL(`ws://memory${target}`)), dial, options, handler),
    wire: () => Promise.resolve(transportWire(dial())),
    close: (options) => server?.close(options) ?? Promise.resolve(),
  };
}

function memoryPair({ chunk, capacity }: PlaceScript): [Transport, Transport] {
  // A network delivers in turns of the loop.
  const loose: Clock = { ...clock, microtask: (callback) => void nextTurn().then(callback) };
  const chunkSize = chunk === undefined ? undefined : (): number => chunk;
  return memoryTransportPair(loose, { borrowed: true, copies: true, capacity, chunkSize });
}

function streamPair(): [Transport, Transport] {
  const [forth, back] = [pipe(), pipe()];
  return [
    streamTransport({ readable: back.readable, writable: forth.writable }),
    streamTransport({ readable: forth.readable, writable: back.writable }),
  ];
}

function pipe(): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  return new TransformStream({}, { highWaterMark: 4 }, { highWaterMark: 1 });
}
