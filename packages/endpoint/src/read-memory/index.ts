/**
 * The memory that sockets are read into. It is that of a WebAssembly module whose one function unmasks there (RFC 6455 §5.3), 16 bytes at a
 * time: 41 GB/s where JavaScript's words reach 13, and no slower for 64 bytes (Node 26). Nothing is copied for it.
 * For adapters. No semver.
 */
import type { Mask } from "@ws/codec";

const PAGE = 65_536;

// What the module is made of (WebAssembly Core Specification 2.0, §5): short enough for each length to be one byte.
const I32 = 0x7f;
const V128 = 0x7b;
const VOID = 0x40;
const END = 0x0b;
const START_OF_BYTES = 0;
const END_OF_BYTES = 1;
const KEY = 2;
const KEYS = 3;
const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const constant = (value: number): number[] => [0x41, value];
const add = 0x6a;
const subtract = 0x6b;
const xor = 0x73;
const shiftRight = 0x76;
const rotateLeft = 0x77;
const isLess = 0x49;
const isAtLeast = 0x4f;
const load8 = [0x2d, 0, 0];
const store8 = [0x3a, 0, 0];
const load128 = [0xfd, 0x00, 0, 0];
const store128 = [0xfd, 0x0b, 0, 0];
const xor128 = [0xfd, 0x51];
const fourTimes = [0xfd, 0x11];
/** The key's octets are read big-endian, memory is little-endian. */
const reverseWords = [0xfd, 0x0d, ...[0, 4, 8, 12].flatMap((word) => [word + 3, word + 2, word + 1, word])];
const advance = (bytes: number): number[] => [...get(START_OF_BYTES), ...constant(bytes), add, ...set(START_OF_BYTES)];
/** A block around a loop: leaves both when the condition is 0. */
const repeatWhile = (condition: number[], body: number[]): number[] => [
  0x02,
  VOID,
  0x03,
  VOID,
  ...condition,
  0x45,
  0x0d,
  1,
  ...body,
  0x0c,
  0,
  END,
  END,
];

const code = (): number[] => [
  // Besides the parameters, one local.
  ...[1, 1, V128],
  ...[...get(KEY), ...fourTimes, ...get(KEY), ...fourTimes, ...reverseWords, ...set(KEYS)],
  ...repeatWhile(
    [...get(END_OF_BYTES), ...get(START_OF_BYTES), subtract, ...constant(16), isAtLeast],
    [...get(START_OF_BYTES), ...get(START_OF_BYTES), ...load128, ...get(KEYS), ...xor128, ...store128, ...advance(16)],
  ),
  ...repeatWhile(
    [...get(START_OF_BYTES), ...get(END_OF_BYTES), isLess],
    [
      ...[...get(START_OF_BYTES), ...get(START_OF_BYTES), ...load8, ...get(KEY), ...constant(24), shiftRight, xor, ...store8],
      ...[...get(KEY), ...constant(8), rotateLeft, ...set(KEY), ...advance(1)],
    ],
  ),
  END,
];

const section = (id: number, ...content: number[]): number[] => [id, content.length, ...content];
const name = (text: string): number[] => [text.length, ...Array.from(text, (character) => character.charCodeAt(0))];
const TYPES = 1;
const IMPORTS = 2;
const FUNCTIONS = 3;
const EXPORTS = 7;
const CODE = 10;

/** Imports the memory `ws.memory`, exports `mask(start, end, key)`. */
function moduleBytes(): Uint8Array<ArrayBuffer> {
  const body = code();
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(TYPES, 1, 0x60, 3, I32, I32, I32, 0),
    ...section(IMPORTS, 1, ...name("ws"), ...name("memory"), 2, 0, 1),
    ...section(FUNCTIONS, 1, 0),
    ...section(EXPORTS, 1, ...name("mask"), 0, 0),
    ...section(CODE, 1, body.length, ...body),
  ]);
}

/** What is used of WebAssembly, which the types of some hosts lack, and some hosts too. */
interface WebAssemblyNamespace {
  readonly Memory: new (descriptor: { initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Readonly<Record<string, unknown>> };
}

type MaskMemory = (start: number, end: number, key: number) => void;

/** Every region of the process whose bytes the module masks: one or two. */
const regions: ReadRegion[] = [];
/** The array masked last, and its region's function: V8 asks C++ for the buffer of an array, so once for each chunk, not for each frame. */
let known: Uint8Array | undefined;
let maskKnown: MaskMemory | undefined;

/**
 * Memory for one owner's read buffers: a WebAssembly memory of its own, so that no mistake with an offset can reach the bytes of another
 * owner. Where the host has no WebAssembly, or none with vectors, buffers are arrays of their own.
 */
export class ReadRegion {
  /** Undefined until the first buffer is wanted. */
  memory: ArrayBuffer | undefined = undefined;
  mask: MaskMemory | undefined = undefined;
  readonly #capacity: number;
  #used = 0;

  /** @param capacity of all buffers together; reserved when the first is made */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Zeroed bytes to read into, for good: in the region's memory as long as that has room. */
  buffer(length: number): Uint8Array<ArrayBuffer> {
    const memory = (this.memory ??= this.#reserve());
    if (this.#used + length > memory.byteLength) return new Uint8Array(length);
    this.#used += length;
    return new Uint8Array(memory, this.#used - length, length);
  }

  #reserve(): ArrayBuffer {
    try {
      const { Memory, Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyNamespace }).WebAssembly;
      const memory = new Memory({ initial: Math.ceil(this.#capacity / PAGE) });
      this.mask = new Instance(new Module(moduleBytes()), { ws: { memory } }).exports["mask"] as MaskMemory;
      regions.push(this);
      return memory.buffer;
    } catch {
      return new ArrayBuffer(0);
    }
  }
}

/** Unmasks what a {@link ReadRegion} gave out of its memory, and leaves everything else to the codec. */
export const maskRead: Mask = (bytes, start, end, key) => {
  if (bytes !== known) {
    const region = regionOf(bytes.buffer);
    if (region === undefined) return false;
    known = bytes;
    maskKnown = region.mask;
  }
  maskKnown!(bytes.byteOffset + start, bytes.byteOffset + end, key);
  return true;
};

function regionOf(buffer: ArrayBufferLike): ReadRegion | undefined {
  for (const region of regions) if (region.memory === buffer) return region;
  return undefined;
}
