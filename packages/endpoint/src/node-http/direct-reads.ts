/**
 * Reading without allocating: sockets of Node read into one buffer that all of them share, not into 64 KiB of new memory for each read.
 *
 * `net.Socket` has this as its documented option `onread`, but only where a program makes the socket itself. For a server's sockets it is set
 * afterwards, by the three steps of that option. Those are not documented, so they are tried on a socket of our own before any connection
 * relies on them (direct-reads-self-test.ts), and in Node only: Deno has the same names, but its program may have no permission to listen for the trial.
 */
import type { Socket } from "node:net";
import process from "node:process";

import { ReadRegion } from "../read-memory/index.ts";
import { directReadsWork } from "./direct-reads-self-test.ts";

/** Called with the socket as `this`; the bytes are `buffer[0, length)`, until it returns. */
export type OnRead = (this: Socket, length: number, buffer: Uint8Array) => void;

type Fields = Record<symbol, unknown> & {
  readonly _handle?: { /** Native: from the next read on. */ useUserBuffer?(buffer: Uint8Array): void } | null;
};

/** 128 KiB: libuv's own 64 KiB take twice the processor time for echoes of 64 KiB, which then come in two reads; 256 KiB gain nothing more. */
const SIZE = 131_072;

const region = new ReadRegion(SIZE);
let shared: Uint8Array | undefined;

const isNode = !("deno" in process.versions || "bun" in process.versions);
let proof: Promise<boolean> | undefined;
let proven = false;

/** Whether direct reads have read the right bytes here, on a pair of sockets that is made for it once. */
export function directReads(): Promise<boolean> {
  // v8 ignore next -- Deno and Bun, whose processes V8 does not count for us
  return (proof ??= (isNode ? directReadsWork(setOnRead) : Promise.resolve(false)).then((work) => (proven = work)));
}

/**
 * From now on `onRead` gets what is read, and there are no "data" events any more. `pause`, `resume` and all other events stay as they are.
 *
 * @param socket connected, with nothing waiting in its stream
 * @returns false when the runtime cannot do it, or has not shown yet that it can: nothing has changed then
 */
export function readDirectly(socket: Socket, onRead: OnRead): boolean {
  if (!proven) {
    void directReads();
    return false;
  }
  return setOnRead(socket, (shared ??= region.buffer(SIZE)), onRead);
}

/** The three steps of `onread`. */
export function setOnRead(socket: Socket, buffer: Uint8Array, onRead: OnRead): boolean {
  const fields = socket as unknown as Fields;
  const handle = fields._handle;
  if (typeof handle?.useUserBuffer !== "function") return false;
  const bufferField = fieldOf(socket, "kBuffer");
  const callbackField = fieldOf(socket, "kBufferCb");
  if (bufferField === undefined || callbackField === undefined) return false;
  fields[bufferField] = buffer;
  fields[callbackField] = onRead;
  handle.useUserBuffer(buffer);
  return true;
}

const known = new Map<string, symbol>();

/** The fields of `onread`, which `node:net` names by symbols that it keeps to itself. */
function fieldOf(socket: Socket, name: string): symbol | undefined {
  const symbol = known.get(name) ?? Object.getOwnPropertySymbols(socket).find(({ description }) => description === name);
  if (symbol === undefined || !Object.hasOwn(socket, symbol)) return undefined;
  known.set(name, symbol);
  return symbol;
}
