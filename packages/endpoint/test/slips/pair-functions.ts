/** Every function that a client's program and a host give, by the types: one that is missing here does not compile. */
import type { Extension, HostOptions, OpenOptions, Utf8, AbortSignalLike } from "@ws/endpoint";
import { utf8 } from "@ws/codec";
import type { MessageTransform } from "@ws/protocol";

import type { PairPlace } from "./pair-life.ts";
import type { FunctionNames } from "./server-functions.ts";

export const clientFunctions = {
  inspect: (slipping) => ({ client: { inspect: slipping() } }),
  onError: (slipping) => ({ client: { onError: slipping(), inspect: () => Promise.reject(new Error("x")) as never } }),
} satisfies Record<FunctionNames<OpenOptions>, PairPlace>;

const signal = (overwrite: object): { client: OpenOptions } => ({
  client: {
    signal: { aborted: false, reason: undefined, addEventListener: () => undefined, removeEventListener: () => undefined, ...overwrite },
  },
});
export const signalFunctions = {
  addEventListener: (slipping) => signal({ addEventListener: slipping() }),
  removeEventListener: (slipping) => signal({ removeEventListener: slipping() }),
} satisfies Record<FunctionNames<AbortSignalLike>, PairPlace>;

/** Turns each octet. */
const transform: MessageTransform = {
  rsv: 4,
  wants: () => true,
  encode: (payload) => payload.map((octet) => octet ^ 0xff),
  decode: (payload) => payload.map((octet) => octet ^ 0xff),
  run: (work) => Promise.resolve(work.payload),
  close: () => undefined,
};
const extension = (own: Partial<MessageTransform>, overwrite: Partial<Extension> = {}): Extension => ({
  name: "x-turn",
  offer: () => "x-turn",
  accept: () => ({ response: "x-turn", transform: { ...transform, ...own } }),
  confirm: () => ({ ...transform, ...own }),
  ...overwrite,
});
const both = (own: Partial<MessageTransform>, overwrite: Partial<Extension> = {}) => ({
  client: { extensions: [extension(own, overwrite)] },
  server: { extensions: [extension(own, overwrite)] },
});

export const extensionFunctions = {
  offer: (slipping) => both({}, { offer: slipping(() => "x-turn") }),
  accept: (slipping) => both({}, { accept: slipping(() => ({ response: "x-turn", transform })) }),
  confirm: (slipping) => both({}, { confirm: slipping(() => transform) }),
} satisfies Record<FunctionNames<Extension>, PairPlace>;

export const transformFunctions = {
  wants: (slipping) => both({ wants: slipping(() => true) }),
  encode: (slipping) => both({ encode: slipping((payload) => payload) }),
  encodePrepared: (slipping) => both({ encodePrepared: slipping(() => undefined) }),
  decode: (slipping) => both({ decode: slipping((payload) => payload) }),
  close: (slipping) => both({ close: slipping() }),
} satisfies Record<Exclude<FunctionNames<MessageTransform>, "run">, PairPlace>;

export const slowTransformFunctions = {
  run: (slipping) =>
    both({
      encode: () => undefined,
      decode: () => undefined,
      run: slipping((work) => Promise.resolve((work as { payload: unknown }).payload)),
    }),
} satisfies Record<Exclude<FunctionNames<MessageTransform>, keyof typeof transformFunctions>, PairPlace>;

export const sourceFunctions = {
  "next of sendStream's source": (slipping) => ({ source: { [Symbol.asyncIterator]: () => ({ next: slipping(() => ({ done: true })) }) } }),
  "return of sendStream's source": (slipping) => ({
    source: { [Symbol.asyncIterator]: () => ({ next: () => ({ done: false, value: 5 }), return: slipping() }) },
  }),
} satisfies Record<string, PairPlace>;

export const sources = {
  "asyncIterator of sendStream's source": (slipping) => ({ source: { [Symbol.asyncIterator]: slipping(() => [][Symbol.iterator]()) } }),
  "iterator of sendStream's source": (slipping) => ({ source: { [Symbol.iterator]: slipping(() => [][Symbol.iterator]()) } }),
} satisfies Record<string, PairPlace>;

export const hostFunctions = {
  fillRandom: (slipping) => ({ host: { fillRandom: slipping() } }),
  mask: (slipping) => ({ host: { mask: slipping() } }),
  sha1: (slipping) => ({ host: { sha1: slipping(() => new Uint8Array(20)) } }),
  deflate: (slipping) => ({ host: { deflate: slipping(() => extension({})) }, client: { compress: true } }),
  printError: (slipping) => ({
    host: { printError: slipping() },
    client: { onError: undefined, inspect: () => Promise.reject(new Error("x")) as never },
  }),
} satisfies Record<FunctionNames<HostOptions>, PairPlace>;

export const utf8Functions = Object.fromEntries(
  Object.keys({ decode: 0, isValid: 0, encodeInto: 0, byteLength: 0, validator: 0 } satisfies Record<keyof Utf8, 0>).map((name) => [
    name,
    ((slipping) => ({ host: { utf8: { ...utf8, [name]: slipping() } } })) satisfies PairPlace,
  ]),
);

export const dialFunctions = { dial: (slipping) => ({ dial: slipping((near) => near) }) } satisfies Record<string, PairPlace>;

/** Not asked in each life: for a prepared message, for an invalid one, by a host that brings none of its own. */
export const seldom: readonly string[] = ["encodePrepared", "isValid", "byteLength", "validator"];
